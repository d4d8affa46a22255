"""Recall: of a large memory only the objects that are in question are unpacked and indexed.

An object is asleep, its surfels packed and without an index, or awake in one of a few places. A
seeding wakes those that it will look at; whoever was needed least lately gives its place up, but
none of which a hypothesis lives, nor that by which a motion would be noticed. So the memory of a
thousand objects costs their packed surfels and what a few dozen need awake. Which ones are awake
changes no result, only what it costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models.kernel import inlined, kernel
from colonnade_models.packed import unpack
from colonnade_models.spatial_index import NOT_YET, Filed, file_surfels

if TYPE_CHECKING:
    from colonnade_models.familiarity import Shortlist
    from colonnade_models.hypotheses import Hypotheses
    from colonnade_models.memory import Memory
    from colonnade_models.past import Past

__all__ = [
    "Wakefulness",
    "filed_of",
    "keep_awake",
    "new_wakefulness",
    "recall",
    "recall_listed",
    "wake",
    "wake_up",
]

Array = NDArray[np.float32]


class Wakefulness(NamedTuple):
    """Which of O objects are awake, each in one of W places."""

    place: NDArray[np.int32]
    """(O,) -1 for one that is asleep."""
    object: NDArray[np.int32]
    """(W,) -1 for an empty place."""
    asked: NDArray[np.int64]
    """(W,) by the clock, when it was last asked about."""
    clock: NDArray[np.int64]
    """(1,) seedings so far."""
    surfel: NDArray[np.int32]
    """(W,) first surfel of each place."""
    table: NDArray[np.int32]
    """(W,) the same of the tables."""
    block: NDArray[np.int32]
    """(W,) the same of the blocks."""
    found: NDArray[np.uint16]
    """(most surfels of an object,) scratch."""
    square: Array
    """(most surfels of an object,) scratch."""


def new_wakefulness(sizes: NDArray[np.int64], places: int) -> tuple[Wakefulness, NDArray[np.int64]]:
    """All asleep; and how many surfels, table cells and blocks the places need in all (3,).

    `sizes` (O, 3) are what each object needs of the three. Where there are places for all they
    fit object by object; any object fits into any place else.
    """
    count, most = len(sizes), int(sizes[:, 0].max())
    fit = sizes if places == count else np.tile(sizes.max(axis=0), (places, 1))
    ends = np.concatenate([np.zeros((1, 3), np.int64), np.cumsum(fit, axis=0)])
    surfel, table, block = np.ascontiguousarray(ends[:-1].T).astype(np.int32)
    return Wakefulness(
        np.full(count, -1, np.int32),
        np.full(places, -1, np.int32),
        np.full(places, -1, np.int64),
        np.zeros(1, np.int64),
        surfel,
        table,
        block,
        np.zeros(most, np.uint16),
        np.zeros(most, np.float32),
    ), ends[-1]


@inlined
def filed_of(memory: Memory, o: int) -> Filed:
    """The surfels of an object that is awake, by blocks."""
    first, past, along = memory.surfel_start[o], memory.surfel_end[o], memory.blocks_along[o]
    start, filed = memory.table_start[o], memory.filed
    return Filed(
        filed.number[first:past],
        filed.position[first:past],
        filed.start[start : start + along[0] * along[1] * along[2]],
    )


@kernel
def wake(memory: Memory, o: int, place: int) -> None:
    """Unpack object o into a place, with an empty index; whoever was there falls asleep."""
    w = memory.wakefulness
    before = w.object[place]
    if before >= 0:
        w.place[before] = -1
        memory.surfel_start[before] = memory.surfel_end[before] = 0
    w.object[place] = o
    w.place[o] = place
    w.asked[place] = w.clock[0]
    first, packed = w.surfel[place], memory.packed
    past = first + packed.start[o + 1] - packed.start[o]
    memory.surfel_start[o], memory.surfel_end[o] = first, past
    surfels = memory.surfels[first:past]
    unpack(packed, o, surfels)
    along = memory.blocks_along[o]
    cells = along[0] * along[1] * along[2]
    start, block = w.table[place], w.block[place]
    memory.table_start[o] = start
    for b in range(cells):
        bit = memory.near_start[o] + b
        if (memory.near[bit >> 3] >> (bit & 7)) & 1:
            memory.table[start + b] = block
            for c in range(64):
                memory.blocks[block, c, 0] = NOT_YET
            block += 1
        else:
            memory.table[start + b] = -1
    file_surfels(
        surfels, memory.origin[o], memory.inverse_cell[o], along, filed_of(memory, o)
    )  # fmt: skip


@kernel
def wake_up(memory: Memory, o: int) -> None:
    """Wake an object up, unless it is, in the place that was asked about least lately.

    Whose place that was may live in a column: it wakes again before that column's next step.
    """
    w = memory.wakefulness
    if w.place[o] >= 0:
        return
    oldest = 0
    for place in range(w.object.shape[0]):
        if w.asked[place] < w.asked[oldest]:
            oldest = place
    wake(memory, o, oldest)


@kernel
def _ask(memory: Memory, living: Hypotheses, past: Past) -> None:
    """Ask about every object of which a hypothesis lives, and about the one that fitted last."""
    w, led = memory.wakefulness, past.object[1]
    w.clock[0] += 1
    for i in range(-1, living.count[0]):
        o = led if i < 0 else living.object[i]
        if o >= 0 and w.place[o] >= 0:
            w.asked[w.place[o]] = w.clock[0]
    for i in range(-1, living.count[0]):
        o = led if i < 0 else living.object[i]
        if o >= 0:
            wake_up(memory, o)


@kernel
def keep_awake(memory: Memory, living: Hypotheses, past: Past) -> None:
    """Wake up again what another column sent to sleep."""
    w, led = memory.wakefulness, past.object[1]
    if w.object.shape[0] == w.place.shape[0]:
        return
    for i in range(-1, living.count[0]):
        o = led if i < 0 else living.object[i]
        if o >= 0 and w.place[o] < 0:
            _ask(memory, living, past)
            return


@kernel
def recall(memory: Memory, living: Hypotheses, past: Past, o: int) -> bool:
    """Wake one object up; False where there is no room for it beside what the column needs."""
    w = memory.wakefulness
    if w.place[o] >= 0:
        return True
    _ask(memory, living, past)
    for place in range(w.object.shape[0]):
        if w.asked[place] < w.clock[0]:
            wake_up(memory, o)
            return True
    return False


@kernel
def recall_listed(memory: Memory, living: Hypotheses, past: Past, listed: Shortlist) -> None:
    """Wake the listed objects up; the last of them leave the list where there is no room."""
    w = memory.wakefulness
    places = w.object.shape[0]
    if places == w.place.shape[0]:
        return
    _ask(memory, living, past)
    asked = 0
    for place in range(places):
        if w.asked[place] == w.clock[0]:
            asked += 1
    fits = 0
    for k in range(listed.count[0]):
        place = w.place[listed.object[k]]
        if place < 0 or w.asked[place] < w.clock[0]:
            if asked == places:
                continue
            asked += 1
            if place >= 0:
                w.asked[place] = w.clock[0]
        listed.object[fits], listed.worth[fits] = listed.object[k], listed.worth[k]
        fits += 1
    listed.count[0] = fits
    for k in range(fits):
        wake_up(memory, listed.object[k])
