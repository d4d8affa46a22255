"""Sight in the graph: what looks that met nothing tell, as `evidence._miss`.

The line of sight is walked in all its steps at once, and only of percepts off the object.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.onnx.algebra import Value
from colonnade_bridge.onnx.association import Stored, Things, dot, look_up
from colonnade_bridge.onnx.surface import Percepts, Placed
from colonnade_models import surfel as S
from colonnade_models.evidence import LEAST_MISSES, MISSES_OTHERWISE
from colonnade_models.memory import Memory
from colonnade_models.numerics import log_positive

__all__ = ["STRIDE", "missed_of", "most_steps", "score_misses"]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)
STRIDE = np.float32(0.003)
"""Metres from one step along the line of sight to the next, as in `evidence._pierced`."""


def most_steps(memory: Memory) -> int:
    """How many steps the longest line within an object may take."""
    return int(2 * float(memory.radius.max()) / STRIDE) + 2


def missed_of(memory: Memory) -> NDArray[np.float32]:
    """(R,) nats that it tells to look through each surfel, were there no least."""
    surprise = MISSES_OTHERWISE / np.maximum(ONE - memory.surfels[:, S.HIT], LEAST_MISSES)
    return np.array([-log_positive(x) if x > ONE else ZERO for x in surprise], np.float32)


def score_misses(
    f: Percepts,
    at: Placed,
    stored: Stored,
    things: Things,
    missed: Value,
    pierced: Value,
    reach: Value,
    steps: int,
) -> Value:
    """(1, K, M) nats that percepts off the object tell; anything of the others.

    `missed` is `missed_of` the memory, `pierced` the least of what it tells.
    """
    g = missed.builder
    off = f.on_object.equals(ZERO).flatter(0, 1)

    def walk() -> list[Value]:
        which = g.op("NonZero", off).flatter(0)
        eye, n = at.location.take(which, axis=2), at.normal.take(which, axis=2)
        nats = _walk(eye, n, stored, things, missed, reach, steps).at_least(pierced)
        place = (off.cast(np.int64).running(0) - np.int64(1)).at_least(np.int64(0))
        return [nats.take(place, axis=2)]

    any_off = off.cast(np.int32).largest(0).cast(np.bool_)
    return g.branch(any_off, walk, lambda: [np.zeros((1, 1, 1), np.float32)])[0]


def _walk(
    eye: Value,
    n: Value,
    stored: Stored,
    things: Things,
    missed: Value,
    reach: Value,
    steps: int,
) -> Value:
    """(1, K, M) of the first surfel that each line from `eye` against `n`, (3, K, M), meets."""
    g = missed.builder
    c = eye - things.centre
    middle = dot(c, n)
    half = things.radius * things.radius + middle * middle - dot(c, c)
    meets = half > ZERO
    half = half.at_least(ZERO).sqrt()
    end = (middle + half).at_most(reach)
    start = (middle - half).at_least(STRIDE).deeper(-1)
    strides = g.op(
        "Expand",
        np.full((1, 1, 1, steps - 1), STRIDE, np.float32),
        g.op("Shape", start),
    )
    along = g.op("Concat", start, strides, axis=-1).running(-1)
    n, on_line = n.deeper(-1), meets.deeper(-1) & (along < end.deeper(-1))
    x = eye.deeper(-1) - along * n
    found = look_up(stored, things.deeper(), x, n)
    m = stored.normal.take(found.surfel, axis=1)
    d = x - stored.position.take(found.surfel, axis=1)
    height = dot(d, m)
    aside = dot(d, d) - height * height
    met = found.known & on_line & (dot(m, n) > HALF)
    met = met & (g.op("Abs", height) < STRIDE) & (aside < things.deeper().disc)
    met = met.flatter(0).cast(np.int32)
    first = g.op("ArgMax", met, axis=-1, keepdims=1)
    surfel = g.op("GatherElements", found.surfel, first, axis=-1)
    nats = met.largest(-1).cast(np.bool_).where(missed.take(surfel).flatter(-1), ZERO)
    return nats.deeper(0)
