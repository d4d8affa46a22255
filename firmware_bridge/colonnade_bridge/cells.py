"""Cells: the spatial index of an object as a controller reads it, complete and small.

Of each cell near a surface it says which surfels the cell names, which are those that
`colonnade_models.spatial_index` finds. A surfel is said by its rank among those of the 27 blocks
around, which is one byte where blocks are not crowded.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory, ObjectMemory, lookup
from colonnade_models.spatial_index import NO_SURFEL

__all__ = ["BLOCK", "NEAR", "Cells", "cells_of", "complete"]

BLOCK = np.dtype([("start", "<u2"), ("near", "<u2")])
NEAR = np.dtype([("first", "<u4", 2), ("second", "<u4", 2), ("entries", "<u4")])
MOST_RANKS = 256
ROWS = ((0, 0), (0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))
"""Rows of blocks around one along the first two axes, the nearest first: there most surfels are."""


class Cells(NamedTuple):
    """The index of one object; T blocks, B of them near a surface."""

    blocks: NDArray[Any]
    """(T,) of BLOCK: the first surfel of each, and its number among those near, from 1; 0: none."""
    near: NDArray[Any]
    """(B,) of NEAR: which of its 64 cells name a surfel, which a second one, and where they do."""
    entries: bytes
    wide: bool
    """Whether an entry is a surfel's own number, in two bytes, instead of a rank."""


@kernel
def _ask_everywhere(memory: Memory, o: int) -> None:
    """Ask for every cell near an object, so that its index is complete."""
    along, cell = memory.blocks_along[o], memory.cell[o]
    half = np.float32(0.5)
    for ix in range(4 * along[0]):
        for iy in range(4 * along[1]):
            for iz in range(4 * along[2]):
                x = memory.origin[o, 0] + (np.float32(ix) + half) * cell
                y = memory.origin[o, 1] + (np.float32(iy) + half) * cell
                z = memory.origin[o, 2] + (np.float32(iz) + half) * cell
                lookup(memory, o, x, y, z, half, half, half)


def complete(memory: ObjectMemory) -> Memory:
    """The memory with all objects awake and every cell of their indices filled.

    Raises ValueError when nothing was learned.
    """
    arrays = ObjectMemory(memory.packed(), places=len(memory)).arrays
    for o in range(len(memory)):
        _ask_everywhere(arrays, o)
    return arrays


def cells_of(memory: Memory, o: int, start: NDArray[np.int32]) -> Cells:
    """The index of object `o` of a complete memory, whose surfels are sorted by blocks.

    `start` (T,) is the first surfel of each block.
    """
    first, past, along = memory.surfel_start[o], memory.surfel_end[o], memory.blocks_along[o]
    table = memory.table[memory.table_start[o] :][: len(start)]
    near = np.flatnonzero(table >= 0)
    blocks = np.zeros(len(start), BLOCK)
    blocks["start"] = start
    blocks["near"][near] = np.arange(1, len(near) + 1)
    pairs = memory.blocks[table[near]]
    around = [_around(int(b), along, start, int(past - first)) for b in near]
    wide = not all(_fits(pair, rank) for pair, rank in zip(pairs, around, strict=True))
    rows, entries = np.zeros(len(near), NEAR), bytearray()
    for row, pair, rank in zip(rows, pairs, around, strict=True):
        row["entries"] = len(entries)
        for k, name in enumerate(("first", "second")):
            known = pair[:, k] < NO_SURFEL
            row[name] = np.packbits(known, bitorder="little").view("<u4")
            numbers = pair[known, k]
            kept = numbers.astype("<u2") if wide else _ranks(numbers, rank)
            entries += kept.tobytes()
    return Cells(blocks, rows, bytes(entries), wide)


def _around(
    block: int, along: NDArray[np.int32], start: NDArray[np.int32], surfels: int
) -> NDArray[np.int64]:
    """The surfels of the 27 blocks around one, those of the nearest rows of blocks first."""
    i, j, k = (int(at) for at in np.unravel_index(block, along))
    low, past = max(k - 1, 0), min(k + 2, int(along[2]))
    ends = np.append(start, surfels)
    found = []
    for di, dj in ROWS:
        if 0 <= i + di < along[0] and 0 <= j + dj < along[1]:
            row = ((i + di) * int(along[1]) + j + dj) * int(along[2])
            found.append(np.arange(ends[row + low], ends[row + past]))
    return np.concatenate(found)


def _ranks(numbers: NDArray[np.uint16], rank: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Where each of the numbers stands in `rank`."""
    order = np.argsort(rank)
    return order[np.searchsorted(rank, numbers, sorter=order)].astype(np.uint8)


def _fits(pair: NDArray[np.uint16], rank: NDArray[np.int64]) -> bool:
    """Whether all that the cells (64, 2) of a block name can be told by a rank of one byte."""
    named = pair[pair < NO_SURFEL]
    return bool(np.isin(named, rank[:MOST_RANKS]).all())
