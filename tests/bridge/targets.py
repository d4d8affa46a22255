"""Processors that the C code is compiled for, and that this computer runs or pretends to be."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.bridge.tools import ARM, GCC, needs

from colonnade_bridge.native import C_FLAGS, C_SOURCES

CORE = sorted(C_SOURCES.glob("cln_*.c"))
_FOLDER = tempfile.TemporaryDirectory()


class Target(NamedTuple):
    """A compiler, and how what it made is run."""

    compiler: str
    packages: str
    flags: Sequence[str] = ()
    runner: str = ""
    """The emulator; empty where none is needed, or none is there."""

    def compile(self, arguments: Sequence[str | Path], folder: Path) -> None:
        """Compile into a folder; an AssertionError says what the compiler did not like."""
        command = [self.compiler, *C_FLAGS, *self.flags, f"-I{C_SOURCES}", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        assert done.returncode == 0, done.stderr

    def marks(self) -> list[pytest.MarkDecorator]:
        """What a test needs that runs on it."""
        runs = [needs(self.runner, "qemu-user-static")] if self.runner else []
        return [needs(self.compiler, self.packages), *runs]


TARGETS = {
    "x86-64": Target("gcc", GCC[1], ("-fno-pie",)),
    "clang": Target("clang", "clang"),
    "sanitized": Target(
        "gcc", GCC[1],
        ("-g", "-O1", "-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover"),
    ),
    "aarch64": Target(
        "aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu", ("-static",), "qemu-aarch64-static"
    ),
    "armv7": Target(
        "arm-linux-gnueabihf-gcc", "gcc-arm-linux-gnueabihf", ("-static", "-Os"), "qemu-arm-static"
    ),
    "cortex-m4": Target(
        *ARM, [*(C_SOURCES / "ports" / "an386.cflags").read_text().split(), "-Os"]
    ),
}  # fmt: skip


@cache
def objects_of(target: str) -> list[Path]:
    """The core compiled for one of `TARGETS`, once."""
    folder = Path(_FOLDER.name) / target
    folder.mkdir()
    TARGETS[target].compile(["-pedantic", "-c", *CORE], folder)
    return sorted(folder.glob("*.o"))
