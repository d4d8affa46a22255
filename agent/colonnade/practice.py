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

from colonnade.senses import Senses
from colonnade_envs.poses import matrix_of, random_quaternion
from colonnade_models import percept as P
from colonnade_models.memory import LearnedObject
from colonnade_models.standard_noise import LOCATION_SIGMA

__all__ = ["NO_PRACTICE", "Practice", "practise", "practise_here"]

Array = NDArray[np.float32]

ATTITUDES = 12
"""Orientations of the object."""
TOUCHES_PER_SURFEL = 2.0
MOST_TOUCHES = 2400
ASLANT = 0.1
"""Standard deviation of the direction a touch comes from, rad about each axis."""
SLIDES = 3
"""Jumps to one slide."""
STROLL = 0.012
"""Metres that a slide goes before the finger jumps again."""


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
    aimed = np.array([random.permutation(count) for _ in range(ATTITUDES)])
    aimed = np.resize(aimed.ravel(), ATTITUDES * jumps)
    touches: list[Array] = []
    met = np.zeros(len(aimed), np.bool_)
    slides = np.arange(len(aimed)) % SLIDES == 0
    for k in range(0, len(aimed), jumps):
        rotation = random_quaternion(random)
        place = senses.reset(rotation, int(random.integers(1 << 31)))[:3]
        own = slice(k, k + jumps)
        lies = matrix_of(rotation), place
        met[own] = _touch(senses, lies, learned, aimed[own], slides[own], random, touches)
    return Practice(_rows(touches), aimed, met)


def practise_here(
    senses: Senses, pose: Array, learned: LearnedObject, random: np.random.Generator
) -> Practice:
    """The same in the one attitude in which the object lies; `pose` (12,) maps world -> object."""
    turn = pose[:9].reshape(3, 3).T.astype(np.float64)
    count = len(learned.table)
    aimed = np.resize(random.permutation(count), _jumps(count))
    touches: list[Array] = []
    slides = np.arange(len(aimed)) % SLIDES == 0
    met = _touch(senses, (turn, -turn @ pose[9:]), learned, aimed, slides, random, touches)
    return Practice(_rows(touches), aimed, met)


def _jumps(surfels: int) -> int:
    return int(min(TOUCHES_PER_SURFEL * surfels, MOST_TOUCHES))


def _rows(touches: list[Array]) -> Array:
    return np.array(touches, np.float32).reshape(-1, P.PERCEPT_SIZE)


def _touch(
    senses: Senses,
    lies: tuple[NDArray[np.float64], NDArray[np.float64]],
    learned: LearnedObject,
    aimed: NDArray[np.int64],
    slides: NDArray[np.bool_],
    random: np.random.Generator,
    touches: list[Array],
) -> NDArray[np.bool_]:
    """Touch beside (A,) surfels of an object, and slide on where told; (A,) what was met.

    `lies` is its rotation (3, 3) object -> world and its place (3,) m; what is met is added to
    `touches` in its frame.
    """
    turn, place = lies
    position, normal = learned.surfels.position, learned.surfels.normal
    met = np.zeros(len(aimed), np.bool_)
    for k, i in enumerate(aimed):
        target = position[i] + random.normal(0.0, LOCATION_SIGMA, 3)
        senses.jump_to(turn @ target + place, turn @ _aslant(normal[i], random))
        met[k] = _take(senses, turn, place, touches)
        if met[k] and slides[k]:
            senses.slide_along(random.normal(0.0, STROLL, 3))
            _take(senses, turn, place, touches)
    return met


def _aslant(normal: Array, random: np.random.Generator) -> NDArray[np.float64]:
    """A unit vector near `normal`."""
    v = normal + random.normal(0.0, ASLANT, 3)
    return np.asarray(v / np.linalg.norm(v))


def _take(
    senses: Senses, turn: NDArray[np.float64], place: NDArray[np.float64], touches: list[Array]
) -> bool:
    """Sense, and keep what met the object; whether it did."""
    percept = senses.sense()
    if not percept[P.ON_OBJECT] or not P.is_valid(percept):
        return False
    own = percept.copy()
    own[P.LOCATION : P.LOCATION + 3] = (percept[P.LOCATION : P.LOCATION + 3] - place) @ turn
    for k in (P.NORMAL, P.DIRECTION):
        own[k : k + 3] = percept[k : k + 3] @ turn
    touches.append(own)
    return True
