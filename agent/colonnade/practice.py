"""Practice: an object that was just explored is touched as it will be when it must be recognised.

Exploring meets every place in the same attitude of the object and the finger. Later the object
lies otherwise, the finger comes from elsewhere, turned about its axis, and a little beside where
it meant to go. What such touches bring, and how many of them meet nothing, is what a column
should expect.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade.senses import Chance, Robot, Senses, go, jump, perceive
from colonnade_envs.poses import matrix_of, random_quaternion
from colonnade_models import percept as P
from colonnade_models.kernel import kernel
from colonnade_models.learned import LearnedObject
from colonnade_models.standard_noise import LOCATION_SIGMA

__all__ = ["NO_PRACTICE", "Practice", "practise", "practise_here"]

Array = NDArray[np.float32]

ATTITUDES = 12
"""Orientations of the object."""
TOUCHES_PER_SURFEL = 2.0
MOST_TOUCHES = 2400
ASLANT = 0.1
"""Standard deviation of the direction a touch comes from, rad about each axis."""
STROLL = 0.012
"""Metres that a slide goes before the finger jumps again."""
SLIDE_EVERY = 3
"""Jumps of which one is followed by a slide, if it met."""


class Practice(NamedTuple):
    """What practising brought."""

    touches: Array
    """(M, 18) percepts that met the object, in its reference frame."""
    aimed: NDArray[np.int64]
    """(A,) surfel that each jump aimed at."""
    met: NDArray[np.bool_]
    """(A,) whether it met the object."""


NO_PRACTICE = Practice(
    np.zeros((0, P.PERCEPT_SIZE), np.float32), np.zeros(0, np.int64), np.zeros(0, np.bool_)
)


def practise(senses: Senses, learned: LearnedObject, random: np.random.Generator) -> Practice:
    """Touch the object of `senses` in several attitudes, by jumps and slides in turns."""
    count = len(learned.table)
    jumps = _jumps(count) // ATTITUDES + 1
    aimed = np.concatenate([random.permutation(count) for _ in range(ATTITUDES)])
    aimed = np.resize(aimed, (ATTITUDES, jumps))
    touches: list[Array] = []
    met: list[NDArray[np.bool_]] = []
    for aims in aimed:
        rotation = random_quaternion(random)
        place = senses.reset(rotation, int(random.integers(1 << 31)))[:3]
        own, hits = _touch_beside(senses, matrix_of(rotation), place, learned, aims, random)
        touches.append(own)
        met.append(hits)
    return Practice(np.concatenate(touches), aimed.ravel(), np.concatenate(met))


def practise_here(
    senses: Senses, pose: Array, learned: LearnedObject, random: np.random.Generator
) -> Practice:
    """The same in the one attitude in which the object lies; `pose` (12,) maps world -> object."""
    turn = pose[:9].reshape(3, 3).T.astype(np.float64)
    count = len(learned.table)
    aimed = np.resize(random.permutation(count), _jumps(count))
    touches, met = _touch_beside(senses, turn, -turn @ pose[9:], learned, aimed, random)
    return Practice(touches, aimed, met)


def _jumps(surfels: int) -> int:
    return int(min(TOUCHES_PER_SURFEL * surfels, MOST_TOUCHES))


def _touch_beside(
    senses: Senses,
    turn: NDArray[np.float64],
    place: NDArray[np.float64],
    learned: LearnedObject,
    aimed: NDArray[np.int64],
    random: np.random.Generator,
) -> tuple[Array, NDArray[np.bool_]]:
    """Touch beside the surfels `aimed` (J,) of an object that lies at `place`, turned by `turn`.

    Returns what was met (M, 18), in the object's frame, and whether each jump met it (J,).
    """
    jumps = len(aimed)
    position, normal = learned.surfels.position[aimed], learned.surfels.normal[aimed]
    targets = np.empty((jumps, 6))
    targets[:, :3] = position + random.normal(0.0, LOCATION_SIGMA, (jumps, 3))
    targets[:, :3] = targets[:, :3] @ turn.T + place
    targets[:, 3:] = (normal + random.normal(0.0, ASLANT, (jumps, 3))) @ turn.T
    targets[:, 3:] /= np.linalg.norm(targets[:, 3:], axis=1, keepdims=True)
    strolls = random.normal(0.0, STROLL, (jumps, 3))
    met = np.zeros(jumps, np.bool_)
    touches = np.empty((2 * jumps, P.PERCEPT_SIZE), np.float32)
    taken = _touch(senses.robot, senses.draw(2 * jumps), targets, strolls, met, touches)
    return _at_home(touches[:taken], turn, place), met


@kernel
def _touch(
    robot: Robot,
    chance: Chance,
    targets: NDArray[np.float64],
    strolls: NDArray[np.float64],
    met: NDArray[np.bool_],
    percepts: Array,
) -> int:
    """Jump to each of `targets` (J, 6), and slide on by one of `strolls` (J, 3) now and then.

    `chance` is for 2 J looks. `met` (J,) is set to whether a jump met the object; what was met is
    written into `percepts` (2 J, 18) in its order. Returns how many that were.
    """
    taken = 0
    for j in range(targets.shape[0]):
        jump(robot, targets[j])
        met[j] = _take(robot, chance, 2 * j, percepts[taken])
        if not met[j]:
            continue
        taken += 1
        if j % SLIDE_EVERY == 0:
            go(robot, strolls[j])
            if _take(robot, chance, 2 * j + 1, percepts[taken]):
                taken += 1
    return taken


@kernel
def _take(robot: Robot, chance: Chance, k: int, percept: Array) -> bool:
    """Sense with the k-th share of numbers as noise, and keep the percept (18,); whether it met."""
    perceive(robot, chance, k)
    for k in range(P.PERCEPT_SIZE):
        percept[k] = robot.percept[k]
        if not np.isfinite(percept[k]):
            return False
    return bool(percept[P.ON_OBJECT] > 0.0)


def _at_home(
    percepts: Array, turn: NDArray[np.float64], place: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Percepts (M, 18) of the object, turned by `turn` (3, 3) and shifted by `place`, at home."""
    own = percepts.copy()
    own[:, P.LOCATION : P.LOCATION + 3] = (percepts[:, P.LOCATION : P.LOCATION + 3] - place) @ turn
    for k in (P.NORMAL, P.DIRECTION):
        own[:, k : k + 3] = percepts[:, k : k + 3] @ turn
    return own
