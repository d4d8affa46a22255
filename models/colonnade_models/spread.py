"""Spreads: how much the same place may vary when it is touched again.

A touch lands a few millimetres beside where it is thought to be, and a surfel stands for a
whole voxel. What that does to normal, bending, direction and colour is read off the surfel's
neighbours, scaled from their distance to the distance that matters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models import surfel as S
from colonnade_models.kernel import njit
from colonnade_models.numerics import hsv_to_rgb
from colonnade_models.standard_noise import LOCATION_SIGMA
from colonnade_models.surfel import STEEPEST_BEND

__all__ = ["widen_spreads"]

Array = NDArray[np.float32]

SHARE_OF_SPACING = 0.4
"""Root mean square distance within a voxel, in voxels."""


@njit(cache=True)
def _neighbour_spreads(
    table: Array, order: NDArray[np.int64], radius: float, slip: float, out: Array
) -> None:
    """Mean squared differences to the neighbours, scaled to a slip, into `out` (N, 4).

    `order` sorts the surfels by x, so that only a window of them is looked at.
    """
    n = len(order)
    rgb = np.empty((n, 3), np.float32)
    for i in range(n):
        c = table[i, S.COLOUR : S.COLOUR + 3]
        rgb[i, 0], rgb[i, 1], rgb[i, 2] = hsv_to_rgb(c[0], c[1], c[2])
    window = 0
    for a in range(n):
        i = order[a]
        s = table[i]
        m, e = s[S.NORMAL : S.NORMAL + 3], s[S.DIRECTION : S.DIRECTION + 3]
        g0, g1, g2 = m[1] * e[2] - m[2] * e[1], m[2] * e[0] - m[0] * e[2], m[0] * e[1] - m[1] * e[0]
        k1 = min(max(s[S.CURVATURE], -STEEPEST_BEND), STEEPEST_BEND)
        k2 = min(max(s[S.CURVATURE + 1], -STEEPEST_BEND), STEEPEST_BEND)
        while s[0] - table[order[window], 0] > radius:
            window += 1
        count, directed = 0.0, 0.0
        normal, bend, colour, direction = 0.0, 0.0, 0.0, 0.0
        for b in range(window, n):
            j = order[b]
            if table[j, 0] - s[0] > radius:
                break
            if j == i:
                continue
            t = table[j]
            d0, d1, d2 = t[0] - s[0], t[1] - s[1], t[2] - s[2]
            square = d0 * d0 + d1 * d1 + d2 * d2
            if square > radius * radius:
                continue
            o = t[S.NORMAL : S.NORMAL + 3]
            if m[0] * o[0] + m[1] * o[1] + m[2] * o[2] < 0.5:
                continue
            u = d0 * e[0] + d1 * e[1] + d2 * e[2]
            v = d0 * g0 + d1 * g1 + d2 * g2
            p0 = m[0] + k1 * u * e[0] + k2 * v * g0
            p1 = m[1] + k1 * u * e[1] + k2 * v * g1
            p2 = m[2] + k1 * u * e[2] + k2 * v * g2
            along = (o[0] * p0 + o[1] * p1 + o[2] * p2) / np.sqrt(p0 * p0 + p1 * p1 + p2 * p2)
            w = slip * slip / max(square, slip * slip)
            count += 1.0
            normal += w * max(1.0 - along * along, 0.0)
            b1, b2 = t[S.BEND] - s[S.BEND], t[S.BEND + 1] - s[S.BEND + 1]
            bend += w * 0.5 * (b1 * b1 + b2 * b2)
            for k in range(3):
                colour += w * (rgb[i, k] - rgb[j, k]) ** 2 / 3.0
            if s[S.DIRECTED] > 0.5 and t[S.DIRECTED] > 0.5:
                cosine = (
                    e[0] * t[S.DIRECTION] + e[1] * t[S.DIRECTION + 1] + e[2] * t[S.DIRECTION + 2]
                )
                direction += w * max(1.0 - cosine * cosine, 0.0)
                directed += 1.0
        if count > 0.0:
            out[i, 0], out[i, 1], out[i, 2] = normal / count, bend / count, colour / count
        if directed > 0.0:
            out[i, 3] = direction / directed


def widen_spreads(table: Array, spacing: float) -> None:
    """Widen the spreads of the (N, 25) surfels in place to what their neighbours show."""
    if len(table) < 2:
        return
    slip = float(np.sqrt(2 * LOCATION_SIGMA**2 + (SHARE_OF_SPACING * spacing) ** 2))
    spreads = np.zeros((len(table), 4), np.float32)
    order = np.argsort(table[:, 0], kind="stable")
    _neighbour_spreads(table, order, 1.8 * spacing, slip, spreads)
    fields = (S.SPREAD_NORMAL, S.SPREAD_BEND, S.SPREAD_COLOUR, S.SPREAD_DIRECTION)
    for k, field in enumerate(fields):
        table[:, field] = np.maximum(table[:, field], spreads[:, k])
    table[:, S.SPREAD_COLOUR + 1] = table[:, S.SPREAD_COLOUR + 2] = table[:, S.SPREAD_COLOUR]
