"""Distinction: where would two hypotheses expect to sense different things?

The learned object of one hypothesis is laid into the other's, surfel by surfel, and each
surfel is scored as if it had been sensed. Where no place differs, the two are the same to the
touch (a symmetry of the object); where some do, the place that differs most is the goal of
the next touch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.evidence import (
    BEND,
    VAR_BEND,
    VAR_NORMAL,
    Tolerance,
    colour_difference,
    surfel_score,
)
from colonnade_models.kernel import inlined, kernel
from colonnade_models.memory import Memory, lookup
from colonnade_models.numerics import turn

__all__ = [
    "MOST_TELLING",
    "after",
    "at_home",
    "expected_lead",
    "imagine",
    "laid_into",
    "look_alike",
    "relative_pose",
    "told_by_parts",
    "usual_lead",
    "would_tell",
]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)
MOST_TELLING = np.float32(4.0)
"""Nats that one touch can bring at most, for all we believe of it."""
GREY = np.float32(0.2)
"""Saturation below which a hue begins to mean less."""
ALIKE = np.float32(0.4)
"""Nats a touch must bring on average to tell two hypotheses apart, or"""
ALIKE_IN_COLOUR = np.float32(0.08)
"""as many by colour alone, which neighbouring surfels agree on better than on the surface, or"""
MUCH = np.float32(2.0)
SELDOM = np.float32(0.05)
"""more than MUCH at more than this share of the places: most learned symmetries stay below all."""


@inlined
def imagine(s: Array, f: Array) -> None:
    """The features (22,) that touching a surfel would give, in the object's frame."""
    for k in range(3):
        f[P.LOCATION + k] = s[S.POSITION + k]
        f[P.NORMAL + k] = s[S.NORMAL + k]
        f[P.DIRECTION + k] = s[S.DIRECTION + k]
        f[P.COLOUR + k] = s[S.COLOUR + k]
    for k in range(2):
        f[P.CURVATURE + k] = s[S.CURVATURE + k]
        f[BEND + k] = s[S.BEND + k]
    f[P.ON_OBJECT] = ONE
    f[P.DIRECTED] = ONE if s[S.DIRECTED] > HALF else ZERO
    f[P.SIGMA_NORMAL] = ZERO
    f[P.SIGMA_BEND] = ZERO
    f[VAR_NORMAL] = s[S.SPREAD_NORMAL]
    f[VAR_BEND] = s[S.SPREAD_BEND]


@kernel
def relative_pose(a: Array, b: Array, out: Array) -> None:
    """The pose that maps a's object frame into b's: b after the inverse of a. All (12,)."""
    for i in range(3):
        for j in range(3):
            out[3 * i + j] = (
                b[3 * i] * a[3 * j] + b[3 * i + 1] * a[3 * j + 1] + b[3 * i + 2] * a[3 * j + 2]
            )
    for i in range(3):
        out[9 + i] = b[9 + i] - (
            out[3 * i] * a[9] + out[3 * i + 1] * a[10] + out[3 * i + 2] * a[11]
        )


@kernel
def after(second: Array, first: Array, out: Array) -> None:
    """The pose that does `first`, then `second`. All (12,); `out` must be neither."""
    for i in range(3):
        for j in range(3):
            out[3 * i + j] = (
                second[3 * i] * first[j]
                + second[3 * i + 1] * first[3 + j]
                + second[3 * i + 2] * first[6 + j]
            )
        out[9 + i] = second[9 + i] + (
            second[3 * i] * first[9] + second[3 * i + 1] * first[10] + second[3 * i + 2] * first[11]
        )


@inlined
def at_home(s: Array, f: Array, t: Tolerance) -> np.float32:
    """Score, in nats, of the features `f` imagined of a surfel row where they belong."""
    return surfel_score(
        f, s[S.POSITION], s[S.POSITION + 1], s[S.POSITION + 2],
        s[S.NORMAL], s[S.NORMAL + 1], s[S.NORMAL + 2],
        s[S.DIRECTION], s[S.DIRECTION + 1], s[S.DIRECTION + 2], s, t,
    )  # fmt: skip


@inlined
def _laid(memory: Memory, f: Array, o: int, T: Array, t: Tolerance):  # type: ignore[no-untyped-def]
    """Score, in nats, of imagined features `f` when laid into object `o` by T (12,).

    And what the difference in colour costs there, and at which surfel, -1 where there is none.
    """
    x, y, z = f[P.LOCATION], f[P.LOCATION + 1], f[P.LOCATION + 2]
    qx = T[0] * x + T[1] * y + T[2] * z + T[9]
    qy = T[3] * x + T[4] * y + T[5] * z + T[10]
    qz = T[6] * x + T[7] * y + T[8] * z + T[11]
    x, y, z = f[P.NORMAL], f[P.NORMAL + 1], f[P.NORMAL + 2]
    nx = T[0] * x + T[1] * y + T[2] * z
    ny = T[3] * x + T[4] * y + T[5] * z
    nz = T[6] * x + T[7] * y + T[8] * z
    i = lookup(memory, o, qx, qy, qz, nx, ny, nz)
    if i < 0:
        return t.floor, ZERO, -1
    x, y, z = f[P.DIRECTION], f[P.DIRECTION + 1], f[P.DIRECTION + 2]
    dx = T[0] * x + T[1] * y + T[2] * z
    dy = T[3] * x + T[4] * y + T[5] * z
    dz = T[6] * x + T[7] * y + T[8] * z
    s = memory.surfels[i]
    coloured, _ = colour_difference(f, P.COLOUR, s, t)
    return surfel_score(f, qx, qy, qz, nx, ny, nz, dx, dy, dz, s, t), coloured, i


@inlined
def laid_into(memory: Memory, f: Array, o: int, T: Array, t: Tolerance) -> np.float32:
    """Score, in nats, of imagined features `f` when laid into object `o` by T (12,)."""
    nats, _, _ = _laid(memory, f, o, T, t)
    return nats


@inlined
def told_by_parts(  # type: ignore[no-untyped-def]
    memory: Memory, s: Array, ob: int, T: Array, t: Tolerance, f: Array
):
    """Nats by shape, and by colour, by which touching surfel row `s` would tell it from `ob`.

    That object is laid there by T (12,). Also what the touch would score there. `f` (22,) are the
    features imagined of the surfel.
    """
    there, coloured, _ = _laid(memory, f, ob, T, t)
    return at_home(s, f, t) - there - coloured, coloured, there


@inlined
def would_tell(  # type: ignore[no-untyped-def]
    memory: Memory, s: Array, oa: int, ob: int, T: Array, t: Tolerance, f: Array
):
    """Nats by which touching surfel row `s` of object `oa` would tell it from `ob` laid there by T.

    Poses of one object are told as far as its shape and print are trusted. Also what it would score
    there. `f` (22,) are the features imagined of the surfel.
    """
    shaped, coloured, there = told_by_parts(memory, s, ob, T, t, f)
    if oa == ob:
        shaped, coloured = memory.trust[oa, 0] * shaped, memory.trust[oa, 1] * coloured
    return min(shaped + coloured, MOST_TELLING), there


@inlined
def _by_vivid_colour(s: Array, f: Array, t: Tolerance) -> np.float32:
    """Nats that colour alone tells imagined features `f`, whose hue is lost, from surfel row `s`.

    Hue counts as far as the greyer of the two is no grey: that of a grey is chance. Between twins
    that need not be said, for touches were seen not to bear it out; here nothing was measured.
    """
    vividness = min(min(f[P.COLOUR + 1], s[S.COLOUR + 1]) / GREY, ONE)
    dh = f[P.COLOUR] - s[S.COLOUR]
    dh = dh - np.floor(dh + HALF)
    f[P.COLOUR] = s[S.COLOUR] + vividness * dh
    nats, _ = colour_difference(f, P.COLOUR, s, t)
    return nats


@kernel
def look_alike(
    memory: Memory,
    oa: int,
    a: Array,
    ob: int,
    b: Array,
    probes: int,
    t: Tolerance,
    f: Array,
    T: Array,
) -> bool:
    """Whether touches all over the first object could hardly tell two hypotheses apart.

    As many surfels as `probes`, evenly spread, are touched in mind. `f` (22,) and `T` (12,) are
    scratch.
    """
    relative_pose(a, b, T)
    start, end = memory.surfel_start[oa], memory.surfel_end[oa]
    stride = max(1, (end - start) // probes)
    probed = np.float32((end - start + stride - 1) // stride)
    often, told, coloured = SELDOM * probed, ZERO, ZERO
    for i in range(start, end, stride):
        imagine(memory.surfels[i], f)
        home = at_home(memory.surfels[i], f, t)
        there, by_colour, j = _laid(memory, f, ob, T, t)
        vivid = _by_vivid_colour(memory.surfels[j], f, t) if j >= 0 else ZERO
        nats = min(home - there - by_colour + vivid, MOST_TELLING)
        told, coloured = told + nats, coloured + vivid
        if nats > MUCH:
            often = often - ONE
        if often < ZERO:
            return False
    return bool(told < ALIKE * probed and coloured < ALIKE_IN_COLOUR * probed)


@kernel
def usual_lead(
    memory: Memory,
    oa: int,
    a: Array,
    ob: int,
    b: Array,
    probes: int,
    t: Tolerance,
    f: Array,
    T: Array,
) -> np.float32:
    """Nats that a touch anywhere on the first object would tell on average; see `look_alike`."""
    relative_pose(a, b, T)
    start, end = memory.surfel_start[oa], memory.surfel_end[oa]
    stride = max(1, (end - start) // probes)
    probed, told = ZERO, ZERO
    for i in range(start, end, stride):
        imagine(memory.surfels[i], f)
        nats, _ = would_tell(memory, memory.surfels[i], oa, ob, T, t, f)
        told += nats
        probed += ONE
    return told / probed


@kernel
def expected_lead(
    memory: Memory,
    oa: int,
    a: Array,
    ob: int,
    b: Array,
    features: Array,
    total: np.float32,
    t: Tolerance,
    f: Array,
    T: Array,
) -> np.float32:
    """Nats by which touches where `features` (N, 22) met should put the first hypothesis ahead.

    That is, if it is the true one; `total` nats of earlier touches are added. `f` (22,) and `T`
    (12,) are scratch.
    """
    relative_pose(a, b, T)
    for p in range(features.shape[0]):
        x, y, z = features[p, P.LOCATION], features[p, P.LOCATION + 1], features[p, P.LOCATION + 2]
        qx, qy, qz = turn(a, x, y, z)
        x, y, z = features[p, P.NORMAL], features[p, P.NORMAL + 1], features[p, P.NORMAL + 2]
        nx, ny, nz = turn(a, x, y, z)
        if features[p, P.ON_OBJECT] == ZERO:
            continue
        i = lookup(memory, oa, qx + a[9], qy + a[10], qz + a[11], nx, ny, nz)
        if i < 0:
            continue
        imagine(memory.surfels[i], f)
        nats, _ = would_tell(memory, memory.surfels[i], oa, ob, T, t, f)
        total += nats
    return total
