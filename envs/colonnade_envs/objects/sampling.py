"""Points spread evenly over a mesh, with the colours that the sensors see there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_envs.objects.mesh import ObjectMesh

__all__ = ["SurfacePoints", "colours_at", "surface_points"]


class SurfacePoints(NamedTuple):
    """Points on a surface."""

    position: NDArray[np.float64]
    """(N, 3) metres, in the object's frame."""
    normal: NDArray[np.float64]
    """(N, 3) outward unit normals of the triangles."""
    colour: NDArray[np.float64]
    """(N, 3) RGB 0..1."""
    face: NDArray[np.int64]
    """(N,) triangle."""


def surface_points(mesh: ObjectMesh, count: int) -> SurfacePoints:
    """`count` points, the same ones for the same mesh, one in each equal share of the area.

    Stratified along the triangles (systematic sampling); inside a triangle the points are those
    of the R2 low-discrepancy sequence (Roberts 2018), folded onto the triangle.
    """
    edges = np.cumsum(mesh.face_areas)
    targets = (np.arange(count) + 0.5) * (edges[-1] / count)
    face = np.minimum(np.searchsorted(edges, targets), len(edges) - 1)
    golden = 1.32471795724474602596  # the plastic number
    step = np.arange(1, count + 1)
    u, v = (0.5 + step / golden) % 1.0, (0.5 + step / golden**2) % 1.0
    folded = u + v > 1.0
    u, v = np.where(folded, 1.0 - u, u), np.where(folded, 1.0 - v, v)
    weights = np.stack([1.0 - u - v, u, v], axis=1)
    corners = mesh.vertices[mesh.faces[face]].astype(np.float64)
    position = np.einsum("ij,ijk->ik", weights, corners)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return SurfacePoints(position, normal, colours_at(mesh, face, weights), face)


def colours_at(
    mesh: ObjectMesh, face: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N, 3) RGB 0..1 at barycentric (N, 3) `weights` of (N,) faces; nearest texel."""
    colour = np.einsum("ij,ijk->ik", weights, mesh.corner_colour[face].astype(np.float64))
    row = mesh.face_texture[face].astype(np.int64)
    textured = np.flatnonzero(row >= 0)
    if len(textured) == 0:
        return colour
    table = mesh.texture_table[row[textured]].astype(np.int64)
    uv = np.einsum(
        "ij,ijk->ik", weights[textured], mesh.corner_uv[face[textured]].astype(np.float64)
    )
    uv -= np.floor(uv)
    column = np.minimum((uv[:, 0] * table[:, 2]).astype(np.int64), table[:, 2] - 1)
    line = np.minimum(((1.0 - uv[:, 1]) * table[:, 1]).astype(np.int64), table[:, 1] - 1)
    colour[textured] *= mesh.texels[table[:, 0] + line * table[:, 2] + column] / 255.0
    return colour
