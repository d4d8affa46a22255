"""Which rotations leave an object as it is: found from its shape and its colours.

A rotation about the area centroid is a symmetry when

- 95 % of the surface falls on the surface within TOLERANCE, that is 1.5 % of the diameter, but 1 mm
  to 2 mm (what a sensor with 2 mm of noise cannot tell apart), and no more than 1 % lies off by
  more than four times that (a spout or a handle), and
- the colours agree where it does: on average within COLOUR, and no more than MARKED of the surface
  differs clearly (a printed name, a pip). A colour is compared with the nearest ones within about
  two millimetres, so that speckle and seams of a texture do not count.

Candidates come from the inertia of the surface: an axis of symmetry is a principal axis, and one
of order 3 or more needs two equal moments (Minovic, Ishikawa & Kato, "Symmetry identification of
a 3-D object represented by octree", PAMI 1993). Only where moments are equal a grid of axes is
searched, refined by rotating the surface onto itself (point-to-plane ICP, Chen & Medioni 1992).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from colonnade_envs.objects import cache
from colonnade_envs.objects.mesh import ObjectMesh
from colonnade_envs.objects.rotations import angle_of, closest_rotation, half_sphere, rotation
from colonnade_envs.objects.sampling import surface_points

__all__ = ["SymmetryGroup", "symmetry_group"]

TOLERANCE = (0.015, 0.001, 0.002)
"""Share of the bounding box's diagonal, and the least and the most it comes to, metres."""
COLOUR = 0.1
"""Mean distance of colours (RGB 0..1, root of the mean square) that still counts as equal."""
CLEAR = 0.25
"""A point differs clearly from this distance on."""
MARKED = 0.04
"""Share of the surface that may differ clearly."""
EQUAL = 0.12
"""Moments of inertia that differ relatively by less may be equal ones."""
ORDERS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12)
"""Orders of axes that are tried; an axis that passes at odd angles too is continuous."""
ODD_ANGLES = np.deg2rad([17.0, 41.0, 67.0, 101.0, 137.0, 163.0])
SLACK = 1.3
"""Factor on all limits where a turn follows from others that hold strictly."""
LOOSE_COLOUR = 0.2
"""Mean distance of colours up to which an axis of the grid is worth a closer look."""
TRIES = 30
"""Axes of the grid that are looked at closely for each order."""
REVISION = 3
LARGEST = 60
"""Elements of the largest finite group of rotations that is not about one axis (icosahedron)."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SymmetryGroup:
    """The rotations of an object's own frame that map it onto itself, a closed group."""

    rotations: NDArray[np.float64]
    """(K, 3, 3), the identity first; about a continuous axis sampled every 5 degrees. Where
    `spherical` is set, only the identity stands here."""
    centre: NDArray[np.float64]
    """(3,) metres in the object's frame: the rotations turn about this point."""
    axis: NDArray[np.float64] | None = None
    """(3,) unit axis about which every angle is a symmetry."""
    flips: bool = False
    """Whether the continuous axis may also be turned end for end."""
    spherical: bool = False
    """Every rotation is a symmetry."""

    @property
    def trivial(self) -> bool:
        """Whether only the identity is a symmetry."""
        return len(self.rotations) == 1 and not self.spherical

    def rotation_error(self, estimated: ArrayLike, true: ArrayLike) -> float:
        """Smallest angle in radians between two rotations (3, 3), object to world, up to symmetry.

        min over S of angle(estimated^T true S); for a continuous axis the exact tilt of the axis,
        for a sphere 0.
        """
        if self.spherical:
            return 0.0
        between = np.asarray(estimated, dtype=np.float64).T @ np.asarray(true, dtype=np.float64)
        if self.axis is not None:
            # atan2 of sine and cosine: arccos loses half of the digits at small angles.
            turned = between @ self.axis
            sine = float(np.linalg.norm(np.cross(self.axis, turned)))
            cosine = float(self.axis @ turned)
            return float(np.arctan2(sine, abs(cosine) if self.flips else cosine))
        return float(min(angle_of(between @ element) for element in self.rotations))

    def __str__(self) -> str:
        if self.spherical:
            return "sphere"
        if self.axis is not None:
            return "any angle about an axis" + (", and turned over" if self.flips else "")
        return "none" if self.trivial else f"{len(self.rotations)} rotations"


def symmetry_group(mesh: ObjectMesh) -> SymmetryGroup:
    """The symmetry of a mesh from geometry and colour; cached on disk by the mesh's digest."""
    key = f"{mesh.digest}|{REVISION}"
    stored = cache.fetch("symmetry", key)
    if stored is not None:
        group = _from_arrays(stored)
        if group is not None:
            return group
    group = _Search(mesh).group()
    cache.store("symmetry", key, _to_arrays(group))
    return group


@dataclass(frozen=True, eq=False)
class _Axis:
    """A line through the centroid that may be an axis of symmetry."""

    direction: Matrix
    """(3,)"""
    orders: tuple[int, ...] = ORDERS
    """Those that it may have."""
    refine: bool = False
    """Whether it is known only roughly."""


class _Search:
    """The surface as points about its centroid, and the questions asked of it."""

    DENSE = 24_000
    PROBES = 500

    def __init__(self, mesh: ObjectMesh) -> None:
        dense = surface_points(mesh, self.DENSE)
        self.centre = dense.position.mean(axis=0)
        self.position = dense.position - self.centre
        self.normal = dense.normal
        self.colour = dense.colour
        self.plain = float(np.ptp(dense.colour, axis=0).max()) < 0.5 * COLOUR
        self.tree = cKDTree(self.position, balanced_tree=False)
        self.field = _Field(self.position, self.colour)
        self.spacing = float(np.sqrt(mesh.area / self.DENSE))
        share, least, most = TOLERANCE
        self.tolerance = float(np.clip(share * np.linalg.norm(mesh.size), least, most))
        self.radius = float(np.linalg.norm(self.position, axis=1).max())
        # Every 48th of points in the order of the triangles is as even as all of them.
        chosen = np.arange(self.DENSE // (2 * self.PROBES), self.DENSE, self.DENSE // self.PROBES)
        self.probe = self.position[chosen]
        self.probe_colour = self.colour[chosen]

    def group(self) -> SymmetryGroup:
        moments, axes = np.linalg.eigh(self.position.T @ self.position / len(self.position))
        scale = moments[2]
        low, high = (
            (moments[1] - moments[0]) < EQUAL * scale,
            (moments[2] - moments[1]) < EQUAL * scale,
        )
        if low and high:
            if all(self.holds(turn) for turn in _odd_rotations()):
                return SymmetryGroup(np.eye(3)[None], self.centre, spherical=True)
            grid = np.concatenate([axes.T, half_sphere(320)])
            if not self.plain:
                grid = np.concatenate([self.colour_axes(), grid])
            return self.assemble([_Axis(axis) for axis in self.search(grid, (2, 3))])
        if not (low or high):
            return self.assemble([_Axis(axis, (2,), refine=True) for axis in axes.T])
        one, two, special = np.roll(axes.T, 0 if low else -1, axis=0)
        angle = np.deg2rad(np.arange(0.0, 180.0, 3.0))[:, None]
        across = self.search(np.cos(angle) * one + np.sin(angle) * two, (2,))
        flips = [_Axis(axis, (2,)) for axis in across]
        return self.assemble([_Axis(special, refine=True), *flips])

    def search(self, grid: Matrix, orders: tuple[int, ...]) -> list[Matrix]:
        """Axes (3,) from the (N, 3) grid about which a turn of one of the orders nearly holds."""
        found: list[Matrix] = []
        loose = self.tolerance + 0.07 * self.radius
        for order in orders:
            turns = np.stack([rotation(axis, 2 * np.pi / order) for axis in grid])
            distance, colour = self.field.compare(np.einsum("aij,pj->api", turns, self.probe[::3]))
            apart = np.sqrt(np.mean((colour - self.probe_colour[::3]) ** 2, axis=2)).mean(axis=1)
            far = np.quantile(distance, 0.85, axis=1)
            tried: list[Matrix] = []
            for index in np.argsort(far / loose + apart / LOOSE_COLOUR, kind="stable"):
                if len(tried) >= TRIES:
                    break
                if far[index] > loose or apart[index] > LOOSE_COLOUR:
                    continue
                if any(abs(grid[index] @ axis) > np.cos(np.deg2rad(9.0)) for axis in found + tried):
                    continue
                tried.append(grid[index])
                refined = self.refined(turns[index])
                axis = _axis_of(refined)
                if axis is not None and self.holds(rotation(axis, 2 * np.pi / order)):
                    found.append(axis)
        return found

    def assemble(self, axes: list[_Axis]) -> SymmetryGroup:
        """The closed group that the axes carry."""
        scored: list[tuple[float, Matrix]] = []
        for axis in axes:
            continuous = self.continuous(axis) if len(axis.orders) > 1 else None
            if continuous is not None:
                return self.about(continuous)
            best = self.best_turn(axis)
            if best is not None:
                scored.append(best)
        elements = np.eye(3)[None]
        generators: list[Matrix] = []
        for _, turn in sorted(scored, key=lambda pair: pair[0]):
            if _holds_already(elements, turn):
                continue
            larger = _generated([*generators, turn])
            if larger is not None and all(self.holds(element, SLACK) for element in larger[1:]):
                elements, generators = larger, [*generators, turn]
        return SymmetryGroup(elements, self.centre)

    def best_turn(self, axis: _Axis) -> tuple[float, Matrix] | None:
        """(misfit in metres, turn) of the highest order that fits about as well as the best."""
        fits: list[tuple[float, int, Matrix]] = []
        for order in axis.orders:
            turn = rotation(axis.direction, 2 * np.pi / order)
            if axis.refine and not self.far_off(turn, 2 * self.tolerance):
                near = _axis_of(self.refined(turn))
                if near is not None and abs(near @ axis.direction) > np.cos(np.deg2rad(12.0)):
                    near = near * np.sign(near @ axis.direction)
                    turn = rotation(near, 2 * np.pi / order)
            if self.holds(turn):
                misfit = float(np.quantile(self.distance(self.probe @ turn.T)[0], 0.95))
                fits.append((misfit, order, turn))
        if not fits:
            return None
        # A nut of order 6 also passes at 1/7 of a turn, but not as well.
        limit = 1.4 * min(misfit for misfit, _, _ in fits) + 0.1 * self.tolerance
        misfit, _, turn = max((fit for fit in fits if fit[0] <= limit), key=lambda fit: fit[1])
        return misfit, turn

    def continuous(self, axis: _Axis) -> Matrix | None:
        """The axis, straightened if it is rough, where all angles about it are symmetries."""
        turns = [rotation(axis.direction, angle) for angle in ODD_ANGLES]
        if any(self.far_off(turn, 2.5 * self.tolerance) for turn in turns):
            return None
        if all(self.holds(turn, SLACK) for turn in turns):
            return axis.direction
        if not axis.refine:
            return None
        straight = self.straightened(axis.direction)
        turns = [rotation(straight, angle) for angle in ODD_ANGLES]
        return straight if all(self.holds(turn, SLACK) for turn in turns) else None

    def colour_axes(self) -> Matrix:
        """(N, 3) directions in which the colours are spread: the axis of a painted ball."""
        paint = self.colour - self.colour.mean(axis=0)
        first = paint.T @ self.position / (len(paint) * self.radius)
        second = np.einsum("nk,ni,nj->kij", paint, self.position, self.position)
        vectors = np.linalg.eigh(second)[1].transpose(0, 2, 1).reshape(-1, 3)
        length = np.linalg.norm(first, axis=1)
        first = first[length > 0.01] / length[length > 0.01, None]
        return np.concatenate([first, vectors])

    def straightened(self, axis: Matrix) -> Matrix:
        """The mean axis of turns by odd angles, each rotated onto the surface."""
        total = np.zeros(3)
        for angle in ODD_ANGLES[2:]:
            near = _axis_of(self.refined(rotation(axis, angle)))
            if near is not None:
                total += near * np.sign(near @ axis)
        length = np.linalg.norm(total)
        return axis if length < 0.5 else total / length

    def about(self, axis: Matrix) -> SymmetryGroup:
        """The group of a continuous axis, with or without turning it over."""
        # Its end is chosen so that the same mesh always says the same axis.
        axis = axis * (1.0 if axis[np.abs(axis).argmax()] > 0 else -1.0)
        across = np.cross(axis, np.eye(3)[np.abs(axis).argmin()])
        over = rotation(across / np.linalg.norm(across), np.pi)
        flips = self.holds(over)
        turns = [rotation(axis, angle) for angle in np.deg2rad(np.arange(0.0, 360.0, 5.0))]
        if flips:
            turns += [over @ turn for turn in turns]
        return SymmetryGroup(np.stack(turns), self.centre, axis, flips)

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


class _Field:
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
        distance, nearest = distance_transform_edt(empty, return_indices=True)
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


def _holds_already(elements: Matrix, turn: Matrix) -> bool:
    """Whether one of (K, 3, 3) elements is within 8 degrees of `turn`."""
    traces = np.einsum("kij,ij->k", elements, turn)
    return bool(traces.max() > 1.0 + 2.0 * np.cos(np.deg2rad(8.0)))


def _generated(generators: list[Matrix]) -> Matrix | None:
    """(K, 3, 3) the group of the generators, or None where it has more than LARGEST elements."""
    elements = np.eye(3)[None]
    fresh = [np.eye(3)]
    while fresh:
        element = fresh.pop()
        for generator in generators:
            product = closest_rotation(generator @ element)
            if _holds_already(elements, product):
                continue
            if len(elements) >= LARGEST:
                return None
            elements = np.concatenate([elements, product[None]])
            fresh.append(product)
    return elements


def _axis_of(turn: Matrix) -> Matrix | None:
    """(3,) unit axis of a rotation, or None for one by almost nothing."""
    _, vectors = np.linalg.eigh(turn + turn.T)
    if angle_of(turn) < np.deg2rad(8.0):
        return None
    axis = vectors[:, 2]
    twist = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    return axis * (1.0 if axis @ twist >= 0.0 else -1.0)


def _odd_rotations() -> list[Matrix]:
    return [
        rotation(axis, angle) for axis in half_sphere(4) for angle in (ODD_ANGLES[1], ODD_ANGLES[3])
    ]


def _to_arrays(group: SymmetryGroup) -> dict[str, NDArray[np.float64]]:
    return {
        "rotations": group.rotations,
        "centre": group.centre,
        "axis": np.zeros(3) if group.axis is None else group.axis,
        "flags": np.array([group.axis is not None, group.flips, group.spherical], dtype=np.float64),
    }


def _from_arrays(arrays: dict[str, NDArray[np.float64]]) -> SymmetryGroup | None:
    shapes = {"centre": (3,), "axis": (3,), "flags": (3,)}
    if any(key not in arrays or arrays[key].shape != shape for key, shape in shapes.items()):
        return None
    rotations = arrays.get("rotations")
    if rotations is None or rotations.ndim != 3 or rotations.shape[1:] != (3, 3):
        return None
    has_axis, flips, spherical = (bool(flag) for flag in arrays["flags"])
    return SymmetryGroup(
        rotations, arrays["centre"], arrays["axis"] if has_axis else None, flips, spherical
    )
