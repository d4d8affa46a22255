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
from colonnade_models.memory import LearnedObject
from colonnade_models.standard_noise import LOCATION_SIGMA

__all__ = ["NO_PRACTICE", "Practice", "practise"]

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
"""Jumps of which one is followed by a slide."""


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
    position, normal = learned.surfels.position, learned.surfels.normal
    count = len(position)
    jumps = int(min(TOUCHES_PER_SURFEL * count, MOST_TOUCHES)) // ATTITUDES + 1
    aimed = np.concatenate([random.permutation(count) for _ in range(ATTITUDES)])
    aimed = np.resize(aimed, (ATTITUDES, jumps))
    met = np.zeros((ATTITUDES, jumps), np.bool_)
    touches: list[Array] = []
    for attitude, aims in enumerate(aimed):
        rotation = random_quaternion(random)
        pose = senses.reset(rotation, int(random.integers(1 << 31)))
        turn = matrix_of(rotation)
        targets = np.empty((jumps, 6))
        targets[:, :3] = position[aims] + random.normal(0.0, LOCATION_SIGMA, (jumps, 3))
        targets[:, :3] = targets[:, :3] @ turn.T + pose[:3]
        targets[:, 3:] = (normal[aims] + random.normal(0.0, ASLANT, (jumps, 3))) @ turn.T
        targets[:, 3:] /= np.linalg.norm(targets[:, 3:], axis=1, keepdims=True)
        strolls = random.normal(0.0, STROLL, (jumps, 3))
        percepts = np.empty((2 * jumps, P.PERCEPT_SIZE), np.float32)
        taken = _touch(senses.robot, senses.draw(0), targets, strolls, met[attitude], percepts)
        touches.append(_at_home(percepts[:taken], turn, pose[:3]))
    return Practice(np.concatenate(touches), aimed.ravel(), met.ravel())


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

    `met` (J,) is set to whether a jump met the object; what was met is written into `percepts`
    (2 J, 18) in its order. Returns how many that were.
    """
    taken = 0
    for j in range(targets.shape[0]):
        jump(robot, targets[j])
        met[j] = _take(robot, chance, percepts[taken])
        if not met[j]:
            continue
        taken += 1
        if j % SLIDE_EVERY == 0:
            go(robot, strolls[j])
            if _take(robot, chance, percepts[taken]):
                taken += 1
    return taken


@kernel
def _take(robot: Robot, chance: Chance, percept: Array) -> bool:
    """Sense, and keep in `percept` (18,) what met the object; whether it did."""
    perceive(robot, chance, 0)
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
