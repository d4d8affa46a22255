"""The folder that an export is written to: only into a new one, or over a former export.

`export.json` lists the files of an export with their digests, so that a file which somebody edited
is not replaced or taken away. All files are written aside first and only then renamed: what fails
before leaves the former export whole. While they are renamed the list has the digests of before as
well, so that an export that was stopped then is known for one, and the next puts everything right.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from colonnade.files import sync_folder
from colonnade.output import make_folder, writing

__all__ = ["MANIFEST", "ExportFolderError", "check_folder", "write_export"]

MANIFEST = "export.json"
_WHAT = "colonnade export"
_ASIDE = "~export.partial"
"""How the folder's name ends in which files are written aside."""

Digests = dict[str, list[str]]
"""SHA-256 that each file may have, by its path: more than one where an export was stopped."""


class ExportFolderError(RuntimeError):
    """A folder that an export must not be written to; the message says what to do instead."""


def check_folder(folder: Path) -> Digests:
    """Refuse a folder that is neither empty nor a former export; the files of that.

    Raises:
        ExportFolderError: something else is in it, or a file of the export was edited.
    """
    if not folder.exists():
        return {}
    if not folder.is_dir():
        raise ExportFolderError(f"{folder} is a file: give a folder with --out.")
    if all(_is_aside(path) for path in folder.iterdir()):
        return {}
    former = _manifest(folder)
    if former is None:
        raise ExportFolderError(
            f"{folder} is not empty and holds no export: give another --out, or empty it."
        )
    for name, digests in former.items():
        file = folder / name
        if file.exists() and not _has_digest(file, digests):
            raise ExportFolderError(
                f"{file} was changed after it was exported: move it away, or give another --out."
            )
    return former


def write_export(folder: Path, files: Mapping[str, bytes], about: Mapping[str, Any]) -> None:
    """Write the files by their paths in `folder`, and take away those of a former export.

    What else is there, such as what was built, is left alone.

    Raises:
        ExportFolderError: something else is in the folder or in a file's place, or a file of the
            former export was edited.
        OutputError: it cannot be written; the former export is whole unless it was being replaced.
    """
    former = check_folder(folder)
    digests = {name: [_digest(data)] for name, data in files.items()}
    for name in files.keys() - former.keys():
        if (folder / name).exists() and not _has_digest(folder / name, digests[name]):
            raise ExportFolderError(
                f"{folder / name} is of no export, and one is to be written there: move it away, "
                "or give another --out."
            )
    both = {
        name: sorted({*former.get(name, ()), *digests.get(name, ())})
        for name in former.keys() | digests.keys()
    }
    make_folder(folder)
    with _aside(folder) as aside:
        for name, data in files.items():
            with writing(folder / name):
                _write_aside(aside / "new" / name, data)
        for place, listed in (("before", both), ("after", digests)):
            with writing(folder / MANIFEST):
                _write_aside(aside / place, _listing(listed, about))
        for name in files:
            make_folder((folder / name).parent)
        _rename(aside / "before", folder / MANIFEST)
        for name in files:
            _rename(aside / "new" / name, folder / name)
        for name in former.keys() - files.keys():
            _remove(folder, name)
        _rename(aside / "after", folder / MANIFEST)


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A new folder in `folder` that goes in the end; what a killed export left goes at once."""
    for path in filter(_is_aside, folder.iterdir()):
        shutil.rmtree(path, ignore_errors=True)
    aside = folder / f".{secrets.token_hex(6)}{_ASIDE}"
    with writing(folder):
        aside.mkdir()
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _is_aside(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(_ASIDE)


def _write_aside(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _rename(file: Path, target: Path) -> None:
    with writing(target):
        file.replace(target)
        sync_folder(target.parent)


def _remove(folder: Path, name: str) -> None:
    """Take a file away, and the folders that are empty without it."""
    file = folder / name
    with writing(file):
        file.unlink(missing_ok=True)
        if file.parent.is_dir():  # the list forgets the file, so it must not come back
            sync_folder(file.parent)
    for parent in file.parents:
        if parent == folder or not _removed(parent):
            break


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _has_digest(file: Path, digests: list[str]) -> bool:
    with suppress(OSError):
        return _digest(file.read_bytes()) in digests
    return False


def _listing(digests: Digests, about: Mapping[str, Any]) -> bytes:
    content = {"what": _WHAT, **about, "files": dict(sorted(digests.items()))}
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def _manifest(folder: Path) -> Digests | None:
    """The files that the folder's manifest lists; None where it is no export."""
    with suppress(OSError, ValueError, RecursionError):
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        ours = isinstance(content, dict) and content.get("what") == _WHAT
        files = content.get("files") if ours else None
        if isinstance(files, dict) and all(map(_is_inside, files)):
            return files if all(map(_are_digests, files.values())) else None
    return None


def _are_digests(told: object) -> bool:
    return isinstance(told, list) and all(isinstance(digest, str) for digest in told)


def _is_inside(name: str) -> bool:
    """Whether it names a file that there can be in the folder, and no other place.

    Raises UnicodeEncodeError where no file can be called so.
    """
    path = Path(name)
    here = bool(path.parts) and not path.is_absolute() and ".." not in path.parts
    return here and b"\0" not in os.fsencode(name)


def _removed(folder: Path) -> bool:
    """Whether it could be removed, which an empty folder can."""
    try:
        folder.rmdir()
    except OSError:
        return False
    return True
