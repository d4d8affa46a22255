"""A folder of meshes, or one mesh file, as an object set; the YCB layout as it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from colonnade_envs.objects.files import FORMATS, load_file
from colonnade_envs.objects.mesh import ObjectMesh
from colonnade_envs.objects.object_set import ObjectSet, ObjectSetError
from colonnade_envs.objects.whole import is_text

__all__ = ["FileSource", "open_folder"]

SCANS = ("textured.obj", "google_16k/textured.obj", "tsdf/textured.obj", "poisson/textured.obj")
"""Where the YCB download keeps an object's mesh inside its folder, best first."""


@dataclass(frozen=True)
class FileSource:
    """An object in a file."""

    path: Path
    scale: float = 1.0

    def load(self, name: str) -> ObjectMesh:
        """Read the file, or its cached mesh; raises MeshError."""
        return load_file(name, self.path, self.scale)


def open_folder(path: Path, spec: str, scale: float = 1.0) -> ObjectSet:
    """The objects of a folder or of a single file; raises ObjectSetError where there are none.

    A mesh file in the folder is an object named by its stem (of `mug.urdf` and `mug.obj` the
    URDF is taken); a folder in it is an object of the folder's name where it has a YCB scan, one
    URDF, or exactly one mesh.
    """
    path = path.expanduser()
    if not is_text(str(path.absolute())):
        raise ObjectSetError(f"{_shown(spec)} has a name that is not UTF-8 text: rename it.")
    if path.is_file():
        if path.suffix.lower() not in FORMATS:
            raise ObjectSetError(
                f"{spec} is not a mesh that can be read: give one of "
                f"{', '.join(form[1:].upper() for form in FORMATS)}, or a folder of them."
            )
        return ObjectSet(spec, {path.stem: FileSource(path.absolute(), scale)})
    if not path.is_dir():
        raise ObjectSetError(
            f"{spec} is neither a set nor a folder: give builtin, pybullet, random:000-049 or "
            "the path of a folder with meshes or of a mesh file."
        )
    try:
        found, left_out = _objects_in(path.absolute())
    except OSError as error:
        raise ObjectSetError(
            f"{spec} cannot be read ({error.strerror}): check its rights."
        ) from error
    if not found:
        raise ObjectSetError(
            f"{spec} has no meshes: put {', '.join(form[1:].upper() for form in FORMATS)} files "
            "into it, or one folder per object as in YCB."
        )
    sources = {name: FileSource(found[name], scale) for name in sorted(found)}
    return ObjectSet(spec, sources, left_out)


def _shown(name: str) -> str:
    """A name as text, whatever bytes the file system has."""
    return os.fsencode(name).decode(errors="replace")


def _objects_in(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """The objects of a folder, and what in it is left out, a sentence each."""
    scan = _scan_in(folder)
    if scan is not None:
        return {folder.name: scan}, []
    found: dict[str, Path] = {}
    left_out: list[str] = []
    files: dict[str, list[Path]] = {}
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if not entry.is_dir():
            if _rank(entry) is not None:
                files.setdefault(_shown(entry.stem), []).append(entry)
        elif (mesh := _scan_in(entry) or _single_mesh(entry)) is not None:
            found[_shown(entry.name)] = mesh
        elif _has_meshes(entry):
            left_out.append(
                f"{_shown(entry.name)}/ is left out: it has several meshes, and none has the "
                "folder's name."
            )
    for name, alike in files.items():
        best, *others = sorted(alike, key=lambda entry: _rank(entry) or 0)
        found[name] = best
        if best.suffix.lower() != ".urdf":  # which says itself what its parts are
            left_out += [
                f"{_shown(other.name)} is left out: {_shown(best.name)} has the same name; rename "
                "it if it is another object."
                for other in others
            ]
    return found, left_out


def _has_meshes(folder: Path) -> bool:
    return any(entry.is_file() and _rank(entry) is not None for entry in folder.iterdir())


def _scan_in(folder: Path) -> Path | None:
    return next((folder / inside for inside in SCANS if (folder / inside).is_file()), None)


def _single_mesh(folder: Path) -> Path | None:
    files = [entry for entry in sorted(folder.iterdir()) if entry.is_file()]
    ranked = [entry for entry in files if _rank(entry) is not None]
    urdfs = [entry for entry in ranked if entry.suffix.lower() == ".urdf"]
    named = [entry for entry in ranked if entry.stem == folder.name]
    for choice in (urdfs, sorted(named, key=lambda entry: _rank(entry) or 0), ranked):
        if len(choice) == 1 or (choice and choice is not urdfs and choice is not ranked):
            return choice[0]
    return None


def _rank(path: Path) -> int | None:
    ending = path.suffix.lower()
    return FORMATS.index(ending) if ending in FORMATS else None
