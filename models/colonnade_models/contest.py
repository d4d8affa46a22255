"""The contest: how well hypotheses explain all percepts, and how the leaders improve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models.agenda import exhausted, looks_at, spend
from colonnade_models.column_state import LOOKS, MET, PERCEPTS, Column
from colonnade_models.cost import lost
from colonnade_models.evidence import Tolerance, fit, score_parts
from colonnade_models.hypotheses import Hypotheses, best_of, drop_twins, put
from colonnade_models.kernel import inlined, kernel
from colonnade_models.memory import Memory
from colonnade_models.past import before
from colonnade_models.refinement import refine

__all__ = ["assess", "fit_of", "refine_leaders", "refine_one", "total_evidence"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
LOOKS_TO_PULL, LOOKS_TO_SOLVE = 2, 2
"""Looks that are taken as fast as a percept pulls at a pose, and as the equations are solved."""


@kernel
def total_evidence(c: Column, memory: Memory, o: int, pose: Array) -> np.float32:
    """Evidence of a pose over all percepts of the episode, and of the past."""
    total, _, _ = _totals(c, memory, o, pose)
    return total


@kernel
def _totals(c: Column, memory: Memory, o: int, pose: Array):  # type: ignore[no-untyped-def]
    """Evidence of a pose, and how well the percepts of the episode fit and what they cost it."""
    t, reach = c.tolerance, c.settings.reach
    total, fits, cost = before(c.past, memory.centre[o], o, pose), ZERO, ZERO
    for p in range(c.tally[PERCEPTS]):
        f = c.features[p]
        nats, coloured, fitted = score_parts(memory, o, pose, f, t, reach)
        total = total + nats
        fits = fits + fitted
        cost = cost + lost(memory, o, f, t, nats, coloured)
    spend(c, c.tally[LOOKS])
    return total, fits, cost


@inlined
def _know(
    h: Hypotheses, i: int, evidence: np.float32, fits: np.float32, cost: np.float32, count: int
) -> None:
    """Write down what is known of a hypothesis after `count` percepts."""
    h.evidence[i] = evidence
    h.fit[i], h.fitted[i] = fits, count
    h.cost[i], h.costed[i] = cost, count


@kernel
def assess(c: Column, memory: Memory, h: Hypotheses, i: int) -> None:
    """Find out how well all percepts so far speak for a hypothesis, fit, and what they cost it."""
    evidence, fits, cost = _totals(c, memory, h.object[i], h.pose[i])
    _know(h, i, evidence, fits, cost, c.tally[PERCEPTS])


@kernel
def fit_of(c: Column, memory: Memory, i: int) -> np.float32:
    """How well hypothesis `i` fits all percepts of the episode."""
    h, t, reach = c.hypotheses, c.tolerance, c.settings.reach
    for p in range(h.fitted[i], c.tally[PERCEPTS]):
        f = c.features[p]
        spend(c, looks_at(f))
        h.fit[i] += fit(memory, h.object[i], h.pose[i], f, t, reach)
    h.fitted[i] = c.tally[PERCEPTS]
    return h.fit[i]


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
        spend(c, LOOKS_TO_PULL * (count // stride) + LOOKS_TO_SOLVE)
        evidence, fits, cost = _totals(c, memory, o, moved)
        if evidence > h.evidence[i]:
            put(h, i, moved)
            _know(h, i, evidence, fits, cost, count)


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
