"""Object memory: the surfels of all learned objects and their spatial indices.

`LearnedObject` is what learning ends with; `ObjectMemory` gathers many, and `Memory` is the
same as flat arrays for the kernels. Adding or replacing an object touches none of the others,
so nothing learned earlier can be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import surfel as S
from colonnade_models.kernel import inlined
from colonnade_models.profile import profile
from colonnade_models.spatial_index import NO_SURFEL, SpatialIndex, build_index

__all__ = ["LearnedObject", "Memory", "ObjectMemory", "Surfels", "lookup"]

Array = NDArray[np.float32]

REACH_IN_CELLS = 2.0
"""How far off the surface the index answers: enough for the noise of a hypothesis' place."""
LEAST_REACH = 0.010
FACES_ALIKE = np.float32(0.5)


def reach_of(spacing: float) -> float:
    """How far off its surface an object's index answers, m, for voxels of `spacing` metres."""
    return max(LEAST_REACH, REACH_IN_CELLS * spacing)


class Surfels(NamedTuple):
    """Views into the columns of the (N, 25) surfel table."""

    position: Array
    normal: Array
    direction: Array
    curvature: Array
    colour_hsv: Array


@dataclass(frozen=True, eq=False)
class LearnedObject:
    """One object as learned: a name, its surfels and the grid they were merged on."""

    name: str
    table: Array
    """(N, 25) surfel rows, see `colonnade_models.surfel`."""
    spacing: float
    """Edge of the merging voxels, m."""
    steps: int = 0
    """Percepts it took to learn."""
    seconds: float = 0.0
    twins: Array = field(default_factory=lambda: np.zeros((0, 12), np.float32))
    """(W, 12) poses that nearly lay the object onto itself, see `colonnade_models.twins`."""

    def __post_init__(self) -> None:
        if self.table.ndim != 2 or self.table.shape[1] != S.SURFEL_SIZE or not len(self.table):
            raise ValueError(f"{self.name}: surfels must be (N, {S.SURFEL_SIZE}) with N >= 1")
        if not np.isfinite(self.table).all():
            raise ValueError(f"{self.name}: surfels must be finite")
        if self.twins.ndim != 2 or self.twins.shape[1] != 12 or not np.isfinite(self.twins).all():
            raise ValueError(f"{self.name}: twins must be finite and (W, 12)")

    @property
    def surfels(self) -> Surfels:
        """The surfels by field: position, normal, direction (N, 3), curvature (N, 2), colour."""
        t = self.table
        return Surfels(
            t[:, S.POSITION : S.POSITION + 3],
            t[:, S.NORMAL : S.NORMAL + 3],
            t[:, S.DIRECTION : S.DIRECTION + 3],
            t[:, S.CURVATURE : S.CURVATURE + 2],
            t[:, S.COLOUR : S.COLOUR + 3],
        )

    @cached_property
    def index(self) -> SpatialIndex:
        """The spatial index, built on first use and never saved: it follows from the surfels.

        Raises ValueError where the object is too large for its spacing, see `build_index`.
        """
        return build_index(self.table, self.spacing, reach_of(self.spacing))

    @cached_property
    def profile(self) -> NDArray[np.uint8]:
        """(CELLS,) what percepts surprise this object, built and kept as `index` is."""
        return profile(self.table)


class Memory(NamedTuple):
    """All objects as flat arrays, for kernels. O objects, S surfels, B blocks, T table cells."""

    surfels: Array
    """(S, 25)"""
    surfel_start: NDArray[np.int32]
    """(O + 1,) first surfel of each object."""
    origin: Array
    """(O, 3) lowest corner of each object's index, m."""
    inverse_cell: Array
    """(O,) 1/m"""
    blocks_along: NDArray[np.int32]
    """(O, 3) size of each object's table."""
    table_start: NDArray[np.int32]
    """(O,)"""
    table: NDArray[np.int32]
    """(T,) block in `blocks`, or -1."""
    blocks: NDArray[np.uint16]
    """(B, 64, 2) surfel ids local to the object."""
    centre: Array
    """(O, 3) middle of each object's surfels, m."""
    twins: Array
    """(W, 12) poses that nearly lay an object onto itself."""
    twin_start: NDArray[np.int32]
    """(O + 1,) first twin of each object."""
    radius: Array
    """(O,) largest distance of a surfel from the centre, m."""
    surprise: NDArray[np.uint8]
    """(CELLS, O) how much each object is surprised by a percept in each cell of bending and of
    colour, see `colonnade_models.profile`."""


@inlined
def lookup(
    memory: Memory,
    o: int,
    x: np.float32,
    y: np.float32,
    z: np.float32,
    nx: np.float32,
    ny: np.float32,
    nz: np.float32,
) -> int:
    """The surfel of object `o` that a point facing along n may belong to, -1 if none is near.

    Of the two that a cell names, the one facing more alike.
    """
    inverse = memory.inverse_cell[o]
    fx = (x - memory.origin[o, 0]) * inverse
    fy = (y - memory.origin[o, 1]) * inverse
    fz = (z - memory.origin[o, 2]) * inverse
    along = memory.blocks_along[o]
    # compared before they become integers: neither NaN nor anything huge may
    if not (fx >= np.float32(0.0) and fx < np.float32(4 * along[0])):
        return -1
    if not (fy >= np.float32(0.0) and fy < np.float32(4 * along[1])):
        return -1
    if not (fz >= np.float32(0.0) and fz < np.float32(4 * along[2])):
        return -1
    ix, iy, iz = int(fx), int(fy), int(fz)
    bx, by, bz = ix >> 2, iy >> 2, iz >> 2
    block = memory.table[memory.table_start[o] + (bx * along[1] + by) * along[2] + bz]
    if block < 0:
        return -1
    pair = memory.blocks[block, ((ix & 3) << 4) | ((iy & 3) << 2) | (iz & 3)]
    if pair[0] == NO_SURFEL:
        return -1
    start = memory.surfel_start[o]
    first = start + np.int32(pair[0])
    if pair[1] == NO_SURFEL:
        return first
    second = start + np.int32(pair[1])
    a = memory.surfels[first]
    b = memory.surfels[second]
    facing_a = a[S.NORMAL] * nx + a[S.NORMAL + 1] * ny + a[S.NORMAL + 2] * nz
    facing_b = b[S.NORMAL] * nx + b[S.NORMAL + 1] * ny + b[S.NORMAL + 2] * nz
    if facing_b > facing_a and facing_a < FACES_ALIKE:
        return second
    return first


class ObjectMemory:
    """All objects that a mind knows, in the order they were learned."""

    def __init__(self, objects: Iterable[LearnedObject] = ()) -> None:
        self._objects: dict[str, LearnedObject] = {}
        for learned in objects:
            self.add(learned)

    def add(self, learned: LearnedObject) -> None:
        """Remember one more object. Raises ValueError if its name is taken."""
        if learned.name in self._objects:
            raise ValueError(f"an object named {learned.name!r} is already in memory")
        self._objects[learned.name] = learned
        self.__dict__.pop("arrays", None)

    def replace(self, learned: LearnedObject) -> None:
        """Know the object of that name better, in its old place. Raises KeyError if it is new."""
        if learned.name not in self._objects:
            raise KeyError(f"no object named {learned.name!r} is in memory")
        self._objects[learned.name] = learned
        self.__dict__.pop("arrays", None)

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of learning; a position here is an object id in the kernels."""
        return tuple(self._objects)

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[LearnedObject]:
        return iter(self._objects.values())

    def __contains__(self, name: object) -> bool:
        return name in self._objects

    def __getitem__(self, name: str) -> LearnedObject:
        return self._objects[name]

    @cached_property
    def arrays(self) -> Memory:
        """The memory as the kernels read it. Raises ValueError when nothing was learned."""
        objects = list(self)
        if not objects:
            raise ValueError("the memory is empty: learn an object first")
        tables, blocks, starts = [], [], []
        block_count = table_count = 0
        for learned in objects:
            index = learned.index
            starts.append(table_count)
            table_count += index.table.size
            tables.append(np.where(index.table < 0, -1, index.table + block_count).ravel())
            blocks.append(index.blocks)
            block_count += len(index.blocks)
        position = [learned.surfels.position for learned in objects]
        centre = np.array([(p.min(axis=0) + p.max(axis=0)) / 2 for p in position], np.float32)
        sizes = [0, *(len(learned.table) for learned in objects)]
        return Memory(
            np.concatenate([learned.table for learned in objects]),
            np.cumsum(sizes).astype(np.int32),
            np.array([learned.index.origin for learned in objects], np.float32),
            np.array([1 / learned.index.cell for learned in objects], np.float32),
            np.array([learned.index.table.shape for learned in objects], np.int32),
            np.array(starts, np.int32),
            np.concatenate(tables).astype(np.int32),
            np.concatenate(blocks),
            centre,
            np.concatenate([learned.twins for learned in objects]),
            np.cumsum([0, *(len(learned.twins) for learned in objects)]).astype(np.int32),
            np.array(
                [
                    np.linalg.norm(p - c, axis=1).max()
                    for p, c in zip(position, centre, strict=True)
                ],
                np.float32,
            ),
            np.ascontiguousarray(np.stack([learned.profile for learned in objects], axis=1)),
        )
