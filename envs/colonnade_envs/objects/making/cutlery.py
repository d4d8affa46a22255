"""Spoon, fork and knife: the same length, the same steel, alike in the handle."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from colonnade_envs.objects.making.model import Model, colour
from colonnade_envs.objects.making.solids import curve, loft, rod

__all__ = ["fork", "knife", "spoon"]

STEEL = colour(0.73, 0.74, 0.76)
AROUND = 48

Table = NDArray[np.float64]


def spoon(model: Model) -> None:
    """A table spoon, 190 mm, bowl 10 mm deep, 2-3 mm thick; the bowl lies at +x."""
    x, half, thick, height = _handle()
    bowl_x = np.linspace(44, 95, 44)
    along = (bowl_x - 44) / 51
    egg = 21.5 * np.sqrt(np.maximum(1 - (2 * (along**0.9) - 1) ** 2, 0.0))
    egg = np.maximum(egg, np.interp(along, [0, 0.06, 1], [4.2, 4.0, 0.6]))
    sag = 10.0 * np.sqrt(np.maximum(1 - (2 * along - 1) ** 2, 0.0))
    keep = x < 43
    x = np.concatenate([x[keep], bowl_x])
    half = np.concatenate([half[keep], egg])
    thick = np.concatenate([thick[keep], np.full(len(bowl_x), 2.2)])
    height = np.concatenate([height[keep], np.full(len(bowl_x), 1.0)])
    sink = np.concatenate([np.zeros(int(keep.sum())), sag])
    model.add(loft(_sheet(x, half, thick, height, sink)), STEEL)


def fork(model: Model) -> None:
    """A table fork, 190 mm, with four tines that curve up; the tines point to +x."""
    x, half, thick, height = _handle()
    keep = x < 36
    head_x = np.linspace(38, 66, 16)
    along = (head_x - 38) / 28
    x = np.concatenate([x[keep], head_x])
    half = np.concatenate([half[keep], np.interp(along, [0, 0.35, 0.7, 1], [4.4, 9.5, 12.0, 12.4])])
    thick = np.concatenate([thick[keep], np.full(len(head_x), 2.6)])
    height = np.concatenate([height[keep], 1.0 - 5.0 * np.sin(0.5 * np.pi * along)])
    model.add(loft(_sheet(x, half, thick, height, np.zeros(len(x)))), STEEL)
    for middle in (-10.6, -3.55, 3.55, 10.6):
        tine_x = np.linspace(60, 95, 18)
        rise = -4.0 + 7.5 * ((tine_x - 60) / 35) ** 2
        wide = np.interp(tine_x, [60, 86, 95], [1.9, 1.7, 0.9])
        path = np.stack([tine_x, np.full_like(tine_x, middle), rise], axis=1)
        model.add(rod(path, np.stack([wide, np.full_like(wide, 1.3)], axis=1), 20), STEEL)


def knife(model: Model) -> None:
    """A kitchen knife, 200 mm: black handle, blade with a heel that thins to its edge and tip."""
    black = colour(0.1, 0.1, 0.11)
    blade_x = np.linspace(0, 108, 56)
    along = blade_x / 108
    spine = np.interp(along, [0, 0.7, 0.92, 1], [8, 8, 7, 2])
    edge = np.interp(along, [0, 0.09, 0.13, 0.6, 0.88, 1], [-6, -7, -19, -18, -9, 0.5])
    spine, edge = _eased(spine), _eased(edge)
    rings = []
    for place, top, bottom in zip(blade_x, spine, edge, strict=True):
        share = np.linspace(0, 1, AROUND // 2)
        y = top + (bottom - top) * share
        # 2.4 mm at the spine, 0.7 mm at the edge, both rounded
        half = np.interp(share, [0, 0.04, 0.45, 0.97, 1], [0.5, 1.2, 1.1, 0.35, 0.2])
        ring_y = np.concatenate([y, y[::-1]])
        ring_z = np.concatenate([half, -half[::-1]])
        rings.append(np.stack([np.full(AROUND, place), ring_y, ring_z], axis=1))
    model.add(loft(np.array(rings)[:, ::-1]), STEEL)
    grip = curve([[4, 0, 0], [-20, 0.5, 0], [-55, 0, 0], [-88, -2, 0]], 7)
    wide = np.interp(np.linspace(0, 1, len(grip)), [0, 0.3, 0.8, 1], [9.0, 9.0, 11.0, 10.5])
    model.add(
        rod(grip, np.stack([wide, np.full_like(wide, 5.2)], axis=1), 36, squareness=2.5), black
    )


def _handle() -> tuple[Table, Table, Table, Table]:
    """x, half width, thickness and height of a handle that narrows to a neck at x = 44."""
    x = np.linspace(-95, 44, 64)
    half = np.interp(x, [-95, -93, -88, -60, 10, 34, 44], [3.0, 7.0, 9.2, 8.2, 3.6, 3.6, 4.2])
    thick = np.interp(x, [-95, -60, 10, 44], [2.4, 2.6, 3.6, 3.0])
    height = np.interp(x, [-95, -60, -10, 30, 44], [-2.0, 3.0, 9.0, 6.0, 1.0])
    return x, _eased(half), _eased(thick), _eased(height)


def _sheet(x: Table, half: Table, thick: Table, height: Table, sink: Table) -> Table:
    """Rings of a bent sheet: at each x an arc `2 half` wide that hangs down by `sink`."""
    angle = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    across = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.8
    over = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.35
    rings = []
    for place, wide, deep, level, hang in zip(x, half, thick, height, sink, strict=True):
        y = wide * across
        z = level - hang * (1.0 - across**2) + 0.5 * deep * over
        rings.append(np.stack([np.full(AROUND, place), y, z], axis=1))
    return np.array(rings)


def _eased(values: ArrayLike) -> Table:
    """A table smoothed three times with 1-2-1, its ends kept."""
    smooth = np.array(values, dtype=np.float64)
    for _ in range(3):
        smooth[1:-1] = 0.25 * smooth[:-2] + 0.5 * smooth[1:-1] + 0.25 * smooth[2:]
    return smooth
