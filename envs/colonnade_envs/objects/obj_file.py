"""Wavefront OBJ and MTL: the format of most scans, read fast and with its seams as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colonnade_envs.objects.images import find_beside
from colonnade_envs.objects.mesh import MeshError
from colonnade_envs.objects.raw import RawMesh

__all__ = ["Material", "read_mtl", "read_obj"]


PLAIN = 0.8
"""Grey of what has no colour in its file."""


@dataclass(frozen=True)
class Material:
    """What Colonnade uses of an MTL material."""

    colour: tuple[float, float, float] = (PLAIN, PLAIN, PLAIN)
    """Kd, 0..1; where there is a texture the texture alone counts, as in most viewers."""
    texture: Path | None = None
    """map_Kd."""


@dataclass
class _Lines:
    """The lines of an OBJ by kind, in their order."""

    vertices: list[str] = field(default_factory=list)
    uvs: list[str] = field(default_factory=list)
    faces: list[str] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    materials: list[tuple[int, str]] = field(default_factory=list)
    """(index of the first face, name)"""
    counts: list[tuple[int, int]] = field(default_factory=list)
    """(vertices, uvs) seen before each face; kept only where indices are relative."""


def read_obj(name: str, path: Path, *, need_materials: bool = True) -> RawMesh:
    """Read an OBJ with its materials, textures and vertex colours; raises MeshError.

    Polygons become triangle fans (exact for convex ones). Normals in the file are not used:
    the sensors see the triangles. A materials file that is missing is an error unless
    `need_materials` is False (a URDF that gives its own colour).
    """
    lines = _sort_lines(path.read_text(encoding="utf-8", errors="replace"))
    raw = RawMesh(name, sources=[path])
    if not lines.vertices:
        raise MeshError(
            f"{name}: {path.name} has no vertices, so it is cut short or not an OBJ file: "
            "copy or export it again."
        )
    if not lines.faces:
        raise MeshError(
            f"{name}: {path.name} has vertices but no faces, so the mesh is empty or cut short: "
            "copy it again, or export it as triangles and not as a point cloud."
        )
    try:
        vertices = _table(lines.vertices, 3)
        uvs = _table(lines.uvs, 2)
        corners, polygon = _faces(lines, len(vertices), len(uvs))
    except (ValueError, OverflowError) as error:
        raise MeshError(
            f"{name}: {path.name} is broken or cut short ({_plainly(error)}): "
            "copy or export it again."
        ) from error
    if len(corners) == 0:
        return raw
    if corners[..., 0].min() < 0 or corners[..., 0].max() >= len(vertices):
        raise MeshError(
            f"{name}: {path.name} is broken or cut short, a face asks for a vertex that is not "
            "there: copy or export it again."
        )
    colour: NDArray[np.float64] | None = None
    if vertices.shape[1] >= 6:
        colour = vertices[:, 3:6][corners[..., 0]]
        if colour.max(initial=0.0) > 1.0:
            colour = colour / 255.0
    uv = np.zeros((len(corners), 3, 2))
    has_uv = corners[..., 1].min(axis=1) >= 0
    if corners[..., 1].max(initial=-1) >= len(uvs):
        raise MeshError(
            f"{name}: {path.name} is broken or cut short, a face asks for a texture coordinate "
            "that is not there: copy or export it again."
        )
    if has_uv.any():
        uv[has_uv] = uvs[:, :2][corners[has_uv, :, 1]]
    materials, missing = _materials(raw, path, lines.libraries)
    if missing and need_materials and lines.materials:
        raise MeshError(
            f"{name}: its materials file {missing} is missing: put it beside {path.name}, or "
            "remove the mtllib and usemtl lines to go without colours."
        )
    corner_colour = np.full((len(corners), 3, 3), 1.0 if materials else PLAIN)
    if colour is not None:
        corner_colour = colour
    texture = np.full(len(corners), -1, dtype=np.int64)
    for part, used in _runs(lines, polygon):
        material = materials.get(used)
        if material is None:
            continue
        if material.texture is not None:
            raw.sources.append(material.texture)
            texture[part] = np.where(has_uv[part], raw.texture_row(material.texture), -1)
        elif colour is None:
            corner_colour[part] = material.colour
    raw.add(vertices[:, :3], corners[..., 0], uv=uv, colour=corner_colour, texture=texture)
    return raw


def read_mtl(path: Path) -> dict[str, Material]:
    """Materials of an MTL file by name; textures that are named need not exist."""
    materials: dict[str, Material] = {}
    name = ""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        word, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        if word == "newmtl":
            name = rest
            materials[name] = Material()
        elif word == "Kd" and name:
            try:
                values = [float(x) for x in rest.split()[:3]]
            except ValueError:
                continue
            if len(values) == 3:
                materials[name] = Material(
                    (values[0], values[1], values[2]), materials[name].texture
                )
        elif word == "map_Kd" and name and rest:
            texture = find_beside(path.parent, _after_options(rest))
            materials[name] = Material(materials[name].colour, texture)
    return materials


def _sort_lines(text: str) -> _Lines:
    lines = _Lines()
    if "\\\n" in text:
        text = text.replace("\\\n", " ")
    relative = False
    for line in text.splitlines():
        kind = line[:2]
        if kind == "v ":
            lines.vertices.append(line[2:])
        elif kind == "vt":
            lines.uvs.append(line[3:])
        elif kind == "f ":
            lines.faces.append(line[2:].partition("#")[0])
            relative = relative or "-" in line
            lines.counts.append((len(lines.vertices), len(lines.uvs)))
        elif kind == "us":
            lines.materials.append((len(lines.faces), line.partition(" ")[2].strip()))
        elif kind == "mt":
            lines.libraries.append(line.partition(" ")[2].strip())
        elif line[:1] in " \t" and line.strip():
            raise_line = line.strip()
            if raise_line[:2] in ("v ", "f "):
                return _sort_lines("\n".join(part.strip() for part in text.splitlines()))
        elif kind in ("v\t", "f\t"):
            return _sort_lines(text.replace("\t", " "))
    if not relative:
        lines.counts.clear()
    return lines


def _plainly(error: Exception) -> str:
    """What Python says of a number, without Python's words."""
    text = str(error)
    if text.startswith(("could not convert", "invalid literal")):
        return f"{text.rpartition(': ')[2]} stands where a number should"
    return "a number is too large" if isinstance(error, OverflowError) else text


def _table(rows: list[str], least: int) -> NDArray[np.float64]:
    """(N, columns) numbers; the narrowest row decides the columns of a table that is uneven.

    Raises ValueError where a row has fewer than `least`.
    """
    if not rows:
        return np.zeros((0, 3))
    width = len(rows[0].split())
    flat = list(map(float, chain.from_iterable(row.split() for row in rows)))
    if len(flat) == width * len(rows) and width >= least:
        return np.array(flat).reshape(len(rows), width)
    split = [row.split() for row in rows]
    width = min(len(row) for row in split)
    if width < least:
        raise ValueError(f"a line with coordinates has {width} numbers, not {least}")
    return np.array([[float(x) for x in row[:width]] for row in split])


def _faces(lines: _Lines, vertices: int, uvs: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """((F, 3, 2) vertex and uv index from 0, uv -1 where none; (F,) index of the face's line)."""
    rows = lines.faces
    if not rows:
        return np.zeros((0, 3, 2), dtype=np.int64), np.zeros(0, dtype=np.int64)
    if not lines.counts:
        slashes = rows[0].count("/")
        parts = {0: 1, 3: 2, 6: 3}.get(slashes, 0)
        if len(rows[0].split()) == 3 and parts and "//" not in rows[0]:
            text = " ".join(rows)
            tokens = text.replace("/", " ").split() if parts > 1 else text.split()
            uniform = len(tokens) == 3 * parts * len(rows) and "//" not in text
            if uniform and text.count("/") == slashes * len(rows):
                table = np.array(list(map(int, tokens)), dtype=np.int64).reshape(-1, 3, parts) - 1
                if parts == 1:
                    table = np.concatenate([table, np.full_like(table, -1)], axis=2)
                return table[..., :2], np.arange(len(rows))
    corners: list[list[tuple[int, int]]] = []
    polygon: list[int] = []
    for index, row in enumerate(rows):
        before = lines.counts[index] if lines.counts else (vertices, uvs)
        tokens = row.split()
        if len({(token.count("/"), token[-1] == "/") for token in tokens}) > 1:
            raise ValueError(f"the corners of the face '{row.strip()}' are not alike")
        loop = [_corner(token, before) for token in tokens]
        if len(loop) < 3:
            if index == len(rows) - 1:
                raise ValueError("its last face has fewer than three corners")
            continue  # some programs write edges as faces
        for second, third in pairwise(loop[1:]):
            corners.append([loop[0], second, third])
            polygon.append(index)
    return np.array(corners, dtype=np.int64), np.array(polygon, dtype=np.int64)


def _corner(token: str, before: tuple[int, int]) -> tuple[int, int]:
    parts = token.split("/")
    vertex = int(parts[0])
    uv = int(parts[1]) if len(parts) > 1 and parts[1] else 0
    vertex = vertex - 1 if vertex > 0 else before[0] + vertex
    if uv == 0:
        return vertex, -1
    return vertex, uv - 1 if uv > 0 else before[1] + uv


def _materials(raw: RawMesh, path: Path, libraries: list[str]) -> tuple[dict[str, Material], str]:
    """(materials by name, name of a library that is missing); notes the files in `raw`."""
    materials: dict[str, Material] = {}
    missing = ""
    for library in libraries:
        mtl = find_beside(path.parent, library)
        raw.sources.append(mtl)
        if mtl.is_file():
            materials.update(read_mtl(mtl))
        else:
            missing = library
    return materials, missing


def _runs(lines: _Lines, polygon: NDArray[np.int64]) -> Iterator[tuple[slice, str]]:
    """Triangles between one usemtl line and the next, with the name it gives."""
    if not lines.materials:
        return
    ends = [start for start, _ in lines.materials[1:]] + [len(lines.faces)]
    for (start, used), end in zip(lines.materials, ends, strict=True):
        first, last = np.searchsorted(polygon, [start, end])
        if first < last:
            yield slice(int(first), int(last)), used


def _after_options(text: str) -> str:
    """The file name of a map line, which may hold blanks and stand after options (-s 1 1 1)."""
    counts = {"-s": 3, "-o": 3, "-t": 3, "-mm": 2, "-bm": 1, "-blendu": 1, "-blendv": 1}
    counts |= {"-clamp": 1, "-texres": 1, "-imfchan": 1, "-boost": 1, "-cc": 1, "-type": 1}
    words = text.split(" ")
    while words and words[0] in counts:
        words = words[1 + counts[words[0]] :]
    return " ".join(words)
