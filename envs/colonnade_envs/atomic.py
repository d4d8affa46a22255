"""Files that are whole or not there, whenever the process is killed or the power fails."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["atomic_path", "remove_leftovers"]

_MARK = ".partial"
_LONGEST = 200
"""Bytes up to which a name may grow a little and still be one that file systems take."""
_OLD = 86400.0
"""Seconds after which no write is still under way."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; on leaving without error it becomes `path`.

    Flushed to disk before it is renamed, and its folder after. Several processes may write the
    same path at once: one of them wins. Raises OSError; nothing is left behind then.
    """
    named = path.name if len(os.fsencode(path.name)) <= _LONGEST else "file"
    temporary = path.with_name(f".{secrets.token_hex(6)}~{named}{_MARK}")
    try:
        yield temporary
        with temporary.open("r+b") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    with suppress(PermissionError):  # Windows cannot open folders
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def remove_leftovers(folder: Path) -> None:
    """Delete temporary files that killed processes left in `folder` more than a day ago."""
    for leftover in folder.glob(f".*~*{_MARK}"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > _OLD:
                leftover.unlink()
