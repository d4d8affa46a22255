"""Rehearsal: lists of the touches that fall to each surfel, and their means and variances."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive.evidence import clamped, features_of
from tests.naive.spatial_index import lookup

from colonnade_models import percept as P
from colonnade_models import rehearsal as R
from colonnade_models import standard_noise as noise
from colonnade_models import surfel as S
from colonnade_models.evidence import BEND
from colonnade_models.learned import LearnedObject
from colonnade_models.learning import MAX_TRUSTED_BEND_SIGMA

Array = NDArray[np.float64]


def displaced(touches: NDArray[Any], white: NDArray[Any], learned: LearnedObject) -> dict[int, Any]:
    """The features of the displaced touches, by the surfel that they fall to."""
    found: dict[int, list[Array]] = {}
    for numbers in white.astype(np.float64):
        for row, draw in zip(touches.astype(np.float64), numbers, strict=True):
            if row[P.ON_OBJECT] == 0:
                continue
            f = features_of(row)
            f[P.LOCATION : P.LOCATION + 3] += noise.LOCATION_SIGMA * draw[:3]
            n = f[P.NORMAL : P.NORMAL + 3]
            turned = n + np.cross(noise.FRAME_SIGMA * draw[3:], n)
            i = lookup(learned, f[P.LOCATION : P.LOCATION + 3], turned)
            if i >= 0:
                found.setdefault(i, []).append(f)
    return found


def rehearse(learned: LearnedObject, touches: NDArray[Any], white: NDArray[Any]) -> Array:
    """The (N, 25) surfels again; `white` (ROUNDS, M, 6) are the numbers to displace by."""
    table = learned.table.astype(np.float64)
    for i, these in displaced(touches, white, learned).items():
        s = table[i]
        hue, *shade = np.array(these)[:, P.COLOUR : P.COLOUR + 3].T
        s[S.COLOUR] = np.angle(np.exp(2j * np.pi * hue).sum()) / (2 * np.pi) % 1.0
        s[S.COLOUR + 1 : S.COLOUR + 3] = np.mean(shade, axis=1)
        bends = [f[BEND : BEND + 2] for f in these if f[P.SIGMA_BEND] <= MAX_TRUSTED_BEND_SIGMA]
        if bends:
            s[S.BEND : S.BEND + 2] = np.mean(bends, axis=0)
        squares: dict[int, list[float]] = {}
        for f in these:
            _compare(f, s, squares)
        for field, values in squares.items():
            total = sum(values)
            if field == S.SPREAD_PLACE:
                total = max(total - len(values) * noise.LOCATION_SIGMA**2, 0.0)
            s[field] = (total + R.PRIOR * s[field]) / (len(values) + R.PRIOR)
    return table


def _compare(f: Array, s: Array, squares: dict[int, list[float]]) -> None:
    m, e = s[S.NORMAL : S.NORMAL + 3], s[S.DIRECTION : S.DIRECTION + 3]
    tangents = np.array([e, np.cross(m, e)])
    offset = f[P.LOCATION : P.LOCATION + 3] - s[S.POSITION : S.POSITION + 3]
    uv, k = tangents @ offset, clamped(s[S.CURVATURE : S.CURVATURE + 2])
    expected = m + (k * uv) @ tangents
    cosine = f[P.NORMAL : P.NORMAL + 3] @ expected / np.linalg.norm(expected)
    if cosine <= 0:
        return
    height = np.clip(offset @ m + 0.5 * k @ uv**2, -float(R.FARTHEST), float(R.FARTHEST))
    new = {S.SPREAD_NORMAL: (1 - cosine**2) / 2, S.SPREAD_PLACE: height**2}
    hue = abs(f[P.COLOUR] - s[S.COLOUR]) % 1.0
    new[S.SPREAD_COLOUR] = min(hue, 1 - hue) ** 2
    for c in (1, 2):
        new[S.SPREAD_COLOUR + c] = (f[P.COLOUR + c] - s[S.COLOUR + c]) ** 2
    if f[P.SIGMA_BEND] <= MAX_TRUSTED_BEND_SIGMA:
        new[S.SPREAD_BEND] = ((f[BEND : BEND + 2] - s[S.BEND : S.BEND + 2]) ** 2).mean()
    if f[P.DIRECTED] > 0 and s[S.DIRECTED] > 0.5:
        new[S.SPREAD_DIRECTION] = 1 - (f[P.DIRECTION : P.DIRECTION + 3] @ e) ** 2
    for field, value in new.items():
        squares.setdefault(field, []).append(value)
