"""A size from percepts, in plain Python: the best of many, each with its own rigid fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

__all__ = ["similarity"]


def similarity(
    field: Any, points: NDArray[Any], rotation: Rotation, shift: NDArray[Any]
) -> tuple[Rotation, NDArray[Any], float]:
    """Rotation, shift and size that lay `points` (N, 3) onto the surface where `field` is zero.

    q = R (p - shift) / size; started from a rotation and a shift, with size 1.
    """

    def residuals(x: NDArray[Any]) -> NDArray[Any]:
        turn = Rotation.from_rotvec(x[:3]) * rotation
        q = turn.apply(points - shift - x[3:6]) / np.exp(x[6])
        h = 1e-5
        slope = np.stack([(field(q + e) - field(q - e)) / (2 * h) for e in h * np.eye(3)], axis=-1)
        distance: NDArray[Any] = field(q) / np.linalg.norm(slope, axis=1)
        return distance

    x = least_squares(residuals, np.zeros(7), loss="soft_l1", f_scale=0.004).x
    return Rotation.from_rotvec(x[:3]) * rotation, shift + x[3:6], float(np.exp(x[6]))
