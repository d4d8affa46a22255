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

from colonnade_envs.objects import cache
from colonnade_envs.objects.mesh import ObjectMesh
from colonnade_envs.objects.rotations import angle_of, closest_rotation, half_sphere, rotation
from colonnade_envs.objects.surface_match import SurfaceMatch

__all__ = ["SymmetryGroup", "symmetry_group"]

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
    """Candidates for the symmetry of one mesh, and what holds of them."""

    def __init__(self, mesh: ObjectMesh) -> None:
        self.match = SurfaceMatch(mesh)
        self.centre = self.match.centre

    def group(self) -> SymmetryGroup:
        moments, axes = np.linalg.eigh(
            self.match.position.T @ self.match.position / len(self.match.position)
        )
        scale = moments[2]
        low, high = (
            (moments[1] - moments[0]) < EQUAL * scale,
            (moments[2] - moments[1]) < EQUAL * scale,
        )
        if low and high:
            if all(self.match.holds(turn) for turn in _odd_rotations()):
                return SymmetryGroup(np.eye(3)[None], self.centre, spherical=True)
            grid = np.concatenate([axes.T, half_sphere(320)])
            if not self.match.plain:
                grid = np.concatenate([self.match.colour_axes(), grid])
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
        loose = self.match.tolerance + 0.07 * self.match.radius
        few, paint = self.match.probe[::3], self.match.probe_colour[::3]
        for order in orders:
            turns = np.stack([rotation(axis, 2 * np.pi / order) for axis in grid])
            distance, colour = self.match.field.compare(np.einsum("aij,pj->api", turns, few))
            apart = np.sqrt(np.mean((colour - paint) ** 2, axis=2)).mean(axis=1)
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
                refined = self.match.refined(turns[index])
                axis = _axis_of(refined)
                if axis is not None and self.match.holds(rotation(axis, 2 * np.pi / order)):
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
            if larger is not None and all(
                self.match.holds(element, SLACK) for element in larger[1:]
            ):
                elements, generators = larger, [*generators, turn]
        return SymmetryGroup(elements, self.centre)

    def best_turn(self, axis: _Axis) -> tuple[float, Matrix] | None:
        """(misfit in metres, turn) of the highest order that fits about as well as the best."""
        fits: list[tuple[float, int, Matrix]] = []
        for order in axis.orders:
            turn = rotation(axis.direction, 2 * np.pi / order)
            if axis.refine and not self.match.far_off(turn, 2 * self.match.tolerance):
                near = _axis_of(self.match.refined(turn))
                if near is not None and abs(near @ axis.direction) > np.cos(np.deg2rad(12.0)):
                    near = near * np.sign(near @ axis.direction)
                    turn = rotation(near, 2 * np.pi / order)
            if self.match.holds(turn):
                misfit = float(np.quantile(self.match.distance(self.match.probe @ turn.T)[0], 0.95))
                fits.append((misfit, order, turn))
        if not fits:
            return None
        # A nut of order 6 also passes at 1/7 of a turn, but not as well.
        limit = 1.4 * min(misfit for misfit, _, _ in fits) + 0.1 * self.match.tolerance
        misfit, _, turn = max((fit for fit in fits if fit[0] <= limit), key=lambda fit: fit[1])
        return misfit, turn

    def continuous(self, axis: _Axis) -> Matrix | None:
        """The axis, straightened if it is rough, where all angles about it are symmetries."""
        turns = [rotation(axis.direction, angle) for angle in ODD_ANGLES]
        if any(self.match.far_off(turn, 2.5 * self.match.tolerance) for turn in turns):
            return None
        if all(self.match.holds(turn, SLACK) for turn in turns):
            return axis.direction
        if not axis.refine:
            return None
        straight = self.straightened(axis.direction)
        turns = [rotation(straight, angle) for angle in ODD_ANGLES]
        return straight if all(self.match.holds(turn, SLACK) for turn in turns) else None

    def straightened(self, axis: Matrix) -> Matrix:
        """The mean axis of turns by odd angles, each rotated onto the surface."""
        total = np.zeros(3)
        for angle in ODD_ANGLES[2:]:
            near = _axis_of(self.match.refined(rotation(axis, angle)))
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
        flips = self.match.holds(over)
        turns = [rotation(axis, angle) for angle in np.deg2rad(np.arange(0.0, 360.0, 5.0))]
        if flips:
            turns += [over @ turn for turn in turns]
        return SymmetryGroup(np.stack(turns), self.centre, axis, flips)


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
