"""The contest: what enters among a column's hypotheses, and how its leaders improve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models.column_state import (
    CUT,
    MET,
    PERCEPTS,
    RECONSIDERED,
    SEEDED_AT,
    SEEDINGS,
    TWINNED_AT,
    Column,
)
from colonnade_models.distinction import after
from colonnade_models.evidence import Tolerance, fit, loosened, score
from colonnade_models.familiarity import list_familiar, list_only
from colonnade_models.hypotheses import (
    Hypotheses,
    best_of,
    drop_twins,
    is_tried,
    keep_winners,
    push,
    put,
)
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.past import before
from colonnade_models.percept import ON_OBJECT
from colonnade_models.recall import recall, recall_listed
from colonnade_models.refinement import refine
from colonnade_models.seeding import choose_anchor, seed
from colonnade_models.twin import POSE_SIZE

__all__ = [
    "admit_seeds",
    "admit_twins",
    "reconsider",
    "refine_leaders",
    "refine_one",
    "total_evidence",
    "total_fit",
]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
SEED_SLACK = np.float32(14.0)
"""Proposals this many nats behind the best are given up."""


@kernel
def total_evidence(c: Column, memory: Memory, o: int, pose: Array) -> np.float32:
    """Evidence of a pose over all percepts of the episode, and of the past."""
    total = before(c.past, memory.centre[o], o, pose)
    for p in range(c.tally[PERCEPTS]):
        total = total + score(memory, o, pose, c.features[p], c.tolerance, c.settings.reach)
    return total


@kernel
def total_fit(c: Column, memory: Memory, o: int, pose: Array) -> np.float32:
    """How well a pose fits all percepts of the episode."""
    total = ZERO
    for p in range(c.tally[PERCEPTS]):
        total = total + fit(memory, o, pose, c.features[p], c.tolerance, c.settings.reach)
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
        total = total_evidence(c, memory, o, moved)
        if total > h.evidence[i]:
            h.evidence[i] = total
            put(h, i, moved)


@kernel
def admit_seeds(c: Column, memory: Memory) -> None:
    """Propose, refine and admit new hypotheses of any object."""
    c.tally[SEEDED_AT] = c.tally[MET]
    list_familiar(memory.surprise, c.features, c.tally[PERCEPTS], c.plan.listed)
    recall_listed(memory, c.hypotheses, c.past, c.plan.listed)
    budget = max(c.settings.seed_budget, c.settings.seed_share * c.plan.listed.count[0])
    left_out = _propose(c, memory, c.proposals, budget)
    if left_out >= 0:
        c.tally[SEEDINGS] += 1
        c.tally[CUT] = left_out


@kernel
def reconsider(c: Column, memory: Memory, o: int) -> None:
    """Propose, refine and admit new poses of one object, each time from another percept."""
    if not recall(memory, c.hypotheses, c.past, o):
        return
    if c.tally[RECONSIDERED] != o:
        c.tally[RECONSIDERED] = o
        for i in range(c.own_proposals.shape[0]):
            c.own_proposals[i] = -1
    list_only(o, c.plan.listed)
    _propose(c, memory, c.own_proposals, c.settings.seed_budget // 2)


@kernel
def _propose(c: Column, memory: Memory, proposals: NDArray[np.int64], budget: int) -> int:
    """Admit what the most telling percept proposes of the listed objects.

    Returns how many proposals had to be left out, -1 if no percept is left to propose any.
    """
    count = c.tally[PERCEPTS]
    anchor = choose_anchor(memory, c.features, count, proposals, c.plan)
    if anchor < 0:
        return -1
    proposals[anchor] = 0
    coarse = loosened(c.tolerance, np.float32(0.003), np.float32(0.15))
    middle = loosened(c.tolerance, np.float32(0.001), np.float32(0.06))
    s = c.settings
    seed(
        memory,
        c.features,
        count,
        anchor,
        coarse,
        budget,
        s.reach,
        SEED_SLACK,
        c.plan,
        c.seeds,
    )
    _weigh_misses(c, memory)
    left_out = max(0, c.seeds.count[0] - s.refined_seeds)
    keep_winners(c.seeds, s.refined_seeds, SEED_SLACK)
    for i in range(c.seeds.count[0]):
        c.seeds.evidence[i] = total_evidence(c, memory, c.seeds.object[i], c.seeds.pose[i])
        refine_one(c, memory, c.seeds, i, 2, coarse)
    drop_twins(c.seeds, memory.centre, np.float32(0.994), np.float32(0.004))
    keep_winners(c.seeds, s.refined_seeds // 2, s.slack)
    for i in range(c.seeds.count[0]):
        refine_one(c, memory, c.seeds, i, 2, middle)
    for i in range(c.seeds.count[0]):
        push(c.hypotheses, c.seeds.object[i], c.seeds.pose[i], c.seeds.evidence[i])
    drop_twins(c.hypotheses, memory.centre, np.float32(0.997), np.float32(0.003))
    return left_out


@kernel
def _weigh_misses(c: Column, memory: Memory) -> None:
    """Looks that met nothing speak against proposals that have a surface there."""
    s = c.seeds
    for p in range(c.tally[PERCEPTS]):
        f = c.features[p]
        if f[ON_OBJECT] > ZERO:
            continue
        for i in range(s.count[0]):
            s.evidence[i] += score(memory, s.object[i], s.pose[i], f, c.tolerance, c.settings.reach)


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
        if h.evidence[i] >= high and (i + c.tally[MET]) % c.settings.refine_every == 0:
            refine_one(c, memory, h, i, 1, c.tolerance)
    drop_twins(h, memory.centre, np.float32(0.999), np.float32(0.002))


@kernel
def admit_twins(c: Column, memory: Memory, leader: int) -> None:
    """Give every twin of the leading pose its chance."""
    h, s = c.hypotheses, c.seeds
    o = h.object[leader]
    c.tally[TWINNED_AT] = c.tally[MET]
    s.count[0] = 0
    for w in range(memory.twin_start[o], memory.twin_start[o + 1]):
        after(memory.twins[w, :POSE_SIZE], h.pose[leader], c.relative)
        if is_tried(h, o, c.relative, memory.centre[o]):
            continue
        if not push(s, o, c.relative, total_evidence(c, memory, o, c.relative)):
            continue
        refine_one(c, memory, s, s.count[0] - 1, 2, c.tolerance)
    keep_winners(s, h.object.shape[0] - h.count[0], c.settings.slack)
    for i in range(s.count[0]):
        push(h, o, s.pose[i], s.evidence[i])
