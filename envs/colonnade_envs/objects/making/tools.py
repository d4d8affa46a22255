"""From the tool box: hammer, wrench, screwdriver, bolt, nut, key, padlock, brush."""

from __future__ import annotations

import numpy as np
from manifold3d import CrossSection, Manifold

from colonnade_envs.objects.making.model import Model, colour
from colonnade_envs.objects.making.solids import (
    curve,
    disc,
    loft,
    outline,
    ring,
    rod,
    rounded_box,
    rounded_prism,
    turned,
)

__all__ = ["bolt", "hammer", "key", "nut", "padlock", "paintbrush", "screwdriver", "wrench"]

STEEL = colour(0.62, 0.64, 0.67)


def hammer(model: Model) -> None:
    """A claw hammer: wooden handle along x, steel head with face and split claw across it."""
    wood = colour(0.72, 0.5, 0.26)
    path = curve([[0, 0, 0], [-60, 0, 0], [-150, 0, 0], [-215, 0, 0]], 7)
    share = np.linspace(0, 1, len(path))
    wide = np.interp(share, [0, 0.25, 0.6, 0.9, 1], [7.0, 7.5, 9.5, 11.5, 10.5])
    tall = np.interp(share, [0, 0.25, 0.6, 0.9, 1], [10, 11, 13, 15, 13.5])
    model.add(rod(path, np.stack([wide, tall], axis=1), 40, squareness=2.4), wood)
    model.add(rounded_box((30, 26, 30), 3.0).translate((2, 0, 0)), STEEL)
    neck = turned([[0, 10], [10, 10], [10, 30], [14.5, 34], [14.5, 56], [0, 56]], 96, round_by=1.2)
    model.add(neck.rotate((-90, 0, 0)).translate((2, 0, 0)), STEEL)
    claw = curve([[2, -8, 0], [2, -34, 0], [-6, -58, 0], [-22, -76, 0]], 7)
    across = np.interp(np.linspace(0, 1, len(claw)), [0, 0.4, 1], [13, 14, 12])
    deep = np.interp(np.linspace(0, 1, len(claw)), [0, 0.4, 1], [12, 8, 1.8])
    wedge = rod(claw[:, [0, 1, 2]], np.stack([deep, across], axis=1), 40, squareness=3.0)
    slot = outline([[-60, -2.0], [-60, 2.0], [-30, 2.0], [-14, 0.4], [-14, -0.4], [-30, -2.0]])
    split = slot.extrude(120).translate((0, 0, -60)).rotate((90, 0, 0)).rotate((0, 0, 90))
    model.add(wedge - split.translate((0, -22, 0)), STEEL)


def wrench(model: Model) -> None:
    """A combination wrench, 17 mm: open jaw at +x, ring at -x, 6 mm thick shaft."""
    blue = colour(0.35, 0.42, 0.55)
    shaft = rod([[-70, 0, 0], [-30, 0, 0], [30, 0, 0], [70, 0, 0]], [7.0, 3.2], 40, squareness=3.5)
    model.add(shaft, blue)
    jaw = rounded_prism(CrossSection.circle(19, 96), 8.5, 1.2).translate((84, 0, 0))
    model.add(jaw, blue)
    mouth = outline([[-9, -8.5], [40, -8.5], [40, 8.5], [-9, 8.5]], 2.5).extrude(30)
    model.cut(mouth.translate((0, 0, -15)).rotate((0, 0, 15)).translate((86, 0, 0)), STEEL)
    eye = rounded_prism(CrossSection.circle(14.5, 96), 10.5, 1.2).translate((-84, 0, 0))
    model.add(eye, blue)
    model.cut(_polygon(6, 9.8).extrude(30).translate((-84, 0, -15)), STEEL)
    model.cut(_polygon(6, 9.8).rotate(30).extrude(30).translate((-84, 0, -15)), STEEL)


def screwdriver(model: Model) -> None:
    """A flat-blade screwdriver along x: red fluted handle, black collar, steel shaft."""
    red, black = colour(0.8, 0.1, 0.1), colour(0.13, 0.13, 0.14)
    profile = curve([[10.5, 0], [14.5, 6], [15.5, 30], [14.5, 62], [10.5, 78], [12.5, 92]], 6)
    grip = turned(np.concatenate([[[0, -1]], profile, [[0, 92]]]), 96)
    for turn in range(6):
        flute = rod([[17.6, 0, 8], [17.6, 0, 40], [17.6, 0, 68]], 5.0, 24)
        grip -= flute.rotate((0, 0, 60.0 * turn))
    model.add(grip.rotate((0, 90, 0)).translate((-100, 0, 0)), red)
    model.add(disc(11.0, 8, 96, round_by=1.0).rotate((0, 90, 0)).translate((-10, 0, 0)), black)
    model.add(disc(3.6, 92, 48).rotate((0, 90, 0)).translate((-6, 0, 0)), STEEL)
    half = np.array([[[86, y, z] for y, z in _ring_of(3.6, 3.6)]])
    tip = [[[x, y, z] for y, z in _ring_of(w, t)] for x, w, t in ((100, 4.6, 2.0), (110, 4.6, 0.7))]
    model.add(Manifold.hull_points(np.concatenate([half, np.array(tip)]).reshape(-1, 3)), STEEL)


def bolt(model: Model) -> None:
    """A large hexagon bolt, M20 x 60, with a thread that one can feel; zinc yellow."""
    zinc = colour(0.78, 0.68, 0.38)
    model.add(_hexagon(30.0, 13.0).translate((0, 0, -6.5)), zinc)
    model.add(disc(9.0, 20, 96), zinc)
    pitch, turns, sides = 3.5, 12, 64
    steps = np.arange(turns * sides + 1)
    angle = 2 * np.pi * steps / sides
    height = 14.0 + pitch * steps / sides
    tooth = np.array([[7.6, -1.7], [10.0, -0.35], [10.0, 0.35], [7.6, 1.7]])
    fade = np.clip(np.minimum(steps, steps[::-1]) / (0.5 * sides), 0.05, 1.0)
    radial = 7.6 + (tooth[None, :, 0] - 7.6) * fade[:, None]
    rings = np.stack(
        [
            radial * np.cos(angle)[:, None],
            radial * np.sin(angle)[:, None],
            height[:, None] + tooth[None, :, 1],
        ],
        axis=2,
    )
    model.add(disc(8.2, 60, 96, round_by=1.0), zinc)
    thread = loft(rings)
    model.add(thread ^ disc(11.0, 58.5, 96), zinc)


def nut(model: Model) -> None:
    """A large hexagon nut, M20, the mate of the bolt in dark steel."""
    dark = colour(0.35, 0.36, 0.4)
    model.add(_hexagon(30.0, 16.0), dark)
    model.cut(disc(8.8, 40, 96).translate((0, 0, -20)), STEEL)
    for side in (1.0, -1.0):
        cone = Manifold.cylinder(2.4, 8.6, 11.0, 96).translate((0, 0, 5.7))
        model.cut(cone if side > 0 else cone.mirror((0, 0, 1)), STEEL)


def key(model: Model) -> None:
    """A large brass door key: oval bow with a hole, round shank, bit with a notch."""
    brass = colour(0.8, 0.62, 0.25)
    bow = ring(14, 4.2, 96, 32).scale((1.25, 1.0, 0.9)).translate((-36, 0, 0))
    model.add(bow, brass)
    model.add(rod([[-20, 0, 0], [10, 0, 0], [48, 0, 0]], 4.0, 32), brass)
    collar = ring(4.0, 1.8, 64, 24).rotate((0, 90, 0))
    model.add(collar.translate((-14, 0, 0)) + collar.translate((-9, 0, 0)), brass)
    bit = outline(
        [[28, -2], [46, -2], [46, -20], [41, -20], [41, -11], [37, -11], [37, -20], [28, -20]], 0.6
    )
    model.add(rounded_prism(bit, 3.4, 0.6), brass)


def padlock(model: Model) -> None:
    """A brass padlock with a steel shackle and a keyhole below."""
    brass = colour(0.82, 0.64, 0.22)
    model.add(rounded_box((44, 20, 38), 4.0), brass)
    shackle = np.concatenate(
        [
            [[-13.5, 0, 10], [-13.5, 0, 20], [-13.5, 0, 30]],
            np.stack(
                [
                    -13.5 * np.cos(np.linspace(0, np.pi, 25)),
                    np.zeros(25),
                    38 + 13.5 * np.sin(np.linspace(0, np.pi, 25)),
                ],
                axis=1,
            ),
            [[13.5, 0, 30], [13.5, 0, 20], [13.5, 0, 10]],
        ]
    )
    model.add(rod(shackle, 3.9, 32), STEEL)
    dark = colour(0.1, 0.09, 0.08)
    model.cut(disc(4.0, 8, 48).translate((0, 0, -23)), dark)
    model.cut(rounded_box((3, 12, 8), 0.6).translate((0, -3, -19)), dark)


def paintbrush(model: Model) -> None:
    """A flat paint brush along x: green handle, steel ferrule, pale bristles."""
    green, pale = colour(0.1, 0.45, 0.25), colour(0.88, 0.78, 0.56)
    grip = curve([[-110, 0, 0], [-70, 0, 0], [-30, 0, 0], [0, 0, 0]], 7)
    wide = np.interp(np.linspace(0, 1, len(grip)), [0, 0.3, 0.6, 0.85, 1], [9, 8, 6.5, 14, 22])
    tall = np.interp(np.linspace(0, 1, len(grip)), [0, 0.3, 0.6, 1], [5.5, 5.5, 5.0, 6.5])
    bar = rod(grip, np.stack([wide, tall], axis=1), 48, squareness=2.6)
    model.add(bar - disc(3.2, 40, 48).translate((-106, 0, -20)), green)
    model.add(rounded_box((26, 50, 15.5), 1.2).translate((12, 0, 0)), STEEL)
    rings = [
        [[x, y, z] for y, z in _ring_of(w, t)]
        for x, w, t in ((20, 23.5, 6.3), (50, 25.5, 6.0), (72, 24.0, 2.2))
    ]
    model.add(Manifold.hull_points(np.array(rings).reshape(-1, 3)), pale)


def _polygon(sides: int, radius: float) -> CrossSection:
    angle = 2 * np.pi * np.arange(sides) / sides
    return outline(radius * np.stack([np.cos(angle), np.sin(angle)], axis=1))


def _hexagon(across: float, height: float) -> Manifold:
    """A hexagonal prism about the origin with the corners turned off at both ends."""
    corner = across / np.sqrt(3.0)
    prism = _polygon(6, corner).extrude(height).translate((0, 0, -0.5 * height))
    top = 0.5 * height
    cone = turned(
        [
            [0, -top],
            [0.47 * across, -top],
            [corner + 0.5, -top + 2.4],
            [corner + 0.5, top - 2.4],
            [0.47 * across, top],
            [0, top],
        ]
    )
    return prism ^ cone


def _ring_of(wide: float, tall: float) -> list[tuple[float, float]]:
    """A rounded rectangle (superellipse) as 40 (y, z) points."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    y = wide * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.4
    z = tall * np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.4
    return list(zip(y.tolist(), z.tolist(), strict=True))
