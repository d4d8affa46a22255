"""The real firmware on emulated boards, and a cable to it that is pulled, bad, or to a reset board.

Whatever happens, each step is answered as if nothing had happened, and soon after it is over.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.bridge.scripted import Cable, behind
from tests.bridge.small_model import model_hash, percepts, small_blob
from tests.bridge.tools import ARM, GCC, MAKE, QEMU, needs

from colonnade_bridge.build import build
from colonnade_bridge.emulator import BOARDS, Emulator
from colonnade_bridge.native_mind import NativeMind
from colonnade_bridge.wire.link import Link
from colonnade_bridge.wire.messages import StepDecision, StepVerdict

pytestmark = [needs(*ARM), needs(*GCC), needs(*MAKE), needs(*QEMU)]

WALKED, MISHAP = 4, 6
"""Steps of an episode before goals are asked for, and before something happens."""
SOON = 2.0
"""Seconds in which all must be well again."""
FLIPPED_FOR = 10.0 if os.environ.get("COLONNADE_REQUIRE_ALL") == "1" else 3.0


class Board:
    """An emulated board that has the small model, as the far end of a cable."""

    def __init__(self, name: str, flash: Path) -> None:
        firmware = build(name)
        self.key = firmware.key.read_bytes()
        self.emulator = Emulator(name, firmware.elf, flash=flash)
        self.emulator.run()
        with Link(self.emulator.port, self.key) as link:
            link.upload(small_blob(), model_hash(small_blob()))
        self._line = os.open(self.emulator.port, os.O_RDWR | os.O_NOCTTY)
        self.mend()

    def mend(self) -> None:
        """From now on nothing happens to what passes."""
        self.damage: Callable[[bytes], bytes] = bytes
        self.mishap: Callable[[], None] | None = None
        """What happens once, when the next bytes of the host have passed."""

    def pass_on(self, data: bytes) -> bytes:
        if data:
            os.write(self._line, self.damage(data))
            mishap, self.mishap = self.mishap, None
            if mishap is not None:
                mishap()
        there = select.select([self._line], [], [], 0)[0]
        return self.damage(os.read(self._line, 4096)) if there else b""

    def close(self) -> None:
        os.close(self._line)
        self.emulator.close()


@pytest.fixture(params=BOARDS, scope="module")
def board(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Board]:
    board = Board(request.param, tmp_path_factory.mktemp("board") / "flash")
    yield board
    board.close()


@pytest.fixture
def cable(board: Board, tmp_path: Path) -> Iterator[Cable]:
    board.mend()
    cable = Cable(tmp_path / "port", board)
    cable.plug()
    with behind(cable.run):
        yield cable
        cable.pull()


@pytest.fixture
def link(board: Board, cable: Cable) -> Iterator[Link]:
    with Link(str(cable.path), board.key, patience=30) as link:
        link.reset()
        yield link


def undisturbed() -> list[StepDecision]:
    """What the same C code says on this computer."""
    mind = NativeMind(small_blob())
    decisions: list[StepDecision] = []
    for number, row in enumerate(percepts()):
        decisions.append(mind.send_step(row, goal=number >= WALKED))
        if decisions[-1].verdict is not StepVerdict.OPEN:
            break
    assert len(decisions) > MISHAP + 1
    assert decisions[-1].verdict is StepVerdict.RECOGNISED
    return decisions


def assert_same(
    link: Link, expected: list[StepDecision], first: int, last: int | None = None
) -> None:
    """Do these steps of the episode; each must be answered as if nothing had happened."""
    for number in range(first, len(expected) if last is None else last):
        decision = link.send_step(percepts()[number], goal=number >= WALKED)
        assert decision.same(expected[number]), number


def test_a_cable_that_is_pulled_during_a_step(link: Link, board: Board, cable: Cable) -> None:
    expected = undisturbed()
    assert_same(link, expected, 0, MISHAP)

    def pull() -> None:
        cable.pull()
        threading.Timer(0.3, cable.plug).start()

    board.mishap = pull
    begun = time.monotonic()
    assert_same(link, expected, MISHAP, MISHAP + 1)
    assert time.monotonic() - begun < SOON
    assert_same(link, expected, MISHAP + 1)
    assert link.counts.reconnects >= 1
    assert link.counts.restarts == 0


def test_a_board_that_is_reset_during_a_step(link: Link, board: Board) -> None:
    expected = undisturbed()
    assert_same(link, expected, 0, MISHAP)
    boots = link.status().boots
    board.mishap = board.emulator.reset
    begun = time.monotonic()
    assert_same(link, expected, MISHAP, MISHAP + 1)
    assert time.monotonic() - begun < SOON
    assert_same(link, expected, MISHAP + 1)
    assert link.counts.restarts == 1
    assert link.status().boots == boots + 1


def test_one_byte_in_a_hundred_is_flipped_for_seconds(link: Link, board: Board) -> None:
    expected, rng = undisturbed(), np.random.default_rng(0)
    assert_same(link, expected, 0, MISHAP)
    over = time.monotonic() + FLIPPED_FOR

    def flip(data: bytes) -> bytes:
        flipped = np.frombuffer(data, np.uint8).copy()
        hit = rng.random(len(flipped)) < 0.01
        flipped[hit] ^= rng.integers(1, 256, hit.sum(), np.uint8)
        return flipped.tobytes() if time.monotonic() < over else data

    board.damage = flip
    number = MISHAP
    while time.monotonic() < over:  # episode after episode
        assert_same(link, expected, number, number + 1)
        number += 1
        if number == len(expected) and time.monotonic() < over:
            link.reset()
            number = 0
    assert time.monotonic() - over < SOON
    assert_same(link, expected, number)
    assert link.messages_lost > 0
    before = link.messages_lost
    link.reset()
    assert_same(link, expected, 0)
    assert link.messages_lost == before
