"""A mesh while it is being gathered from a file or a generator, before it is checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colonnade_envs.objects.images import read_picture
from colonnade_envs.objects.mesh import ObjectMesh, make_mesh

__all__ = ["RawMesh"]


@dataclass
class RawMesh:
    """Pieces with their own paint that become one ObjectMesh."""

    name: str
    sources: list[Path] = field(default_factory=list)
    """Files that the mesh depends on: when one of them changes the cached mesh is stale."""
    textures: list[NDArray[np.uint8]] = field(default_factory=list)
    vertices: list[NDArray[np.float64]] = field(default_factory=list)
    faces: list[NDArray[np.int64]] = field(default_factory=list)
    uv: list[NDArray[np.float64]] = field(default_factory=list)
    colour: list[NDArray[np.float64]] = field(default_factory=list)
    texture: list[NDArray[np.int64]] = field(default_factory=list)
    _rows: dict[Path, int] = field(default_factory=dict)

    def texture_row(self, path: Path) -> int:
        """Row of the texture of an image file, read once; raises MeshError."""
        if path not in self._rows:
            self._rows[path] = self.add_texture(read_picture(self.name, path))
        return self._rows[path]

    def add_texture(self, image: NDArray[np.uint8]) -> int:
        """Row of a texture (H, W, 3) that is already in memory."""
        self.textures.append(image)
        return len(self.textures) - 1

    def add(
        self,
        vertices: NDArray[np.float64],
        faces: NDArray[np.int64],
        *,
        uv: NDArray[np.float64] | None = None,
        colour: NDArray[np.float64] | None = None,
        texture: NDArray[np.int64] | int = -1,
    ) -> None:
        """Add (V, 3) vertices and (F, 3) faces.

        uv is (F, 3, 2), colour (F, 3, 3) or (3,), texture a row or (F,) rows.
        """
        count = len(faces)
        offset = sum(len(part) for part in self.vertices)
        self.vertices.append(np.asarray(vertices, dtype=np.float64))
        self.faces.append(np.asarray(faces, dtype=np.int64) + offset)
        self.uv.append(np.zeros((count, 3, 2)) if uv is None else uv)
        paint = np.ones(3) if colour is None else np.asarray(colour, dtype=np.float64)
        self.colour.append(np.broadcast_to(paint, (count, 3, 3)))
        self.texture.append(np.broadcast_to(np.asarray(texture, dtype=np.int64), (count,)))

    def place(self, matrix: NDArray[np.float64]) -> None:
        """Move everything gathered so far by a (4, 4) matrix; a mirror turns the faces round."""
        linear = matrix[:3, :3]
        self.vertices = [part @ linear.T + matrix[:3, 3] for part in self.vertices]
        if np.linalg.det(linear) < 0.0:
            self.faces = [part[:, ::-1] for part in self.faces]
            self.uv = [part[:, ::-1] for part in self.uv]
            self.colour = [part[:, ::-1] for part in self.colour]

    def merge(self, other: RawMesh, *, tint: tuple[float, float, float] | None = None) -> None:
        """Take over the pieces of `other`; `tint` replaces its colours and multiplies textures."""
        rows = len(self.textures)
        offset = sum(len(part) for part in self.vertices)
        self.sources.extend(other.sources)
        self.textures.extend(other.textures)
        self.vertices.extend(other.vertices)
        self.faces.extend(part + offset for part in other.faces)
        self.uv.extend(other.uv)
        self.texture.extend(np.where(part >= 0, part + rows, -1) for part in other.texture)
        if tint is None:
            self.colour.extend(other.colour)
        else:
            self.colour.extend(np.broadcast_to(np.array(tint), part.shape) for part in other.colour)

    def finish(self, scale: float = 1.0) -> ObjectMesh:
        """The checked mesh in metres; raises MeshError."""
        if not self.faces:
            return make_mesh(self.name, np.zeros((0, 3)), np.zeros((0, 3)))
        return make_mesh(
            self.name,
            np.concatenate(self.vertices),
            np.concatenate(self.faces),
            corner_uv=np.concatenate(self.uv),
            corner_colour=np.concatenate(self.colour),
            face_texture=np.concatenate(self.texture),
            textures=self.textures,
            scale=scale,
        )
