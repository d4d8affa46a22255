"""Prepared arrays kept on disk: an entry is one npz, rebuilt in silence whenever it is not right.

Where: `$COLONNADE_CACHE`, otherwise the platform's cache folder (`~/.cache/colonnade`). The word
`off` in `$COLONNADE_CACHE` switches it off. No error of the cache ever reaches the user: what
cannot be read is made again, what cannot be written is not written.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["cache_dir", "fetch", "file_stamp", "store"]

VERSION = 2
"""Part of every entry's stamp: raise it whenever what is stored changes its meaning."""


def cache_dir() -> Path | None:
    """Folder of the cache (not necessarily there yet), or None where it is switched off."""
    chosen = os.environ.get("COLONNADE_CACHE", "")
    if chosen.lower() == "off":
        return None
    if chosen:
        return Path(chosen).expanduser()
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "colonnade"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "colonnade"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "colonnade"


def file_stamp(paths: Iterable[Path]) -> str:
    """What changes when one of the files does: a line of path, size and time of change for each."""
    lines = []
    for path in paths:
        try:
            status = path.stat()
            lines.append(f"{path}|{status.st_size}|{status.st_mtime_ns}")
        except OSError:
            lines.append(f"{path}|missing")
    return "\n".join(lines)


def fetch(kind: str, key: str) -> dict[str, NDArray[Any]] | None:
    """Arrays stored under (kind, key), or None where there is no entry that can be read."""
    path = _entry(kind, key)
    if path is None:
        return None
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        if str(arrays.pop("stamp")) != _stamp(kind, key):
            return None
        return arrays
    except Exception:  # whatever a damaged file makes zipfile or numpy raise, it is built again
        return None


def store(kind: str, key: str, arrays: Mapping[str, NDArray[Any]]) -> bool:
    """Keep `arrays` under (kind, key), atomically; returns whether it could be written."""
    path = _entry(kind, key)
    if path is None:
        return False
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=path.stem, suffix=".part", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            np.savez(file, allow_pickle=False, stamp=np.array(_stamp(kind, key)), **arrays)
        Path(temporary).replace(path)
        return True
    except OSError:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        return False


def _entry(kind: str, key: str) -> Path | None:
    folder = cache_dir()
    if folder is None:
        return None
    name = hashlib.blake2b(key.encode(errors="surrogateescape"), digest_size=16).hexdigest()
    return folder / kind / f"{name}.npz"


def _stamp(kind: str, key: str) -> str:
    # The key itself stands in the entry, so a clash of hashes or a file moved by hand is noticed.
    return f"colonnade {VERSION} {kind} {key}"
