"""Files and folders that are written: where that fails, which path it was and why."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = [
    "MAKE_ROOM",
    "MAY_RESUME",
    "TOO_LONG",
    "OutputError",
    "make_folder",
    "shortened",
    "writing",
]

TOO_LONG = "the file system takes no name that long; give a shorter one"
MAY_RESUME = " (with --resume if it has that)"
"""Stands in for what only the command line knows."""
MAKE_ROOM = f"make room and repeat the command{MAY_RESUME}; what was finished before is safe"
_SHOWN = 60
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


class OutputError(OSError):
    """Something could not be written; the text is one sentence for the user."""

    def __str__(self) -> str:
        return str(self.strerror)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tell every OSError of the block as one of writing `path`, which most do not name.

    Raises:
        OutputError: in its place, with the same errno.
    """
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(error.errno, _sentence(error, path), str(path)) from error


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they are not there yet. Raises OutputError."""
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)


def _sentence(error: OSError, path: Path) -> str:
    advice = "give another place"
    blocking = next((p for p in path.parents if os.path.lexists(p) and not p.is_dir()), None)
    if error.errno in _FULL:
        why = f"the disk is full, file system {_file_system(path)}"
        advice = MAKE_ROOM
    elif blocking is not None:
        why = f"{blocking} is no folder"
    elif error.errno == errno.ENAMETOOLONG:
        return f"{shortened(path)} cannot be written: {TOO_LONG}."
    else:
        why = f"{error.strerror or error}{_at(error, path)}"
    if error.errno in _FORBIDDEN:
        advice += ", or change its permissions"
    return f"{path} cannot be written ({why}): {advice}."


def shortened(path: Path | str) -> str:
    """A path whose names may be too long for anything, with the long ones cut."""
    parts = [part if len(part) <= _SHOWN else f"{part[:_SHOWN]}..." for part in Path(path).parts]
    return str(Path(*parts))


def _at(error: OSError, path: Path) -> str:
    """Which folder above `path` it was that failed, if it was one."""
    failed = Path(os.fsdecode(error.filename)) if error.filename else path
    hidden = failed.name.startswith(".")  # a temporary name, or the lock of a folder
    return "" if failed == path or hidden else f": {failed}"


def _file_system(path: Path) -> Path:
    """Where the file system is mounted that `path` is on."""
    path = path.absolute()
    return next(place for place in (path, *path.parents) if os.path.ismount(place))
