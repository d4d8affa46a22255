"""Every random stream of a run, derived from its seed, an object's name and a trial number.

Nothing depends on the order in which things are done, on how many processes share the work,
or on which other objects there are: adding one object leaves all other episodes as they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "episode_generator",
    "episode_rotation",
    "episode_seed",
    "learning_seed",
    "stage_seed",
    "stream_order",
]

_LEARN, _EPISODE, _ROTATION, _ORDER, _STAGE = range(5)


def _sequence(seed: int, name: str, trial: int, purpose: int) -> np.random.SeedSequence:
    return np.random.SeedSequence([seed, crc32(name.encode()), trial, purpose])


def learning_seed(seed: int, name: str) -> int:
    """Seed of learning the object `name` in a run with `seed`."""
    return int(_sequence(seed, name, 0, _LEARN).generate_state(1)[0])


def episode_seed(seed: int, name: str, trial: int) -> int:
    """Seed of the starting place, the noise and the policy of one episode."""
    return int(_sequence(seed, name, trial, _EPISODE).generate_state(1)[0])


def episode_generator(seed: int, name: str, trial: int) -> np.random.Generator:
    """Random numbers for how the object `name` lies in one episode."""
    return np.random.default_rng(_sequence(seed, name, trial, _ROTATION))


def episode_rotation(seed: int, name: str, trial: int) -> NDArray[np.float64]:
    """Uniformly random rotation (4,), quaternion x, y, z, w with w >= 0.

    Four independent normal numbers, normalised, are uniform on the rotation group (Muller
    1959; Shoemake 1992).
    """
    quaternion = episode_generator(seed, name, trial).standard_normal(4)
    quaternion /= np.linalg.norm(quaternion)
    return quaternion if quaternion[3] >= 0 else -quaternion


def stage_seed(seed: int, stage: int) -> int:
    """Seed of one stage of several in which the same objects are shown, each time otherwise."""
    return int(_sequence(seed, "", stage, _STAGE).generate_state(1)[0])


def stream_order(seed: int, names: Iterable[str], epoch: int) -> list[str]:
    """The order in which a stream meets the objects of a set in one epoch."""
    generator = np.random.default_rng(_sequence(seed, "", epoch, _ORDER))
    return [str(name) for name in generator.permutation(sorted(names))]
