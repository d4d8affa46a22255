"""How well a turned surface falls on itself, in shape and in colour."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.spatial import KDTree

from colonnade_envs.objects.mesh import ObjectMesh
from colonnade_envs.objects.rotations import closest_rotation, rotation
from colonnade_envs.objects.sampling import surface_points

__all__ = ["COLOUR", "TOLERANCE", "CoarseField", "SurfaceMatch"]

TOLERANCE = (0.015, 0.001, 0.002)
"""Share of the bounding box's diagonal, and the least and the most it comes to, metres."""
COLOUR = 0.1
"""Mean distance of colours (RGB 0..1, root of the mean square) that still counts as equal."""
CLEAR = 0.25
"""A point differs clearly from this distance on."""
MARKED = 0.04
"""Share of the surface that may differ clearly."""

Matrix = NDArray[np.float64]


class SurfaceMatch:
    """The surface of a mesh as points about its area centroid, and how well turns of it fit."""

    DENSE = 24_000
    PROBES = 500

    def __init__(self, mesh: ObjectMesh) -> None:
        dense = surface_points(mesh, self.DENSE)
        self.centre = dense.position.mean(axis=0)
        self.position = dense.position - self.centre
        self.normal = dense.normal
        self.colour = dense.colour
        self.plain = float(np.ptp(dense.colour, axis=0).max()) < 0.5 * COLOUR
        self.tree = KDTree(self.position, balanced_tree=False)
        self.field = CoarseField(self.position, self.colour)
        self.spacing = float(np.sqrt(mesh.area / self.DENSE))
        share, least, most = TOLERANCE
        self.tolerance = float(np.clip(share * np.linalg.norm(mesh.size), least, most))
        self.radius = float(np.linalg.norm(self.position, axis=1).max())
        # Every 48th of points in the order of the triangles is as even as all of them.
        chosen = np.arange(self.DENSE // (2 * self.PROBES), self.DENSE, self.DENSE // self.PROBES)
        self.probe = self.position[chosen]
        self.probe_colour = self.colour[chosen]

    def holds(self, turn: Matrix, slack: float = 1.0) -> bool:
        """Whether the surface turned by (3, 3) falls on itself in shape and colour."""
        tolerance = slack * self.tolerance
        if self.far_off(turn, tolerance):
            return False
        moved = self.probe @ turn.T
        distance = self.distance(moved)[0]
        if np.quantile(distance, 0.95) > tolerance or np.mean(distance > 4 * tolerance) > 0.01:
            return False
        if self.plain:
            return True
        matched = distance < 4 * tolerance
        _, near = self.tree.query(moved[matched], k=8)
        difference = self.colour[near] - self.probe_colour[matched][:, None]
        apart = np.sqrt(np.mean(difference**2, axis=2)).min(axis=1)
        return bool(apart.mean() <= slack * COLOUR and np.mean(apart > CLEAR) <= slack * MARKED)

    def far_off(self, turn: Matrix, tolerance: float) -> bool:
        """Whether the coarse grid alone says that the turned surface is further off."""
        distance, _ = self.field.compare(self.probe @ turn.T)
        return bool(np.quantile(distance, 0.95) > tolerance + 1.75 * self.field.cell)

    def distance(self, moved: Matrix) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """((N,) metres from points to the surface, (N,) nearest dense point)."""
        # Looking further than this for the surface takes long and changes no verdict.
        reach = 0.25 * self.radius + 8 * self.tolerance
        apart, near = self.tree.query(moved, distance_upper_bound=reach)
        lost = ~np.isfinite(apart)
        apart, near = np.where(lost, reach, apart), np.where(lost, 0, near)
        offset = moved - self.position[near]
        along = np.abs(np.einsum("ij,ij->i", offset, self.normal[near]))
        sideways = np.sqrt(np.maximum(apart**2 - along**2, 0.0))
        # Between the dense points the plane of the nearest one is the surface.
        return np.where((sideways < 1.5 * self.spacing) & ~lost, along, apart), near

    def refined(self, turn: Matrix, steps: int = 6) -> Matrix:
        """`turn` rotated a little until the surface falls on itself best (point-to-plane)."""
        for _ in range(steps):
            moved = self.probe @ turn.T
            distance, near = self.distance(moved)
            keep = distance <= np.quantile(distance, 0.9)
            normal, here = self.normal[near][keep], moved[keep]
            offset = np.einsum("ij,ij->i", here - self.position[near][keep], normal)
            lever = np.cross(here, normal)
            damping = 1e-3 * self.radius**2 * len(lever)
            step = -np.linalg.solve(lever.T @ lever + damping * np.eye(3), lever.T @ offset)
            size = float(np.linalg.norm(step))
            if size < 1e-5:
                break
            turn = rotation(step / size, min(size, 0.1)) @ turn
        return closest_rotation(turn)

    def colour_axes(self) -> Matrix:
        """(N, 3) directions in which the colours are spread: the axis of a painted ball."""
        paint = self.colour - self.colour.mean(axis=0)
        first = paint.T @ self.position / (len(paint) * self.radius)
        second = np.einsum("nk,ni,nj->kij", paint, self.position, self.position)
        vectors = np.linalg.eigh(second)[1].transpose(0, 2, 1).reshape(-1, 3)
        length = np.linalg.norm(first, axis=1)
        first = first[length > 0.01] / length[length > 0.01, None]
        return np.concatenate([first, vectors])


class CoarseField:
    """A coarse grid that says for any place how far the surface is, and its colour there."""

    CELLS = 56

    def __init__(self, position: Matrix, colour: Matrix) -> None:
        radius = float(np.linalg.norm(position, axis=1).max())
        self.cell = 2.2 * radius / self.CELLS
        self.low = -1.1 * radius
        cells = self.index(position)
        count = np.bincount(cells, minlength=self.CELLS**3)
        mean = [np.bincount(cells, colour[:, k], minlength=self.CELLS**3) for k in range(3)]
        paint = np.stack(mean, axis=1) / np.maximum(count, 1)[:, None]
        empty = (count == 0).reshape((self.CELLS,) * 3)
        found: Any = distance_transform_edt(empty, return_indices=True)
        distance, nearest = found
        self.distance = (distance * self.cell).reshape(-1)
        flat = np.ravel_multi_index(tuple(nearest), empty.shape).reshape(-1)
        self.colour = paint[flat]

    def index(self, position: Matrix) -> NDArray[np.int64]:
        cell = ((position - self.low) / self.cell).astype(np.int64).clip(0, self.CELLS - 1)
        return (cell[..., 0] * self.CELLS + cell[..., 1]) * self.CELLS + cell[..., 2]

    def compare(self, position: Matrix) -> tuple[Matrix, Matrix]:
        """(metres to the surface (...,), colour of the surface nearest (..., 3))."""
        cells = self.index(position)
        return self.distance[cells], self.colour[cells]
