"""Textures drawn by numpy, and how they lie on a part: labels, boxes, balls."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_envs.objects.making.model import Projection

__all__ = ["Canvas", "around", "facing"]

RGB = tuple[float, float, float]

_FONT = {
    "A": "01110 10001 10001 11111 10001 10001 10001",
    "B": "11110 10001 10001 11110 10001 10001 11110",
    "C": "01110 10001 10000 10000 10000 10001 01110",
    "D": "11110 10001 10001 10001 10001 10001 11110",
    "E": "11111 10000 10000 11110 10000 10000 11111",
    "F": "11111 10000 10000 11110 10000 10000 10000",
    "G": "01110 10001 10000 10111 10001 10001 01110",
    "H": "10001 10001 10001 11111 10001 10001 10001",
    "I": "01110 00100 00100 00100 00100 00100 01110",
    "K": "10001 10010 10100 11000 10100 10010 10001",
    "L": "10000 10000 10000 10000 10000 10000 11111",
    "M": "10001 11011 10101 10101 10001 10001 10001",
    "N": "10001 11001 10101 10011 10001 10001 10001",
    "O": "01110 10001 10001 10001 10001 10001 01110",
    "P": "11110 10001 10001 11110 10000 10000 10000",
    "R": "11110 10001 10001 11110 10100 10010 10001",
    "S": "01111 10000 10000 01110 00001 00001 11110",
    "T": "11111 00100 00100 00100 00100 00100 00100",
    "U": "10001 10001 10001 10001 10001 10001 01110",
    "W": "10001 10001 10001 10101 10101 11011 10001",
    "Y": "10001 10001 01010 00100 00100 00100 00100",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "0": "01110 10011 10101 10101 10101 11001 01110",
    " ": "00000 00000 00000 00000 00000 00000 00000",
}


class Canvas:
    """A picture in which places are fractions: x to the right, y down, both 0..1."""

    def __init__(self, height: int, width: int, ground: RGB) -> None:
        self.pixels = np.empty((height, width, 3), dtype=np.float64)
        self.pixels[:] = ground
        rows = (np.arange(height) + 0.5) / height
        columns = (np.arange(width) + 0.5) / width
        self._x, self._y = np.meshgrid(columns, rows)
        self._aspect = height / width

    def rect(self, left: float, top: float, right: float, bottom: float, rgb: RGB) -> Canvas:
        """Fill a rectangle."""
        inside = (self._x >= left) & (self._x < right) & (self._y >= top) & (self._y < bottom)
        self.pixels[inside] = rgb
        return self

    def disc(self, x: float, y: float, radius: float, rgb: RGB) -> Canvas:
        """Fill a circle; `radius` is a fraction of the width."""
        across, down = self._x - x, (self._y - y) * self._aspect
        self.pixels[across**2 + down**2 < radius**2] = rgb
        return self

    def stripes(self, count: int, rgb: RGB, *, slant: float = 0.0) -> Canvas:
        """Every second of 2 x `count` upright stripes; `slant` leans them."""
        phase = (self._x + slant * self._y) * count
        self.pixels[(phase % 1.0) < 0.5] = rgb
        return self

    def glow(self, x: float, spread: float, rgb: RGB) -> Canvas:
        """Blend in a colour round the upright line at `x`, softly over `spread`, seamless."""
        away = np.abs((self._x - x + 0.5) % 1.0 - 0.5)
        share = np.clip(1.0 - away / spread, 0.0, 1.0)
        share = (share * share * (3.0 - 2.0 * share))[..., None]
        self.pixels = (1.0 - share) * self.pixels + share * np.asarray(rgb)
        return self

    def text(self, words: str, left: float, top: float, height: float, rgb: RGB) -> Canvas:
        """Letters of a 5 x 7 dot font, `height` a fraction of the picture's height."""
        dot_y = height / 7.0
        dot_x = dot_y * self._aspect
        for index, letter in enumerate(words):
            for row, bits in enumerate(_FONT[letter].split()):
                for column, bit in enumerate(bits):
                    if bit == "1":
                        x, y = left + (6 * index + column) * dot_x, top + row * dot_y
                        self.rect(x, y, x + dot_x, y + dot_y, rgb)
        return self

    def done(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8, row 0 at the top."""
        return np.round(self.pixels * 255.0).astype(np.uint8)


def around(low: float, high: float, start: float = 0.0) -> Projection:
    """A label round the z axis from z = `low` to `high` (mm), its left edge at `start` degrees."""

    def project(corners: NDArray[np.float64], normals: NDArray[np.float64]) -> NDArray[np.float64]:
        turn = np.arctan2(corners[..., 1], corners[..., 0]) / (2 * np.pi) - start / 360.0
        # On the axis the angle means nothing: such a corner takes that of the others.
        middle = np.arctan2(corners[..., 1].sum(axis=1), corners[..., 0].sum(axis=1)) / (2 * np.pi)
        middle = (middle - start / 360.0)[:, None]
        turn = np.where(np.hypot(corners[..., 0], corners[..., 1]) < 1e-6, middle, turn)
        turn = turn - np.round(turn - middle)
        turn -= np.floor(turn.mean(axis=1, keepdims=True))
        return np.stack([turn, (corners[..., 2] - low) / (high - low)], axis=-1)

    return project


def facing(axis: int, low: tuple[float, float], high: tuple[float, float]) -> Projection:
    """A picture seen upright from outside on the faces across `axis` (0 x, 1 y, 2 z).

    For x and y z points up; for z (seen from above) y points up. `low` and `high` are the
    corners of the picture in the two other coordinates in their order, mm.
    """
    first, second = [index for index in range(3) if index != axis]

    def project(corners: NDArray[np.float64], normals: NDArray[np.float64]) -> NDArray[np.float64]:
        u = (corners[..., first] - low[0]) / (high[0] - low[0])
        v = (corners[..., second] - low[1]) / (high[1] - low[1])
        # From outside, the first coordinate runs to the left on +y, -x and -z faces.
        outward = normals[:, axis] * (-1.0 if axis == 1 else 1.0)
        u = np.where((outward < 0.0)[:, None], 1.0 - u, u)
        return np.stack([u, v], axis=-1)

    return project
