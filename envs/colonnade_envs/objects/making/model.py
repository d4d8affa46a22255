"""Building an object of painted parts: add and cut solids, each face remembers whose it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from manifold3d import Manifold
from numpy.typing import NDArray

from colonnade_envs.objects.mesh import ObjectMesh
from colonnade_envs.objects.raw import RawMesh

__all__ = ["Model", "Paint", "colour", "print_on", "where"]

Projection = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
"""(corners (N, 3, 3) mm, normals (N, 3)) -> uv (N, 3, 2)."""
Choice = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]
"""(centres (N, 3) mm, normals (N, 3)) -> (N,) bool."""

GRID = 2.0**-20
"""Vertices are rounded to this many metres (1 µm), so that the last bits of sin and cos, which
differ between processors, do not reach the mesh."""
SLIVER = 2e-7
"""Triangles less high than this many metres are swapped away."""
TOLERANCE = 0.02
"""Triangles are merged where the surface stays within this many millimetres."""


@dataclass(frozen=True, eq=False)
class Paint:
    """How a part looks."""

    rgb: tuple[float, float, float]
    """0..1; white where a texture says it all."""
    texture: NDArray[np.uint8] | None = None
    """(H, W, 3)."""
    projection: Projection | None = None
    """Where the texture lies."""
    over: tuple[tuple[Choice, Paint], ...] = ()
    """Other paints for the faces that their choices pick, the last one on top."""


def colour(red: float, green: float, blue: float) -> Paint:
    """One plain colour, 0..1."""
    return Paint((red, green, blue))


def print_on(texture: NDArray[np.uint8], projection: Projection) -> Paint:
    """A texture (H, W, 3) laid on by a projection."""
    return Paint((1.0, 1.0, 1.0), texture, projection)


def where(choice: Choice, chosen: Paint, otherwise: Paint) -> Paint:
    """`chosen` for the faces that `choice` picks, `otherwise` for the rest."""
    return replace(otherwise, over=(*otherwise.over, (choice, chosen)))


class Model:
    """A solid that grows part by part (millimetres) and becomes an ObjectMesh (metres)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.solid = Manifold()
        self._paints: dict[int, Paint] = {}

    def add(self, solid: Manifold, paint: Paint) -> None:
        """Union with a solid; its surface keeps its paint."""
        self.solid = self.solid + self._marked(solid, paint)

    def cut(self, solid: Manifold, paint: Paint) -> None:
        """Take a solid away; the walls of the cut have `paint`."""
        self.solid = self.solid - self._marked(solid, paint)

    def finish(self) -> ObjectMesh:
        """The painted mesh in metres."""
        mesh = self.solid.simplify(TOLERANCE).to_mesh64()
        vertices = np.round(np.asarray(mesh.vert_properties)[:, :3] * (0.001 / GRID)) * GRID
        faces = np.asarray(mesh.tri_verts, dtype=np.int64)
        raw = RawMesh(self.name)
        whose = np.zeros(len(faces), dtype=np.int64)
        runs = np.asarray(mesh.run_index, dtype=np.int64) // 3
        for first, last, original in zip(runs[:-1], runs[1:], mesh.run_original_id, strict=True):
            whose[first:last] = original
        faces, whose = weld(vertices, faces, whose)
        heal_slivers(vertices, faces, whose)
        corners = vertices[faces] * 1000.0
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
        uv = np.zeros((len(faces), 3, 2))
        rgb = np.ones((len(faces), 3, 3))
        texture = np.full(len(faces), -1, dtype=np.int64)
        rows: dict[int, int] = {}
        for original, paint in self._paints.items():
            mine = np.flatnonzero(whose == original)
            for part, coat in _coats(mine, paint, corners, normals):
                rgb[part] = coat.rgb
                if coat.texture is not None and coat.projection is not None and len(part):
                    if id(coat.texture) not in rows:
                        rows[id(coat.texture)] = raw.add_texture(coat.texture)
                    texture[part] = rows[id(coat.texture)]
                    uv[part] = coat.projection(corners[part], normals[part])
        raw.add(vertices, faces, uv=uv, colour=rgb, texture=texture)
        return raw.finish()

    def _marked(self, solid: Manifold, paint: Paint) -> Manifold:
        marked = solid.as_original()
        self._paints[marked.original_id()] = paint
        return marked


def weld(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], whose: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(faces, whose) with one vertex for each place, without the triangles that vanish by it."""
    _, first, place = np.unique(vertices, axis=0, return_index=True, return_inverse=True)
    welded = first[place.reshape(-1)][faces]
    whole = (welded != np.roll(welded, -1, axis=1)).all(axis=1)
    return welded[whole], whose[whole]


def heal_slivers(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], whose: NDArray[np.int64]
) -> None:
    """Swap the longest edge of every needle with the neighbour's, in place, until none is left.

    Needles (less than SLIVER high) come from cutting and rounding; without area they would have
    no normal, and leaving them out would open the surface. `vertices` (V, 3) metres, `faces`
    (F, 3), `whose` (F,): a swapped triangle takes the paint of the neighbour it came from.
    """
    for _ in range(20):
        corners = vertices[faces]
        sides = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2)
        twice = np.linalg.norm(
            np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
        )
        needles = np.flatnonzero(twice < SLIVER * sides.max(axis=1))
        if len(needles) == 0:
            return
        owner = {
            (a, b): face
            for face, loop in enumerate(faces.tolist())
            for a, b in zip(loop, loop[1:] + loop[:1], strict=True)
        }
        touched: set[int] = set()
        for needle in needles.tolist():
            at = int(sides[needle].argmax())
            a, c, b = (int(x) for x in np.roll(faces[needle], -at))
            neighbour = owner.get((c, a))
            if neighbour is None or needle in touched or neighbour in touched:
                continue
            d = next(int(x) for x in faces[neighbour] if x not in (a, c))
            if d == b or (b, d) in owner or (d, b) in owner:
                continue
            faces[needle], faces[neighbour] = (a, d, b), (d, c, b)
            whose[needle] = whose[neighbour]
            touched |= {needle, neighbour}
        if not touched:
            return


def _coats(
    faces: NDArray[np.int64],
    paint: Paint,
    corners: NDArray[np.float64],
    normals: NDArray[np.float64],
) -> list[tuple[NDArray[np.int64], Paint]]:
    if not paint.over:
        return [(faces, paint)]
    *below, (choice, chosen) = paint.over
    picked = choice(corners[faces].mean(axis=1), normals[faces])
    rest = replace(paint, over=tuple(below))
    return _coats(faces[picked], chosen, corners, normals) + _coats(
        faces[~picked], rest, corners, normals
    )
