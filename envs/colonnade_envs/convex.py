"""A mesh as a few convex pieces, for bodies that must collide while they move.

Physics engines want convex shapes. A mesh that is nearly its own hull becomes that hull; another
one is cut into the cells of a coarse grid, and each cell gets the hull of the surface in it, so
that a mug stays hollow and keeps the hole of its handle.
"""

from __future__ import annotations

import itertools
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from colonnade_envs.objects import ObjectMesh

__all__ = ["Piece", "convex_pieces", "volume_and_centre"]

Piece = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Vertices (V, 3) in metres and outward triangles (F, 3) of a convex hull."""

_POINTS = 12_000  # points of the surface that stand for it
_SIDE = 4  # cells along a side of the grid, at most
_CELL = 0.01  # metres, smallest side of a cell
_NEAR = 0.03  # of the object's size: a surface this near to the hull counts as convex

_made: WeakKeyDictionary[ObjectMesh, list[Piece]] = WeakKeyDictionary()


def convex_pieces(mesh: ObjectMesh) -> list[Piece]:
    """At most 64 convex hulls that together cover the surface of a mesh, in its own frame."""
    pieces = _made.get(mesh)
    if pieces is None:
        pieces = _made[mesh] = _pieces(_surface_points(mesh), mesh)
    return pieces


def volume_and_centre(pieces: list[Piece]) -> tuple[float, NDArray[np.float64]]:
    """Volume in cubic metres and centre (3,) of mass of convex pieces of equal density."""
    volume, moment = 0.0, np.zeros(3)
    for vertices, faces in pieces:
        a, b, c = (vertices[faces[:, k]] for k in range(3))
        parts = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6.0
        volume += float(parts.sum())
        moment += parts @ (a + b + c) / 4.0
    return volume, moment / volume


def _pieces(points: NDArray[np.float64], mesh: ObjectMesh) -> list[Piece]:
    whole = _hull(points)
    planes = np.unique(np.round(whole.equations, 5), axis=0)
    depth = -(points[::7] @ planes[:, :3].T + planes[:, 3]).max(axis=1)
    if np.quantile(depth, 0.95) < _NEAR * float(mesh.size.max()):
        return [_piece(whole)]
    low = mesh.bounds[0]
    cells = np.clip(np.floor(mesh.size / _CELL), 1, _SIDE).astype(int)
    index = np.minimum(((points - low) / mesh.size.clip(1e-9) * cells).astype(int), cells - 1)
    pieces = []
    for cell in itertools.product(*(range(n) for n in cells)):
        inside = points[(index == cell).all(axis=1)]
        if len(inside) >= 8:
            pieces.append(_piece(_hull(inside)))
    return pieces


def _surface_points(mesh: ObjectMesh) -> NDArray[np.float64]:
    """Corners of the mesh and points spread evenly over its surface, always the same."""
    random = np.random.default_rng(0)
    share = np.cumsum(mesh.face_areas)
    chosen = np.searchsorted(share, random.random(_POINTS) * share[-1]).clip(max=len(share) - 1)
    weights = random.dirichlet(np.ones(3), _POINTS)
    corners = mesh.vertices[mesh.faces[chosen]].astype(np.float64)
    spread = np.einsum("ij,ijk->ik", weights, corners)
    return np.concatenate([mesh.vertices.astype(np.float64), spread])


def _hull(points: NDArray[np.float64]) -> Any:
    """SciPy's hull of points (N, 3); a flat set gets half a millimetre of thickness."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        return ConvexHull(points)
    except QhullError:
        shifts = 0.0005 * np.vstack([np.eye(3), -np.eye(3)])
        return ConvexHull((points[:, None] + shifts).reshape(-1, 3))


def _piece(hull: Any) -> Piece:
    faces, outside = hull.simplices.copy(), hull.equations[:, :3]
    a, b, c = (hull.points[faces[:, k]] for k in range(3))
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), outside) < 0.0
    faces[inward] = faces[inward][:, ::-1]
    used, flat = np.unique(faces, return_inverse=True)
    return hull.points[used], flat.reshape(-1, 3)
