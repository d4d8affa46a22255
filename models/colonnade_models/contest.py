"""The contest: how well hypotheses explain all percepts, and how the leaders improve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models.agenda import exhausted, spend
from colonnade_models.column_state import LOOKS, MET, PERCEPTS, Column
from colonnade_models.evidence import Tolerance, fit, score
from colonnade_models.hypotheses import Hypotheses, best_of, drop_twins, put
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.past import before
from colonnade_models.refinement import refine

__all__ = ["refine_leaders", "refine_one", "total_evidence", "total_fit"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)


@kernel
def total_evidence(c: Column, memory: Memory, o: int, pose: Array) -> np.float32:
    """Evidence of a pose over all percepts of the episode, and of the past."""
    total = before(c.past, memory.centre[o], o, pose)
    for p in range(c.tally[PERCEPTS]):
        total = total + score(memory, o, pose, c.features[p], c.tolerance, c.settings.reach)
    spend(c, c.tally[LOOKS])
    return total


@kernel
def total_fit(c: Column, memory: Memory, o: int, pose: Array) -> np.float32:
    """How well a pose fits all percepts of the episode."""
    total = ZERO
    for p in range(c.tally[PERCEPTS]):
        total = total + fit(memory, o, pose, c.features[p], c.tolerance, c.settings.reach)
    spend(c, c.tally[LOOKS])
    return total


@kernel
def refine_one(c: Column, memory: Memory, h: Hypotheses, i: int, passes: int, t: Tolerance) -> None:
    """Refine one pose, whose evidence is known, and keep what scores best on all percepts.

    At most about forty percepts pull at the pose.
    """
    count = c.tally[PERCEPTS]
    stride = 1 + count // 40
    o = h.object[i]
    moved = c.moved
    for k in range(12):
        moved[k] = h.pose[i, k]
    for q in range(passes):
        refine(memory, o, moved, c.features, q % stride, count, stride, t, c.normal)
        spend(c, count // stride)
        total = total_evidence(c, memory, o, moved)
        if total > h.evidence[i]:
            h.evidence[i] = total
            put(h, i, moved)


@kernel
def refine_leaders(c: Column, memory: Memory) -> None:
    """Refine the strongest few in turns; the threshold is the evidence of the last of them."""
    h = c.hypotheses
    best = best_of(h)
    if best < 0:
        return
    low, high = h.evidence[best] - c.settings.slack, h.evidence[best]
    for _ in range(10):
        middle = np.float32(0.5) * (low + high)
        count = 0
        for i in range(h.count[0]):
            if h.evidence[i] >= middle:
                count += 1
        if count > c.settings.refined:
            low = middle
        else:
            high = middle
    for i in range(h.count[0]):
        if exhausted(c):
            break
        if h.evidence[i] >= high and (i + c.tally[MET]) % c.settings.refine_every == 0:
            refine_one(c, memory, h, i, 1, c.tolerance)
    drop_twins(h, memory.centre, np.float32(0.999), np.float32(0.002))
