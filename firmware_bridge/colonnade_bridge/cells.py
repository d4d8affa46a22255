"""Cells: the spatial index of an object as a controller reads it, complete and small.

Of each cell near a surface it says which surfels the cell names, which are those that
`colonnade_models.spatial_index` finds. A surfel is said in one byte where blocks are not crowded:
each block has up to eight bases, and three bits choose one of them, five say how far on it is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory, ObjectMemory, lookup
from colonnade_models.spatial_index import NO_SURFEL

__all__ = ["NEAR", "Cells", "cells_of", "complete"]

NEAR = np.dtype([("first", "<u4", 2), ("second", "<u4", 2), ("bases", "<u4"), ("entries", "<u4")])
MOST_BASES, FARTHEST = 8, 32


class Cells(NamedTuple):
    """The index of one object; T blocks, B of them near a surface."""

    blocks: NDArray[np.uint16]
    """(T,) number of each block among those near, from 1; 0: it is not."""
    near: NDArray[Any]
    """(B,) of NEAR: which of its 64 cells name a surfel, which a second one, and where they do."""
    bases: NDArray[np.uint16]
    entries: bytes
    wide: bool
    """Whether an entry is a surfel's own number, in two bytes, and there are no bases."""


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


def cells_of(memory: Memory, o: int) -> Cells:
    """The index of object `o` of a complete memory, whose surfels are sorted by blocks."""
    size = int(memory.blocks_along[o].prod())
    table = memory.table[memory.table_start[o] :][:size]
    near = np.flatnonzero(table >= 0)
    blocks = np.zeros(size, np.uint16)
    blocks[near] = np.arange(1, len(near) + 1)
    pairs = memory.blocks[table[near]]
    bases = [_bases(pair) for pair in pairs]
    wide = max(map(len, bases)) > MOST_BASES
    rows, entries, all_bases = np.zeros(len(near), NEAR), bytearray(), bytearray()
    for row, pair, base in zip(rows, pairs, bases, strict=True):
        row["entries"], row["bases"] = len(entries), len(all_bases) // 2
        if not wide:
            all_bases += base.astype("<u2").tobytes()
        for k, name in enumerate(("first", "second")):
            known = pair[:, k] < NO_SURFEL
            row[name] = np.packbits(known, bitorder="little").view("<u4")
            numbers = pair[known, k]
            entries += (numbers.astype("<u2") if wide else _coded(numbers, base)).tobytes()
    return Cells(blocks, rows, np.frombuffer(all_bases, "<u2"), bytes(entries), wide)


def _bases(pair: NDArray[np.uint16]) -> NDArray[np.int64]:
    """The fewest numbers from which all that the cells (64, 2) of a block name are near enough."""
    bases: list[int] = []
    for number in np.unique(pair[pair < NO_SURFEL]).tolist():
        if not bases or number >= bases[-1] + FARTHEST:
            bases.append(number)
    return np.array(bases, np.int64)


def _coded(numbers: NDArray[np.uint16], base: NDArray[np.int64]) -> NDArray[np.uint8]:
    """One byte each: which base, and how far on."""
    which = np.searchsorted(base, numbers, side="right") - 1
    return (FARTHEST * which + numbers - base[which]).astype(np.uint8)
