"""Settling: the touches of a noisy sensor pull each other onto one surface.

Each touch predicts the surface and its colour for a few millimetres around it. A touch moves,
along the normal, to the mean of what it and its neighbours predict for its place (moving least
squares, Alexa et al. 2003), and takes their mean colour. A neighbour that disagrees by more than
the noise of the touches, which they tell themselves, is on another face and has no say: where a
sensor is precise nothing moves.

Normals and curvatures stay as they were felt. Their noise is small against how much they vary on
a rough surface, and that variation is part of what an object is (`colonnade_models.spread`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models.kernel import kernel
from colonnade_models.surfel import STEEPEST_BEND

__all__ = ["settle"]

Array = NDArray[np.float32]

LEAST_RADIUS = 0.006
RADIUS_IN_VOXELS = 1.2
"""How far a touch has a say, m and in voxels of the object's grid."""
FACES_ALIKE = 0.5
"""Cosine of 60 degrees: touches whose normals differ more are on different faces."""
DISAGREEMENT = 3.0
"""Standard deviations beyond which a neighbour has no say."""
LEAST_LIMIT = (1e-4, 0.02, 0.02)
"""What neighbours may always disagree in height (m), angle (rad) and colour."""
_MEDIAN_TO_SIGMA = 1.4826

# what two touches may disagree in
HEIGHT, ANGLE, COLOUR = 0, 1, 2
TRAITS = 3


@kernel
def _prepared(touches: Array, out: Array) -> None:
    """Location, normal, direction, cross direction, curvatures, chroma (2), S, V."""
    for i in range(touches.shape[0]):
        t, p = touches[i], out[i]
        for k in range(9):
            p[k] = t[k]
        p[9] = t[4] * t[8] - t[5] * t[7]
        p[10] = t[5] * t[6] - t[3] * t[8]
        p[11] = t[3] * t[7] - t[4] * t[6]
        for k in range(2):
            p[12 + k] = min(max(t[P.CURVATURE + k], -STEEPEST_BEND), STEEPEST_BEND)
        hue, chroma = 2.0 * np.pi * t[P.COLOUR], t[P.COLOUR + 1] * t[P.COLOUR + 2]
        p[14], p[15] = chroma * np.cos(hue), chroma * np.sin(hue)
        p[16], p[17] = t[P.COLOUR + 1], t[P.COLOUR + 2]


@kernel
def _compared(a: Array, b: Array, radius: float, out: Array) -> float:
    """Squared tangential distance (m^2) of touch `a` from `b`, -1 where b says nothing of it.

    Into `out`: how far b's surface lies above a, then b's normal carried to a's place, and how
    much the two disagree in each trait.
    """
    d0, d1, d2 = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    if abs(d0) > radius or abs(d1) > radius or abs(d2) > radius:
        return -1.0
    if a[3] * b[3] + a[4] * b[4] + a[5] * b[5] < FACES_ALIKE:
        return -1.0
    u = d0 * b[6] + d1 * b[7] + d2 * b[8]
    v = d0 * b[9] + d1 * b[10] + d2 * b[11]
    square = u * u + v * v
    if square > radius * radius:
        return -1.0
    along = d0 * b[3] + d1 * b[4] + d2 * b[5]
    out[0] = -along - 0.5 * (b[12] * u * u + b[13] * v * v)
    size = 0.0
    for k in range(3):
        out[1 + k] = b[3 + k] + b[12] * u * b[6 + k] + b[13] * v * b[9 + k]
        size += out[1 + k] * out[1 + k]
    size = np.sqrt(size)
    cosine = 0.0
    for k in range(3):
        out[1 + k] /= size
        cosine += out[1 + k] * a[3 + k]
    out[4 + HEIGHT] = abs(out[0])
    out[4 + ANGLE] = np.sqrt(max(1.0 - cosine * cosine, 0.0))
    out[4 + COLOUR] = (abs(a[14] - b[14]) + abs(a[15] - b[15]) + abs(a[17] - b[17])) / 3.0
    return square


@kernel
def _disagreements(
    p: Array, order: NDArray[np.int64], radius: float, scratch: Array, out: Array
) -> None:
    """Of each touch with its tangentially nearest neighbour in every trait; NaN if alone."""
    first = 0
    for a in range(len(order)):
        i = order[a]
        nearest = np.inf
        for k in range(TRAITS):
            out[i, k] = np.nan
        while p[i, 0] - p[order[first], 0] > radius:
            first += 1
        for b in range(first, len(order)):
            j = order[b]
            if p[j, 0] - p[i, 0] > radius:
                break
            if j == i:
                continue
            square = _compared(p[i], p[j], radius, scratch)
            if 0.0 <= square < nearest:
                nearest = square
                for k in range(TRAITS):
                    out[i, k] = scratch[4 + k]


@kernel
def _settle(
    p: Array,
    order: NDArray[np.int64],
    radius: float,
    limit: Array,
    scratch: Array,
    sums: NDArray[np.float64],
    out: Array,
) -> None:
    """Mean height, normal and colour that touches predict for each other, into `out` (N, 8)."""
    narrow = 2.0 / (radius * radius)
    first = 0
    for a in range(len(order)):
        i = order[a]
        while p[i, 0] - p[order[first], 0] > radius:
            first += 1
        for k in range(8):
            sums[k] = 0.0
        total, coloured = 0.0, 0.0
        for b in range(first, len(order)):
            j = order[b]
            if p[j, 0] - p[i, 0] > radius:
                break
            square = _compared(p[i], p[j], radius, scratch)
            if square < 0.0:
                continue
            if scratch[4 + HEIGHT] > limit[HEIGHT] or scratch[4 + ANGLE] > limit[ANGLE]:
                continue
            w = np.exp(-square * narrow)
            total += w
            for k in range(4):
                sums[k] += w * scratch[k]
            if scratch[4 + COLOUR] <= limit[COLOUR]:
                coloured += w
                for k in range(4):
                    sums[4 + k] += w * p[j, 14 + k]
        size = np.sqrt(sums[1] * sums[1] + sums[2] * sums[2] + sums[3] * sums[3])
        out[i, 0] = sums[0] / total
        for k in range(3):
            out[i, 1 + k] = sums[1 + k] / size
        for k in range(4):
            out[i, 4 + k] = sums[4 + k] / coloured


@kernel
def _moved(touches: Array, means: Array, out: Array) -> None:
    for i in range(touches.shape[0]):
        t, m, o = touches[i], means[i], out[i]
        for k in range(t.shape[0]):
            o[k] = t[k]
        for k in range(3):
            o[P.LOCATION + k] = t[P.LOCATION + k] + m[0] * m[1 + k]
        # saturation and value by themselves: a mean of red, green and blue pales where hues scatter
        o[P.COLOUR] = (np.arctan2(m[5], m[4]) / (2.0 * np.pi)) % 1.0
        o[P.COLOUR + 1] = min(max(m[6], 0.0), 1.0)
        o[P.COLOUR + 2] = min(max(m[7], 0.0), 1.0)


def settle(touches: Array, spacing: float) -> Array:
    """The (M, 18) touches of one object, in its frame, moved onto the surface they agree on.

    `spacing` (m) is the edge of the voxels on which they will be merged. Rows keep their order;
    all of them are on the object.
    """
    radius = max(LEAST_RADIUS, RADIUS_IN_VOXELS * spacing)
    p = np.zeros((len(touches), 18), np.float32)
    _prepared(touches, p)
    order = np.argsort(p[:, 0], kind="stable")
    differences = np.zeros((len(touches), TRAITS), np.float32)
    scratch = np.zeros(4 + TRAITS, np.float32)
    _disagreements(p, order, radius, scratch, differences)
    told = differences[np.isfinite(differences[:, 0])]
    if not len(told):
        return touches.copy()
    limit = np.maximum(DISAGREEMENT * _MEDIAN_TO_SIGMA * np.median(told, axis=0), LEAST_LIMIT)
    means = np.zeros((len(touches), 8), np.float32)
    _settle(p, order, radius, limit.astype(np.float32), scratch, np.zeros(8), means)
    out = np.zeros_like(touches)
    _moved(touches, means, out)
    return out
