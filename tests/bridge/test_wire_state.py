"""Whatever becomes of one record in flash, no session comes again and no recording is obeyed."""

from __future__ import annotations

import ctypes
from zlib import crc32

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.bridge.scripted import STATES, Controller, Host, error

from colonnade_bridge.wire.dialect import dialect

ROW = np.arange(18, dtype=np.float32) / 18
SLOTS = (STATES, STATES + 256)


def number_of(controller: Controller, slot: int) -> int:
    """The number of the whole record in a slot, or 0."""
    record = controller.flash.raw[slot : slot + 64]
    whole = record[:4] == b"CLNS" and crc32(record[:60]) == int.from_bytes(record[60:], "little")
    return int.from_bytes(record[8:12], "little") if whole else 0


def rot(controller: Controller, newest: bool) -> None:
    """Spoil one of two whole records."""
    numbers = [number_of(controller, slot) for slot in SLOTS]
    if all(numbers):
        at = SLOTS[numbers.index(max(numbers) if newest else min(numbers))] + 12
        controller.flash[at] = bytes([controller.flash.raw[at] ^ 0xFF])


def enter(controller: Controller, stamp: int) -> Host | None:
    """A host in a session of this boot, if one is let in within two seconds."""
    host = Host(controller, stamp=stamp)
    for _ in range(4):
        host.hear(controller.run(wait=0.5))
        for beat in host.say(host.hello(5)):
            if beat.challenge == 5:
                host.session, host.sequence = beat.session, beat.sequence
                return host
    return None


boots = st.tuples(st.just("boot"), st.integers(0, 6))
rots = st.tuples(st.just("rot"), st.booleans())
ROT, BOOT = ("rot", True), ("boot", 0)


@given(st.lists(boots | rots, min_size=2, max_size=8))
@example([ROT, ("boot", 2), BOOT])
@example([("boot", 2), ("boot", 3), ROT, BOOT])
@example([ROT, ("boot", 3), ROT, BOOT])
@settings(deadline=None, max_examples=300)
def test_no_session_comes_again_and_no_recording_is_obeyed(
    wire_code: ctypes.CDLL, plan: list[tuple[str, int]]
) -> None:
    """`boot` with flash that fails from a write on, or not at all (0); hosts come at each boot."""
    controller, stamp = Controller(wire_code), 10**12
    sessions: set[int] = set()
    recordings: list[bytes] = []
    for what, how in [BOOT, *plan, BOOT]:
        if what == "rot":
            rot(controller, bool(how))
            continue
        controller.boot(power=how)
        controller.run(b"".join(recordings), wait=2)
        assert (controller.facts.steps, controller.facts.resets) == (0, 0)
        host = enter(controller, stamp)
        if host is not None:
            assert host.session not in sessions
            sessions.add(host.session)
            recordings.append(host.frame(host.command(dialect().CLN_DO_RESET)))
            controller.run(recordings[-1])
            assert controller.facts.resets == 1
            stamp = host.mav.signing.timestamp
    assert sessions


@pytest.mark.parametrize("erased", [False, True])
def test_a_record_that_is_gone_is_told(wire_code: ctypes.CDLL, erased: bool) -> None:
    controller = Controller(wire_code)
    controller.boot()
    assert controller.error == error("NO_MODEL")
    rot(controller, newest=True)
    if erased:
        controller.boot(power=2)
        assert controller.error == error("FLASH")
        assert 0 in (number_of(controller, slot) for slot in SLOTS)
    controller.boot()
    assert controller.error == error("STATE")
    controller.boot()
    assert controller.error == error("NO_MODEL")


def test_a_first_day_that_is_cut_short_is_not_complained_of(wire_code: ctypes.CDLL) -> None:
    controller = Controller(wire_code)
    controller.flash[STATES : STATES + 512] = b"\xff" * 512
    controller.boot(power=3)
    assert [number_of(controller, slot) for slot in SLOTS] == [0, 1]
    controller.boot()
    assert controller.error == error("NO_MODEL")
