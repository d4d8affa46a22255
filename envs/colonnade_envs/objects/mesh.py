"""What every object of every set becomes: checked triangles in metres, with their paint."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["MAX_SIZE", "MIN_SIZE", "MeshError", "ObjectMesh", "check_size", "make_mesh"]

MIN_SIZE = 0.001
"""Smallest extent in metres that an object's longest side may have."""
MAX_SIZE = 2.0
"""Largest extent in metres that an object's longest side may have."""


MAX_OFFSET = 5.0
"""How far in metres a vertex may be from the origin: float32 still tells 0.5 micrometres there."""

_UNITS = (
    ("millimetres", 0.001, 0.02),
    ("centimetres", 0.01, MIN_SIZE),
    ("kilometres, or metres scaled to millimetres twice", 1000.0, MIN_SIZE),
)
"""What a mesh of a wrong size may be in: unit, factor to metres, least size (m) it then has."""


class MeshError(ValueError):
    """A mesh that cannot be used; the message is one sentence that says what to do."""


@dataclass(frozen=True, eq=False)
class ObjectMesh:
    """A triangle mesh in its own reference frame; every array is read-only and C-contiguous.

    The colour at a point of face `f` is the barycentric mix of `corner_colour[f]`, times the
    texel at the mix of `corner_uv[f]` where `face_texture[f] >= 0`.
    """

    name: str
    vertices: NDArray[np.float32]
    """(V, 3) metres."""
    faces: NDArray[np.int32]
    """(F, 3) vertex indices, counter-clockwise seen from outside."""
    corner_uv: NDArray[np.float32]
    """(F, 3, 2) texture coordinates, OBJ convention (v points up), repeating outside 0..1."""
    corner_colour: NDArray[np.float32]
    """(F, 3, 3) RGB 0..1, multiplied with the texture: 1 where only the texture counts."""
    face_texture: NDArray[np.int16]
    """(F,) row of `texture_table`, or -1 where a face has none."""
    texels: NDArray[np.uint8]
    """(N, 3) RGB of all textures one after another, row-major, row 0 at the top."""
    texture_table: NDArray[np.int32]
    """(T, 3) offset into `texels`, height, width."""
    origin: str = ""
    """Hash of the files that it was read from, as `digest` tells no more than what a version of the
    readers makes of them; nothing for a mesh that was made."""

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """(2, 3) lowest and highest corner of the bounding box, metres."""
        vertices = self.vertices
        return np.array([vertices.min(axis=0), vertices.max(axis=0)], dtype=np.float64)

    @property
    def size(self) -> NDArray[np.float64]:
        """(3,) sides of the bounding box, metres."""
        return self.bounds[1] - self.bounds[0]

    @property
    def centre(self) -> NDArray[np.float64]:
        """(3,) centre of the bounding box in the object's own frame, metres."""
        return 0.5 * (self.bounds[0] + self.bounds[1])

    @cached_property
    def face_areas(self) -> NDArray[np.float64]:
        """(F,) square metres."""
        a, b, c = np.moveaxis(self.vertices[self.faces].astype(np.float64), 1, 0)
        return 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)

    @property
    def area(self) -> float:
        """Surface in square metres."""
        return float(self.face_areas.sum())

    @cached_property
    def digest(self) -> str:
        """Hash of all arrays, not of the name: equal digests mean equal bits."""
        digest = hashlib.blake2b(digest_size=16)
        for array in self._arrays():
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(array.data if array.size else b"")
        return digest.hexdigest()

    def enlarged(self, times: float) -> ObjectMesh:
        """The same object that many times as large, about its own origin."""
        vertices = _frozen(self.vertices * np.float32(times), np.float32)
        return replace(self, vertices=vertices, origin="")

    def texture(self, index: int) -> NDArray[np.uint8]:
        """(H, W, 3) view of one texture; raises IndexError where there is none."""
        offset, height, width = (int(x) for x in self.texture_table[index])
        return self.texels[offset : offset + height * width].reshape(height, width, 3)

    def _arrays(self) -> tuple[NDArray[np.generic], ...]:
        return (
            self.vertices,
            self.faces,
            self.corner_uv,
            self.corner_colour,
            self.face_texture,
            self.texels,
            self.texture_table,
        )


def make_mesh(
    name: str,
    vertices: ArrayLike,
    faces: ArrayLike,
    *,
    corner_uv: ArrayLike | None = None,
    corner_colour: ArrayLike | None = None,
    face_texture: ArrayLike | None = None,
    textures: Sequence[NDArray[np.uint8]] = (),
    scale: float = 1.0,
) -> ObjectMesh:
    """Check plain arrays and make an ObjectMesh of them.

    `vertices` (V, 3) and `faces` (F, 3) are needed; `corner_uv` (F, 3, 2) defaults to 0,
    `corner_colour` (F, 3, 3) to white, `face_texture` (F,) to -1; `textures` are (H, W, 3)
    uint8, row 0 at the top; `scale` multiplies the vertices into metres. Vertices that no face
    uses and triangles without area are left out, and a closed mesh that is inside out is
    turned. Raises MeshError, also where the mesh is not 1 mm to 2 m long or lies metres off.
    """
    try:
        points = np.asarray(vertices, dtype=np.float64).reshape(-1, 3)
        triangles = np.asarray(faces, dtype=np.int64).reshape(-1, 3)
    except (ValueError, OverflowError) as error:
        raise MeshError(f"{name}: the mesh is broken ({error}): export it again.") from error
    if len(triangles) == 0:
        raise MeshError(
            f"{name}: the mesh is empty (no triangles): export it as a triangle mesh, "
            "not as a point cloud or an empty scene."
        )
    if triangles.min() < 0 or triangles.max() >= len(points):
        raise MeshError(
            f"{name}: the file is broken or cut short, a face asks for a vertex that is not "
            "there: copy or export it again."
        )
    used = np.zeros(len(points), dtype=bool)
    used[triangles] = True
    if not np.isfinite(points[used]).all():
        raise MeshError(
            f"{name}: the mesh has NaN or infinite vertices: "
            "repair it in the program it comes from."
        )
    with np.errstate(over="ignore"):
        points = points * scale
    check_size(name, points[used], scale)
    off = float(np.abs(points[used]).max())
    if off > MAX_OFFSET:
        raise MeshError(
            f"{name}: it lies {off:.3g} m away from its origin: move the origin to the object in "
            "the program it comes from."
        )

    count = len(triangles)
    uv = _corners(name, "corner_uv", corner_uv, (count, 3, 2), 0.0)
    colour = _corners(name, "corner_colour", corner_colour, (count, 3, 3), 1.0)
    texture = np.full(count, -1, dtype=np.int16)
    if face_texture is not None:
        texture[:] = np.asarray(face_texture)
        if texture.min() < -1 or texture.max() >= len(textures):
            raise MeshError(
                f"{name}: a face asks for a texture that is not there: export it again."
            )

    narrow = points.astype(np.float32)
    a, b, c = np.moveaxis(narrow[triangles].astype(np.float64), 1, 0)
    solid = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 0.0
    if not solid.any():
        raise MeshError(
            f"{name}: the mesh is empty (all triangles are without area): "
            "export it again as surfaces."
        )
    if not solid.all():
        triangles, uv = triangles[solid], uv[solid]
        colour, texture = colour[solid], texture[solid]
    if not used.all() or not solid.all():
        keep, flat = np.unique(triangles, return_inverse=True)
        narrow, triangles = narrow[keep], flat.reshape(-1, 3)
    if _inside_out(narrow, triangles):
        triangles, uv, colour = triangles[:, ::-1], uv[:, ::-1], colour[:, ::-1]

    table, texels = _flatten(textures)
    return ObjectMesh(
        name=name,
        vertices=_frozen(narrow, np.float32),
        faces=_frozen(triangles, np.int32),
        corner_uv=_frozen(uv, np.float32),
        corner_colour=_frozen(np.clip(colour, 0.0, 1.0), np.float32),
        face_texture=_frozen(texture, np.int16),
        texels=_frozen(texels, np.uint8),
        texture_table=_frozen(table, np.int32),
    )


def check_size(name: str, points: NDArray[np.float64], scale: float = 1.0) -> None:
    """Raise MeshError, with a scale to pass, where (V, 3) `points` are not 1 mm to 2 m long."""
    with np.errstate(over="ignore"):
        longest = float(np.ptp(points, axis=0).max())
    if longest == 0.0:
        raise MeshError(
            f"{name}: the mesh is empty (all its vertices are at one place): export it again."
        )
    if MIN_SIZE <= longest <= MAX_SIZE:
        return
    outside = f"{name}: its longest side would be {longest:.3g} m, outside 1 mm to 2 m"
    for unit, factor, least in _UNITS:
        if least <= longest * factor <= MAX_SIZE:
            raise MeshError(
                f"{outside}; looks like {unit}: pass --scale {scale * factor:g}, which holds for "
                "the whole set, or export this mesh in metres."
            )
    raise MeshError(
        f"{outside}, and no usual unit makes it fit: look for stray vertices in the program it "
        "comes from."
    )


def _corners(
    name: str, what: str, values: ArrayLike | None, shape: tuple[int, int, int], default: float
) -> NDArray[np.float32]:
    if values is None:
        return np.full(shape, default, dtype=np.float32)
    array = np.asarray(values, dtype=np.float32)
    if array.shape != shape:
        raise MeshError(f"{name}: {what} has shape {array.shape}, not {shape}: export it again.")
    if not np.isfinite(array).all():
        raise MeshError(
            f"{name}: {what} has NaN or infinite values: repair it in the program it comes from."
        )
    return array


def _inside_out(points: NDArray[np.float32], triangles: NDArray[np.int64]) -> bool:
    """Whether a closed mesh encloses a negative volume (signed tetrahedra from its centre)."""
    corners = points[triangles].astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    volume = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum()
    if volume >= 0.0:
        return False
    # Scans have seams: the same place stands in several vertices, so edges are compared by place.
    _, places = np.unique(points, axis=0, return_inverse=True)
    welded = places.reshape(-1)[triangles]
    edges = np.concatenate([welded[:, [0, 1]], welded[:, [1, 2]], welded[:, [2, 0]]]).astype(
        np.int64
    )
    count = np.int64(len(points))
    forward = np.sort(edges[:, 0] * count + edges[:, 1])
    backward = np.sort(edges[:, 1] * count + edges[:, 0])
    return bool(np.mean(np.isin(forward, backward)) > 0.99)


def _flatten(
    textures: Sequence[NDArray[np.uint8]],
) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    table = np.zeros((len(textures), 3), dtype=np.int32)
    offset = 0
    for row, image in enumerate(textures):
        height, width = image.shape[:2]
        table[row] = offset, height, width
        offset += height * width
    if not textures:
        return table, np.zeros((0, 3), dtype=np.uint8)
    return table, np.concatenate([image.reshape(-1, 3) for image in textures])


def _frozen(array: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
    frozen = np.ascontiguousarray(array, dtype=dtype)
    if frozen is array or frozen.base is not None:
        frozen = frozen.copy()
    frozen.flags.writeable = False
    return frozen
