"""To play and train with: brick, die, balls, ring, car, duck, dumbbell, blocks, spinning top."""

from __future__ import annotations

import numpy as np

from colonnade_envs.objects.making.model import Model, colour, print_on
from colonnade_envs.objects.making.prints import Canvas, around
from colonnade_envs.objects.making.solids import (
    ball,
    curve,
    disc,
    outline,
    ring,
    rod,
    rounded_box,
    rounded_prism,
    turned,
)

__all__ = [
    "beach_ball",
    "brick",
    "die",
    "duck",
    "dumbbell",
    "plain_ball",
    "top",
    "torus",
    "toy_car",
]

WHITE = colour(0.95, 0.95, 0.93)
BLACK = colour(0.12, 0.12, 0.13)


def brick(model: Model) -> None:
    """A large red building brick with 2 x 4 studs, hollow below with three tubes."""
    red = colour(0.8, 0.1, 0.12)
    model.add(rounded_box((64, 32, 19.2), 0.6), red)
    for column in (-24, -8, 8, 24):
        for row in (-8, 8):
            model.add(disc(4.8, 5.4, 64, round_by=0.4).translate((column, row, 8.6)), red)
    model.cut(rounded_box((58, 26, 17), 0.5).translate((0, 0, -3.4)), red)
    for column in (-16, 0, 16):
        tube = disc(6.4, 15.2, 64) - disc(4.6, 40, 64).translate((0, 0, -20))
        model.add(tube.translate((column, 0, -9.3)), red)


def die(model: Model) -> None:
    """A die of 40 mm with dimples: red one and four, black others, seven on opposite faces."""
    model.add(rounded_box((40, 40, 40), 4.5, 32), WHITE)
    red = colour(0.8, 0.08, 0.1)
    far = 10.0
    spots: dict[int, list[tuple[float, float]]] = {
        1: [(0, 0)],
        2: [(-far, -far), (far, far)],
        3: [(-far, -far), (0, 0), (far, far)],
        4: [(-far, -far), (-far, far), (far, -far), (far, far)],
        5: [(-far, -far), (-far, far), (0, 0), (far, -far), (far, far)],
        6: [(-far, -far), (-far, 0), (-far, far), (far, -far), (far, 0), (far, far)],
    }
    turns = {
        1: (0, 0, 0),
        6: (180, 0, 0),
        2: (90, 0, 0),
        5: (-90, 0, 0),
        3: (0, 90, 0),
        4: (0, -90, 0),
    }
    for count, turn in turns.items():
        radius = 7.0 if count == 1 else 4.6
        for x, y in spots[count]:
            dimple = ball(radius, 48).scale((1, 1, 0.45)).translate((x, y, 20.0))
            model.cut(dimple.rotate(turn), red if count in (1, 4) else BLACK)


def plain_ball(model: Model) -> None:
    """A blue rubber ball without any mark: it lies in every way alike."""
    model.add(ball(34.0, 96), colour(0.12, 0.3, 0.75))


def beach_ball(model: Model) -> None:
    """A small beach ball with six gores of different colours and white ends."""
    canvas = Canvas(128, 384, (1, 1, 1))
    gores = [
        (0.9, 0.15, 0.15), (0.98, 0.98, 0.95), (0.15, 0.4, 0.85),
        (0.98, 0.85, 0.15), (0.15, 0.65, 0.35), (0.98, 0.55, 0.12),
    ]  # fmt: skip
    for index, rgb in enumerate(gores):
        canvas.rect(index / 6, 0, (index + 1) / 6, 1, rgb)
    canvas.rect(0, 0, 1, 0.06, (0.97, 0.97, 0.95)).rect(0, 0.94, 1, 1, (0.97, 0.97, 0.95))
    model.add(ball(45.0), print_on(canvas.done(), around(-45.0, 45.0)))


def torus(model: Model) -> None:
    """A violet throwing ring."""
    model.add(ring(52, 9), colour(0.5, 0.2, 0.65))


def toy_car(model: Model) -> None:
    """A little yellow car along x: blue windows, black wheels with grey hubs, red lights."""
    yellow, blue, red = colour(0.95, 0.75, 0.1), colour(0.35, 0.6, 0.85), colour(0.85, 0.1, 0.1)
    side = [[-52, 0], [52, 0], [52, 14], [46, 19], [24, 22], [-50, 22], [-52, 18]]
    model.add(rounded_prism(outline(side, 3.0), 46, 3.0).rotate((90, 0, 0)), yellow)
    cabin = [[-40, 18], [26, 18], [10, 39], [-30, 39]]
    model.add(rounded_prism(outline(cabin, 2.5), 40, 3.0).rotate((90, 0, 0)), yellow)
    for mirror in (1, -1):
        pane = outline([[-33, 23], [-9, 23], [-9, 35], [-28, 35]], 1.2)
        other = outline([[-5, 23], [17, 23], [8, 35], [-5, 35]], 1.2)
        for window in (pane, other):
            glass = window.extrude(1.2).rotate((90, 0, 0))
            model.add(glass.translate((0, 20.6 if mirror > 0 else -19.4, 0)), blue)
    wind = rounded_box((2.4, 32, 15), 0.8).rotate((0, -37.3, 0)).translate((18.0, 0, 29))
    model.add(wind, blue)
    for x in (-31, 31):
        model.cut(disc(13, 12, 64).rotate((90, 0, 0)).translate((x, 26, 2)), BLACK)
        model.cut(disc(13, 12, 64).rotate((90, 0, 0)).translate((x, -14, 2)), BLACK)
        for y in (24.5, -14.5):
            wheel = disc(11, 10, 64, round_by=1.5).rotate((90, 0, 0)).translate((x, y, 2))
            model.add(wheel, BLACK)
        hub = disc(5, 50, 48, round_by=0.8).rotate((90, 0, 0)).translate((x, 25, 2))
        model.add(hub, colour(0.7, 0.7, 0.72))
    for y in (-15, 15):
        model.add(ball(4.0, 48).translate((51, y, 15)), WHITE)
        model.add(rounded_box((3, 8, 5), 1.0).translate((-52, y, 15)), red)


def duck(model: Model) -> None:
    """A bath duck: yellow body and head, orange beak, black eyes, a tail that points up."""
    yellow = colour(0.97, 0.82, 0.12)
    body = rod(
        curve([[26, 0, 20], [10, 0, 17], [-14, 0, 18], [-32, 0, 28], [-42, 0, 39]], 6),
        np.interp(np.linspace(0, 1, 25), [0, 0.2, 0.45, 0.75, 1], [15, 24, 25, 14, 3.5])[:, None]
        * [1.0, 0.82],
        64,
    )
    model.add(body.trim_by_plane((0, 0, 1), 1.5), yellow)
    model.add(ball(18.5, 80).translate((17, 0, 52)), yellow)
    model.add(rod([[15, 0, 30], [16, 0, 38], [17, 0, 46]], 13.0, 48), yellow)
    orange = colour(0.95, 0.45, 0.05)
    beak = rod([[30, 0, 49], [37, 0, 48], [43, 0, 49]], [[9, 5.0], [9, 3.2], [7, 2.2]], 32)
    model.add(beak, orange)
    for side in (-1, 1):
        model.add(ball(3.2, 32).translate((31, 8.5 * side, 58)), BLACK)
        wing = ball(16, 64).scale((1.15, 0.4, 0.7)).rotate((0, 18, 0))
        model.add(wing.translate((-8, 21.5 * side, 23)), colour(0.99, 0.9, 0.35))


def dumbbell(model: Model) -> None:
    """A dumbbell along x with hexagonal purple heads and a grey knurled grip."""
    purple, grey = colour(0.45, 0.15, 0.5), colour(0.5, 0.51, 0.53)
    angle = np.deg2rad(60.0 * np.arange(6) + 30.0)
    hexagon = outline(29.0 * np.stack([np.cos(angle), np.sin(angle)], axis=1), 3.0)
    head = rounded_prism(hexagon, 38, 4.0).rotate((0, 90, 0))
    model.add(head.translate((62, 0, 0)), purple)
    model.add(head.translate((-62, 0, 0)), purple)
    grip = curve([[12.5, -50], [14.0, -25], [15.5, 0], [14.0, 25], [12.5, 50]], 7)
    profile = np.concatenate([[[0, -50]], grip, [[0, 50]]])
    model.add(turned(profile, 96).rotate((0, 90, 0)), grey)


def top(model: Model) -> None:
    """A wooden spinning top, striped red and green, with a stem."""
    wood, red, green = colour(0.82, 0.64, 0.4), colour(0.8, 0.15, 0.12), colour(0.2, 0.55, 0.3)
    cone = curve([[1.0, 0], [6, 5], [24, 20], [33, 32], [32, 40], [12, 47]], 7)
    model.add(turned(np.concatenate([[[0, -0.5]], cone, [[0, 47]]])), wood)
    model.add(turned([[0, 31], [34.2, 31], [34.2, 37], [0, 37]], 128, round_by=0.8), red)
    model.add(turned([[0, 17], [24.2, 19], [26.6, 23], [0, 23]], 128, round_by=0.6), green)
    model.add(rod([[0, 0, 40], [0, 0, 55], [0, 0, 72]], 4.5, 48), wood)
