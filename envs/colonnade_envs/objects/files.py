"""One mesh file of any known format, read into pieces with their paint."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image

from colonnade_envs.objects import cache
from colonnade_envs.objects.images import find_beside, picture
from colonnade_envs.objects.mesh import MeshError, ObjectMesh
from colonnade_envs.objects.obj_file import read_obj
from colonnade_envs.objects.raw import RawMesh
from colonnade_envs.objects.stored import from_arrays, to_arrays
from colonnade_envs.objects.whole import (
    check_kind,
    check_ply,
    check_whole,
    end_together,
    picture_of_ply,
)

__all__ = ["FORMATS", "load_file", "read_file"]

FORMATS = (".urdf", ".obj", ".glb", ".gltf", ".ply", ".stl")
"""Endings of the files that are read, the ones that say most about an object first."""

PLAIN = (0.8, 0.8, 0.8)
"""Colour of what has none in its file."""


def load_file(name: str, path: Path, scale: float = 1.0) -> ObjectMesh:
    """The object in a file, from the cache where the file (and its textures) did not change.

    `scale` multiplies the coordinates into metres. Raises MeshError with one sentence.
    """
    path = path.absolute()
    key = f"{name}|{path}|{scale!r}"
    stored = cache.fetch("mesh", key)
    if stored is not None and "sources" in stored and "origin" in stored:
        sources = [Path(line) for line in str(stored["sources"]).split("\n")]
        if str(stored.get("files")) == cache.file_stamp(sources):
            mesh = from_arrays(name, stored)
            if mesh is not None:
                return mesh
    raw = read_file(name, path)
    sources = list(dict.fromkeys(raw.sources))
    mesh = replace(raw.finish(scale), origin=_origin(sources))
    arrays = to_arrays(mesh)
    arrays["sources"] = np.array("\n".join(str(source) for source in sources))
    arrays["files"] = np.array(cache.file_stamp(sources))
    cache.store("mesh", key, arrays)
    return mesh


def _origin(sources: list[Path]) -> str:
    try:
        return cache.file_digest(sources)
    except OSError:  # unreadable since it was read
        return ""


def read_file(name: str, path: Path, *, need_materials: bool = True) -> RawMesh:
    """Read a mesh file as it is, in its own units; raises MeshError.

    `need_materials`: whether an OBJ without its MTL is an error.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise MeshError(
            f"{name}: {path.name} is not a mesh that can be read: "
            f"give one of {', '.join(form[1:].upper() for form in FORMATS)}."
        )
    try:
        check_kind(name, path)
        if ending == ".obj":
            return read_obj(name, path, need_materials=need_materials)
        if ending == ".urdf":
            from colonnade_envs.objects.urdf import read_urdf

            return read_urdf(name, path)
        return _read_with_trimesh(name, path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise MeshError(f"{name}: {path} cannot be read ({reason}): check the path.") from error


class _Beside:
    """Gives trimesh the files that a mesh file asks for, from where `find_beside` finds them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.given: list[Path] = []

    def get(self, written: str) -> bytes:
        written = written if self._path.suffix.lower() == ".ply" else unquote(written)
        found = find_beside(self._path.parent, written)
        content = found.read_bytes()
        self.given.append(found)
        return content

    __getitem__ = get


def _read_with_trimesh(name: str, path: Path) -> RawMesh:
    kind = path.suffix[1:].upper()
    # trimesh would print what it meets when a picture is missing, and go on without
    picture = picture_of_ply(name, path) if kind == "PLY" else None
    content = end_together(path) if kind == "STL" else None
    beside = _Beside(path)
    resolver: Any = beside
    try:
        scene = trimesh.load_scene(
            path if content is None else io.BytesIO(content),
            file_type=kind.lower(),
            resolver=resolver,
            process=False,
            skip_materials=False,
        )
        parts = scene.dump(concatenate=False)
    except MeshError:
        raise
    except Exception as error:  # a damaged file makes trimesh raise whatever its parser meets first
        if isinstance(error, FileNotFoundError) or _names_a_file(error):
            missing = getattr(error, "filename", None) or error
            raise MeshError(
                f"{name}: {path.name} asks for a file that is missing ({missing}): put it beside."
            ) from error
        if kind == "PLY":
            check_ply(name, path, -1)
        raise MeshError(
            f"{name}: {path.name} is broken or cut short, or not {'an' if kind == 'STL' else 'a'} "
            f"{kind} file: copy or export it again."
        ) from error
    asked = beside.given if picture is None else [picture, *beside.given]
    raw = RawMesh(name, sources=[path, *asked])
    meshes = [part for part in parts if isinstance(part, trimesh.Trimesh) and len(part.faces)]
    check_whole(name, path, sum(len(part.faces) for part in meshes))
    for part in meshes:
        _add_part(raw, part)
    return raw


def _names_a_file(error: Exception) -> bool:
    return isinstance(error, ValueError) and "unable to locate" in str(error).lower()


def _add_part(raw: RawMesh, part: Any) -> None:
    faces = np.asarray(part.faces, dtype=np.int64)
    vertices = np.asarray(part.vertices, dtype=np.float64)
    visual = part.visual
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise MeshError(
            f"{raw.name}: the file is broken or cut short, a face asks for a vertex that is not "
            "there: copy or export it again."
        )
    uv = getattr(visual, "uv", None)
    if visual.kind == "texture":
        image, colour = _material(visual.material)
        if image is not None and uv is not None and len(uv) == len(vertices):
            row = raw.add_texture(picture(image))
            corner_uv = np.asarray(uv, dtype=np.float64)[:, :2][faces]
            raw.add(vertices, faces, uv=corner_uv, colour=colour, texture=row)
            return
        extra = (
            visual.vertex_attributes.get("color") if hasattr(visual, "vertex_attributes") else None
        )
        if extra is not None and len(extra) == len(vertices):
            raw.add(vertices, faces, colour=_unit(np.asarray(extra))[faces] * colour)
            return
        raw.add(vertices, faces, colour=colour)
        return
    if visual.kind == "vertex":
        raw.add(vertices, faces, colour=_unit(np.asarray(visual.vertex_colors))[faces])
    elif visual.kind == "face":
        colours = _unit(np.asarray(visual.face_colors))
        raw.add(vertices, faces, colour=np.repeat(colours[:, None], 3, axis=1))
    else:
        raw.add(vertices, faces, colour=np.array(PLAIN))


def _material(material: Any) -> tuple[Image.Image | None, NDArray[np.float64]]:
    """(texture or None, RGB 0..1) of a trimesh material of either kind."""
    if hasattr(material, "baseColorTexture"):
        factor = material.baseColorFactor
        colour = np.ones(3) if factor is None else _unit(np.asarray(factor))
        return material.baseColorTexture, colour
    image = getattr(material, "image", None)
    if image is not None:
        return image, np.ones(3)
    diffuse = getattr(material, "diffuse", None)
    return None, np.array(PLAIN) if diffuse is None else _unit(np.asarray(diffuse))


def _unit(colours: NDArray[Any]) -> NDArray[np.float64]:
    """RGB 0..1 of 8 or 16 bit or float colours with or without alpha."""
    if colours.dtype.kind in "ui":
        return colours[..., :3].astype(np.float64) / float(np.iinfo(colours.dtype).max)
    return colours[..., :3].astype(np.float64)
