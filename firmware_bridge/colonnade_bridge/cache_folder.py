"""Where what is generated and built is kept between runs."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from colonnade_bridge.errors import BridgeError

__all__ = ["WAY_OUT", "CacheError", "cache_folder", "check_room", "keeping"]

WAY_OUT = "set COLONNADE_CACHE to a folder that is writable and has room"
"""What to do about a cache that cannot keep something."""


class CacheError(BridgeError, RuntimeError):
    """The cache cannot keep something; the message says what to do."""


@contextmanager
def keeping(what: str) -> Iterator[None]:
    """Tell every OSError of the block as one of the cache, which was to keep `what`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise CacheError(f"{cache_folder()} cannot keep {what} ({reason}): {WAY_OUT}.") from error


def check_room(told: str, folder: Path) -> None:
    """Raise OSError where a program says, in English, that the disk of `folder` is full."""
    for full, words in (
        (errno.ENOSPC, "No space left on device"),
        (errno.EDQUOT, "Disk quota exceeded"),
    ):
        if words in told:
            raise OSError(full, words, str(folder))


def cache_folder() -> Path:
    """Folder of the cache, absolute, not necessarily there yet.

    `$COLONNADE_CACHE`, otherwise the platform's (`~/.cache/colonnade`); a folder that goes with the
    process where it is `off`, or where nobody knows where home is.
    """
    chosen = os.environ.get("COLONNADE_CACHE", "")
    if chosen.lower() == "off":
        return _passing()
    try:
        if chosen:
            return Path(chosen).expanduser().absolute()
        home = Path.home()
    except RuntimeError:
        return _passing()
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "colonnade"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "colonnade"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "colonnade"


def _passing() -> Path:
    return Path(_passing_folder().name)


@cache
def _passing_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="colonnade-")
