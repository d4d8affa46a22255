"""Pulls in the graph: the normal equations of a refinement, as `colonnade_models.refinement`.

Every percept on the object pulls at a pose up to four times: by its height above the surface, by
its normal along both tangents and by its principal direction. Tensors are laid out (..., K, M).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from colonnade_bridge.onnx.algebra import Value
from colonnade_bridge.onnx.association import Things, dot
from colonnade_bridge.onnx.scoring import normal_variance
from colonnade_bridge.onnx.surface import Allowed, Percepts, Placed, Surface
from colonnade_models.refinement import WILD

__all__ = ["Equations", "equations"]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)


class Equations(NamedTuple):
    """Sums over all percepts, without the prior."""

    matrix: Value
    """(K, 36) six rows of six; the upper triangle need not have the bits of the lower one."""
    vector: Value
    """(K, 6)"""


class _Pull(NamedTuple):
    row: Value
    """(6, K, M) the Jacobian of what is left."""
    residual: Value
    """(1, K, M)"""
    variance: Value
    """(1, K, M) or a number"""
    counts: Value
    """(1, K, M) whether it pulls at all."""


def _cross(a: Value, b: Value) -> Value:
    ax, ay, az = a.parts(1, 1, 1)
    bx, by, bz = b.parts(1, 1, 1)
    return _column(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)


def _column(*parts: Value) -> Value:
    return parts[0].builder.op("Concat", *parts, axis=0)


def equations(f: Percepts, at: Placed, s: Surface, things: Things, t: Allowed) -> Equations:
    """The normal equations of K poses over M percepts."""
    known = s.known & (dot(at.normal, s.normal) >= HALF) & (f.on_object > ZERO)
    m, e, g, n = s.normal, s.direction, s.third, at.normal
    p = s.facing * (ONE / dot(s.facing, s.facing).sqrt())
    arm = known.where(at.location - things.centre, ZERO)  # that of a wild percept is infinite
    still = arm * ZERO
    variance = normal_variance(f, s, t)
    directed = known & (f.directed > ZERO) & (s.directed > HALF)
    d = at.direction
    d = (dot(d, e) < ZERO).where(-d, d)
    pulls = [
        _Pull(_column(_cross(arm, p), p), s.height, _spread(t.place, variance), known),
        _Pull(_column(_cross(n, e), still), dot(n - p, e), variance, known),
        _Pull(_column(_cross(n, g), still), dot(n - p, g), variance, known),
        _Pull(_column(m, still), dot(d, g), t.direction + s.spread_direction, directed),
    ]
    return _summed(pulls)


def _spread(number: Value, like: Value) -> Value:
    return like * ZERO + number


def _summed(pulls: list[_Pull]) -> Equations:
    """Every pull added in its turn: percept by percept, for each the four."""
    g = pulls[0].row.builder

    def together(parts: list[Value]) -> Value:
        return g.op("Concat", *(part.deeper(-1) for part in parts), axis=-1)

    row = together([pull.row for pull in pulls])  # (6, K, M, 4)
    residual = together([pull.residual for pull in pulls])
    variance = together([pull.variance for pull in pulls])
    counts = together([pull.counts for pull in pulls])
    square = residual * residual / variance
    weight = ONE - square / WILD
    weight = weight * weight / variance
    weight = (counts & (square <= WILD)).where(weight, ZERO)
    residual = counts.where(residual, ZERO)
    weighted = weight * row
    number = np.arange(6)
    products = weighted.take(np.repeat(number, 6)) * row.take(np.tile(number, 6))
    return Equations(_total(products), -_total(weighted * residual))


def _total(parts: Value) -> Value:
    """(K, N) of parts (N, K, M, 4), added one after the other."""
    sums = parts.reshaped(0, 0, -1).running(-1)
    return sums.take(np.int64(-1), axis=2).transposed(1, 0)
