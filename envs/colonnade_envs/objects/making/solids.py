"""Shapes to build objects of: turned, swept and lofted solids with smooth surfaces.

All functions take and give plain numbers in millimetres; Model.finish turns them into metres.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manifold3d import CrossSection, FillRule, Manifold, Mesh
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "arc",
    "ball",
    "bent",
    "curve",
    "cut_at",
    "disc",
    "loft",
    "outline",
    "prism",
    "ring",
    "rod",
    "rounded_box",
    "rounded_prism",
    "turned",
]

Points = NDArray[np.float64]
PointsLike = Points | Sequence[Sequence[float]]


def curve(points: PointsLike, per_span: int = 6, *, closed: bool = False) -> Points:
    """(N, D) points of a smooth curve through (P, D) `points`, `per_span` for each span.

    Centripetal Catmull-Rom (Yuksel et al., "Parameterization and applications of Catmull-Rom
    curves", 2011): no loops, no overshoot at uneven points.
    """
    knots = np.asarray(points, dtype=np.float64)
    if closed:
        padded = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    spans = len(padded) - 3
    pieces = []
    for index in range(spans):
        p0, p1, p2, p3 = padded[index : index + 4]
        t1 = np.sqrt(np.linalg.norm(p1 - p0))
        t2 = t1 + np.sqrt(np.linalg.norm(p2 - p1))
        t3 = t2 + np.sqrt(np.linalg.norm(p3 - p2))
        t = np.linspace(t1, t2, per_span, endpoint=False)[:, None]
        a1 = (t1 - t) / t1 * p0 + t / t1 * p1
        a2 = (t2 - t) / (t2 - t1) * p1 + (t - t1) / (t2 - t1) * p2
        a3 = (t3 - t) / (t3 - t2) * p2 + (t - t2) / (t3 - t2) * p3
        b1 = (t2 - t) / t2 * a1 + t / t2 * a2
        b2 = (t3 - t) / (t3 - t1) * a2 + (t - t1) / (t3 - t1) * a3
        pieces.append((t2 - t) / (t2 - t1) * b1 + (t - t1) / (t2 - t1) * b2)
    if not closed:
        pieces.append(knots[-1:])
    return np.concatenate(pieces)


def cut_at(profile: PointsLike, axis: int, level: float) -> Points:
    """The closed polygon (N, 2) with a point wherever it crosses `level`, to paint up to."""
    corners = np.asarray(profile, dtype=np.float64)
    points = []
    for here, following in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        points.append(here)
        if (here[axis] - level) * (following[axis] - level) < 0.0:
            share = (level - here[axis]) / (following[axis] - here[axis])
            points.append(here + share * (following - here))
    return np.array(points)


def arc(
    centre: tuple[float, float], radius: float, start: float, end: float, count: int = 16
) -> Points:
    """(count, 2) points of an arc from `start` to `end` degrees, both included."""
    angle = np.deg2rad(np.linspace(start, end, count))
    return np.asarray(centre) + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def outline(points: PointsLike, round_by: float = 0.0) -> CrossSection:
    """A filled polygon (N, 2); `round_by` rounds its corners, those inside and outside."""
    section = CrossSection([np.asarray(points, dtype=np.float64)], FillRule.NonZero)
    if round_by > 0.0:
        section = section.offset(-round_by, circular_segments=48)
        section = section.offset(2 * round_by, circular_segments=48)
        section = section.offset(-round_by, circular_segments=48)
    return section.simplify(1e-3)


def turned(profile: PointsLike, sides: int = 112, round_by: float = 0.0) -> Manifold:
    """The solid that (N, 2) points of (radius, height) sweep when turned about z.

    The profile starts and ends on the axis (radius 0) or is closed beside it; `round_by` rounds
    its edges.
    """
    points = np.asarray(profile, dtype=np.float64)
    if round_by > 0.0:
        both = outline(points) + outline(points * [-1.0, 1.0])
        for step in (-round_by, 2 * round_by, -round_by):
            both = both.offset(step, circular_segments=48)
        return both.simplify(1e-3).revolve(sides)
    return outline(points).revolve(sides)


def disc(radius: float, height: float, sides: int = 112, round_by: float = 0.0) -> Manifold:
    """A cylinder from z = 0 to `height`, its edges rounded by `round_by`."""
    return turned([[0, 0], [radius, 0], [radius, height], [0, height]], sides, round_by)


def ball(radius: float, sides: int = 96) -> Manifold:
    """A sphere about the origin."""
    return Manifold.sphere(radius, sides)


def ring(major: float, minor: float, sides: int = 112, round_sides: int = 48) -> Manifold:
    """A torus about z."""
    return CrossSection.circle(minor, round_sides).translate((major, 0)).revolve(sides)


def loft(rings: ArrayLike) -> Manifold:
    """The solid through (S, K, 3) rings of K points each, closed at both ends.

    The rings may run either way round; the surface always faces outward.
    """
    stack = np.asarray(rings, dtype=np.float64)
    sections, around, _ = stack.shape
    ends = np.stack([stack[0].mean(axis=0), stack[-1].mean(axis=0)])
    first, last = sections * around, sections * around + 1
    here = np.arange(around)
    following = (here + 1) % around
    faces = []
    for section in range(sections - 1):
        low, high = section * around, (section + 1) * around
        faces.append(np.stack([low + here, low + following, high + following], axis=1))
        faces.append(np.stack([low + here, high + following, high + here], axis=1))
    top = (sections - 1) * around
    faces.append(np.stack([np.full(around, first), following, here], axis=1))
    faces.append(np.stack([np.full(around, last), top + here, top + following], axis=1))
    vertices = np.concatenate([stack.reshape(-1, 3), ends])
    return _solid(vertices, np.concatenate(faces))


def rod(
    path: PointsLike,
    radius: ArrayLike,
    sides: int = 32,
    *,
    rounded: bool = True,
    squareness: float = 2.0,
) -> Manifold:
    """A tube along (S, 3) `path`; `radius` is a number, a pair (across, up), (S,) or (S, 2).

    "Across" starts in the horizontal plane and is carried along without twist; `rounded` closes
    the ends as caps, otherwise they are flat; `squareness` above 2 makes the section a
    superellipse.
    """
    line = np.asarray(path, dtype=np.float64)
    wide = np.asarray(radius, dtype=np.float64)
    if wide.ndim == 1 and wide.shape != (2,):
        wide = wide[:, None]
    wide = np.broadcast_to(wide, (len(line), 2)).copy()
    tangent = np.gradient(line, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    if rounded:
        line, wide, tangent = _with_caps(line, wide, tangent)
    up = np.array([0.0, 0.0, 1.0]) if abs(tangent[0][2]) < 0.9 else np.array([0.0, 1.0, 0.0])
    angle = np.linspace(0.0, 2 * np.pi, sides, endpoint=False)
    power = 2.0 / squareness
    cos = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    sin = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    rings = []
    for place, direction, (across, height) in zip(line, tangent, wide, strict=True):
        up = up - direction * (up @ direction)
        up /= np.linalg.norm(up)
        side = np.cross(up, direction)
        rings.append(place + np.outer(across * cos, side) + np.outer(height * sin, up))
    return loft(rings)


def prism(section: CrossSection, height: float) -> Manifold:
    """An extrusion from z = 0 to `height`."""
    return section.extrude(height)


def rounded_prism(section: CrossSection, height: float, radius: float, steps: int = 6) -> Manifold:
    """An extrusion centred on z = 0 whose upper and lower edges are rounded by `radius`.

    Exact for convex sections; others round by overlapping layers.
    """
    layers = []
    for turn in np.linspace(0.0, 0.5 * np.pi, steps + 1):
        inset = radius * (1.0 - np.cos(turn))
        half = 0.5 * height - radius * (1.0 - np.sin(turn))
        layer = section.offset(-inset, circular_segments=32) if inset > 0 else section
        layers.append(layer.extrude(2 * half).translate((0, 0, -half)))
    if (
        section.num_contour() == 1
        and abs(section.hull().area() - section.area()) < 1e-3 * section.area()
    ):
        return Manifold.batch_hull(layers)
    solid = layers[0]
    for layer in layers[1:]:
        solid += layer
    return solid


def rounded_box(size: Sequence[float], radius: float, sides: int = 24) -> Manifold:
    """A box about the origin with edges and corners rounded by `radius`."""
    half = 0.5 * np.asarray(size, dtype=np.float64) - radius
    corner = Manifold.sphere(radius, sides)
    corners = [
        corner.translate((x, y, z))
        for x in (-half[0], half[0])
        for y in (-half[1], half[1])
        for z in (-half[2], half[2])
    ]
    return Manifold.batch_hull(corners)


def bent(solid: Manifold, length: float, lift: Points, along: Points) -> Manifold:
    """`solid` lifted along z by a smooth function of x: `lift` at `along`, refined to `length`."""

    def warp(points: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = np.array(points, dtype=np.float64)
        moved[:, 2] += np.interp(moved[:, 0], along, lift)
        return moved

    return solid.refine_to_length(length).warp_batch(warp)


def _with_caps(line: Points, wide: Points, tangent: Points) -> tuple[Points, Points, Points]:
    """The path with both ends running out as half ellipsoids."""
    turn = np.linspace(0.0, 0.5 * np.pi, 8)[1:]
    reach, shrink = np.sin(turn), np.maximum(np.cos(turn), 0.03)
    start = line[0] - tangent[0] * (wide[0].min() * reach[::-1, None])
    end = line[-1] + tangent[-1] * (wide[-1].min() * reach[:, None])
    lines = np.concatenate([start, line, end])
    wides = np.concatenate([wide[0] * shrink[::-1, None], wide, wide[-1] * shrink[:, None]])
    ones = np.ones((len(turn), 1))
    return lines, wides, np.concatenate([tangent[0] * ones, tangent, tangent[-1] * ones])


def _solid(vertices: Points, faces: NDArray[np.int64]) -> Manifold:
    corners = vertices[faces] - vertices.mean(axis=0)
    if np.einsum("ij,ij->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) < 0.0:
        faces = faces[:, ::-1]
    mesh = Mesh(vert_properties=vertices.astype(np.float32), tri_verts=faces.astype(np.uint32))
    mesh.merge()
    return Manifold(mesh)
