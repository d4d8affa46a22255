"""Writing files so that a kill at any moment leaves the old file or the new one, never half."""

from __future__ import annotations

import json
import math
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from zlib import crc32

from colonnade.output import writing

__all__ = [
    "atomic_path",
    "atomic_write",
    "file_name",
    "name_of_file",
    "plain",
    "remove_leftovers",
    "sync_folder",
    "write_json",
]

_MARK = ".partial"
_LONGEST = 255
"""Bytes that the name of a file may have on the usual file systems."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; on leaving without error it becomes `path`.

    Where `path` is a link, what it leads to is replaced. What is there and no regular file, such as
    a device or a pipe, is given itself: nothing may take its place.

    The temporary file is flushed to disk before it is renamed, and its folder after, so that a
    power cut cannot leave an empty file under the final name. Several processes may write the same
    path at once: one of them wins.

    Raises:
        OutputError: the folder is read-only or the disk is full; nothing is left behind then.
    """
    if path.exists() and not path.is_file():
        with writing(path):
            yield path
        return
    path = path.resolve()
    temporary = path.with_name(_temporary(path.name))
    with writing(path):  # and not through a link that somebody put there
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        with writing(path):
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(path)
            sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _temporary(name: str) -> str:
    """A name that nobody knows to write the file `name` under, no longer than file systems take."""
    begin = f".{secrets.token_hex(6)}~"
    if len(begin) + len(os.fsencode(name)) + len(_MARK) > _LONGEST:
        name = "file"
    return f"{begin}{name}{_MARK}"


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, where the platform can."""
    with suppress(PermissionError):  # Windows cannot open folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def atomic_write(path: Path, data: bytes | str) -> None:
    """Write `data` (text as UTF-8) to `path` in one indivisible step."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)


def remove_leftovers(folder: Path) -> None:
    """Delete temporary files that a killed process left in `folder`."""
    for leftover in folder.glob(f".*{_MARK}"):
        with suppress(OSError):
            leftover.unlink()


def plain(value: Any) -> Any:
    """Turn numpy values, tuples and paths into what JSON knows; NaN and infinity become None."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    return value


def write_json(path: Path, content: Any) -> None:
    """Write `content` as indented JSON that strict readers accept (no NaN), atomically."""
    atomic_write(path, json.dumps(plain(content), indent=2, ensure_ascii=False) + "\n")


def file_name(name: str, suffix: str) -> str:
    """Spell an object's name as a file name that every file system takes.

    Characters such as ``:`` and ``/`` are percent-encoded (reversible with `name_of_file`);
    a name too long for a file system is cut and gets a checksum.
    """
    encoded = quote(name, safe=" ()+,=@")
    if encoded.startswith("."):
        encoded = "%2E" + encoded[1:]
    if len(encoded) + len(suffix) > 200:
        encoded = f"{encoded[:180].rsplit('%', 1)[0]}~{crc32(name.encode()):08x}"
    return encoded + suffix


def name_of_file(file: str, suffix: str) -> str:
    """The object's name again from what `file_name` made of it."""
    return unquote(file.removesuffix(suffix))
