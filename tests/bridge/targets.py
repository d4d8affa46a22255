"""Processors that the C code is compiled for, and that this computer runs or pretends to be."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.bridge.tools import GCC, needs

from colonnade_bridge.native import C_FLAGS, C_SOURCES

CORE = sorted(C_SOURCES.glob("cln_*.c"))


class Target(NamedTuple):
    """A compiler, and how what it made is run."""

    compiler: str
    package: str
    flags: Sequence[str] = ()
    runner: str = ""
    """The emulator; empty where none is needed."""

    def compile(self, arguments: Sequence[str | Path], flags: Sequence[str] = C_FLAGS) -> str:
        """What the compiler says to it all; fails the test unless it succeeds."""
        command = [self.compiler, *flags, *self.flags, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def marks(self) -> list[pytest.MarkDecorator]:
        """What a test needs that runs on it."""
        runs = [needs(self.runner, "qemu-user-static")] if self.runner else []
        return [needs(self.compiler, self.package), *runs]


TARGETS = {
    "x86-64": Target("gcc", GCC[1]),
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
}  # fmt: skip
