"""Association in the graph: where hypotheses put percepts, and which surfel is there.

Tensors are laid out (..., K, N): components first, then K hypotheses, then what each looks up. The
arithmetic is that of `colonnade_models.numerics.turn` and `colonnade_models.memory.lookup`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from colonnade_bridge.onnx.algebra import Builder, Value
from colonnade_models import surfel as S
from colonnade_models.evidence import SURFEL_DISC
from colonnade_models.memory import FACES_ALIKE, Memory
from colonnade_models.spatial_index import NO_SURFEL

__all__ = ["Found", "Stored", "Things", "carry", "dot", "look_up", "store", "things_of"]


class Stored(NamedTuple):
    """The memory's tables as constants of the graph. R surfels, O objects, T blocks of tables."""

    surfels: Value
    """(25, R)"""
    bent: Value
    """(6, R) what follows from them, see `surface.bent_of`."""
    position: Value
    """(3, R)"""
    normal: Value
    """(3, R)"""
    cells: Value
    """(2, 64 B) uint16"""
    table: Value
    """(T,) int32"""
    numbers: Value
    """(O, 18) what of an object a look-up needs, as in `Things`."""
    starts: Value
    """(O, 2) int32: first entry in the table, first surfel."""


class Things(NamedTuple):
    """What is known of the object of each hypothesis, (3, K, 1) or (1, K, 1)."""

    origin: Value
    past: Value
    """Cells along each side."""
    pitch: Value
    """Entries of the table from one block to the next along each side, and"""
    step: Value
    """the same of cells in a block."""
    centre: Value
    inverse_cell: Value
    radius: Value
    disc: Value
    """Square of the radius within which a surfel surely stands for the surface, m^2."""
    table_start: Value
    surfel_start: Value

    def deeper(self) -> Things:
        """The same for look-ups along two axes."""
        return Things(*(value.deeper(-1) for value in self))


class Found(NamedTuple):
    """What a look-up found."""

    known: Value
    """(1, K, N) whether there is a surfel."""
    surfel: Value
    """(K, N) which; 0 where there is none."""


def store(g: Builder, memory: Memory, held: Mapping[str, Value], bent: Value) -> Stored:
    """The tables of a complete memory; `held` are those that the graph has already."""
    along = memory.blocks_along.astype(np.float32)
    disc = SURFEL_DISC / memory.inverse_cell
    one = np.ones(len(along), np.float32)
    pitch = [along[:, 1] * along[:, 2], along[:, 2], one]
    step = [16 * one, 4 * one, one]
    placed = [memory.origin, 4 * along, *pitch, *step, memory.centre]
    numbers = np.column_stack([*placed, memory.inverse_cell, memory.radius, disc * disc])
    columns = np.ascontiguousarray(memory.surfels.T)
    return Stored(
        held["surfels"],
        bent,
        g.constant(columns[S.POSITION : S.POSITION + 3]),
        g.constant(columns[S.NORMAL : S.NORMAL + 3]),
        held["cells"],
        held["table"],
        g.constant(numbers.astype(np.float32)),
        g.constant(np.column_stack([memory.table_start, memory.surfel_start]).astype(np.int32)),
    )


def things_of(stored: Stored, objects: Value) -> Things:
    """What a look-up needs of the object of every hypothesis (K,)."""
    numbers = stored.numbers.take(objects).transposed(1, 0).deeper(-1)
    starts = stored.starts.take(objects).transposed(1, 0).deeper(-1)
    return Things(*numbers.parts(3, 3, 3, 3, 3, 1, 1, 1), *starts.parts(1, 1))


def dot(a: Value, b: Value) -> Value:
    """(1, ...) sum of the products over the first axis, which is of three, in their order."""
    x, y, z = (a * b).parts(1, 1, 1)
    return x + y + z


def carry(poses: Value, vectors: Value) -> tuple[Value, Value]:
    """Vectors (V, 3, M) turned by poses (K, 12), (V, 3, K, M); and the shifts (3, K, 1)."""
    rotation, shift = poses.transposed(1, 0).deeper(-1).parts(9, 3)
    columns = rotation.reshaped(3, 3, -1, 1).transposed(1, 0, 2, 3).parts(1, 1, 1)  # (1, 3, K, 1)
    components = vectors.deeper(2).parts(1, 1, 1, axis=1)  # (V, 1, 1, M)
    x, y, z = (column * part for column, part in zip(columns, components, strict=True))
    return x + y + z, shift


def look_up(stored: Stored, things: Things, x: Value, n: Value) -> Found:
    """The surfels that points `x` (3, K, N) facing along `n` may belong to."""
    at = (x - things.origin) * things.inverse_cell
    within = (at >= 0.0) & (at < things.past)
    inside = within.cast(np.int32).summed(0).equals(np.int32(3))
    cell = inside.where(at, 0.0).floor()  # neither NaN nor anything huge becomes an integer
    block = (cell * 0.25).floor()
    entry = (block * things.pitch).summed(0).cast(np.int32) + things.table_start
    number = stored.table.take(entry)  # (1, K, N)
    within_block = ((cell - block * 4.0) * things.step).summed(0).cast(np.int32)
    at_cell = (number.at_least(np.int32(0)) * np.int32(64) + within_block).flatter(0)
    first, second = stored.cells.take(at_cell, axis=1).cast(np.int32).parts(1, 1)
    none = np.int32(NO_SURFEL)
    known = inside & (number >= np.int32(0)) & (first < none)
    second = second.equals(none).where(first, second)
    both = x.builder.op("Concat", first, second, axis=0) + things.surfel_start
    both = known.where(both, np.int32(0))
    facing_first, facing_second = (
        dot(stored.normal.take(both, axis=1), n.deeper(1)).flatter(0).parts(1, 1)
    )
    turned = (facing_second > facing_first) & (facing_first < FACES_ALIKE)
    first, second = both.parts(1, 1)
    return Found(known, turned.where(second, first).flatter(0))
