"""Recordings of a link: `.mavlog`, which is what stock MAVLink tools call a tlog."""

from __future__ import annotations

import secrets
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

    It grows beside its place, so that a controller that was not reached costs no earlier recording,
    until `keep`.

    Args:
        path: replaced if it is there; a device or a pipe is written to.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = path.resolve()  # of a link, what it leads to
        self._part: Path | None = None
        if path.is_file():
            path.open("ab").close()  # one that may not be written is not replaced either
        if path.is_file() or not path.exists():
            self._part = self._place.with_name(f".{secrets.token_hex(4)}~link.partial")
        try:
            mode = "xb" if self._part else "wb"
            self._file = (self._part or path).open(mode, buffering=0)  # a crash loses nothing
        except OSError as error:
            error.filename = str(path)
            raise

    def add(self, frame: bytes) -> None:
        """Append a frame that travelled now. Raises OSError, which names the file."""
        with naming(self._path):
            rest = memoryview(_TIME.pack(time.time_ns() // 1000) + frame)
            while rest:  # a disk that is nearly full takes a part, and refuses the next
                rest = rest[self._file.write(rest) :]

    def keep(self) -> None:
        """Put what was recorded in its place, and go on there. Raises OSError."""
        if self._part is None:
            return
        try:
            self._part.replace(self._place)
        except OSError as error:
            error.filename, error.filename2 = str(self._path), None
            raise
        self._part = None

    def close(self) -> None:
        """End the file; what was not kept is gone."""
        self._file.close()
        if self._part is not None:
            self._part.unlink(missing_ok=True)


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
