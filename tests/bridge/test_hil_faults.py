"""The real firmware on emulated boards, and a cable to it that is pulled, bad, or to a reset board.

Whatever happens, each step is answered as if nothing had happened, and soon after it is over.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from tests.bridge.small_model import model_hash, percepts, small_blob
from tests.bridge.tools import ARM, GCC, MAKE, QEMU, needs

from colonnade_bridge.boards import BOARDS
from colonnade_bridge.build import build
from colonnade_bridge.emulator import Emulator
from colonnade_bridge.mishaps import (
    FLIPPED_FOR,
    PULLED_FOR,
    Endurance,
    Undisturbed,
    undisturbed,
)
from colonnade_bridge.native_mind import NativeMind
from colonnade_bridge.wire.cable import Cable, PortEnd
from colonnade_bridge.wire.link import Link
from colonnade_bridge.wire.messages import StepVerdict

pytestmark = [needs(*ARM), needs(*GCC), needs(*MAKE), needs(*QEMU)]

WALKED = 4
"""Steps of an episode before goals are asked for."""
SOON = 2.0
"""Seconds in which all must be well again."""
FLIPPED = FLIPPED_FOR if os.environ.get("COLONNADE_REQUIRE_ALL") == "1" else 3.0


class Board(NamedTuple):
    """An emulated board that has the small model."""

    key: bytes
    emulator: Emulator
    end: PortEnd


@pytest.fixture(params=BOARDS, scope="module")
def board(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Board]:
    firmware = build(request.param)
    key, flash = firmware.key.read_bytes(), tmp_path_factory.mktemp("board") / "flash"
    with Emulator(request.param, firmware.elf, flash=flash) as emulator:
        emulator.run()
        with Link(emulator.port, key) as link:
            link.upload(small_blob(), model_hash(small_blob()))
        with PortEnd(emulator.port) as end:
            yield Board(key, emulator, end)


@pytest.fixture
def cable(board: Board, tmp_path: Path) -> Iterator[Cable]:
    with Cable(tmp_path / "port", board.end) as cable:
        yield cable


@pytest.fixture
def link(board: Board, cable: Cable) -> Iterator[Link]:
    with Link(str(cable.path), board.key, patience=30) as link:
        yield link


@pytest.fixture
def episode() -> Undisturbed:
    """What the same C code says on this computer."""
    rows = list(percepts())
    found = undisturbed(NativeMind(small_blob()), rows, [n >= WALKED for n in range(len(rows))])
    assert len(found.said) > 2 * WALKED
    assert found.said[-1].verdict is StepVerdict.RECOGNISED
    return found


def assert_survived(endurance: Endurance, least: int) -> None:
    assert endurance.equal == endurance.steps >= least
    assert endurance.wrong == 0
    assert endurance.seconds < SOON


def test_a_cable_that_is_pulled_during_a_step(
    link: Link, cable: Cable, episode: Undisturbed
) -> None:
    endurance = Endurance(link, cable)
    endurance.strike(episode, lambda: cable.pull(PULLED_FOR))
    assert_survived(endurance, len(episode.said))
    assert endurance.seconds > PULLED_FOR
    assert link.counts.reconnects >= 1
    assert link.counts.restarts == 0


def test_a_board_that_is_reset_during_a_step(
    link: Link, board: Board, cable: Cable, episode: Undisturbed
) -> None:
    boots = link.status().boots
    endurance = Endurance(link, cable)
    endurance.strike(episode, board.emulator.reset)
    assert_survived(endurance, len(episode.said))
    assert link.counts.restarts == 1
    assert link.status().boots == boots + 1


def test_one_byte_in_a_hundred_is_flipped_for_seconds(
    link: Link, cable: Cable, episode: Undisturbed
) -> None:
    endurance = Endurance(link, cable)
    endurance.flip([episode], FLIPPED, np.random.default_rng(0))
    assert_survived(endurance, len(episode.said))
    assert endurance.messages_lost > 0
    lost = link.messages_lost
    assert undisturbed(link, episode.percepts, episode.asks).said[-1].same(episode.said[-1])
    assert link.messages_lost == lost
