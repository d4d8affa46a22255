"""In which orientations objects are shown: the field's 14 for training, and random ones.

The field gives orientations as Euler angles xyz in degrees, which it turns into rotations
extrinsically: about the fixed axes x, then y, then z, so R = Rz Ry Rx.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from colonnade.flags import Orientations
from colonnade.seeds import episode_generator, episode_rotation

__all__ = ["BASE", "euler_quaternion", "orientation"]

BASE: tuple[tuple[int, int, int], ...] = (
    (0, 0, 0), (0, 90, 0), (0, 180, 0), (0, 270, 0), (90, 0, 0), (90, 180, 0),
    (35, 45, 0), (325, 45, 0), (35, 315, 0), (325, 315, 0),
    (35, 135, 0), (325, 135, 0), (35, 225, 0), (325, 225, 0),
)  # fmt: skip
"""The published training orientations, Euler angles in degrees: six faces and eight corners."""


def euler_quaternion(x: float, y: float, z: float) -> NDArray[np.float64]:
    """(4,) quaternion x, y, z, w with w >= 0 of extrinsic Euler angles in degrees."""
    (cx, cy, cz), (sx, sy, sz) = (
        [f(math.radians(angle) / 2) for angle in (x, y, z)] for f in (math.cos, math.sin)
    )
    quaternion = np.array(
        [
            sx * cy * cz - cx * sy * sz,
            cx * sy * cz + sx * cy * sz,
            cx * cy * sz - sx * sy * cz,
            cx * cy * cz + sx * sy * sz,
        ]
    )
    return quaternion if quaternion[3] >= 0 else -quaternion


def orientation(kind: Orientations, seed: int, name: str, trial: int) -> NDArray[np.float64]:
    """How object `name` lies in its episode number `trial`: (4,), object -> world, w >= 0.

    Args:
        kind: ``base`` goes through the 14 training orientations and begins anew after them;
            ``euler`` draws three uniform Euler angles, as the field does, which favours poses
            near the poles; ``random`` is uniform on the rotations.
    """
    if kind == "base":
        return euler_quaternion(*BASE[trial % len(BASE)])
    if kind == "euler":
        return euler_quaternion(*episode_generator(seed, name, trial).uniform(0.0, 360.0, 3))
    return episode_rotation(seed, name, trial)
