"""Programs that some tests need and that pip cannot install."""

from __future__ import annotations

import shutil

import pytest

ARM = ("arm-none-eabi-gcc", "gcc-arm-none-eabi libnewlib-arm-none-eabi")
QEMU = ("qemu-system-arm", "qemu-system-arm")
GCC = ("gcc", "gcc libc6-dev")
GXX = ("g++", "g++")
MAKE = ("make", "make")
CMAKE = ("cmake", "cmake")
CLANG = ("clang", "clang libclang-rt-14-dev")


def needs(program: str, packages: str) -> pytest.MarkDecorator:
    """Skip a test where a program is missing, and say how Debian installs it.

    With COLONNADE_REQUIRE_ALL=1 what would skip fails, see tests/conftest.py.
    """
    return pytest.mark.skipif(
        shutil.which(program) is None, reason=f"needs {program}: sudo apt install {packages}"
    )
