"""The sparse spatial index of one object: cell -> the surfels that a point in it may belong to.

Cells are gathered in blocks of 4 x 4 x 4, and only blocks near a surface exist. A cell names
two surfels: the nearest to its centre, and the nearest that faces elsewhere (the other side
of a thin wall, the next face of an edge). Association is then two dependent memory reads,
never a tree search.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from colonnade_models.surfel import NORMAL, POSITION

__all__ = ["MOST_CELLS", "NO_SURFEL", "SpatialIndex", "build_index", "cells_along"]

NO_SURFEL = np.uint16(0xFFFF)
MOST_CELLS = 1 << 26
"""Cells in the box round an object, while its index is built: 16 bytes each."""
FACES_ELSEWHERE = np.float32(0.6)


class SpatialIndex(NamedTuple):
    """Index of one object; ids are local to it."""

    origin: NDArray[np.float32]
    """(3,) lowest corner, m, in the object's reference frame."""
    cell: np.float32
    """Edge of a cell, m."""
    table: NDArray[np.int32]
    """(bx, by, bz) number of the block there, -1 where no surface is near."""
    blocks: NDArray[np.uint16]
    """(B, 64, 2) two surfels a cell, NO_SURFEL where none is within reach."""


@njit(cache=True)
def _nearest(surfels, origin, cell, reach, first, d_first, second, d_second):  # type: ignore[no-untyped-def]
    """Splat every surfel onto the cells within reach: pass one the nearest, pass two the other."""
    for wanted in range(2):
        for s in range(surfels.shape[0]):
            p = surfels[s, POSITION : POSITION + 3]
            n = surfels[s, NORMAL : NORMAL + 3]
            lo = np.empty(3, np.int64)
            hi = np.empty(3, np.int64)
            for k in range(3):
                lo[k] = max(int((p[k] - reach - origin[k]) / cell), 0)
                hi[k] = min(int((p[k] + reach - origin[k]) / cell) + 1, first.shape[k])
            for i in range(lo[0], hi[0]):
                dx = origin[0] + (i + 0.5) * cell - p[0]
                for j in range(lo[1], hi[1]):
                    dy = origin[1] + (j + 0.5) * cell - p[1]
                    for k in range(lo[2], hi[2]):
                        dz = origin[2] + (k + 0.5) * cell - p[2]
                        d = dx * dx + dy * dy + dz * dz
                        if d > reach * reach:
                            continue
                        if wanted == 0:
                            if d < d_first[i, j, k]:
                                d_first[i, j, k] = d
                                first[i, j, k] = s
                        else:
                            m = surfels[first[i, j, k], NORMAL : NORMAL + 3]
                            along = m[0] * n[0] + m[1] * n[1] + m[2] * n[2]
                            if along < FACES_ELSEWHERE and d < d_second[i, j, k]:
                                d_second[i, j, k] = d
                                second[i, j, k] = s


def cells_along(position: NDArray[np.float32], cell: float, reach: float) -> NDArray[np.int64]:
    """(3,) cells of `cell` metres along the box `reach` metres round positions (N, 3)."""
    low = position.min(axis=0) - np.float32(reach)
    extent = position.max(axis=0) + np.float32(reach) - low
    along: NDArray[np.int64] = 4 * (np.ceil(extent / (4 * cell)).astype(np.int64) + 1)
    return along


def build_index(surfels: NDArray[np.float32], cell: float, reach: float) -> SpatialIndex:
    """Index the (N, 25) surfels with cells of `cell` metres, up to `reach` metres off them.

    Raises ValueError for no surfels, more than 65,534 of them, or a box round them of more than
    MOST_CELLS cells.
    """
    if not 0 < len(surfels) < int(NO_SURFEL):
        raise ValueError(f"an object holds 1 to 65534 surfels, not {len(surfels)}")
    position = surfels[:, POSITION : POSITION + 3]
    shape = cells_along(position, cell, reach)
    if shape.prod(dtype=np.float64) > MOST_CELLS:
        raise ValueError(
            f"an object of {' x '.join(f'{n:.0f}' for n in shape)} cells is too large for its "
            f"surfel spacing: {MOST_CELLS:,} cells at most"
        )
    origin = (position.min(axis=0) - np.float32(reach)).astype(np.float32)
    ids = np.full((2, *shape), int(NO_SURFEL), np.int32)
    distance = np.full((2, *shape), np.inf, np.float32)
    _nearest(
        surfels, origin, np.float32(cell), np.float32(reach),
        ids[0], distance[0], ids[1], distance[1],
    )  # fmt: skip
    b = shape // 4
    blocked = ids.reshape(2, b[0], 4, b[1], 4, b[2], 4).transpose(1, 3, 5, 2, 4, 6, 0)
    blocked = blocked.reshape(*b, 64, 2)
    near = (blocked[..., 0] != int(NO_SURFEL)).any(axis=-1)
    table = np.full(b, -1, np.int32)
    table[near] = np.arange(int(near.sum()), dtype=np.int32)
    return SpatialIndex(
        origin, np.float32(cell), table, np.ascontiguousarray(blocked[near]).astype(np.uint16)
    )
