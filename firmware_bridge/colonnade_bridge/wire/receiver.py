"""Finds signed frames in a stream of bytes; the same, byte for byte, as c/link/cln_receiver.c.

A candidate that is refused loses only its first byte, so that no frame is lost to junk before it.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from enum import Enum, auto

from colonnade_bridge.wire.dialect import dialect

__all__ = [
    "CONTROLLER",
    "HOST",
    "Counts",
    "FrameVerdict",
    "Receiver",
    "judge",
    "message_of",
    "stamp_of",
]

CONTROLLER = 25
HOST = 191
"""The components that the two ends sign as; CLN_COMPONENT of the dialect."""

HEADER = 10
TAIL = 15
_START = 0xFD
_SIGNED = 0x01
_SYSTEM = 1
_LINK = 0


class FrameVerdict(Enum):
    """What a candidate for a frame is."""

    WHOLE = auto()
    """Signed and new."""
    SHORT = auto()
    """It may become a frame when more bytes arrive."""
    ALIEN = auto()
    """Its header is none that this side may get."""
    BAD_CRC = auto()
    BAD_SIGNATURE = auto()
    REPLAYED = auto()
    """Its time stamp was used already."""


@dataclass(slots=True)
class Counts:
    """What a receiver met; CLN_TELEMETRY has the same numbers of the other side."""

    received: int = 0
    bad_crc: int = 0
    bad_signature: int = 0
    replayed: int = 0
    dropped: int = 0


def judge(data: bytes | bytearray, key: bytes, sender: int, heard: int) -> FrameVerdict:
    """What begins at the first byte of `data`.

    Args:
        sender: the component that it must come from.
        heard: the largest time stamp that was accepted before.
    """
    fixed = ((0, _START), (2, _SIGNED), (3, 0), (5, _SYSTEM), (6, sender))
    if any(at < len(data) and data[at] != value for at, value in fixed):
        return FrameVerdict.ALIEN
    if len(data) < HEADER:
        return FrameVerdict.SHORT
    code = dialect()
    kind = code.mavlink_map.get(message_of(data))
    if kind is None or not 0 < data[1] <= kind.unpacker.size:
        return FrameVerdict.ALIEN
    end = HEADER + data[1]
    if len(data) < end + TAIL:
        return FrameVerdict.SHORT
    crc = code.x25crc(bytes(data[1:end]) + bytes([kind.crc_extra])).crc
    if data[end : end + 2] != crc.to_bytes(2, "little"):
        return FrameVerdict.BAD_CRC
    signature = hashlib.sha256(key + data[: end + 9]).digest()[:6]
    if not hmac.compare_digest(signature, bytes(data[end + 9 : end + TAIL])):
        return FrameVerdict.BAD_SIGNATURE
    if data[end + 2] != _LINK:
        return FrameVerdict.BAD_SIGNATURE
    return FrameVerdict.WHOLE if stamp_of(data) > heard else FrameVerdict.REPLAYED


def message_of(frame: bytes | bytearray) -> int:
    """The number of a frame's message."""
    return int.from_bytes(frame[7:HEADER], "little")


def stamp_of(frame: bytes | bytearray) -> int:
    """A frame's time stamp, in 10 us since 2015."""
    at = HEADER + frame[1] + 3
    return int.from_bytes(frame[at : at + 6], "little")


class Receiver:
    """Bytes go in, accepted frames come out.

    Args:
        key: the link's 32 bytes.
        sender: the component that frames must come from, `CONTROLLER` or `HOST`.
        heard: time stamps up to this one were used already.
    """

    def __init__(self, key: bytes, sender: int, heard: int = 0) -> None:
        self.counts = Counts()
        self.heard = heard
        self._key = key
        self._sender = sender
        self._bytes = bytearray()

    @property
    def waits(self) -> bool:
        """Whether part of a frame is waiting for the rest."""
        return bool(self._bytes)

    def put(self, data: bytes) -> None:
        """Take bytes that arrived; then ask for frames until there is none."""
        self._bytes += data

    def next(self) -> bytes | None:
        """The next accepted frame, or None when more bytes are needed."""
        while self._bytes:
            verdict = judge(self._bytes, self._key, self._sender, self.heard)
            if verdict is FrameVerdict.WHOLE:
                frame = bytes(self._bytes[: HEADER + self._bytes[1] + TAIL])
                del self._bytes[: len(frame)]
                self.heard = stamp_of(frame)
                self.counts.received += 1
                return frame
            if verdict is FrameVerdict.SHORT:
                return None
            if verdict is FrameVerdict.BAD_CRC:
                self.counts.bad_crc += 1
            elif verdict is FrameVerdict.BAD_SIGNATURE:
                self.counts.bad_signature += 1
            elif verdict is FrameVerdict.REPLAYED:
                self.counts.replayed += 1
            self.give_up()
        return None

    def give_up(self) -> None:
        """The line fell silent, so what is waited for will not be completed: drop its first byte.

        Ask for the next frame afterwards, and repeat while it `waits`.
        """
        if self._bytes:
            del self._bytes[0]
            self.counts.dropped += 1
