"""Limits that a column is given: it says what a model made so says, in less memory."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from tests.bridge.parity import Episode, blob_of, by_c, by_numba, steps_of
from tests.bridge.tools import GCC, needs

from colonnade_bridge.native import MODEL_BYTES, Limits, NativeColumn, NativeError, library
from colonnade_models.column import OPEN

pytestmark = needs(*GCC)

ROOMS = {
    "winners": Limits(winners=24),
    "refined": Limits(refined=4),
    "proposals": Limits(proposals=70),
    "percepts": Limits(percepts=16),
    "effort": Limits(effort=700),
    "all": Limits(winners=12, refined=6, proposals=64, percepts=20, effort=1500),
}
EPISODES = (Episode("brick", 1, misses=0.2), Episode("third", 4, patches=3, moved_at=16))
UNTOUCHED = np.uint64(0xA5A5A5A5A5A5A5A5)


@pytest.mark.parametrize("room", list(ROOMS))
@pytest.mark.parametrize("what", EPISODES)
def test_a_limited_column_says_what_one_of_such_settings_does(room: str, what: Episode) -> None:
    steps, limits = steps_of(what), ROOMS[room]
    said = by_c(blob_of("default"), steps, limits)
    assert said == by_numba(blob_of("default"), steps, limits)
    assert said != by_c(blob_of("default"), steps)  # so the limit did reach the column


@pytest.mark.parametrize("room", [name for name in ROOMS if name != "effort"])
def test_less_room_takes_less_memory(room: str) -> None:
    assert (
        NativeColumn(blob_of("default"), ROOMS[room]).bytes < NativeColumn(blob_of("default")).bytes
    )


def test_a_column_whose_memory_is_full_goes_on_with_what_it_began() -> None:
    limits, steps = Limits(percepts=16, effort=200), steps_of(EPISODES[0])
    column = NativeColumn(blob_of("default"), limits)
    for step in steps[:16]:
        column.step(step)
    assert column.decide().state == OPEN
    for turn in range(200):
        if column.step(steps[16 + turn % 8]) != OPEN:
            break
    decision = column.decide()
    assert decision.state != OPEN
    assert decision.percepts == 16


def test_a_full_memory_is_full_for_numba_too() -> None:
    steps, limits = steps_of(EPISODES[0]), Limits(percepts=16, effort=200)
    assert by_c(blob_of("default"), steps, limits) == by_numba(blob_of("default"), steps, limits)


def test_a_step_of_which_nothing_can_have_been_felt_is_refused() -> None:
    column = NativeColumn(blob_of("default"))
    for step in steps_of(EPISODES[0])[:5]:
        column.step(step)
    before = column.decide()
    wild = np.array(steps_of(EPISODES[0])[5])
    wild[..., 3] = 5
    rows = np.ascontiguousarray(wild, np.float32).reshape(-1, 18)
    c = library()
    code = c.cln_step(column._column, ctypes.c_void_p(rows.ctypes.data), len(rows))
    assert c.cln_strerror(code) == b"no percept of the step can have been felt"
    assert column.step(wild) == before.state
    after = column.decide()
    assert (after.percepts, after.evidence) == (before.percepts, before.evidence)


def test_zeros_leave_all_to_the_model() -> None:
    steps = steps_of(EPISODES[0])
    assert by_c(blob_of("small"), steps, Limits()) == by_c(blob_of("small"), steps)


@pytest.mark.parametrize(
    "limits",
    [
        Limits(winners=1), Limits(winners=1001), Limits(refined=1), Limits(refined=1001),
        Limits(proposals=1), Limits(refined=300, proposals=299), Limits(proposals=10001),
        Limits(percepts=15), Limits(percepts=10001), Limits(effort=199), Limits(effort=2**31),
    ],
)  # fmt: skip
def test_limits_that_no_column_can_keep_to_are_refused(limits: Limits) -> None:
    with pytest.raises(NativeError, match="no column can keep to these limits"):
        NativeColumn(blob_of("default"), limits)


@pytest.mark.parametrize(
    "limits",
    [
        Limits(winners=2), Limits(winners=1000), Limits(refined=2), Limits(percepts=16),
        Limits(percepts=10000), Limits(effort=200), Limits(refined=300, proposals=300),
        Limits(proposals=10000),
    ],
)  # fmt: skip
def test_the_widest_and_the_narrowest_are_taken(limits: Limits) -> None:
    column = NativeColumn(blob_of("default"), limits)
    for step in steps_of(EPISODES[0], 20):
        column.step(step)


def test_a_limited_column_needs_the_memory_that_it_says_and_touches_no_more() -> None:
    c, blob = library(), np.frombuffer(blob_of("small"), np.uint8)
    limits = (ctypes.c_uint16 * 6)(12, 6, 64, 20, 1500, 0)
    model = ctypes.create_string_buffer(MODEL_BYTES)
    aligned = np.zeros(len(blob) // 8 + 1, np.uint64)
    aligned.view(np.uint8)[: len(blob)] = blob
    assert c.cln_model_open(model, ctypes.c_void_p(aligned.ctypes.data), len(blob)) == 0
    needed = c.cln_column_bytes(model, limits)
    memory = np.full(needed // 8 + 8, UNTOUCHED)
    column, place = ctypes.c_void_p(), ctypes.c_void_p(memory.ctypes.data)

    def init(room: int) -> int:
        return c.cln_column_init(ctypes.byref(column), place, ctypes.c_size_t(room), model, limits)

    assert c.cln_strerror(init(needed - 1)) == b"the memory given is too small for the column"
    assert (memory == UNTOUCHED).all()
    assert init(needed) == 0
    for step in steps_of(Episode("first", 6, moved_at=20, misses=0.2, patches=2)):
        rows = np.ascontiguousarray(step, np.float32)
        assert c.cln_step(column, ctypes.c_void_p(rows.ctypes.data), len(rows)) >= 0
    assert (memory[needed // 8 :] == UNTOUCHED).all()
