"""Poses as four by four matrices."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def matrix(pose: ArrayLike) -> Array:
    """(4, 4) of a (12,) pose."""
    row = np.asarray(pose, np.float64)
    out = np.eye(4)
    out[:3, :3] = row[:9].reshape(3, 3)
    out[:3, 3] = row[9:]
    return out


def row(T: Array) -> Array:
    """(12,) of a (4, 4) matrix."""
    return np.concatenate([T[:3, :3].ravel(), T[:3, 3]])


def after(second: ArrayLike, first: ArrayLike) -> Array:
    """First one, then the other."""
    return row(matrix(second) @ matrix(first))


def relative_pose(a: ArrayLike, b: ArrayLike) -> Array:
    """From a's object frame into b's."""
    return row(matrix(b) @ np.linalg.inv(matrix(a)))


def is_near(a: ArrayLike, b: ArrayLike, centre: ArrayLike, cosine: float, distance: float) -> bool:
    """Whether two poses differ by less than an angle and, at the object's centre, a distance."""
    A, B = matrix(a), matrix(b)
    turn = math.acos(min(max((np.trace(A[:3, :3] @ B[:3, :3].T) - 1) / 2, -1.0), 1.0))
    c = np.append(np.asarray(centre, np.float64), 1.0)
    apart = np.linalg.norm((np.linalg.inv(A) @ c - np.linalg.inv(B) @ c)[:3])
    return turn <= math.acos(cosine) and bool(apart < distance)
