"""Things that hold something: mug, cup, bowl, plate, pan, funnel, teapot, vase."""

from __future__ import annotations

import numpy as np
from manifold3d import Manifold
from numpy.typing import ArrayLike, NDArray

from colonnade_envs.objects.making.model import Model, Paint, colour, where
from colonnade_envs.objects.making.solids import (
    ball,
    curve,
    cut_at,
    disc,
    outline,
    ring,
    rod,
    turned,
)

__all__ = ["bowl", "cup", "funnel", "mug", "pan", "plate", "teapot", "vase"]

SIDES = 112


def mug(model: Model) -> None:
    """A red stoneware mug with a cream inside and a D-shaped handle; 4 mm walls."""
    red, cream = colour(0.78, 0.16, 0.13), colour(0.93, 0.88, 0.76)
    side = _profile([[0, 0], [36, 0], [40, 4], [41, 12], [41, 91]])
    handle = curve(
        [[36, 0, 74], [56, 0, 78], [70, 0, 66], [71, 0, 46], [61, 0, 28], [37, 0, 21]], 7
    )
    _vessel(model, side, 4.0, red, cream, [(rod(handle, [4.2, 6.5], 32), red)])


def cup(model: Model) -> None:
    """A tapered blue tumbler without a handle; 3.5 mm walls."""
    blue, inside = colour(0.12, 0.32, 0.72), colour(0.55, 0.72, 0.92)
    side = _profile([[0, 0], [27, 0], [30, 3], [31, 8], [39, 96]])
    _vessel(model, side, 3.5, blue, inside)


def bowl(model: Model) -> None:
    """A cereal bowl on a foot ring, green outside and white inside; 4 mm walls."""
    green, white = colour(0.24, 0.55, 0.34), colour(0.94, 0.94, 0.9)
    wall = curve([[34, 6], [50, 15], [65, 33], [74, 54], [77, 62]], 7)
    side = np.concatenate([[[0, 0], [30, 0], [32, 2], [32, 5]], wall])
    _vessel(model, side, 4.0, green, white, floor=8.0)


def plate(model: Model) -> None:
    """A white dinner plate with a blue band on the rim."""
    white, blue = colour(0.93, 0.93, 0.91), colour(0.15, 0.25, 0.6)
    upper = curve([[0, 6.0], [50, 6.0], [74, 7.5], [86, 14], [98, 18.5], [118, 22]], 7)
    lower = curve([[120, 20], [100, 14], [84, 7.5], [72, 2.0], [62, 0.0]], 7)
    profile = np.concatenate([upper, lower, [[56, 0], [54, 2.5], [0, 2.5]]])
    band = where(
        lambda centre, normal: (np.hypot(centre[:, 0], centre[:, 1]) > 107.0) & (normal[:, 2] > 0),
        blue,
        white,
    )
    # An edge of the mesh has to run where the band begins.
    model.add(turned(cut_at(profile, 0, 107.0), SIDES + 32), band)


def pan(model: Model) -> None:
    """A black frying pan with a steel rim and a long handle."""
    black, dark, steel = colour(0.12, 0.12, 0.13), colour(0.2, 0.2, 0.21), colour(0.72, 0.73, 0.75)
    side = _profile([[0, 0], [68, 0], [72, 2], [76, 7], [87, 36]])
    handle = curve([[82, 0, 28], [104, 0, 36], [140, 0, 43], [190, 0, 47], [226, 0, 47]], 7)
    wide = np.interp(np.linspace(0, 1, len(handle)), [0, 0.25, 0.75, 1], [6.0, 8.5, 11.5, 10.0])
    grip = rod(handle, np.stack([wide, 0.5 * wide + 1.0], axis=1), 32, squareness=2.4)
    hole = disc(3.6, 60, 32).translate((221, 0, 20))
    _vessel(model, side, 3.2, black, dark, [(grip - hole, steel)], rim=steel)


def funnel(model: Model) -> None:
    """An orange plastic funnel; 2.5 mm walls, open at both ends."""
    orange = colour(0.95, 0.5, 0.1)
    outer = [[7.0, 0], [9.0, 38], [12, 46], [50, 92], [50, 104]]
    inner = [[47.5, 104], [47.5, 93.2], [9.5, 47.0], [6.5, 38.5], [4.5, 0]]
    model.add(turned(np.array(outer + inner), SIDES, round_by=0.8), orange)
    tab = rod([[46, 0, 97], [72, 0, 97]], [11.0, 2.4], 32, squareness=3.0)
    hole = disc(4.0, 20, 32).translate((65, 0, 88))
    model.add(tab - hole - disc(47.5, 40, SIDES).translate((0, 0, 80)), orange)


def teapot(model: Model) -> None:
    """A round yellow teapot with spout, handle and a lid with a brown knob."""
    yellow, brown = colour(0.93, 0.74, 0.2), colour(0.36, 0.2, 0.1)
    side = curve([[38, 0], [56, 16], [63, 40], [54, 66], [32, 82]], 7)
    model.add(turned(np.concatenate([[[0, 0]], side, [[0, 82]]]), SIDES), yellow)
    lid = curve([[34, 80], [33, 84], [20, 90], [0.01, 92]], 7)
    model.add(turned(np.concatenate([[[0, 78], [34, 78]], lid[:-1], [[0, 92]]]), SIDES), yellow)
    model.add(ring(34, 1.6).translate((0, 0, 82)), brown)
    model.add(ball(8.5, 64).translate((0, 0, 98)), brown)
    spout = curve([[50, 0, 24], [72, 0, 36], [84, 0, 58], [98, 0, 74]], 7)
    wide = np.linspace(14.0, 6.5, len(spout))
    model.add(rod(spout, wide, 40, rounded=False), yellow)
    mouth = spout[-10:] + np.array([0.8, 0, 1.0])
    model.cut(rod(mouth, wide[-10:] - 2.5, 32, rounded=False), brown)
    handle = curve([[-46, 0, 66], [-74, 0, 72], [-92, 0, 50], [-80, 0, 26], [-52, 0, 20]], 7)
    model.add(rod(handle, [5.0, 6.5], 32), yellow)


def vase(model: Model) -> None:
    """A slender turquoise vase with a waist and a lip."""
    turquoise, inside = colour(0.1, 0.6, 0.62), colour(0.05, 0.25, 0.3)
    wall = curve([[26, 0], [36, 22], [41, 52], [31, 92], [19, 128], [20, 150], [29, 166]], 7)
    side = np.concatenate([[[0, 0]], wall])
    _vessel(model, side, 4.0, turquoise, inside, floor=6.0)


def _profile(points: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(points, dtype=np.float64)


def _vessel(
    model: Model,
    side: NDArray[np.float64],
    wall: float,
    outside: Paint,
    inside: Paint,
    parts: list[tuple[Manifold, Paint]] | None = None,
    *,
    floor: float = 0.0,
    rim: Paint | None = None,
) -> None:
    """A turned body, its cavity `wall` inside of it, a round rim, and parts that stop at the wall.

    `side` (N, 2) runs from the axis at the bottom to the rim; `floor` is the thickness of the
    bottom where it is more than the wall.
    """
    height = side[-1][1]
    lean = side[-1] - side[-2]
    lean = lean / np.linalg.norm(lean)
    above = side[-1] + 4 * wall * lean
    body = outline(np.concatenate([side, [[0, height]]]), 0.0)
    tall = np.concatenate([side, [above], above * [[-1, 1]], side[::-1] * [-1, 1]])
    hollow = outline(tall).offset(-wall, circular_segments=64).simplify(1e-3)
    model.add(body.revolve(SIDES), outside)
    for solid, paint in parts or []:
        model.add(solid, paint)
    across = np.array([-lean[1], lean[0]])
    middle = side[-1] + 0.5 * wall * across
    model.add(ring(middle[0], 0.5 * wall, SIDES, 24).translate((0, 0, middle[1])), rim or outside)
    cavity = hollow.revolve(SIDES)
    if floor > wall:
        cavity = cavity.trim_by_plane((0, 0, 1), floor)
    # Above the rim the cavity must not eat the bead that closes the rim.
    bead = ring(middle[0], 0.5 * wall, SIDES, 24).translate((0, 0, middle[1]))
    model.cut(cavity - bead, inside)
