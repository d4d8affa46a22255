"""One Gauss-Newton step with stacked residuals and numpy's solver."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive.evidence import clamped
from tests.naive.spatial_index import lookup

from colonnade_models import percept as P
from colonnade_models import refinement as G
from colonnade_models import surfel as S
from colonnade_models.evidence import VAR_NORMAL, Tolerance
from colonnade_models.learned import LearnedObject

Array = NDArray[np.float64]


def residuals(
    learned: LearnedObject, pose: NDArray[Any], f: Array, t: Tolerance, centre: Array
) -> list[tuple[float, Array, float]]:
    """(residual, its derivative by a turn about the centre and a shift, variance) of a percept."""
    R, shift = np.asarray(pose[:9], np.float64).reshape(3, 3), np.asarray(pose[9:], np.float64)
    q, n = R @ f[P.LOCATION : P.LOCATION + 3] + shift, R @ f[P.NORMAL : P.NORMAL + 3]
    i = lookup(learned, q, n)
    if i < 0:
        return []
    s = learned.table[i].astype(np.float64)
    m, e = s[S.NORMAL : S.NORMAL + 3], s[S.DIRECTION : S.DIRECTION + 3]
    if n @ m < 0.5:
        return []
    g = np.cross(m, e)
    offset = q - s[S.POSITION : S.POSITION + 3]
    uv = np.array([e @ offset, g @ offset])
    k = clamped(s[S.CURVATURE : S.CURVATURE + 2])
    p = m + (k * uv) @ np.array([e, g])
    p /= np.linalg.norm(p)
    zero = np.zeros(3)
    height = offset @ m + 0.5 * k @ uv**2
    out = [(height, np.r_[np.cross(q - centre, p), p], float(t.place))]
    variance = t.normal + f[VAR_NORMAL] + s[S.SPREAD_NORMAL] + (k**2).max() * t.place
    out += [((n - p) @ w, np.r_[np.cross(n, w), zero], float(variance)) for w in (e, g)]
    if f[P.DIRECTED] > 0 and s[S.DIRECTED] > 0.5:
        d = R @ f[P.DIRECTION : P.DIRECTION + 3]
        d = -d if d @ e < 0 else d
        out.append((d @ g, np.r_[m, zero], float(t.direction + s[S.SPREAD_DIRECTION])))
    return out


def refine(
    learned: LearnedObject, pose: NDArray[Any], features: NDArray[Any], t: Tolerance, centre: Array
) -> Array:
    """The (12,) pose after one step over all features."""
    A = np.diag([1 / float(G.STEP_ANGLE) ** 2] * 3 + [1 / float(G.STEP_PLACE) ** 2] * 3)
    b = np.zeros(6)
    for f in np.asarray(features, np.float64):
        if f[P.ON_OBJECT] <= 0:
            continue
        for r, row, variance in residuals(learned, pose, f, t, centre):
            if r * r / variance > G.WILD:
                continue
            weight = (1 - r * r / variance / float(G.WILD)) ** 2 / variance
            A += weight * np.outer(row, row)
            b -= weight * r * row
    x = np.linalg.solve(A, b)
    turn = np.eye(3) + np.cross(x[:3], np.eye(3)).T
    R = turn @ np.asarray(pose[:9], np.float64).reshape(3, 3)
    shift = centre + turn @ (np.asarray(pose[9:], np.float64) - centre) + x[3:]
    first = R[0] / np.linalg.norm(R[0])
    second = R[1] - (R[1] @ first) * first
    second /= np.linalg.norm(second)
    return np.concatenate([first, second, np.cross(first, second), shift])
