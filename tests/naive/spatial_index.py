"""Nearest surfels by trying them all."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade_models.learned import LearnedObject
from colonnade_models.spatial_index import FACES_ELSEWHERE, LEAST_REACH, REACH_IN_CELLS, box_of

FACES_ALIKE = 0.5


def cell_pair(
    position: NDArray[Any], normal: NDArray[Any], centre: NDArray[Any], reach: float
) -> tuple[int, int]:
    """The surfel nearest to a cell's centre and the nearest that faces elsewhere; -1 for none."""
    square = ((position - centre) ** 2).sum(axis=1)
    near = square <= reach**2
    if not near.any():
        return -1, -1
    first = int(np.argmin(np.where(near, square, np.inf)))
    other = near & (normal @ normal[first] < FACES_ELSEWHERE)
    second = int(np.argmin(np.where(other, square, np.inf))) if other.any() else -1
    return first, second


def lookup(learned: LearnedObject, point: NDArray[Any], normal: NDArray[Any]) -> int:
    """The surfel that a point facing along `normal` may belong to, -1 if none is near."""
    surfels = learned.surfels
    position, normals = surfels.position.astype(np.float64), surfels.normal.astype(np.float64)
    reach = max(LEAST_REACH, REACH_IN_CELLS * learned.spacing)
    origin = box_of(learned.table, learned.spacing).origin.astype(np.float64)
    cell = np.floor((np.asarray(point, np.float64) - origin) / learned.spacing)
    if (cell < 0).any():
        return -1
    centre = origin + (cell + 0.5) * learned.spacing
    first, second = cell_pair(position, normals, centre, reach)
    if second < 0:
        return first
    facing_first, facing_second = normals[first] @ normal, normals[second] @ normal
    return second if facing_second > facing_first and facing_first < FACES_ALIKE else first
