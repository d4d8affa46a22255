"""Evidence: how well one sensed point fits one place of a learned object.

The score is a log-likelihood ratio against `something that is not in memory`, in nats: a
constant gain less the weighted squared, noise-normalised differences of place, normal, bending,
principal direction and colour, and less what the place varies by itself. Each difference levels off
(Geman & McClure 1987) and the sum has a floor, so that one wild percept cannot kill a true
hypothesis.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.kernel import inlined, kernel
from colonnade_models.memory import Memory, lookup
from colonnade_models.numerics import FLAT, compress, log_positive, turn
from colonnade_models.surfel import STEEPEST_BEND

__all__ = [
    "FEATURE_SIZE",
    "Tolerance",
    "colour_difference",
    "compare",
    "default_tolerance",
    "features_of",
    "fit",
    "loosened",
    "score",
    "score_parts",
    "surfel_score",
]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)
WIDEST_BEND = np.float32(2.0)
"""Standard deviation of BEND at which it says nothing any more."""
WIDEST_NORMAL = ONE
"""The same for a normal, rad."""
# What each squared normalised difference weighs, and how much the logarithms of the variances, so
# that the sum is a log-likelihood ratio in spite of features that are neither Gaussian nor
# independent (Gaussian and independent they would all weigh 1/2). Logistic regression, to tell
# true poses of the built-in objects from their twins by one touch, says half as much again
# (`scripts/fit_evidence`); but a column chooses the best of thousands of poses and refines it, so
# that wrong ones fit what noise there is: these were chosen over whole episodes. Differences level
# off where they are more likely a mistake than noise, at most so many variances count (`_robust`);
# bending and colour jump as a whole where a touch falls beside an edge, so they level off
# together. See docs/column.md.
PLACE, MOST_PLACE = np.float32(0.43), np.float32(16.0)
FACING, MOST_FACING = np.float32(0.32), np.float32(16.0)
BENDING, MOST_BENDING = np.float32(0.15), np.float32(9.0)
TURNED, MOST_TURNED = np.float32(0.05), np.float32(9.0)
COLOURED, MOST_COLOURED = np.float32(0.20), np.float32(50.0)
BESIDE, MOST_BESIDE = np.float32(0.20), np.float32(9.0)
SPREADING = np.float32(0.20)
RIM = np.float32(6e-5)
"""m^2 beside a surfel's middle that cost as much as one variance."""
HUGE = np.float32(1e20)
"""A square beyond which only overflow lies."""
AWAY = FACING * MOST_FACING
"""Nats that a touch loses where the surface faces away from it: no less than by any other angle."""
MISSES_OTHERWISE = np.float32(0.5)
"""How often a look meets nothing where nothing is known to be."""
LEAST_MISSES = np.float32(1e-3)
"""No surface is met more surely than this."""
SURFEL_DISC = np.float32(0.75)
"""Radius in cells within which a surfel surely stands for the surface."""

# a percept as the scoring kernel wants it: the percept row, BEND of both curvatures, variances
BEND = P.PERCEPT_SIZE
VAR_NORMAL = P.PERCEPT_SIZE + 2
VAR_BEND = P.PERCEPT_SIZE + 3
FEATURE_SIZE = P.PERCEPT_SIZE + 4


class Tolerance(NamedTuple):
    """Variances of what a sensor and a hypothesis get wrong, and the shape of the score."""

    place: np.float32
    """m^2: location along the normal."""
    normal: np.float32
    """rad^2"""
    bend: np.float32
    """variance of the scale on which curvatures are compared, see `compress`."""
    direction: np.float32
    """rad^2"""
    colour: np.float32
    """per channel of hue, saturation, value."""
    gain: np.float32
    """Score of a perfect fit, nats."""
    floor: np.float32
    """Least score, and that of a percept where the object has no surface, nats."""
    pierced: np.float32
    """Least score where the sensor looked through what should be there."""


def default_tolerance() -> Tolerance:
    """Made for 2 mm, 2 degrees per axis and 0.1 on colours and log-curvatures."""
    f = np.float32
    return Tolerance(
        place=f(0.0022**2),
        normal=f(0.05**2),
        bend=f(0.12**2),
        direction=f(0.07**2),
        colour=f(0.11**2),
        gain=f(4.0),
        floor=f(-5.0),
        pierced=f(-4.0),
    )


@kernel
def loosened(t: Tolerance, place: np.float32, angle: np.float32) -> Tolerance:
    """The tolerance of a hypothesis whose place (m) and rotation (rad) are that uncertain."""
    return Tolerance(
        t.place + place * place,
        t.normal + angle * angle,
        t.bend,
        t.direction + angle * angle,
        t.colour,
        t.gain,
        t.floor,
        t.pierced,
    )


@kernel
def features_of(percept: Array, out: Array) -> None:
    """Prepare a (18,) percept for scoring, into `out` (22,)."""
    for k in range(P.PERCEPT_SIZE):
        out[k] = percept[k]
    sigma = abs(percept[P.SIGMA_BEND])
    variance = ZERO
    for k in range(2):
        curvature = percept[P.CURVATURE + k]
        out[BEND + k] = compress(curvature)
        # d ln(|k| / FLAT + 1) = dk / (|k| + FLAT)
        own = min(sigma / (abs(curvature) + FLAT), WIDEST_BEND)
        variance = max(variance, own * own)
    out[VAR_BEND] = variance
    sigma = min(abs(percept[P.SIGMA_NORMAL]), WIDEST_NORMAL)
    out[VAR_NORMAL] = sigma * sigma


@inlined
def _robust(square: np.float32, variance: np.float32, most: np.float32) -> np.float32:
    """A squared difference in variances, `most` of them in the limit (Geman & McClure 1987)."""
    square = min(square, HUGE)  # that of a wild percept may be infinite
    return square / (variance + square / most)


@inlined
def colour_difference(a: Array, ka: int, s: Array, t: Tolerance):  # type: ignore[no-untyped-def]
    """How a sensed HSV colour, from a[ka] on, differs from that of a surfel row.

    Returns the nats that it costs, and by how much the surfel's own variance widens the sensor's.
    """
    dh = a[ka] - s[S.COLOUR]
    if dh > HALF:
        dh = dh - ONE
    elif dh < -HALF:
        dh = dh + ONE
    ds = a[ka + 1] - s[S.COLOUR + 1]
    dv = a[ka + 2] - s[S.COLOUR + 2]
    value = t.colour + s[S.SPREAD_COLOUR + 2]
    square = (
        dh * dh / (t.colour + s[S.SPREAD_COLOUR])
        + ds * ds / (t.colour + s[S.SPREAD_COLOUR + 1])
        + dv * dv / value
    )
    return COLOURED * _robust(square, ONE, MOST_COLOURED), value / t.colour


@inlined
def compare(  # type: ignore[no-untyped-def]
    f: Array,
    qx: np.float32,
    qy: np.float32,
    qz: np.float32,
    nx: np.float32,
    ny: np.float32,
    nz: np.float32,
    dx: np.float32,
    dy: np.float32,
    dz: np.float32,
    s: Array,
    t: Tolerance,
):
    """How features `f` (22,), placed at q and facing n with direction d, differ from a surfel row.

    Returns the nats that the differences cost, by how much the surfel's own variances widen those
    that the sensor has (a product of ratios), and the part of the cost that is colour's.
    """
    ox, oy, oz = qx - s[S.POSITION], qy - s[S.POSITION + 1], qz - s[S.POSITION + 2]
    mx, my, mz = s[S.NORMAL], s[S.NORMAL + 1], s[S.NORMAL + 2]
    ex, ey, ez = s[S.DIRECTION], s[S.DIRECTION + 1], s[S.DIRECTION + 2]
    gx, gy, gz = my * ez - mz * ey, mz * ex - mx * ez, mx * ey - my * ex
    height = ox * mx + oy * my + oz * mz
    u = ox * ex + oy * ey + oz * ez
    v = ox * gx + oy * gy + oz * gz
    k1 = min(max(s[S.CURVATURE], -STEEPEST_BEND), STEEPEST_BEND)
    k2 = min(max(s[S.CURVATURE + 1], -STEEPEST_BEND), STEEPEST_BEND)
    # the surfel's quadric: a convex surface falls away from its plane and turns outwards
    height = height + HALF * (k1 * u * u + k2 * v * v)
    tu, tv = k1 * u, k2 * v
    place_variance = t.place + s[S.SPREAD_PLACE]
    penalty = PLACE * _robust(height * height, place_variance, MOST_PLACE)

    px, py, pz = mx + tu * ex + tv * gx, my + tu * ey + tv * gy, mz + tu * ez + tv * gz
    along = nx * px + ny * py + nz * pz
    square = px * px + py * py + pz * pz
    steep = max(k1 * k1, k2 * k2) * t.place
    normal_variance = t.normal + f[VAR_NORMAL] + s[S.SPREAD_NORMAL] + steep
    if along > ZERO:
        sine2 = max(ONE - along * along / square, ZERO)
        penalty = penalty + FACING * _robust(sine2, normal_variance, MOST_FACING)
    else:
        penalty = penalty + AWAY
    wider = place_variance / t.place
    widened = wider * wider * (normal_variance / (t.normal + f[VAR_NORMAL]))

    bend_variance = t.bend + f[VAR_BEND] + s[S.SPREAD_BEND]
    b1 = f[BEND] - s[S.BEND]
    b2 = f[BEND + 1] - s[S.BEND + 1]
    penalty = penalty + BENDING * _robust(b1 * b1 + b2 * b2, bend_variance, MOST_BENDING)

    if f[P.DIRECTED] > ZERO and s[S.DIRECTED] > HALF:
        cosine = dx * ex + dy * ey + dz * ez
        turned2 = max(ONE - cosine * cosine, ZERO)
        direction_variance = t.direction + s[S.SPREAD_DIRECTION]
        penalty = penalty + TURNED * _robust(turned2, direction_variance, MOST_TURNED)

    coloured, wider = colour_difference(f, P.COLOUR, s, t)
    # beyond the rim of what was learned the surfel only stands in for the surface
    beyond = u * u + v * v
    penalty = penalty + coloured + BESIDE * _robust(beyond, RIM, MOST_BESIDE)
    return penalty, widened * wider, coloured


@inlined
def surfel_score(
    f: Array,
    qx: np.float32,
    qy: np.float32,
    qz: np.float32,
    nx: np.float32,
    ny: np.float32,
    nz: np.float32,
    dx: np.float32,
    dy: np.float32,
    dz: np.float32,
    s: Array,
    t: Tolerance,
) -> np.float32:
    """Nats that features tell for or against one surfel row; arguments as in `compare`.

    A place that varies much explains nothing well: that is what the logarithm says.
    """
    penalty, widened, _ = compare(f, qx, qy, qz, nx, ny, nz, dx, dy, dz, s, t)
    return max(t.gain - (penalty + SPREADING * log_positive(widened)), t.floor)


@kernel
def _pierced(memory: Memory, o: int, pose: Array, f: Array, reach: np.float32) -> int:
    """The surfel that the free line of sight of an off-object percept runs through, or -1."""
    ex, ey, ez = turn(pose, f[P.LOCATION], f[P.LOCATION + 1], f[P.LOCATION + 2])
    ex, ey, ez = ex + pose[9], ey + pose[10], ez + pose[11]
    nx, ny, nz = turn(pose, f[P.NORMAL], f[P.NORMAL + 1], f[P.NORMAL + 2])
    # only the part of the line within the object's bounding sphere
    c = memory.centre[o]
    cx, cy, cz = ex - c[0], ey - c[1], ez - c[2]
    middle = cx * nx + cy * ny + cz * nz
    half = memory.radius[o] * memory.radius[o] + middle * middle - (cx * cx + cy * cy + cz * cz)
    if half <= ZERO:
        return -1
    half = np.sqrt(half)
    stride = np.float32(0.003)
    disc = SURFEL_DISC / memory.inverse_cell[o]
    disc = disc * disc
    reach = min(reach, middle + half)
    along = max(stride, middle - half)
    while along < reach:
        x, y, z = ex - along * nx, ey - along * ny, ez - along * nz
        i = lookup(memory, o, x, y, z, nx, ny, nz)
        if i >= 0:
            s = memory.surfels[i]
            facing = s[S.NORMAL] * nx + s[S.NORMAL + 1] * ny + s[S.NORMAL + 2] * nz
            dx, dy, dz = x - s[S.POSITION], y - s[S.POSITION + 1], z - s[S.POSITION + 2]
            height = dx * s[S.NORMAL] + dy * s[S.NORMAL + 1] + dz * s[S.NORMAL + 2]
            aside = dx * dx + dy * dy + dz * dz - height * height
            if facing > HALF and abs(height) < stride and aside < disc:
                return i
        along = along + stride
    return -1


@kernel
def _miss(
    memory: Memory, o: int, pose: Array, f: Array, t: Tolerance, reach: np.float32
) -> np.float32:
    """Nats that a look which met nothing tells: much against a surface that is always met."""
    i = _pierced(memory, o, pose, f, reach)
    if i < 0:
        return ZERO
    surprise = MISSES_OTHERWISE / max(ONE - memory.surfels[i, S.HIT], LEAST_MISSES)
    return max(-log_positive(surprise), t.pierced) if surprise > ONE else ZERO


@inlined
def _met(  # type: ignore[no-untyped-def]
    memory: Memory, o: int, pose: Array, f: Array, t: Tolerance
):
    """What `compare` returns where a hypothesis puts features `f` (22,); first, whether it can."""
    qx, qy, qz = turn(pose, f[P.LOCATION], f[P.LOCATION + 1], f[P.LOCATION + 2])
    qx, qy, qz = qx + pose[9], qy + pose[10], qz + pose[11]
    nx, ny, nz = turn(pose, f[P.NORMAL], f[P.NORMAL + 1], f[P.NORMAL + 2])
    i = lookup(memory, o, qx, qy, qz, nx, ny, nz)
    if i < 0:
        return False, ZERO, ONE, ZERO
    dx, dy, dz = turn(pose, f[P.DIRECTION], f[P.DIRECTION + 1], f[P.DIRECTION + 2])
    s = memory.surfels[i]
    penalty, widened, coloured = compare(f, qx, qy, qz, nx, ny, nz, dx, dy, dz, s, t)
    return True, penalty, widened, coloured


@inlined
def score_parts(  # type: ignore[no-untyped-def]
    memory: Memory, o: int, pose: Array, f: Array, t: Tolerance, reach: np.float32
):
    """What `score` returns, the nats in it that a difference in colour cost, what `fit` returns.

    Of a score at the floor that is no more than would have led there by itself.
    """
    if f[P.ON_OBJECT] == ZERO:
        missed = _miss(memory, o, pose, f, t, reach)
        return missed, ZERO, missed
    known, penalty, widened, coloured = _met(memory, o, pose, f, t)
    if not known:
        return t.floor, ZERO, t.floor
    fits = max(t.gain - penalty, t.floor)
    best = t.gain - SPREADING * log_positive(widened)
    if best - penalty > t.floor:
        return best - penalty, coloured, fits
    return t.floor, min(coloured, max(best - t.floor, ZERO)), fits


@inlined
def score(
    memory: Memory, o: int, pose: Array, f: Array, t: Tolerance, reach: np.float32
) -> np.float32:
    """Nats that features `f` (22,) tell for or against object `o` lying at `pose` (12,).

    `pose` maps the body's frame into the object's: nine row-major entries of R, then t.
    `reach` (m) is how far the sensor would have seen, for percepts off the object.
    """
    nats, _, _ = score_parts(memory, o, pose, f, t, reach)
    return nats


@kernel
def fit(
    memory: Memory, o: int, pose: Array, f: Array, t: Tolerance, reach: np.float32
) -> np.float32:
    """How well features fit where a hypothesis puts them, however little they tell.

    The gain less what differences cost: what is as the object varies by itself fits.
    Arguments as for `score`.
    """
    if f[P.ON_OBJECT] == ZERO:
        return _miss(memory, o, pose, f, t, reach)
    known, penalty, _, _ = _met(memory, o, pose, f, t)
    return max(t.gain - penalty, t.floor) if known else t.floor
