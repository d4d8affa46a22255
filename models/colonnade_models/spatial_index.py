"""The sparse spatial index of one object: cell -> the surfels that a point in it may belong to.

Cells are gathered in blocks of 4 x 4 x 4, and only blocks near a surface exist. A cell names
two surfels: the nearest to its centre, and the nearest that faces elsewhere (the other side
of a thin wall, the next face of an edge). They are searched for the first time that a point
falls into the cell, among the surfels of the blocks around, and remembered: most cells of most
objects are never asked about. Association is then two dependent memory reads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models.kernel import inlined, kernel
from colonnade_models.surfel import NORMAL, POSITION

__all__ = [
    "MOST_CELLS",
    "MOST_SURFELS",
    "NOT_YET",
    "NO_SURFEL",
    "Box",
    "Filed",
    "box_of",
    "cells_along",
    "file_surfels",
    "reach_of",
    "search",
]

Array = NDArray[np.float32]

HALF = np.float32(0.5)
NO_SURFEL = np.uint16(0xFFFF)
"""In a cell: none is within reach."""
NOT_YET = np.uint16(0xFFFE)
"""In a cell: nobody has asked yet."""
MOST_SURFELS = 0xFFFE
MOST_CELLS = 1 << 26
"""Cells in the box round an object."""
REACH_IN_CELLS = 2.0
"""How far off the surface the index answers: enough for the noise of a hypothesis' place."""
LEAST_REACH = 0.010
FACES_ELSEWHERE = np.float32(0.6)


def reach_of(cell: float) -> float:
    """How far off a surface an index with cells of `cell` metres answers, m."""
    return max(LEAST_REACH, REACH_IN_CELLS * cell)


def cells_along(position: Array, cell: float) -> NDArray[np.int64]:
    """(3,) cells of `cell` metres along the box round positions (N, 3)."""
    reach = reach_of(cell)
    low = position.min(axis=0) - np.float32(reach)
    extent = position.max(axis=0) + np.float32(reach) - low
    along: NDArray[np.int64] = 4 * (np.ceil(extent / (4 * cell)).astype(np.int64) + 1)
    return along


class Box(NamedTuple):
    """The box in which an object's surfels can be looked up."""

    origin: Array
    """(3,) lowest corner, m, in the object's reference frame."""
    along: NDArray[np.int32]
    """(3,) blocks along each side."""
    near: NDArray[np.bool_]
    """(blocks,) those near a surface, the last axis fastest."""


def box_of(surfels: Array, cell: float) -> Box:
    """The box round the (N, 25) surfels for cells of `cell` metres.

    Raises ValueError for no surfels, more than MOST_SURFELS of them, or a box of more than
    MOST_CELLS cells.
    """
    if not 0 < len(surfels) <= MOST_SURFELS:
        raise ValueError(f"an object holds 1 to {MOST_SURFELS} surfels, not {len(surfels)}")
    position, reach = surfels[:, POSITION : POSITION + 3], reach_of(cell)
    shape = cells_along(position, cell)
    if shape.prod(dtype=np.float64) > MOST_CELLS:
        raise ValueError(
            f"an object of {' x '.join(f'{n:.0f}' for n in shape)} cells is too large for its "
            f"surfel spacing: {MOST_CELLS:,} cells at most"
        )
    origin = (position.min(axis=0) - np.float32(reach)).astype(np.float32)
    along = (shape // 4).astype(np.int32)
    near = np.zeros(int(along.prod(dtype=np.int64)), np.bool_)
    _mark_near(surfels, origin, np.float32(cell), np.float32(reach), along, near)
    return Box(origin, along, near)


@inlined
def _apart(i: int, origin: np.float32, cell: np.float32, x: np.float32) -> np.float32:
    """Square of the distance along one axis from x to the centre of cell i."""
    d = origin + (np.float32(i) + HALF) * cell - x
    return d * d


@inlined
def _nearest_apart(block: int, origin: np.float32, cell: np.float32, x: np.float32) -> np.float32:
    """The least of a block's four."""
    least = _apart(4 * block, origin, cell, x)
    for i in range(4 * block + 1, 4 * block + 4):
        least = min(least, _apart(i, origin, cell, x))
    return least


@inlined
def _blocks_within(  # type: ignore[no-untyped-def]
    x: np.float32, reach: np.float32, origin: np.float32, cell: np.float32, blocks: int
):
    """The first and the last block along one axis that reach around x."""
    first = max(int((x - reach - origin) / cell), 0) >> 2
    return first, min(int((x + reach - origin) / cell), 4 * blocks - 1) >> 2


@inlined
def _nearer(best: int, other: int, found: NDArray[np.uint16], square: Array) -> int:
    """Which of two that were found is nearer, or first in number; `best` may be -1."""
    if best < 0 or square[other] < square[best]:
        return other
    if square[other] == square[best] and found[other] < found[best]:
        return other
    return best


@kernel
def _mark_near(
    surfels: Array, origin: Array, cell: np.float32, reach: np.float32,
    along: NDArray[np.int32], near: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Mark the blocks that hold the centre of a cell within reach of a surfel."""
    for s in range(surfels.shape[0]):
        x, y, z = surfels[s, POSITION], surfels[s, POSITION + 1], surfels[s, POSITION + 2]
        first_i, last_i = _blocks_within(x, reach, origin[0], cell, along[0])
        first_j, last_j = _blocks_within(y, reach, origin[1], cell, along[1])
        first_k, last_k = _blocks_within(z, reach, origin[2], cell, along[2])
        for i in range(first_i, last_i + 1):
            square_i = _nearest_apart(i, origin[0], cell, x)
            for j in range(first_j, last_j + 1):
                square_j = square_i + _nearest_apart(j, origin[1], cell, y)
                for k in range(first_k, last_k + 1):
                    if square_j + _nearest_apart(k, origin[2], cell, z) <= reach * reach:
                        near[(i * along[1] + j) * along[2] + k] = True


@inlined
def _block_of(
    surfels: Array, s: int, origin: Array, inverse_cell: np.float32, along: NDArray[np.int32]
) -> int:
    i = int((surfels[s, POSITION] - origin[0]) * inverse_cell) >> 2
    j = int((surfels[s, POSITION + 1] - origin[1]) * inverse_cell) >> 2
    k = int((surfels[s, POSITION + 2] - origin[2]) * inverse_cell) >> 2
    return (i * along[1] + j) * along[2] + k


class Filed(NamedTuple):
    """The surfels of one object, sorted by blocks. N surfels, T blocks."""

    number: NDArray[np.uint16]
    """(N,)"""
    position: Array
    """(N, 3) m"""
    start: NDArray[np.int32]
    """(T,) the first of each block."""


@kernel
def file_surfels(
    surfels: Array,
    origin: Array,
    inverse_cell: np.float32,
    along: NDArray[np.int32],
    filed: Filed,
) -> None:
    """Sort surfels (N, 25) by their blocks into `filed`."""
    start = filed.start
    for b in range(start.shape[0]):
        start[b] = 0
    for s in range(surfels.shape[0]):
        start[_block_of(surfels, s, origin, inverse_cell, along)] += 1
    past = 0
    for b in range(start.shape[0]):
        past += start[b]
        start[b] = past
    for s in range(surfels.shape[0] - 1, -1, -1):
        b = _block_of(surfels, s, origin, inverse_cell, along)
        start[b] -= 1
        filed.number[start[b]] = s
        for k in range(3):
            filed.position[start[b], k] = surfels[s, POSITION + k]


@kernel
def search(
    surfels: Array,
    origin: Array,
    cell: np.float32,
    along: NDArray[np.int32],
    filed: Filed,
    ix: int,
    iy: int,
    iz: int,
    found: NDArray[np.uint16],
    square: Array,
    pair: NDArray[np.uint16],
) -> None:
    """Find the two surfels that cell (ix, iy, iz) names, into `pair` (2,).

    Of equally near ones the first in number. `found` and `square` (N,) are scratch; the other
    arguments are those of `file_surfels`, which comes first.
    """
    reach = max(np.float32(LEAST_REACH), np.float32(REACH_IN_CELLS) * cell)
    x = origin[0] + (np.float32(ix) + HALF) * cell
    y = origin[1] + (np.float32(iy) + HALF) * cell
    z = origin[2] + (np.float32(iz) + HALF) * cell
    first_j, last_j = _blocks_within(y, reach, origin[1], cell, along[1])
    first_k, last_k = _blocks_within(z, reach, origin[2], cell, along[2])
    first_i, last_i = _blocks_within(x, reach, origin[0], cell, along[0])
    count, best = 0, -1
    for i in range(first_i, last_i + 1):
        for j in range(first_j, last_j + 1):
            b = (i * along[1] + j) * along[2]
            past = b + last_k + 1
            end = filed.start[past] if past < filed.start.shape[0] else surfels.shape[0]
            for q in range(filed.start[b + first_k], end):
                d0, d1 = x - filed.position[q, 0], y - filed.position[q, 1]
                d2 = z - filed.position[q, 2]
                d = d0 * d0 + d1 * d1 + d2 * d2
                if d <= reach * reach:
                    found[count], square[count] = filed.number[q], d
                    best = _nearer(best, count, found, square)
                    count += 1
    pair[0] = pair[1] = NO_SURFEL
    if best < 0:
        return
    pair[0] = found[best]
    first = surfels[int(found[best])]
    n0, n1, n2 = first[NORMAL], first[NORMAL + 1], first[NORMAL + 2]
    best = -1
    for c in range(count):
        s = surfels[int(found[c])]
        if s[NORMAL] * n0 + s[NORMAL + 1] * n1 + s[NORMAL + 2] * n2 < FACES_ELSEWHERE:
            best = _nearer(best, c, found, square)
    if best >= 0:
        pair[1] = found[best]
