"""Two small objects that touch and camera can tell apart, made on the spot."""

from __future__ import annotations

import numpy as np
import trimesh

from colonnade_envs.objects import ObjectMesh, make_mesh


def wedge() -> ObjectMesh:
    """A ramp of 60 x 40 x 30 mm, each of its five sides in a colour of its own: no symmetry."""
    corners = np.array([[0, 0, 0], [6, 0, 0], [6, 4, 0], [0, 4, 0], [0, 0, 3], [0, 4, 3]]) / 100
    solid = trimesh.convex.convex_hull(corners - corners.mean(axis=0))
    return make_mesh("wedge", solid.vertices, solid.faces, corner_colour=by_side(solid))


def roller() -> ObjectMesh:
    """A cylinder of 36 mm across and 60 mm, of one colour: turns about its axis look alike."""
    solid = trimesh.creation.cylinder(radius=0.018, height=0.06, sections=64)
    colour = np.broadcast_to(np.array([0.2, 0.5, 0.3]), (len(solid.faces), 3, 3))
    return make_mesh("roller", solid.vertices, solid.faces, corner_colour=colour)


def egg() -> ObjectMesh:
    """An ellipsoid that nobody learns."""
    solid = trimesh.creation.icosphere(subdivisions=4)
    solid.apply_scale([0.035, 0.024, 0.018])
    colour = np.broadcast_to(np.array([0.9, 0.8, 0.1]), (len(solid.faces), 3, 3))
    return make_mesh("egg", solid.vertices, solid.faces, corner_colour=colour)


def nearest(mesh: ObjectMesh, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance (N,) of points (N, 3) from a mesh, and the outward normals (N, 3) met there."""
    corners = mesh.vertices[mesh.faces].astype(float)
    pairs = np.repeat(corners[None], len(points), axis=0).reshape(-1, 3, 3)
    each = np.repeat(points.astype(float), len(corners), axis=0)
    off = np.linalg.norm(trimesh.triangles.closest_point(pairs, each) - each, axis=1)
    off = off.reshape(len(points), len(corners))
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    across /= np.linalg.norm(across, axis=1)[:, None]
    return off.min(axis=1), across[off.argmin(axis=1)]


def by_side(solid: trimesh.Trimesh) -> np.ndarray:
    """(F, 3, 3) colours, one for each direction that faces look."""
    palette = np.array(
        [[0.9, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.2, 0.9], [0.9, 0.8, 0.1], [0.7, 0.1, 0.8]]
    )
    _, side = np.unique(np.round(solid.face_normals, 3), axis=0, return_inverse=True)
    return np.repeat(palette[side.ravel() % len(palette)][:, None], 3, axis=1)
