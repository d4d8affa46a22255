"""A few formulas on rotation matrices that the object sets need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["angle_of", "closest_rotation", "half_sphere", "rotation"]


def rotation(axis: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """(3, 3) rotation by `angle` radians about a unit (3,) `axis` (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross)


def angle_of(turn: NDArray[np.float64]) -> float:
    """Angle 0..pi of a (3, 3) rotation, exact also near 0 and pi."""
    twist = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    return float(np.arctan2(np.linalg.norm(twist), np.trace(turn) - 1.0))


def closest_rotation(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation nearest to a (3, 3) matrix (polar decomposition)."""
    left, _, right = np.linalg.svd(matrix)
    return left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right


def half_sphere(count: int) -> NDArray[np.float64]:
    """(count, 3) unit vectors spread evenly over the upper half sphere (Fibonacci lattice)."""
    step = np.arange(count) + 0.5
    height = step / count
    turn = np.pi * (1.0 + np.sqrt(5.0)) * step
    wide = np.sqrt(1.0 - height**2)
    return np.stack([wide * np.cos(turn), wide * np.sin(turn), height], axis=1)
