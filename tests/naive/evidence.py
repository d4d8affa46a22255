"""Evidence term by term, with vectors and matrices in float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive.spatial_index import lookup

from colonnade_models import evidence as E
from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.evidence import Tolerance
from colonnade_models.learned import LearnedObject
from colonnade_models.numerics import FLAT

Array = NDArray[np.float64]


def bend(curvature: float) -> float:
    """sign(k) ln(|k| / FLAT + 1)."""
    return math.copysign(math.log(abs(curvature) / float(FLAT) + 1), curvature)


def features_of(percept: NDArray[Any]) -> Array:
    """The features of a percept, as far as they are used."""
    p = np.asarray(percept, np.float64)
    curvature = p[P.CURVATURE : P.CURVATURE + 2]
    sigma, widest = abs(p[P.SIGMA_BEND]), float(E.WIDEST_BEND)
    own = [min(sigma / (abs(k) + float(FLAT)), widest) ** 2 for k in curvature]
    return np.concatenate(
        [p, [bend(k) for k in curvature], [min(abs(p[P.SIGMA_NORMAL]), 1.0) ** 2, max(own)]]
    )


def levelled(square: float, most: float) -> float:
    """A squared normalised difference that levels off at `most`."""
    return square / (1 + square / float(most))


def colour_square(a: Array, b: Array, surfel: NDArray[Any], t: Tolerance) -> tuple[float, float]:
    """The squared normalised difference of two HSV colours, and the variance of the last."""
    variances = float(t.colour) + surfel[S.SPREAD_COLOUR : S.SPREAD_COLOUR + 3].astype(float)
    hue = abs(a[0] - b[0]) % 1.0
    differences = np.array([min(hue, 1 - hue), a[1] - b[1], a[2] - b[2]])
    return float((differences**2 / variances).sum()), float(variances[2])


def coloured(a: Array, b: Array, surfel: NDArray[Any], t: Tolerance) -> float:
    """Nats that the difference of two HSV colours costs."""
    return weighed("COLOURED", colour_square(a, b, surfel, t)[0])


def weighed(kind: str, square: float) -> float:
    """Nats that a squared normalised difference of a kind costs; AWAY is one or none."""
    if kind == "AWAY":
        return float(E.AWAY) * square
    return float(getattr(E, kind)) * levelled(square, getattr(E, f"MOST_{kind}"))


def clamped(curvature: Array) -> Array:
    """Curvatures as far as they are extrapolated."""
    return np.clip(curvature, -float(S.STEEPEST_BEND), float(S.STEEPEST_BEND))


def differences(
    f: Array, point: Array, normal: Array, direction: Array, surfel: NDArray[Any], t: Tolerance
) -> tuple[dict[str, float], float]:
    """Squared normalised differences by kind, and the log of how much the surfel's variances widen.

    On a surface that faces away AWAY stands in the place of FACING.
    """
    s = np.asarray(surfel, np.float64)
    m, e = s[S.NORMAL : S.NORMAL + 3], s[S.DIRECTION : S.DIRECTION + 3]
    tangents = np.array([e, np.cross(m, e)])
    offset = point - s[S.POSITION : S.POSITION + 3]
    uv = tangents @ offset
    k = clamped(s[S.CURVATURE : S.CURVATURE + 2])
    variance = t.place + s[S.SPREAD_PLACE]
    squares = {"PLACE": (offset @ m + 0.5 * k @ uv**2) ** 2 / variance}
    widened = 2 * math.log(variance / t.place)

    expected = m + (k * uv) @ tangents
    cosine = normal @ expected / np.linalg.norm(expected)
    own = t.normal + f[E.VAR_NORMAL]
    variance = own + s[S.SPREAD_NORMAL] + (k**2).max() * t.place
    if cosine > 0:
        squares["FACING"] = max(1 - cosine**2, 0.0) / variance
    else:
        squares["AWAY"] = 1.0
    widened += math.log(variance / own)

    variance = t.bend + f[E.VAR_BEND] + s[S.SPREAD_BEND]
    bends = ((f[E.BEND : E.BEND + 2] - s[S.BEND : S.BEND + 2]) ** 2).sum()
    squares["BENDING"] = bends / variance
    if f[P.DIRECTED] > 0 and s[S.DIRECTED] > 0.5:
        variance = t.direction + s[S.SPREAD_DIRECTION]
        squares["TURNED"] = max(1 - (direction @ e) ** 2, 0.0) / variance
    colours = f[P.COLOUR : P.COLOUR + 3], s[S.COLOUR : S.COLOUR + 3]
    squares["COLOURED"], variance = colour_square(*colours, s, t)
    squares["BESIDE"] = uv @ uv / float(E.RIM)
    return squares, widened + math.log(variance / float(t.colour))


def compare(
    f: Array, point: Array, normal: Array, direction: Array, surfel: NDArray[Any], t: Tolerance
) -> tuple[float, float]:
    """Nats that the differences cost, and the log of how much the surfel's variances widen."""
    squares, widened = differences(f, point, normal, direction, surfel, t)
    return sum(weighed(kind, square) for kind, square in squares.items()), widened


def surfel_score(
    f: Array, point: Array, normal: Array, direction: Array, surfel: NDArray[Any], t: Tolerance
) -> float:
    """Score of features at a place and frame in the object against one surfel."""
    penalty, widened = compare(f, point, normal, direction, surfel, t)
    return max(float(t.gain) - penalty - float(E.SPREADING) * widened, float(t.floor))


def pierced(learned: LearnedObject, pose: NDArray[Any], f: Array, reach: float) -> int:
    """The surfel that a free line of sight of `reach` metres runs through, or -1."""
    R, shift = np.asarray(pose[:9], np.float64).reshape(3, 3), np.asarray(pose[9:], np.float64)
    eye = R @ f[P.LOCATION : P.LOCATION + 3] + shift
    back = R @ f[P.NORMAL : P.NORMAL + 3]
    position = learned.surfels.position.astype(np.float64)
    centre = (position.min(axis=0) + position.max(axis=0)) / 2
    radius = np.linalg.norm(position - centre, axis=1).max()
    middle = (eye - centre) @ back
    square = radius**2 + middle**2 - (eye - centre) @ (eye - centre)
    if square <= 0:
        return -1
    stride = 0.003
    along = max(stride, middle - math.sqrt(square))
    while along < min(reach, middle + math.sqrt(square)):
        point = eye - along * back
        i = lookup(learned, point, back)
        if i >= 0:
            s = learned.table[i].astype(np.float64)
            m = s[S.NORMAL : S.NORMAL + 3]
            offset = point - s[S.POSITION : S.POSITION + 3]
            height = offset @ m
            aside = offset @ offset - height**2
            disc = float(E.SURFEL_DISC) * learned.spacing
            if m @ back > 0.5 and abs(height) < stride and aside < disc**2:
                return i
        along += stride
    return -1


def miss(learned: LearnedObject, pose: NDArray[Any], f: Array, t: Tolerance, reach: float) -> float:
    """Score of a look that met nothing."""
    i = pierced(learned, pose, f, reach)
    if i < 0:
        return 0.0
    misses = max(1 - float(learned.table[i, S.HIT]), float(E.LEAST_MISSES))
    return min(max(math.log(misses / float(E.MISSES_OTHERWISE)), float(t.pierced)), 0.0)


def score(
    learned: LearnedObject, pose: NDArray[Any], f: NDArray[Any], t: Tolerance, reach: float
) -> float:
    """Score of features under the hypothesis that the object lies at `pose`."""
    return _weighed(learned, pose, f, t, reach, surfel_score)


def score_parts(
    learned: LearnedObject, pose: NDArray[Any], f: NDArray[Any], t: Tolerance, reach: float
) -> tuple[float, float]:
    """The score, and the nats in it that a difference in colour cost."""

    def of_colour(
        f: Array, point: Array, normal: Array, direction: Array, surfel: NDArray[Any], t: Tolerance
    ) -> float:
        s = np.asarray(surfel, np.float64)
        return coloured(f[P.COLOUR : P.COLOUR + 3], s[S.COLOUR : S.COLOUR + 3], s, t)

    def at_best(
        f: Array, point: Array, normal: Array, direction: Array, surfel: NDArray[Any], t: Tolerance
    ) -> float:
        penalty, _ = compare(f, point, normal, direction, surfel, t)
        return surfel_score(f, point, normal, direction, surfel, boundless) + penalty

    boundless = t._replace(floor=np.float32(-1e6))
    nats = score(learned, pose, f, t, reach)
    met = f[P.ON_OBJECT] > 0 and _weighed(learned, pose, f, t, reach, lambda *_: 1.0) == 1.0
    if not met:
        return nats, 0.0
    by_colour = _weighed(learned, pose, f, t, reach, of_colour)
    if nats > t.floor:
        return nats, by_colour
    best = _weighed(learned, pose, f, t, reach, at_best)
    return nats, min(by_colour, max(best - float(t.floor), 0.0))


def fit(
    learned: LearnedObject, pose: NDArray[Any], f: NDArray[Any], t: Tolerance, reach: float
) -> float:
    """How well features fit under the hypothesis that the object lies at `pose`."""

    def of_surfel(
        f: Array, point: Array, normal: Array, direction: Array, surfel: NDArray[Any], t: Tolerance
    ) -> float:
        penalty, _ = compare(f, point, normal, direction, surfel, t)
        return max(float(t.gain) - penalty, float(t.floor))

    return _weighed(learned, pose, f, t, reach, of_surfel)


def _weighed(
    learned: LearnedObject,
    pose: NDArray[Any],
    f: NDArray[Any],
    t: Tolerance,
    reach: float,
    of_surfel: Callable[..., float],
) -> float:
    f = np.asarray(f, np.float64)
    if f[P.ON_OBJECT] < 1:
        return miss(learned, pose, f, t, reach)
    R, shift = np.asarray(pose[:9], np.float64).reshape(3, 3), np.asarray(pose[9:], np.float64)
    point = R @ f[P.LOCATION : P.LOCATION + 3] + shift
    normal = R @ f[P.NORMAL : P.NORMAL + 3]
    direction = R @ f[P.DIRECTION : P.DIRECTION + 3]
    i = lookup(learned, point, normal)
    if i < 0:
        return float(t.floor)
    return of_surfel(f, point, normal, direction, learned.table[i], t)
