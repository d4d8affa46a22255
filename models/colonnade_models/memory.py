"""Object memory: the surfels of all learned objects and their spatial indices.

`ObjectMemory` packs and gathers what was learned (`colonnade_models.learned`), and `Memory` is the
same as flat arrays for the kernels. Adding or replacing an object touches none of the others, so
nothing learned earlier can be forgotten. Of a large memory only few objects are unpacked and
indexed at a time, see `colonnade_models.recall`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import surfel as S
from colonnade_models.kernel import inlined, kernel
from colonnade_models.learned import LearnedObject, PackedObject
from colonnade_models.packed import Packed, join, part
from colonnade_models.recall import Wakefulness, filed_of, new_wakefulness, wake
from colonnade_models.spatial_index import NO_SURFEL, NOT_YET, Filed, search

__all__ = ["Memory", "ObjectMemory", "lookup", "most_awake"]

Array = NDArray[np.float32]

FACES_ALIKE = np.float32(0.5)
ALL_AWAKE = 128
"""A memory of up to so many objects is awake as a whole."""
FEW_AWAKE = 22
"""Of a larger one as many are at a time: what one or two seedings ask about."""


def most_awake(objects: int) -> int:
    """How many of a memory's `objects` are awake at a time unless it is told otherwise."""
    return objects if objects <= ALL_AWAKE else FEW_AWAKE


class Memory(NamedTuple):
    """All objects as flat arrays, for kernels. O objects, and room for R surfels of those awake.

    Of an object that is asleep nothing may be asked but what stands in the arrays by object.
    """

    surfels: Array
    """(R, 25)"""
    surfel_start: NDArray[np.int32]
    """(O,) first surfel of each object that is awake."""
    surfel_end: NDArray[np.int32]
    """(O,) past its last; 0 of one that is asleep."""
    origin: Array
    """(O, 3) lowest corner of each object's index, m."""
    cell: Array
    """(O,) edge of its cells, m."""
    inverse_cell: Array
    """(O,) 1/m"""
    blocks_along: NDArray[np.int32]
    """(O, 3) size of each object's table."""
    table_start: NDArray[np.int32]
    """(O,)"""
    table: NDArray[np.int32]
    """(T,) block in `blocks`, or -1."""
    blocks: NDArray[np.uint16]
    """(B, 64, 2) surfel ids local to the object, as far as they were asked for."""
    filed: Filed
    """(R,) and (T,) the surfels of each object by blocks of its table."""
    near: NDArray[np.uint8]
    """Bits, the lowest first: which blocks of each object's table exist."""
    near_start: NDArray[np.int32]
    """(O,) first bit of each object."""
    centre: Array
    """(O, 3) middle of each object's surfels, m."""
    twins: Array
    """(W, 16) poses that nearly lay an object onto itself, see `colonnade_models.twin`."""
    twin_start: NDArray[np.int32]
    """(O + 1,) first twin of each object."""
    trust: Array
    """(O, 2) how far differences in shape and in colour tell one pose of it from another."""
    radius: Array
    """(O,) largest distance of a surfel from the centre, m."""
    surprise: NDArray[np.uint8]
    """(CELLS, O) how much each object is surprised by a percept in each cell of bending and of
    colour, see `colonnade_models.profile`."""
    packed: Packed
    """All that was learned of surfels."""
    wakefulness: Wakefulness
    """Who is awake."""


@kernel
def _search(memory: Memory, o: int, ix: int, iy: int, iz: int, pair: NDArray[np.uint16]) -> None:
    """Fill the pair (2,) of a cell that nobody has asked about yet."""
    first, past = memory.surfel_start[o], memory.surfel_end[o]
    w = memory.wakefulness
    search(
        memory.surfels[first:past],
        memory.origin[o],
        memory.cell[o],
        memory.blocks_along[o],
        filed_of(memory, o),
        ix,
        iy,
        iz,
        w.found,
        w.square,
        pair,
    )


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
    c = ((ix & 3) << 4) | ((iy & 3) << 2) | (iz & 3)
    pair = memory.blocks[block, c]
    if pair[0] >= NOT_YET:
        if pair[0] == NOT_YET:
            _search(memory, o, ix, iy, iz, pair)
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
    """All objects that a mind knows, in the order they were learned; their surfels are packed.

    `places` is how many are unpacked at a time at most, `most_awake` of them unless it is given.
    """

    def __init__(
        self,
        objects: Iterable[LearnedObject | PackedObject] = (),
        places: int | None = None,
    ) -> None:
        self._objects: dict[str, PackedObject] = {}
        self._places = places
        for learned in objects:
            self.add(learned)

    def add(self, learned: LearnedObject | PackedObject) -> None:
        """Remember one more object. Raises ValueError if its name is taken."""
        if learned.name in self._objects:
            raise ValueError(f"an object named {learned.name!r} is already in memory")
        self._keep(learned)

    def replace(self, learned: LearnedObject) -> None:
        """Know the object of that name better, in its old place. Raises KeyError if it is new."""
        if learned.name not in self._objects:
            raise KeyError(f"no object named {learned.name!r} is in memory")
        self._keep(learned)

    def _keep(self, learned: LearnedObject | PackedObject) -> None:
        kept = learned.packed if isinstance(learned, LearnedObject) else learned
        self._objects[learned.name] = kept
        self.__dict__.pop("arrays", None)

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of learning; a position here is an object id in the kernels."""
        return tuple(self._objects)

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[LearnedObject]:
        return (remembered.unpacked() for remembered in self._objects.values())

    def __contains__(self, name: object) -> bool:
        return name in self._objects

    def __getitem__(self, name: str) -> LearnedObject:
        return self._objects[name].unpacked()

    def packed(self) -> list[PackedObject]:
        """The objects as they are kept, in the order of learning."""
        return list(self._objects.values())

    @cached_property
    def arrays(self) -> Memory:
        """The memory as the kernels read it. Raises ValueError when nothing was learned."""
        objects = self.packed()
        if not objects:
            raise ValueError("the memory is empty: learn an object first")
        count = len(objects)
        packed = join([thing.packed for thing in objects])
        known = [thing.sketch for thing in objects]
        for o, thing in enumerate(objects):  # one copy of the surfels is enough
            self._objects[thing.name] = thing.within(part(packed, o))
        boxes = [sketch.box for sketch in known]
        near = np.concatenate([box.near for box in boxes])
        cell = np.array([thing.spacing for thing in objects], np.float32)
        tables = [len(box.near) for box in boxes]
        sizes = np.stack([np.diff(packed.start), tables, [box.near.sum() for box in boxes]], axis=1)
        places = min(self._places or most_awake(count), count)
        wakefulness, (rows, cells, blocks) = new_wakefulness(sizes, places)
        memory = Memory(
            np.zeros((rows, S.SURFEL_SIZE), np.float32),
            np.zeros(count, np.int32),
            np.zeros(count, np.int32),
            np.stack([box.origin for box in boxes]),
            cell,
            np.float32(1) / cell,
            np.stack([box.along for box in boxes]),
            np.zeros(count, np.int32),
            np.zeros(cells, np.int32),
            np.zeros((blocks, 64, 2), np.uint16),
            Filed(
                np.zeros(rows, np.uint16),
                np.zeros((rows, 3), np.float32),
                np.zeros(cells, np.int32),
            ),
            np.packbits(near, bitorder="little"),
            np.cumsum([0, *tables[:-1]]).astype(np.int32),
            np.stack([sketch.centre for sketch in known]),
            np.concatenate([thing.twins for thing in objects]),
            np.cumsum([0, *(len(thing.twins) for thing in objects)]).astype(np.int32),
            np.stack([thing.trust for thing in objects]),
            np.array([sketch.radius for sketch in known], np.float32),
            np.ascontiguousarray(np.stack([sketch.surprise for sketch in known], axis=1)),
            packed,
            wakefulness,
        )
        for o in range(places):
            wake(memory, o, o)
        return memory
