"""The ring of bytes between a board's interrupt and its program, on this computer."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest
from tests.bridge.targets import TARGETS
from tests.bridge.tools import GCC, needs

from colonnade_bridge.native import C_SOURCES

pytestmark = needs(*GCC)

ROOM = 1024
SHIM = """
#include "cln_ring.h"
void put(cln_ring *ring, uint8_t byte) { cln_ring_put(ring, byte); }
size_t take(cln_ring *ring, uint8_t *to, size_t room) { return cln_ring_take(ring, to, room); }
int is_empty(const cln_ring *ring) { return cln_ring_is_empty(ring); }
"""


class _Memory(ctypes.Structure):
    _fields_ = (
        ("bytes", ctypes.c_uint8 * ROOM),
        ("written", ctypes.c_uint32),
        ("read", ctypes.c_uint32),
        ("behind", ctypes.c_uint8 * 64),
    )


class Ring:
    """A cln_ring whose counts begin somewhere."""

    def __init__(self, code: ctypes.CDLL, begin: int = 0) -> None:
        self._code, self._memory = code, _Memory(written=begin, read=begin)

    def put(self, data: bytes) -> None:
        for byte in data:
            self._code.put(ctypes.byref(self._memory), ctypes.c_uint8(byte))
        assert not any(self._memory.behind)

    def take(self, room: int) -> bytes:
        out = ctypes.create_string_buffer(room)
        count = self._code.take(ctypes.byref(self._memory), out, ctypes.c_size_t(room))
        return out.raw[:count]

    @property
    def is_empty(self) -> bool:
        return bool(self._code.is_empty(ctypes.byref(self._memory)))


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder: Path = tmp_path_factory.mktemp("ring")
    (folder / "shim.c").write_text(SHIM)
    TARGETS["x86-64"].compile(
        [f"-I{C_SOURCES / 'ports'}", "-shared", "-fPIC", "shim.c", "-o", "ring.so"], folder
    )
    code = ctypes.CDLL(str(folder / "ring.so"))
    code.take.restype = ctypes.c_size_t
    return code


@pytest.mark.parametrize("begin", [0, 1000, 2**32 - 700])
def test_what_finds_no_room_is_lost_and_nothing_else(code: ctypes.CDLL, begin: int) -> None:
    ring, said = Ring(code, begin), bytes(k * k % 251 for k in range(3000))
    ring.put(said)
    assert ring.take(3000) == said[:ROOM]
    assert ring.is_empty
    ring.put(said[2000:])
    assert ring.take(3000) == said[2000:]


@pytest.mark.parametrize("begin", [0, 2**32 - 700])
def test_bytes_come_out_in_their_order_over_its_end(code: ctypes.CDLL, begin: int) -> None:
    ring, said, heard = Ring(code, begin), bytes(k * k % 251 for k in range(3000)), b""
    for at in range(0, 3000, 300):
        ring.put(said[at : at + 300])
        part = ring.take(257)
        assert len(part) == 257
        heard += part
    assert not ring.is_empty
    heard += ring.take(430)
    assert heard == said
    assert ring.take(1) == b""
