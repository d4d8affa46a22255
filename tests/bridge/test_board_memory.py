"""What copies memory on the boards does what the C library does."""

from __future__ import annotations

import ctypes
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bridge.tools import ARM, GCC, needs

from colonnade_bridge.native import C_SOURCES

pytestmark = needs(*GCC)

ROOM = 96


SOURCE: Path = C_SOURCES / "ports" / "memory.c"
FLAGS = ["-std=c99", "-Wall", "-Wextra", "-Werror"]


@pytest.fixture(scope="module", params=["-Os", "-O3"])
def own(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """ports/memory.c under names that are not the C library's."""
    file = tmp_path_factory.mktemp("memory") / "memory.so"
    renamed = [f"-D{name}=own_{name}" for name in ("memcpy", "memmove", "memset")]
    flags = [*FLAGS, request.param, "-shared", "-fPIC", *renamed]
    subprocess.run(["gcc", *flags, str(SOURCE), "-o", str(file)], check=True)
    return ctypes.CDLL(str(file))


@pytest.mark.parametrize("level", ["-Os", "-O2", "-O3"])
@pytest.mark.parametrize("compiler", ["gcc", pytest.param("arm-none-eabi-gcc", marks=needs(*ARM))])
def test_no_compiler_makes_of_memory_calls_to_itself(
    compiler: str, level: str, tmp_path: Path
) -> None:
    file = tmp_path / "memory.s"
    subprocess.run([compiler, *FLAGS, level, "-S", str(SOURCE), "-o", str(file)], check=True)
    assert "memmove" in file.read_text()
    assert not re.findall(r"\b(?:call|jmp|bl?)\s+mem\w+", file.read_text())


def filled() -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(bytes(range(1, ROOM + 1)), ROOM)


places = st.integers(0, ROOM // 2)


@given(places, places, places)
def test_memory_moves_though_it_overlaps(
    own: ctypes.CDLL, to: int, origin: int, count: int
) -> None:
    memory, expected = filled(), bytearray(filled().raw)
    expected[to : to + count] = bytes(expected[origin : origin + count])
    begin = ctypes.addressof(memory)
    own.own_memmove(
        ctypes.c_void_p(begin + to), ctypes.c_void_p(begin + origin), ctypes.c_size_t(count)
    )
    assert memory.raw == bytes(expected)


@given(places, st.integers(0, 40), places)
def test_memory_is_copied(own: ctypes.CDLL, to: int, origin: int, count: int) -> None:
    source, memory, expected = filled(), filled(), bytearray(filled().raw)
    expected[to : to + count] = source.raw[origin : origin + count]
    own.own_memcpy(
        ctypes.c_void_p(ctypes.addressof(memory) + to),
        ctypes.c_void_p(ctypes.addressof(source) + origin),
        ctypes.c_size_t(count),
    )
    assert memory.raw == bytes(expected)


@given(places, st.integers(0, 255), places)
def test_memory_is_set(own: ctypes.CDLL, to: int, value: int, count: int) -> None:
    memory, expected = filled(), bytearray(filled().raw)
    expected[to : to + count] = bytes([value]) * count
    own.own_memset(
        ctypes.c_void_p(ctypes.addressof(memory) + to),
        ctypes.c_int(value),
        ctypes.c_size_t(count),
    )
    assert memory.raw == bytes(expected)
