"""What the firmware takes of a board is no more than there is."""

from __future__ import annotations

import pytest
from tests.bridge.tools import ARM, MAKE, needs

from colonnade_bridge.boards import BOARDS
from colonnade_bridge.build import build
from colonnade_bridge.footprint import runtime_footprint
from colonnade_bridge.size_report import read_map
from colonnade_bridge.stack_report import read_graphs, worst

pytestmark = [needs(*ARM), needs(*MAKE)]


@pytest.mark.parametrize("board", BOARDS)
def test_the_stack_is_deep_enough_for_the_worst(board: str) -> None:
    firmware = build(board, extra="-fcallgraph-info=su")
    set_aside = read_map(firmware.map).stack
    assert 1000 < worst(read_graphs(firmware.elf.parent)) <= set_aside


def test_the_mind_takes_no_more_than_24_kib() -> None:
    found = runtime_footprint("an386")
    assert found is not None
    assert 10 * 1024 < found.mind_code_bytes <= 24 * 1024
