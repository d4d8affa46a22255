"""Settling pair by pair, with vectors in float64."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models import settling as T
from colonnade_models.surfel import STEEPEST_BEND

Array = NDArray[np.float64]


def _chroma(touch: Array) -> Array:
    hue, saturation, value = touch[P.COLOUR : P.COLOUR + 3]
    size = saturation * value
    return np.array([size * math.cos(2 * math.pi * hue), size * math.sin(2 * math.pi * hue), value])


def predicted(at: Array, by: Array, radius: float) -> tuple[float, float, Array, Array] | None:
    """Squared distance, height and normal of `by`'s surface at touch `at`, disagreements."""
    d = at[:3] - by[:3]
    n, e = by[P.NORMAL : P.NORMAL + 3], by[P.DIRECTION : P.DIRECTION + 3]
    g = np.cross(n, e)
    if np.abs(d).max() > radius or at[3:6] @ n < T.FACES_ALIKE:
        return None
    u, v = d @ e, d @ g
    if u * u + v * v > radius * radius:
        return None
    steepest = float(STEEPEST_BEND)
    k1, k2 = np.clip(by[P.CURVATURE : P.CURVATURE + 2], -steepest, steepest)
    height = -(d @ n) - (k1 * u * u + k2 * v * v) / 2
    normal = n + k1 * u * e + k2 * v * g
    normal = normal / np.linalg.norm(normal)
    differ = np.array(
        [
            abs(height),
            math.sqrt(max(1 - (normal @ at[3:6]) ** 2, 0)),
            np.abs(_chroma(at) - _chroma(by)).mean(),
        ]
    )
    return u * u + v * v, height, normal, differ


def settle(touches: NDArray[Any], spacing: float) -> Array:
    """What `colonnade_models.settling.settle` returns."""
    rows = touches.astype(float)
    radius = max(T.LEAST_RADIUS, T.RADIUS_IN_VOXELS * spacing)
    pairs = [[predicted(a, b, radius) for b in rows] for a in rows]
    nearest = []
    for i, own in enumerate(pairs):
        others = [pair for j, pair in enumerate(own) if pair is not None and j != i]
        if others:
            nearest.append(min(others, key=lambda pair: pair[0])[3])
    if not nearest:
        return rows
    sigma = 1.4826 * np.median(nearest, axis=0)
    limit = np.maximum(T.DISAGREEMENT * sigma, T.LEAST_LIMIT)
    out = rows.copy()
    for i, own in enumerate(pairs):
        heights, normals, colours = [], [], []
        for j, pair in enumerate(own):
            if pair is None:
                continue
            square, height, normal, differ = pair
            if differ[0] > limit[0] or differ[1] > limit[1]:
                continue
            w = math.exp(-2 * square / radius**2)
            heights.append((w, np.array([height])))
            normals.append((w, normal))
            if differ[2] <= limit[2]:
                colours.append(
                    (w, np.append(_chroma(rows[j])[:2], rows[j, P.COLOUR + 1 : P.COLOUR + 3]))
                )
        n = _mean(normals)
        n = n / np.linalg.norm(n)
        out[i, :3] += _mean(heights)[0] * n
        x, y, saturation, value = _mean(colours)
        hue = (math.atan2(y, x) / (2 * math.pi)) % 1.0
        out[i, P.COLOUR : P.COLOUR + 3] = hue, np.clip(saturation, 0, 1), np.clip(value, 0, 1)
    return out


def _mean(weighted: list[tuple[float, Array]]) -> Array:
    total = sum(w for w, _ in weighted)
    return np.asarray(sum(w * value for w, value in weighted) / total)
