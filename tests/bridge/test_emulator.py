"""The emulated boards: they boot, echo, count, stop at faults, and remember what flash should."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from tests.bridge.tools import ARM, MAKE, QEMU, needs

from colonnade_bridge.boards import BOARDS
from colonnade_bridge.build import build
from colonnade_bridge.emulator import Emulator, EmulatorError
from colonnade_bridge.tools import ToolError

pytestmark = [needs(*ARM), needs(*MAKE), needs(*QEMU)]

HELLO = b"colonnade check\n"


class Board:
    """An emulated board that runs ports/check.c, and a terminal on its UART."""

    def __init__(self, name: str, flash: Path | None = None) -> None:
        self.emulator = Emulator(name, build(name, program="check").elf, flash=flash)
        self.line = serial.Serial(self.emulator.port, timeout=10)
        self.emulator.run(boots=0)
        assert self.line.readline() == HELLO

    def ask(self, question: str) -> list[int]:
        self.line.write(f"{question}\n".encode())
        told = self.line.readline().split()
        assert told[0] == question.encode()
        return [int(word) for word in told[1:]]

    def close(self) -> None:
        self.line.close()
        self.emulator.close()


@pytest.fixture(params=BOARDS, scope="module")
def board(request: pytest.FixtureRequest) -> Iterator[Board]:
    """One that every test leaves as it found it."""
    it = Board(request.param)
    yield it
    it.close()


@pytest.fixture
def fresh(board: Board) -> Board:
    """The same, just reset."""
    board.emulator.reset()
    board.line.read_until(HELLO)
    return board


def test_it_echoes_every_byte_there_is(board: Board) -> None:
    said = bytes(range(256)).replace(b"\n", b"") * 40
    for begin in range(0, len(said), 255):
        board.line.write(said[begin : begin + 255])
        assert board.line.read(255) == said[begin : begin + 255]


def test_what_is_said_to_a_halted_board_is_heard_when_it_goes_on(board: Board) -> None:
    """QEMU holds back what the UART has no room for: it never overruns, see test_ring.py."""
    board.emulator.halt()
    board.line.write(b"a" * 3000)
    board.emulator.run()
    assert board.line.read(3000) == b"a" * 3000
    assert board.ask("f") == [2]


def test_ticks_are_instructions(board: Board) -> None:
    counts = [board.ask("l") for _ in range(10)]
    for thousand, two_thousand in counts:
        assert two_thousand - thousand == pytest.approx(2000, abs=2)
        assert thousand == pytest.approx(2020, abs=10)


def test_the_clock_runs_as_ours_does(board: Board) -> None:
    begun, first = time.monotonic(), board.ask("t")[0]
    time.sleep(0.3)
    passed, counted = time.monotonic() - begun, board.ask("t")[0] - first
    assert 0.25 < 1e-6 * counted < passed + 0.2


def test_a_deep_call_moves_the_high_water_mark(fresh: Board) -> None:
    before, after = fresh.ask("s")
    assert 50 < before < 600
    assert 1024 <= after < before + 1200
    assert fresh.ask("s")[0] == after


def test_flash_outlives_a_reset(fresh: Board) -> None:
    assert fresh.ask("f") == [2]
    assert fresh.ask("r") == [0]
    assert fresh.ask("k") == [1]
    fresh.line.write(b"half an exchan")
    assert fresh.line.read(14) == b"half an exchan"
    fresh.emulator.reset()
    assert fresh.line.readline() == HELLO
    assert fresh.ask("r") == [1]


def test_flash_outlives_a_power_cut_if_it_has_a_file(tmp_path: Path) -> None:
    kept = []
    for flash in (tmp_path / "flash", tmp_path / "flash", None):
        board = Board("an500", flash)
        kept += board.ask("r")
        board.ask("k")
        board.close()
    assert kept == [0, 1, 0]


def test_faults_overflows_and_hanging_end_in_a_reset(fresh: Board) -> None:
    for mishap in (b"x", b"o", b"h"):
        fresh.line.write(mishap + b"\n")
        assert fresh.line.readline() == mishap + HELLO
    assert fresh.ask("f") == [2]


def test_it_ends_with_whoever_started_it() -> None:
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "from colonnade_bridge.emulator import Emulator\n"
        "print(Emulator('an386', Path(sys.argv[1])).pid, flush=True)\nos._exit(0)"
    )
    elf = build("an386", program="check").elf
    told = subprocess.run([sys.executable, "-c", code, elf], capture_output=True, check=True)
    pid = int(told.stdout)
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        if state == "Z":
            return
        time.sleep(0.05)
    pytest.fail("QEMU goes on")


def test_what_cannot_run_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="an386 or an500"):
        Emulator("an505", tmp_path / "firmware.elf")
    with pytest.raises(EmulatorError, match=r"firmware\.elf"):
        Emulator("an500", tmp_path / "firmware.elf")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="apt install qemu-system-arm"):
        Emulator("an500", tmp_path / "firmware.elf")
