"""Spreads among neighbours, every pair of surfels looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive.numerics import rgb

from colonnade_models import spread as W
from colonnade_models import surfel as S

FIELDS = (S.SPREAD_NORMAL, S.SPREAD_BEND, S.SPREAD_COLOUR, S.SPREAD_DIRECTION)


def widen_spreads(table: NDArray[Any], spacing: float) -> NDArray[np.float64]:
    """The (N, 25) table with its spreads widened."""
    t = np.asarray(table, np.float64)
    out = t.copy()
    slip = np.sqrt(2 * W.LOCATION_SIGMA**2 + (W.SHARE_OF_SPACING * spacing) ** 2)
    for i, s in enumerate(t):
        m, e = s[S.NORMAL : S.NORMAL + 3], s[S.DIRECTION : S.DIRECTION + 3]
        tangents = np.array([e, np.cross(m, e)])
        k = np.clip(s[S.CURVATURE : S.CURVATURE + 2], -S.STEEPEST_BEND, S.STEEPEST_BEND)
        differences: list[list[float]] = [[], [], [], []]
        for j, other in enumerate(t):
            offset = other[:3] - s[:3]
            n = other[S.NORMAL : S.NORMAL + 3]
            if i == j or np.linalg.norm(offset) > 1.8 * spacing or m @ n < 0.5:
                continue
            w = min(1.0, slip**2 / (offset @ offset))
            expected = m + (k * (tangents @ offset)) @ tangents
            cosine = n @ expected / np.linalg.norm(expected)
            differences[0].append(w * max(1 - cosine**2, 0.0))
            bends = other[S.BEND : S.BEND + 2] - s[S.BEND : S.BEND + 2]
            differences[1].append(w * (bends**2).mean())
            mine, theirs = (rgb(*row[S.COLOUR : S.COLOUR + 3]) for row in (s, other))
            differences[2].append(w * np.mean((np.array(mine) - theirs) ** 2))
            if s[S.DIRECTED] > 0.5 and other[S.DIRECTED] > 0.5:
                turned = 1 - (e @ other[S.DIRECTION : S.DIRECTION + 3]) ** 2
                differences[3].append(w * max(turned, 0.0))
        for field, values in zip(FIELDS, differences, strict=True):
            if values:
                out[i, field] = max(out[i, field], np.mean(values))
    out[:, S.SPREAD_COLOUR + 1] = out[:, S.SPREAD_COLOUR + 2] = out[:, S.SPREAD_COLOUR]
    return out
