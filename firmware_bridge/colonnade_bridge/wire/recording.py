"""Recordings of a link: `.mavlog`, which is what stock MAVLink tools call a tlog."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from colonnade_bridge.naming import naming
from colonnade_bridge.wire.dialect import dialect
from colonnade_bridge.wire.errors import WireError
from colonnade_bridge.wire.receiver import HEADER, HOST, TAIL, message_of

__all__ = ["LinkLog", "Recorded", "cut_bytes", "read_recording"]

_TIME = struct.Struct(">Q")


class LinkLog:
    """A file that grows by one frame at a time.

    Args:
        path: replaced if it is there; a device or a pipe is written to.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb", buffering=0)  # a crash loses nothing

    def add(self, frame: bytes) -> None:
        """Append a frame that travelled now. Raises OSError, which names the file."""
        with naming(self._path):
            rest = memoryview(_TIME.pack(time.time_ns() // 1000) + frame)
            while rest:  # a disk that is nearly full takes a part, and refuses the next
                rest = rest[self._file.write(rest) :]

    def close(self) -> None:
        """End the file."""
        self._file.close()


class Recorded(NamedTuple):
    """A frame of a recording."""

    micros: int
    """When it travelled, us since 1970."""
    from_host: bool
    frame: bytes
    """As it travelled, signature included."""

    @property
    def message(self) -> int:
        """The number of its message."""
        return message_of(self.frame)

    def decoded(self) -> object:
        """The generated message."""
        return dialect().MAVLink(None).decode(bytearray(self.frame))


def read_recording(path: Path) -> Iterator[Recorded]:
    """The frames of a recording, in order. One that was cut short ends at its last whole frame.

    Raises:
        WireError: the file is no recording.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    if not data:
        raise WireError(f"{path} is empty: nothing was recorded there.")
    at = 0
    while at + _TIME.size + HEADER <= len(data):
        (micros,) = _TIME.unpack_from(data, at)
        begin = at + _TIME.size
        if data[begin] != 0xFD or data[begin + 2] != 1:
            raise WireError(f"{path} is no recording of a link, or was changed at byte {begin}.")
        end = begin + HEADER + data[begin + 1]
        at = end + TAIL
        if at > len(data):
            return
        if not _is_intact(data[begin:end], data[end : end + 2]):
            raise WireError(
                f"{path} is damaged at byte {begin}: `head -c {begin - _TIME.size}` of it is whole."
            )
        yield Recorded(micros, data[begin + 6] == HOST, data[begin:at])


def cut_bytes(path: Path) -> int:
    """Bytes after the last whole frame of a recording: 0 unless it was cut short.

    Raises:
        WireError: the file is no recording.
        OSError: it cannot be read.
    """
    whole = sum(_TIME.size + len(recorded.frame) for recorded in read_recording(path))
    return path.stat().st_size - whole


def _is_intact(frame: bytes, crc: bytes) -> bool:
    """Whether a frame, without its checksum and signature, is as it travelled."""
    kind = dialect().mavlink_map.get(message_of(frame))
    if kind is None:
        return False
    right: int = dialect().x25crc(frame[1:] + bytes([kind.crc_extra])).crc
    return crc == right.to_bytes(2, "little")
