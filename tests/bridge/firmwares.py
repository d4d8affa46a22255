"""The real firmware as it runs: a process of this computer, or an emulated board."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bridge.small_model import model_hash, small_blob

from colonnade_bridge.build import build
from colonnade_bridge.emulator import Emulator
from colonnade_bridge.wire.link import Link

__all__ = ["board", "posix", "upload"]


@contextmanager
def posix(folder: Path) -> Iterator[Link]:
    """The firmware as a process, its flash in `folder`, and a link to it."""
    firmware = build("posix")
    words = [firmware.elf, "pty", folder]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            with Link(process.stdout.readline().strip(), firmware.key.read_bytes()) as link:
                yield link
        finally:
            process.kill()


@contextmanager
def board(name: str, flash: Path) -> Iterator[tuple[Link, Emulator]]:
    """The firmware on an emulated board, and a link to it."""
    firmware = build(name)
    with Emulator(name, firmware.elf, flash=flash) as emulator:
        emulator.run()
        with Link(emulator.port, firmware.key.read_bytes()) as link:
            yield link, emulator


def upload(link: Link) -> None:
    """Send the small model."""
    assert link.upload(small_blob(), model_hash(small_blob())).model == model_hash(small_blob())
