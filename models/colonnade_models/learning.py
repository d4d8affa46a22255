"""Learning: percepts met on one object are merged into surfels on a voxel grid.

A voxel keeps one surfel for each way its surface faces, so that both faces of a thin wall
survive. When the object turns out to be large, the grid coarsens and its surfels merge.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.kernel import inlined, kernel
from colonnade_models.numerics import compress, hsv_to_rgb, rgb_to_hsv
from colonnade_models.spread import widen_spreads
from colonnade_models.surfel import USUALLY_HIT

__all__ = [
    "Draft",
    "coarsen",
    "covers",
    "draft_of",
    "draft_surfels",
    "find_or_add",
    "learn",
    "new_draft",
]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
SAME_FACE = np.float32(0.5)
"""Cosine of 60 degrees: normals nearer than this belong to one face."""
UNKNOWN_SPREAD_NORMAL = np.float32(0.003)
"""Variance assumed of a normal seen once, (3 degrees)^2."""
UNKNOWN_SPREAD_BEND = np.float32(0.09)
UNKNOWN_SPREAD_COLOUR = np.float32(0.0025)
PRIOR_COUNT = np.float32(2.0)
"""How many percepts the assumed spreads weigh."""
MAX_TRUSTED_BEND_SIGMA = np.float32(40.0)
"""A curvature less certain than this, in 1/m, does not enter a surfel's mean."""

# sums over the percepts of a surfel
_POSITION, _NORMAL, _DIRECTION, _CURVATURE, _BEND, _BEND2 = 0, 3, 6, 9, 11, 13
_RGB, _RGB2, _DIRECTED, _COUNT, _BENT = 15, 18, 19, 20, 21
_SUMS = 22


class Draft(NamedTuple):
    """An object while it is being learned."""

    sums: Array
    """(capacity, 22) sums over each surfel's percepts."""
    voxel: NDArray[np.int32]
    """(capacity, 3) voxel of each surfel."""
    following: NDArray[np.int32]
    """(capacity,) next surfel in the same hash bucket, -1 at the end."""
    bucket: NDArray[np.int32]
    """(buckets,) first surfel of each hash bucket, -1 where empty; a power of two long."""
    size: NDArray[np.int32]
    """(1,) surfels in use."""
    spacing: Array
    """(1,) edge of a voxel, m."""


def new_draft(spacing: float, capacity: int = 1 << 14) -> Draft:
    """An empty draft with voxels of `spacing` metres and room for `capacity` surfels.

    Raises ValueError for a spacing that is not positive.
    """
    if not spacing > 0:
        raise ValueError(f"surfel spacing must be positive, not {spacing} m")
    buckets = 1 << int(np.ceil(np.log2(2 * capacity)))
    return Draft(
        np.zeros((capacity, _SUMS), np.float32),
        np.zeros((capacity, 3), np.int32),
        np.full(capacity, -1, np.int32),
        np.full(buckets, -1, np.int32),
        np.zeros(1, np.int32),
        np.full(1, spacing, np.float32),
    )


@inlined
def bucket_of(vx: int, vy: int, vz: int, buckets: int) -> int:
    """Teschner et al. 2003: three primes and a mask."""
    return ((vx * 73856093) ^ (vy * 19349663) ^ (vz * 83492791)) & (buckets - 1)


@inlined
def voxel_of(x: np.float32, spacing: np.float32) -> int:
    """Which voxel a coordinate falls into: x and the voxels' edge `spacing` in metres."""
    return int(np.floor(x / spacing))


@kernel
def find_or_add(draft: Draft, vx: int, vy: int, vz: int, nx: float, ny: float, nz: float):  # type: ignore[no-untyped-def]
    """(surfel of this voxel that faces along n, whether it is new); -1 when the draft is full.

    `n` is of unit length.
    """
    h = bucket_of(vx, vy, vz, draft.bucket.shape[0])
    i = draft.bucket[h]
    while i >= 0:
        if draft.voxel[i, 0] == vx and draft.voxel[i, 1] == vy and draft.voxel[i, 2] == vz:
            n = draft.sums[i, _NORMAL : _NORMAL + 3]
            along = n[0] * nx + n[1] * ny + n[2] * nz
            length = np.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2])
            if along > SAME_FACE * length:
                return i, False
        i = draft.following[i]
    i = draft.size[0]
    if i >= draft.sums.shape[0]:
        return -1, False
    draft.size[0] = i + 1
    draft.voxel[i, 0], draft.voxel[i, 1], draft.voxel[i, 2] = vx, vy, vz
    draft.following[i] = draft.bucket[h]
    draft.bucket[h] = i
    return i, True


@kernel
def covers(
    draft: Draft,
    x: np.float32,
    y: np.float32,
    z: np.float32,
    nx: np.float32,
    ny: np.float32,
    nz: np.float32,
) -> bool:
    """Whether the voxel of a point holds a surfel that faces along n."""
    spacing = draft.spacing[0]
    vx, vy, vz = voxel_of(x, spacing), voxel_of(y, spacing), voxel_of(z, spacing)
    i = draft.bucket[bucket_of(vx, vy, vz, draft.bucket.shape[0])]
    while i >= 0:
        if draft.voxel[i, 0] == vx and draft.voxel[i, 1] == vy and draft.voxel[i, 2] == vz:
            n = draft.sums[i, _NORMAL : _NORMAL + 3]
            length = np.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2])
            if n[0] * nx + n[1] * ny + n[2] * nz > SAME_FACE * length:
                return True
        i = draft.following[i]
    return False


@kernel
def learn(draft: Draft, percept: Array) -> int:
    """Merge one (18,) percept into the draft.

    Returns 1 if it made a new surfel, 0 if it refined one or was off the object,
    -1 if the draft is full.
    """
    if percept[P.ON_OBJECT] == ZERO:
        return 0
    nx, ny, nz = percept[P.NORMAL], percept[P.NORMAL + 1], percept[P.NORMAL + 2]
    spacing = draft.spacing[0]
    i, new = find_or_add(
        draft,
        voxel_of(percept[P.LOCATION], spacing),
        voxel_of(percept[P.LOCATION + 1], spacing),
        voxel_of(percept[P.LOCATION + 2], spacing),
        nx,
        ny,
        nz,
    )
    if i < 0:
        return -1
    s = draft.sums[i]
    for k in range(3):
        s[_POSITION + k] += percept[P.LOCATION + k]
        s[_NORMAL + k] += percept[P.NORMAL + k]
    s[_COUNT] += ONE
    r, g, b = hsv_to_rgb(percept[P.COLOUR], percept[P.COLOUR + 1], percept[P.COLOUR + 2])
    s[_RGB] += r
    s[_RGB + 1] += g
    s[_RGB + 2] += b
    s[_RGB2] += r * r + g * g + b * b
    if percept[P.SIGMA_BEND] <= MAX_TRUSTED_BEND_SIGMA:
        s[_BENT] += ONE
        for k in range(2):
            c = percept[P.CURVATURE + k]
            bend = compress(c)
            s[_CURVATURE + k] += c
            s[_BEND + k] += bend
            s[_BEND2 + k] += bend * bend
        if percept[P.DIRECTED] > ZERO:
            s[_DIRECTED] += ONE
            d = percept[P.DIRECTION : P.DIRECTION + 3]
            e = s[_DIRECTION : _DIRECTION + 3]
            sign = ONE if d[0] * e[0] + d[1] * e[1] + d[2] * e[2] >= ZERO else -ONE
            for k in range(3):
                e[k] += sign * d[k]
    return 1 if new else 0


@kernel
def coarsen(draft: Draft, coarse: Draft) -> None:
    """Pour the surfels of `draft` into the empty `coarse`, whose voxels are larger."""
    for i in range(draft.size[0]):
        s = draft.sums[i]
        count = s[_COUNT]
        nx, ny, nz = s[_NORMAL], s[_NORMAL + 1], s[_NORMAL + 2]
        length = np.sqrt(nx * nx + ny * ny + nz * nz)
        j, _ = find_or_add(
            coarse,
            voxel_of(s[_POSITION] / count, coarse.spacing[0]),
            voxel_of(s[_POSITION + 1] / count, coarse.spacing[0]),
            voxel_of(s[_POSITION + 2] / count, coarse.spacing[0]),
            nx / length,
            ny / length,
            nz / length,
        )
        if j < 0:
            continue
        t = coarse.sums[j]
        along = ZERO
        for k in range(3):
            along += s[_DIRECTION + k] * t[_DIRECTION + k]
        sign = ONE if along >= ZERO else -ONE
        for k in range(_SUMS):
            if _DIRECTION <= k < _DIRECTION + 3:
                t[k] += sign * s[k]
            else:
                t[k] += s[k]


@kernel
def _surfel(s: Array, out: Array) -> None:
    """One surfel row from its sums."""
    count = s[_COUNT]
    length = ZERO
    for k in range(3):
        out[S.POSITION + k] = s[_POSITION + k] / count
        length += s[_NORMAL + k] * s[_NORMAL + k]
    length = np.sqrt(length)
    for k in range(3):
        out[S.NORMAL + k] = s[_NORMAL + k] / length
    prior = PRIOR_COUNT / (count + PRIOR_COUNT)
    # the mean of unit vectors is shorter than one by half the (two-dimensional) variance
    spread = max(ONE - length / count, ZERO)
    out[S.SPREAD_NORMAL] = (ONE - prior) * spread + prior * UNKNOWN_SPREAD_NORMAL

    n = out[S.NORMAL : S.NORMAL + 3]
    d = s[_DIRECTION : _DIRECTION + 3]
    along = d[0] * n[0] + d[1] * n[1] + d[2] * n[2]
    e0, e1, e2 = d[0] - along * n[0], d[1] - along * n[1], d[2] - along * n[2]
    size = np.sqrt(e0 * e0 + e1 * e1 + e2 * e2)
    bent = s[_BENT]
    if size > np.float32(1e-6) and bent > ZERO:
        out[S.DIRECTED] = min(size, s[_DIRECTED]) / bent
        out[S.DIRECTION] = e0 / size
        out[S.DIRECTION + 1] = e1 / size
        out[S.DIRECTION + 2] = e2 / size
    else:  # any tangent
        out[S.DIRECTED] = ZERO
        if abs(n[0]) < np.float32(0.7):
            e0, e1, e2 = ZERO, -n[2], n[1]
        else:
            e0, e1, e2 = n[2], ZERO, -n[0]
        size = np.sqrt(e0 * e0 + e1 * e1 + e2 * e2)
        out[S.DIRECTION] = e0 / size
        out[S.DIRECTION + 1] = e1 / size
        out[S.DIRECTION + 2] = e2 / size

    spread = ZERO
    for k in range(2):
        if bent > ZERO:
            mean = s[_BEND + k] / bent
            out[S.CURVATURE + k] = s[_CURVATURE + k] / bent
            out[S.BEND + k] = mean
            spread += max(s[_BEND2 + k] / bent - mean * mean, ZERO) * np.float32(0.5)
        else:
            out[S.CURVATURE + k] = ZERO
            out[S.BEND + k] = ZERO
            spread += np.float32(2.0)
    prior = PRIOR_COUNT / (bent + PRIOR_COUNT)
    out[S.SPREAD_BEND] = (ONE - prior) * spread + prior * UNKNOWN_SPREAD_BEND

    square = ZERO
    for k in range(3):
        square += s[_RGB + k] * s[_RGB + k]
    spread = max(s[_RGB2] / count - square / (count * count), ZERO) / np.float32(3.0)
    prior = PRIOR_COUNT / (count + PRIOR_COUNT)
    for k in range(3):
        out[S.SPREAD_COLOUR + k] = (ONE - prior) * spread + prior * UNKNOWN_SPREAD_COLOUR
    out[S.SPREAD_PLACE] = ZERO
    h, sat, v = rgb_to_hsv(s[_RGB] / count, s[_RGB + 1] / count, s[_RGB + 2] / count)
    out[S.COLOUR] = h
    out[S.COLOUR + 1] = sat
    out[S.COLOUR + 2] = v
    out[S.SPREAD_DIRECTION] = UNKNOWN_SPREAD_NORMAL
    out[S.HIT] = USUALLY_HIT


@kernel
def _surfels(draft: Draft, out: Array) -> None:
    for i in range(draft.size[0]):
        _surfel(draft.sums[i], out[i])


def draft_surfels(draft: Draft) -> Array:
    """The (N, 25) surfels learned so far."""
    out = np.zeros((int(draft.size[0]), S.SURFEL_SIZE), np.float32)
    _surfels(draft, out)
    widen_spreads(out, float(draft.spacing[0]))
    return out


def draft_of(touches: Array, spacing: float) -> Draft:
    """All of (M, 18) percepts in an object's frame merged on voxels of `spacing` metres."""
    draft = new_draft(spacing)
    for touch in touches:
        learn(draft, touch)
    return draft
