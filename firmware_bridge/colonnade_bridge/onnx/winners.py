"""Winners in the graph: which hypotheses stay, and who leads, as `colonnade_models.hypotheses`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from colonnade_bridge.onnx.algebra import Value

__all__ = ["Contest", "contest"]

HALF = np.float32(0.5)
NONE = np.float32(-np.inf)
BISECTIONS = 14
"""As many as `hypotheses.keep_winners` does."""


class Contest(NamedTuple):
    """What a step comes to before anything new enters. K hypotheses, O objects."""

    stays: Value
    """(K,) whether each is among the winners."""
    leader: Value
    """(1,) the strongest, the first of equals."""
    best: Value
    """(O,) evidence of the best hypothesis of each object; -inf where none stays."""


def contest(
    evidence: Value, objects: Value, count: Value, winners: Value, slack: Value, known: int
) -> Contest:
    """Keep at most `winners` of the first `count`, all (1,), within `slack` nats of the best.

    `known` is how many objects there are.
    """
    g = evidence.builder
    size = g.op("Shape", evidence)
    number = g.op("Range", np.int64(0), size.flatter(0), np.int64(1))
    evidence = (number < count).where(evidence, NONE)
    top = evidence.largest(0).deeper(0)
    low = top - slack
    too_many = (evidence >= low).cast(np.int64).summed(0).deeper(0) > winners
    low = g.branch(too_many, lambda: [_threshold(evidence, low, top, winners)], lambda: [low])[0]
    above = (evidence >= low) & (evidence > NONE)
    stays = above & (above.cast(np.int64).running(0) <= winners)
    left = stays.where(evidence, NONE)
    best = g.op("ScatterElements", np.full(known, NONE, np.float32), objects, left, reduction="max")
    return Contest(stays, g.op("ArgMax", left, axis=0), best)


def _threshold(evidence: Value, low: Value, top: Value, winners: Value) -> Value:
    """(1,) evidence that about `winners` reach, by bisection.

    More than so many reach a threshold where the next one after them does, so only that one need
    be known of all.
    """
    g = evidence.builder
    values = g.ops("TopK", 2, evidence, winners + np.int64(1))[0]
    next_one = values.take(winners)
    high = top
    for _ in range(BISECTIONS):
        middle = HALF * (low + high)
        too_low = middle <= next_one
        low, high = too_low.where(middle, low), too_low.where(high, middle)
    return high
