"""The controllers that a model can be deployed to, ready to be talked to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from colonnade_bridge.build import build
from colonnade_bridge.emulator import Emulator
from colonnade_bridge.size_report import SizeReport, read_map

__all__ = ["Controller", "emulated"]


@dataclass(frozen=True)
class Controller:
    """One that runs."""

    name: str
    url: str
    """Its port."""
    key: Path
    """What the link to it is signed with."""
    sizes: SizeReport | None
    """What its firmware takes; None where somebody else built that."""
    work: str
    """What its work is counted in."""
    reset: Callable[[], None] | None = None
    """Presses its reset button; None where a hand must."""


@contextmanager
def emulated(board: str, key: Path | None) -> Iterator[Controller]:
    """Build the firmware for a board, boot it in QEMU, and switch it off in the end.

    Args:
        key: that of the link; None: one is drawn.

    Raises:
        ToolError: the compiler or QEMU is not installed.
        BuildError, EmulatorError: it cannot be built, or not be booted.
    """
    firmware = build(board, key=key)
    with Emulator(board, firmware.elf) as emulator:
        emulator.run()
        sizes = read_map(firmware.map)
        yield Controller(
            board, emulator.port, firmware.key, sizes, "instructions", reset=emulator.reset
        )
