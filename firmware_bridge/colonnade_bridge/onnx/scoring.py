"""Scoring in the graph: the nats that percepts on the object tell, as `colonnade_models.evidence`.

Tensors are laid out (..., K, M): components first, then K hypotheses, then M percepts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from colonnade_bridge.onnx.algebra import Value
from colonnade_bridge.onnx.association import dot
from colonnade_bridge.onnx.surface import Allowed, Percepts, Placed, Surface
from colonnade_models import evidence as E
from colonnade_models import numerics

__all__ = ["Score", "normal_variance", "score"]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)
NEVER = np.float32(np.inf)
HALVINGS = (16, 8, 4, 2, 1)


class Score(NamedTuple):
    """(1, K, M) as `evidence.score_parts` and `evidence.fit` say of a percept on the object."""

    nats: Value
    coloured: Value
    fit: Value


def _robust(square: Value, variance: Value | np.float32, most: np.float32) -> Value:
    square = square.at_most(E.HUGE)
    return square / (variance + square / most)


def log_positive(x: Value) -> Value:
    """`numerics.log_positive` of values below 2^31: as halving is exact, several may be one."""
    halvings: Value | np.float32 = ZERO
    for times in HALVINGS:
        above = x > numerics.SQRT2 * np.float32(2.0 ** (times - 1))
        x = x * above.where(np.float32(0.5**times), ONE)
        halvings = halvings + above.where(np.float32(times), ZERO)
    s = (x - ONE) / (x + ONE)
    s2 = s * s
    series = ONE + s2 * (numerics.THIRD + s2 * (numerics.FIFTH + s2 * numerics.SEVENTH))
    return halvings * numerics.LN2 + numerics.TWO * s * series


def _colour_difference(f: Percepts, s: Surface, t: Allowed) -> tuple[Value, Value]:
    """As `evidence.colour_difference`; of hue, saturation and value only the first goes round."""
    half = np.array([HALF, NEVER, NEVER], np.float32).reshape(3, 1, 1)
    d = f.colour - s.colour
    d = (d > half).where(d - ONE, (d < -half).where(d + ONE, d))
    variance = t.colour + s.spread_colour
    hue, saturation, value = (d * d / variance).parts(1, 1, 1)
    square = hue + saturation + value
    _, _, of_value = variance.parts(1, 1, 1)
    return E.COLOURED * _robust(square, ONE, E.MOST_COLOURED), of_value / t.colour


def normal_variance(f: Percepts, s: Surface, t: Allowed) -> Value:
    """That of a normal, where the surfel's own turns with the place."""
    return t.normal + f.var_normal + s.spread_normal + s.steepest * t.place


def score(f: Percepts, at: Placed, s: Surface, t: Allowed) -> Score:
    """What M percepts on the object tell for or against K hypotheses."""
    place_variance = t.place + s.spread_place
    penalty = E.PLACE * _robust(s.height * s.height, place_variance, E.MOST_PLACE)

    along, square = dot(at.normal, s.facing), dot(s.facing, s.facing)
    variance = normal_variance(f, s, t)
    sine2 = (ONE - along * along / square).at_least(ZERO)
    turned = E.FACING * _robust(sine2, variance, E.MOST_FACING)
    penalty = penalty + (along > ZERO).where(turned, E.AWAY)
    wider = place_variance / t.place
    widened = wider * wider * (variance / (t.normal + f.var_normal))

    b1, b2 = (f.bend - s.bend).parts(1, 1)
    bend_variance = t.bend + f.var_bend + s.spread_bend
    penalty = penalty + E.BENDING * _robust(b1 * b1 + b2 * b2, bend_variance, E.MOST_BENDING)

    cosine = dot(at.direction, s.direction)
    turned2 = (ONE - cosine * cosine).at_least(ZERO)
    turned = E.TURNED * _robust(turned2, t.direction + s.spread_direction, E.MOST_TURNED)
    both = (f.directed > ZERO) & (s.directed > HALF)
    penalty = penalty + both.where(turned, ZERO)

    coloured, wider = _colour_difference(f, s, t)
    beyond = s.u * s.u + s.v * s.v
    penalty = penalty + coloured + E.BESIDE * _robust(beyond, E.RIM, E.MOST_BESIDE)

    best = t.gain - E.SPREADING * log_positive(widened * wider)
    above = best - penalty > t.floor
    nats = above.where(best - penalty, t.floor)
    coloured = above.where(coloured, coloured.at_most((best - t.floor).at_least(ZERO)))
    return Score(
        s.known.where(nats, t.floor),
        s.known.where(coloured, ZERO),
        s.known.where((t.gain - penalty).at_least(t.floor), t.floor),
    )
