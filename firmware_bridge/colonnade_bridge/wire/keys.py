"""The key of a link, and time stamps that never go backwards."""

from __future__ import annotations

import os
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path

from colonnade_bridge.wire.errors import KeyFileError

__all__ = ["KEY_BYTES", "Stamps", "create_key", "read_key"]

KEY_BYTES = 32
LAST_STAMP = (1 << 48) - 1
"""Time stamps have 48 bits: the year 2104."""

_EPOCH = 1420070400
"""Seconds from 1970 to 2015, where MAVLink's time stamps begin."""
_PER_SECOND = 100_000
_RESERVED = 60 * _PER_SECOND


def create_key(path: Path) -> bytes:
    """Draw a key and write it to a new file that only its owner can read.

    Raises:
        KeyFileError: the file exists already.
        OSError: it cannot be written.
    """
    key = secrets.token_bytes(KEY_BYTES)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError as error:
        raise KeyFileError(f"{path} exists already: a key is never overwritten.") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


def read_key(path: Path) -> bytes:
    """The key in a file.

    Raises:
        KeyFileError: there is none, it has not 32 bytes, or others can read it.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            key = file.read(KEY_BYTES + 1)
    except OSError as error:
        raise KeyFileError(f"The key {path} cannot be read: {error.strerror}.") from error
    if os.name == "posix" and mode & 0o077:
        raise KeyFileError(f"Others can read the key {path}: run `chmod 600 {path}`.")
    if len(key) != KEY_BYTES:
        raise KeyFileError(f"{path} is no key: a key has {KEY_BYTES} bytes.")
    return key


class Stamps:
    """Time stamps to sign with, in 10 us since 2015; each is larger than all before.

    A file holds a number that is ahead of every stamp that was used, and is where the next process
    begins if the clock was set back. It is written once a minute at most.

    Args:
        path: the file; None: nothing is kept.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._reserved = self._last = self._read()

    def next(self) -> int:
        """The next stamp.

        Raises:
            KeyFileError: none are left, or the file cannot be written.
        """
        now = int((time.time() - _EPOCH) * _PER_SECOND)
        stamp = max(self._last + 1, now)
        if stamp > LAST_STAMP:
            raise KeyFileError("The time stamps of this key are used up: make another key.")
        if stamp >= self._reserved:
            self._write(stamp + _RESERVED)
        self._last = stamp
        return stamp

    def hear(self, stamp: int) -> None:
        """The other side has used this stamp; ours are larger from now on."""
        self._last = max(self._last, stamp)

    def _read(self) -> int:
        if self._path is None:
            return 0
        with suppress(OSError, ValueError):
            return max(0, min(int(self._path.read_text(encoding="ascii")), LAST_STAMP))
        return 0

    def _write(self, reserved: int) -> None:
        self._reserved = reserved
        if self._path is None:
            return
        fresh = self._path.with_name(f".{self._path.name}.{secrets.token_hex(6)}")
        try:
            with fresh.open("w", encoding="ascii") as file:
                file.write(f"{reserved}\n")
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            raise KeyFileError(
                f"{self._path} cannot be written ({error.strerror}), and without it recordings "
                "could be replayed."
            ) from error
