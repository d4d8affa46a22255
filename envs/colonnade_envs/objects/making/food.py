"""Fruit and the like: banana, apple, pear, egg, carrot, mushroom."""

from __future__ import annotations

import numpy as np

from colonnade_envs.objects.making.model import Model, colour, print_on, where
from colonnade_envs.objects.making.prints import Canvas, around
from colonnade_envs.objects.making.solids import ball, curve, rod, turned

__all__ = ["apple", "banana", "carrot", "egg", "mushroom", "pear"]

STALK = colour(0.34, 0.22, 0.1)


def banana(model: Model) -> None:
    """A banana: a bent, slightly edged tube with a green stalk and a dark tip."""
    angle = np.deg2rad(np.linspace(-62, 58, 40))
    path = np.stack([90 * np.sin(angle), np.zeros_like(angle), 90 - 90 * np.cos(angle)], axis=1)
    share = np.linspace(0, 1, 40)
    wide = np.interp(share, [0, 0.06, 0.25, 0.6, 0.85, 0.95, 1], [4.5, 9, 16.5, 18, 14.5, 8, 5])
    for _ in range(3):
        wide[1:-1] = 0.25 * wide[:-2] + 0.5 * wide[1:-1] + 0.25 * wide[2:]
    model.add(rod(path, np.stack([wide, 0.94 * wide], axis=1), 64), colour(0.95, 0.82, 0.2))
    direction = path[0] - path[1]
    direction /= np.linalg.norm(direction)
    stalk = path[0] + np.outer([-4.0, 6.0, 18.0], direction) + [[0, 0, 0], [0, 0, 0], [0, 0, 2.5]]
    model.add(rod(stalk, [[4.8, 4.8], [4.0, 4.0], [4.6, 4.6]], 32), colour(0.55, 0.6, 0.15))
    model.add(ball(5.6, 48).translate(tuple(path[-1])), colour(0.25, 0.17, 0.08))


def apple(model: Model) -> None:
    """A red apple with a yellow-green side, a stalk and a leaf."""
    skin = curve([[7, 3], [20, 1], [33, 17], [37, 40], [29, 60], [14, 65], [4, 58]], 10)
    profile = np.concatenate([[[0, 6]], skin, [[0, 55]]])
    skin_print = Canvas(64, 256, (0.76, 0.09, 0.1)).glow(0.5, 0.34, (0.85, 0.75, 0.25))
    model.add(turned(profile), print_on(skin_print.done(), around(0.0, 66.0)))
    model.add(rod([[0, 0, 50], [1, 0, 62], [5, 0, 78]], 2.2, 24), STALK)
    leaf = ball(15, 64).scale((1.0, 0.5, 0.12)).rotate((0, -18, 0))
    model.add(leaf.translate((16, 3, 72)), colour(0.2, 0.5, 0.18))


def pear(model: Model) -> None:
    """A yellow-green pear with a bent stalk."""
    skin = curve([[4, 3], [16, 0], [31, 14], [33, 34], [22, 60], [14, 78], [9, 88]], 10)
    profile = np.concatenate([[[0, 5]], skin, [[4, 91], [0, 90]]])
    model.add(turned(profile), colour(0.75, 0.78, 0.25))
    model.add(rod(curve([[0, 0, 84], [1, 0, 96], [8, 0, 108]], 6), 2.4, 24), STALK)


def egg(model: Model) -> None:
    """A brown hen's egg; it rolls about one axis."""
    angle = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 64)
    height = 30.0 * np.sin(angle)
    radius = 22.5 * np.cos(angle) * (1.0 - 0.13 * np.sin(angle))
    radius[[0, -1]] = 0.0
    model.add(turned(np.stack([radius, height], axis=1)), colour(0.84, 0.62, 0.45))


def carrot(model: Model) -> None:
    """An orange carrot along x with rings and a green tuft of three stems."""
    share = np.linspace(0, 1, 80)
    path = np.stack([-70 + 150 * share, 4 * np.sin(2.2 * share), 6 * share**2], axis=1)
    wide = np.interp(share, [0, 0.06, 0.3, 0.75, 1], [12, 18, 16, 8.5, 2.0])
    for _ in range(4):
        wide[1:-1] = 0.25 * wide[:-2] + 0.5 * wide[1:-1] + 0.25 * wide[2:]
    model.add(rod(path, wide + 0.5 * np.cos(60 * share), 64), colour(0.93, 0.45, 0.1))
    for y, z in ((0, 5), (5, -3), (-5, -3)):
        stem = curve([[-68, 0.4 * y, 0.4 * z], [-88, y, z], [-112, 3.0 * y, 3.0 * z]], 6)
        model.add(rod(stem, 3.0, 24), colour(0.2, 0.55, 0.2))


def mushroom(model: Model) -> None:
    """A toadstool: red cap with white warts on a pale stem."""
    pale = colour(0.92, 0.88, 0.78)
    stem = curve([[13, 0], [15, 6], [10, 24], [9, 46]], 7)
    model.add(turned(np.concatenate([[[0, 0]], stem, [[0, 46]]]), 96), pale)
    dome = curve([[10, 43], [36, 38], [38, 44], [31, 59], [16, 69], [0.01, 72]], 7)
    profile = np.concatenate([[[0, 42]], dome[:-1], [[0, 72]]])
    under = where(lambda _, normal: normal[:, 2] < -0.3, pale, colour(0.78, 0.1, 0.1))
    model.add(turned(profile), under)
    for turn, tilt, size in (
        (10, 25, 6.5),
        (95, 42, 5.5),
        (150, 22, 5),
        (215, 48, 6.5),
        (300, 40, 6),
    ):
        around, down = np.deg2rad(turn), np.deg2rad(tilt)
        place = np.array(
            [np.sin(down) * np.cos(around), np.sin(down) * np.sin(around), np.cos(down)]
        )
        spot = place * [37.0, 37.0, 31.0] + [0, 0, 41]
        wart = ball(size, 40).scale((1, 1, 0.5)).rotate((0, tilt, turn))
        model.add(wart.translate(tuple(spot)), colour(0.97, 0.96, 0.92))
