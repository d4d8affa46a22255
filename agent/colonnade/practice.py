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
    jumps = int(min(TOUCHES_PER_SURFEL * len(position), MOST_TOUCHES)) // ATTITUDES + 1
    touches: list[Array] = []
    aimed = np.array([random.permutation(len(position)) for _ in range(ATTITUDES)])
    aimed = np.resize(aimed.ravel(), ATTITUDES * jumps)
    met = np.zeros(len(aimed), np.bool_)
    for k, i in enumerate(aimed):
        if k % jumps == 0:
            rotation = random_quaternion(random)
            pose = senses.reset(rotation, int(random.integers(1 << 31)))
            turn = matrix_of(rotation)
        target = position[i] + random.normal(0.0, LOCATION_SIGMA, 3)
        senses.jump_to(turn @ target + pose[:3], turn @ _aslant(normal[i], random))
        met[k] = _take(senses, turn, pose[:3], touches)
        if met[k] and k % 3 == 0:
            senses.slide_along(random.normal(0.0, STROLL, 3))
            _take(senses, turn, pose[:3], touches)
    return Practice(np.array(touches, np.float32).reshape(-1, P.PERCEPT_SIZE), aimed, met)


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
