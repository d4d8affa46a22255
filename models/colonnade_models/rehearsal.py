"""Rehearsal: what touches that are taken for a surfel are like, and how much they vary.

A touch lands a few millimetres beside where it is thought to be, so what a surfel should expect is
not what was met right there, but what is met by touches whose noisy place leads to it. An object
finds that out by going through its own touches again, each displaced by the noise of a sensor: the
means and variances of what then falls to a surfel are its predictive distribution.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models import standard_noise as noise
from colonnade_models import surfel as S
from colonnade_models.evidence import BEND, FEATURE_SIZE, features_of
from colonnade_models.kernel import kernel
from colonnade_models.learned import LearnedObject
from colonnade_models.learning import MAX_TRUSTED_BEND_SIGMA
from colonnade_models.memory import Memory, ObjectMemory, lookup
from colonnade_models.numerics import tilted

__all__ = ["rehearse"]

Array = NDArray[np.float32]

ROUNDS = 6
"""Times that each touch is gone through."""
PRIOR = 3.0
"""Touches that a variance known before weighs."""
FARTHEST = np.float32(0.006)
"""Metres off its plane beyond which a touch belongs to another surface."""
_LOCATION_SIGMA = np.float32(noise.LOCATION_SIGMA)
_FRAME_SIGMA = np.float32(noise.FRAME_SIGMA)
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)
_ROUND = np.float32(2 * np.pi)
NUMBERS = 6
"""Standard normal numbers that displace one touch."""

# sums over the touches of a surfel, first for the means, then for the variances about them
_COUNT, _HUE, _SHADE, _BENT, _BENDS = 0, 1, 3, 9, 5
_NORMAL, _PLACE, _HSV, _BEND, _DIRECTED, _DIRECTION = 1, 2, 3, 6, 7, 8
_SUMS = 10


@kernel
def _associate(memory: Memory, f: Array, white: Array) -> int:
    """Displace features (22,) by noise; the surfel of object 0 that they then fall to, or -1."""
    for k in range(3):
        f[P.LOCATION + k] += _LOCATION_SIGMA * white[k]
    a, b, c = _FRAME_SIGMA * white[3], _FRAME_SIGMA * white[4], _FRAME_SIGMA * white[5]
    x, y, z = tilted(f[P.NORMAL], f[P.NORMAL + 1], f[P.NORMAL + 2], a, b, c)
    return lookup(memory, 0, f[P.LOCATION], f[P.LOCATION + 1], f[P.LOCATION + 2], x, y, z)


@kernel
def _sum_features(memory: Memory, touches: Array, white: Array, f: Array, sums: Array) -> None:
    """Add up colour and bending of the touches that fall to each surfel, into `sums` (N, 10)."""
    for i in range(touches.shape[0]):
        if touches[i, P.ON_OBJECT] == ZERO:
            continue
        features_of(touches[i], f)
        s = _associate(memory, f, white[i])
        if s < 0:
            continue
        sums[s, _COUNT] += ONE
        hue = _ROUND * f[P.COLOUR]
        sums[s, _HUE] += np.cos(hue)
        sums[s, _HUE + 1] += np.sin(hue)
        sums[s, _SHADE] += f[P.COLOUR + 1]
        sums[s, _SHADE + 1] += f[P.COLOUR + 2]
        if f[P.SIGMA_BEND] <= MAX_TRUSTED_BEND_SIGMA:
            sums[s, _BENT] += ONE
            sums[s, _BENDS] += f[BEND]
            sums[s, _BENDS + 1] += f[BEND + 1]


@kernel
def _set_means(table: Array, sums: Array) -> None:
    """What each of the (N, 25) surfels expects, from the sums (N, 10)."""
    for i in range(table.shape[0]):
        count, bent = sums[i, _COUNT], sums[i, _BENT]
        if count > ZERO:
            hue = np.arctan2(sums[i, _HUE + 1], sums[i, _HUE]) / _ROUND
            table[i, S.COLOUR] = hue + ONE if hue < ZERO else hue
            table[i, S.COLOUR + 1] = sums[i, _SHADE] / count
            table[i, S.COLOUR + 2] = sums[i, _SHADE + 1] / count
        if bent > ZERO:
            table[i, S.BEND] = sums[i, _BENDS] / bent
            table[i, S.BEND + 1] = sums[i, _BENDS + 1] / bent


@kernel
def _sum_squares(memory: Memory, touches: Array, white: Array, f: Array, sums: Array) -> None:
    """Add up the squared differences of the touches to what their surfels expect."""
    for i in range(touches.shape[0]):
        if touches[i, P.ON_OBJECT] == ZERO:
            continue
        features_of(touches[i], f)
        j = _associate(memory, f, white[i])
        if j < 0:
            continue
        s, row = memory.surfels[j], sums[j]
        ox, oy, oz = f[0] - s[S.POSITION], f[1] - s[S.POSITION + 1], f[2] - s[S.POSITION + 2]
        mx, my, mz = s[S.NORMAL], s[S.NORMAL + 1], s[S.NORMAL + 2]
        ex, ey, ez = s[S.DIRECTION], s[S.DIRECTION + 1], s[S.DIRECTION + 2]
        gx, gy, gz = my * ez - mz * ey, mz * ex - mx * ez, mx * ey - my * ex
        u = ox * ex + oy * ey + oz * ez
        v = ox * gx + oy * gy + oz * gz
        k1 = min(max(s[S.CURVATURE], -S.STEEPEST_BEND), S.STEEPEST_BEND)
        k2 = min(max(s[S.CURVATURE + 1], -S.STEEPEST_BEND), S.STEEPEST_BEND)
        height = ox * mx + oy * my + oz * mz + HALF * (k1 * u * u + k2 * v * v)
        tu, tv = k1 * u, k2 * v
        px, py, pz = mx + tu * ex + tv * gx, my + tu * ey + tv * gy, mz + tu * ez + tv * gz
        along = f[P.NORMAL] * px + f[P.NORMAL + 1] * py + f[P.NORMAL + 2] * pz
        if along <= ZERO:
            continue
        row[_COUNT] += ONE
        row[_NORMAL] += max(ONE - along * along / (px * px + py * py + pz * pz), ZERO)
        height = min(max(height, -FARTHEST), FARTHEST)
        row[_PLACE] += height * height
        dh = f[P.COLOUR] - s[S.COLOUR]
        if dh > HALF:
            dh = dh - ONE
        elif dh < -HALF:
            dh = dh + ONE
        ds, dv = f[P.COLOUR + 1] - s[S.COLOUR + 1], f[P.COLOUR + 2] - s[S.COLOUR + 2]
        row[_HSV] += dh * dh
        row[_HSV + 1] += ds * ds
        row[_HSV + 2] += dv * dv
        if f[P.SIGMA_BEND] <= MAX_TRUSTED_BEND_SIGMA:
            b1, b2 = f[BEND] - s[S.BEND], f[BEND + 1] - s[S.BEND + 1]
            row[_BENT] += ONE
            row[_BEND] += HALF * (b1 * b1 + b2 * b2)
        if f[P.DIRECTED] > ZERO and s[S.DIRECTED] > HALF:
            cosine = f[P.DIRECTION] * ex + f[P.DIRECTION + 1] * ey + f[P.DIRECTION + 2] * ez
            row[_DIRECTED] += ONE
            row[_DIRECTION] += max(ONE - cosine * cosine, ZERO)


def _set_spreads(table: Array, sums: Array) -> None:
    """Variances of the (N, 25) surfels from the sums (N, 10) and, a little, what was known."""
    count, bent, directed = sums[:, _COUNT], sums[:, _BENT], sums[:, _DIRECTED]
    # of a touch's height above the surface the sensor's own noise is a part
    place = np.maximum(sums[:, _PLACE] - count * _LOCATION_SIGMA**2, 0)
    for field, total, weight in (
        (S.SPREAD_NORMAL, sums[:, _NORMAL] / 2, count),  # an angle about each of two tangents
        (S.SPREAD_PLACE, place, count),
        (S.SPREAD_COLOUR, sums[:, _HSV], count),
        (S.SPREAD_COLOUR + 1, sums[:, _HSV + 1], count),
        (S.SPREAD_COLOUR + 2, sums[:, _HSV + 2], count),
        (S.SPREAD_BEND, sums[:, _BEND], bent),
        (S.SPREAD_DIRECTION, sums[:, _DIRECTION], directed),
    ):
        table[:, field] = (total + PRIOR * table[:, field]) / (weight + PRIOR)


def rehearse(learned: LearnedObject, touches: Array, seed: int = 0) -> Array:
    """The surfels (N, 25) of an object again, as they expect touches under a sensor's noise.

    `touches` (M, 18) are the percepts it was learned from, in its reference frame.
    """
    table = learned.table.copy()
    memory = ObjectMemory([learned]).arrays._replace(surfels=table)
    random = np.random.default_rng([seed, 4])
    white = random.standard_normal((ROUNDS, len(touches), NUMBERS), dtype=np.float32)
    f = np.zeros(FEATURE_SIZE, np.float32)
    sums = np.zeros((len(table), _SUMS), np.float32)
    for numbers in white:
        _sum_features(memory, touches, numbers, f, sums)
    _set_means(table, sums)
    sums[:] = 0
    for numbers in white:
        _sum_squares(memory, touches, numbers, f, sums)
    _set_spreads(table, sums)
    return table
