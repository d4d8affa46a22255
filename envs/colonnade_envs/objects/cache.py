"""Prepared arrays kept on disk: an entry is one npz, rebuilt in silence whenever it is not right.

Where: see `colonnade_envs.cache_folder`. No error of the cache ever reaches the user: what cannot
be read is made again, what cannot be written is not written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade_envs.atomic import atomic_path, remove_leftovers
from colonnade_envs.cache_folder import cache_dir

__all__ = ["cache_dir", "fetch", "file_digest", "file_stamp", "store"]

VERSION = 2
"""Part of every entry's stamp: raise it whenever what is stored changes its meaning."""


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


def file_digest(paths: Iterable[Path]) -> str:
    """Hash of what is in the files that are there, one after the other. Raises OSError."""
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        content = path.read_bytes() if path.is_file() else b""
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()


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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, stamp=np.array(_stamp(kind, key)), **arrays)
        remove_leftovers(path.parent)
        return True
    except OSError:
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
