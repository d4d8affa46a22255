"""The folder that an export is written to: only into a new one, or over a former export.

`export.json` lists the files of an export. It is written first and names those of before as well,
so that an export that was stopped is known for one, and the next puts everything right.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from colonnade.files import atomic_write, write_json
from colonnade.output import make_folder, writing

__all__ = ["MANIFEST", "ExportFolderError", "check_folder", "write_export"]

MANIFEST = "export.json"
_WHAT = "colonnade export"


class ExportFolderError(RuntimeError):
    """A folder that an export must not be written to; the message says what to do instead."""


def check_folder(folder: Path) -> list[str]:
    """Refuse a folder that is neither empty nor a former export; the files of that by their paths.

    Raises:
        ExportFolderError: something else is in it.
    """
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise ExportFolderError(f"{folder} is a file: give a folder with --out.")
    if not any(folder.iterdir()):
        return []
    former = _manifest(folder)
    if former is None:
        raise ExportFolderError(
            f"{folder} is not empty and holds no export: give another --out, or empty it."
        )
    return former


def write_export(folder: Path, files: Mapping[str, bytes], about: Mapping[str, Any]) -> None:
    """Write the files by their paths in `folder`, and take away those of a former export.

    What else is there, such as what was built, is left alone.

    Raises:
        ExportFolderError: something else is in the folder.
        OutputError: it cannot be written.
    """
    former = check_folder(folder)
    make_folder(folder)
    _list(folder, {*former, *files}, about)
    for name, data in files.items():
        make_folder((folder / name).parent)
        atomic_write(folder / name, data)
    for name in {*former} - {*files}:
        with writing(folder / name):
            (folder / name).unlink(missing_ok=True)
        for empty in (folder / name).parents:
            if empty == folder or not _removed(empty):
                break
    _list(folder, {*files}, about)


def _list(folder: Path, files: set[str], about: Mapping[str, Any]) -> None:
    write_json(folder / MANIFEST, {"what": _WHAT, **about, "files": sorted(files)})


def _manifest(folder: Path) -> list[str] | None:
    """The files that the folder's manifest lists; None where it is no export."""
    with suppress(OSError, ValueError):
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        ours = isinstance(content, dict) and content.get("what") == _WHAT
        files = content.get("files") if ours else None
        if isinstance(files, list) and all(map(_is_inside, files)):
            return files
    return None


def _is_inside(name: object) -> bool:
    """Whether it names a file in the folder, and no other place."""
    path = Path(name) if isinstance(name, str) and name else Path("/")
    return not path.is_absolute() and ".." not in path.parts


def _removed(folder: Path) -> bool:
    """Whether it could be removed, which an empty folder can."""
    try:
        folder.rmdir()
    except OSError:
        return False
    return True
