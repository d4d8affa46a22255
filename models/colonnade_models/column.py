"""A cortical column: percepts in, evidence over (object, pose) out.

State in, state out: `init` makes the arrays, `step` is one kernel over them. A step remembers
the percept, carries every hypothesis to the place it predicts for it, lets the winners stay,
seeds new hypotheses when the evidence is poor, refines the leaders' poses on all percepts of
the episode, and says what it holds true.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models.distinction import after, look_alike
from colonnade_models.evidence import (
    FEATURE_SIZE,
    Tolerance,
    default_tolerance,
    features_of,
    loosened,
    score,
)
from colonnade_models.hypotheses import (
    Hypotheses,
    best_of,
    drop_twins,
    is_near,
    keep_winners,
    new_hypotheses,
    push,
)
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.refinement import Normal, new_normal_equations, refine
from colonnade_models.seeding import SeedPlan, choose_anchor, new_seed_plan, seed

__all__ = [
    "OPEN",
    "RECOGNISED",
    "UNKNOWN",
    "Column",
    "Settings",
    "Verdict",
    "default_settings",
    "init",
    "polish",
    "reset",
    "step",
]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)

OPEN, RECOGNISED, UNKNOWN = 0, 1, 2

# what `tally` counts
PERCEPTS, MET, SEEDED_AT, SEEDINGS, CALM, TWINNED_AT = 0, 1, 2, 3, 4, 5

SEED_SLACK = np.float32(20.0)
"""Proposals this many nats behind the best are given up."""


class Settings(NamedTuple):
    """When to seed, how many to keep, when to decide. Evidence in nats."""

    first_seeding: int
    """Percepts on the object before the first hypotheses."""
    second_seeding: int
    """Percepts after which another anchor gets its chance, whatever the first brought."""
    seed_budget: int
    """Poses tried per seeding."""
    refined_seeds: int
    """Proposals that are refined and enter the contest."""
    winners: int
    """Hypotheses that stay after a step."""
    slack: np.float32
    """How far behind the best a hypothesis may fall before it goes."""
    refine_every: int
    """Steps in which each leader is refined once."""
    refined: int
    """Leaders that are refined."""
    poor: np.float32
    """Evidence per percept below which the column doubts all of its hypotheses."""
    least_percepts: int
    """Percepts on the object before anything is decided."""
    margin: np.float32
    """Lead over every other object that decides."""
    pose_margin: np.float32
    """Lead over every pose that differs."""
    fit: np.float32
    """Evidence per percept that a recognised object must reach."""
    strange: np.float32
    """Evidence per percept below which an object is called unknown soon."""
    unknown_percepts: int
    """Percepts on the object before that; twice as many where it falls between the two."""
    patience: int
    """Further percepts after which the best of several poses is taken."""
    reach: np.float32
    """How far the sensor sees, m."""


def default_settings() -> Settings:
    """Settings for percepts with the standard noise."""
    f = np.float32
    return Settings(
        first_seeding=4,
        second_seeding=8,
        seed_budget=8000,
        refined_seeds=96,
        winners=192,
        slack=f(25.0),
        refine_every=3,
        refined=12,
        poor=f(2.2),
        least_percepts=10,
        margin=f(10.0),
        pose_margin=f(12.0),
        fit=f(1.8),
        strange=f(0.8),
        unknown_percepts=24,
        patience=60,
        reach=f(0.1),
    )


class Verdict(NamedTuple):
    """What the column holds true after a step; all arrays, written in place."""

    state: NDArray[np.int32]
    """(4,) OPEN, RECOGNISED or UNKNOWN; leading hypothesis; its best rival; poses that tie."""
    best: Array
    """(O,) evidence of the best hypothesis of each object; -inf where none lives."""


class Column(NamedTuple):
    """The state of one column."""

    features: Array
    """(N, 22) the percepts of this episode as scored."""
    proposals: NDArray[np.int32]
    """(N,) poses that each percept would propose; -1 not counted, 0 none or tried."""
    tally: NDArray[np.int32]
    """(8,) percepts, those on the object, when last seeded, seedings, steps ready but tied."""
    hypotheses: Hypotheses
    seeds: Hypotheses
    """Scratch for proposals."""
    verdict: Verdict
    tolerance: Tolerance
    settings: Settings
    plan: SeedPlan
    normal: Normal
    imagined: Array
    """(22,) scratch"""
    relative: Array
    """(12,) scratch"""
    moved: Array
    """(12,) scratch"""


def init(
    memory: Memory,
    settings: Settings | None = None,
    tolerance: Tolerance | None = None,
    most_percepts: int = 512,
) -> Column:
    """A fresh column that has felt nothing yet, and all the memory that its steps will need.

    `memory` is what it may recognise; with other objects it takes another column. Of an episode
    the first `most_percepts` percepts count; later ones change nothing. `settings` and
    `tolerance` are the defaults unless given.
    """
    settings = settings or default_settings()
    objects = len(memory.origin)
    column = Column(
        np.zeros((most_percepts, FEATURE_SIZE), np.float32),
        np.full(most_percepts, -1, np.int32),
        np.zeros(8, np.int32),
        new_hypotheses(settings.winners + settings.refined_seeds),
        new_hypotheses(512),
        Verdict(np.zeros(4, np.int32), np.full(objects, -np.inf, np.float32)),
        tolerance or default_tolerance(),
        settings,
        new_seed_plan(),
        new_normal_equations(),
        np.zeros(FEATURE_SIZE, np.float32),
        np.zeros(12, np.float32),
        np.zeros(12, np.float32),
    )
    reset(column)
    return column


def reset(column: Column) -> None:
    """Forget the episode, not the memory."""
    column.tally[:] = 0
    column.proposals[:] = -1
    column.hypotheses.count[0] = 0
    column.verdict.state[:] = (OPEN, -1, -1, 0)
    column.verdict.best[:] = -np.inf


@kernel
def _total(c: Column, memory: Memory, o: int, pose: Array) -> np.float32:
    """Evidence of a pose over all percepts of the episode."""
    total = ZERO
    for p in range(c.tally[PERCEPTS]):
        total = total + score(memory, o, pose, c.features[p], c.tolerance, c.settings.reach)
    return total


@kernel
def _refine(c: Column, memory: Memory, h: Hypotheses, i: int, passes: int, t: Tolerance) -> None:
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
        total = _total(c, memory, o, moved)
        if total > h.evidence[i]:
            h.evidence[i] = total
            for k in range(12):
                h.pose[i, k] = moved[k]


@kernel
def _seed(c: Column, memory: Memory) -> None:
    """Propose, refine and admit new hypotheses."""
    count = c.tally[PERCEPTS]
    c.tally[SEEDED_AT] = c.tally[MET]
    anchor = choose_anchor(memory, c.features, count, c.tolerance, c.proposals)
    if anchor < 0:
        return
    c.proposals[anchor] = 0
    c.tally[SEEDINGS] += 1
    coarse = loosened(c.tolerance, np.float32(0.003), np.float32(0.15))
    middle = loosened(c.tolerance, np.float32(0.001), np.float32(0.06))
    s = c.settings
    seed(
        memory,
        c.features,
        count,
        anchor,
        coarse,
        s.seed_budget,
        s.reach,
        SEED_SLACK,
        c.plan,
        c.seeds,
    )
    keep_winners(c.seeds, s.refined_seeds, SEED_SLACK)
    for i in range(c.seeds.count[0]):
        c.seeds.evidence[i] = _total(c, memory, c.seeds.object[i], c.seeds.pose[i])
        _refine(c, memory, c.seeds, i, 2, coarse)
    drop_twins(c.seeds, memory.centre, np.float32(0.994), np.float32(0.004))
    keep_winners(c.seeds, s.refined_seeds // 2, s.slack)
    for i in range(c.seeds.count[0]):
        _refine(c, memory, c.seeds, i, 2, middle)
    for i in range(c.seeds.count[0]):
        push(c.hypotheses, c.seeds.object[i], c.seeds.pose[i], c.seeds.evidence[i])
    drop_twins(c.hypotheses, memory.centre, np.float32(0.997), np.float32(0.003))


@kernel
def _refine_leaders(c: Column, memory: Memory) -> None:
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
            _refine(c, memory, h, i, 1, c.tolerance)
    drop_twins(h, memory.centre, np.float32(0.999), np.float32(0.002))


@kernel
def _admit_twins(c: Column, memory: Memory, leader: int) -> None:
    """Give every twin of the leading pose its chance."""
    h, s = c.hypotheses, c.seeds
    o = h.object[leader]
    c.tally[TWINNED_AT] = c.tally[MET]
    s.count[0] = 0
    for w in range(memory.twin_start[o], memory.twin_start[o + 1]):
        after(memory.twins[w], h.pose[leader], c.relative)
        known = False
        for i in range(h.count[0]):
            if h.object[i] == o and is_near(
                h.pose[i], c.relative, memory.centre[o], np.float32(0.985), np.float32(0.008)
            ):
                known = True
                break
        if known or not push(s, o, c.relative, _total(c, memory, o, c.relative)):
            continue
        _refine(c, memory, s, s.count[0] - 1, 2, c.tolerance)
    keep_winners(s, h.object.shape[0] - h.count[0], c.settings.slack)
    for i in range(s.count[0]):
        push(h, o, s.pose[i], s.evidence[i])


@kernel
def _judge(c: Column, memory: Memory) -> None:
    """Who leads, who is the rival that matters, and is that enough to decide?"""
    h, v, s = c.hypotheses, c.verdict, c.settings
    for o in range(v.best.shape[0]):
        v.best[o] = np.float32(-np.inf)
    for i in range(h.count[0]):
        v.best[h.object[i]] = max(v.best[h.object[i]], h.evidence[i])
    leader = best_of(h)
    v.state[0] = OPEN
    v.state[1] = leader
    v.state[2] = -1
    v.state[3] = 0
    met = c.tally[MET]
    if leader < 0 or h.evidence[leader] < s.fit * np.float32(met):
        fits = ZERO if leader < 0 else h.evidence[leader]
        strange = fits < s.strange * np.float32(met)
        if met >= 2 * s.unknown_percepts or (met >= s.unknown_percepts and strange):
            v.state[0] = UNKNOWN
        v.state[2] = _rival_object(h, leader)
        return
    rival = _rival_object(h, leader)
    v.state[2] = rival
    if rival >= 0 and h.evidence[leader] - h.evidence[rival] < s.margin:
        return
    # the object is sure; is the pose? poses that tie must look alike
    if c.tally[TWINNED_AT] == 0 or (met >= s.least_percepts and met - c.tally[TWINNED_AT] >= 4):
        _admit_twins(c, memory, leader)
        leader = best_of(h)
        v.state[1] = leader
    other = -1
    for i in range(h.count[0]):
        if i == leader or h.object[i] != h.object[leader]:
            continue
        if h.evidence[leader] - h.evidence[i] >= s.pose_margin:
            continue
        o = h.object[i]
        if is_near(
            h.pose[i], h.pose[leader], memory.centre[o], np.float32(0.985), np.float32(0.01)
        ):
            continue
        if look_alike(memory, o, h.pose[leader], o, h.pose[i], c.tolerance, c.imagined, c.relative):
            v.state[3] += 1
            continue
        if other < 0 or h.evidence[i] > h.evidence[other]:
            other = i
    if other >= 0:
        v.state[2] = other
        c.tally[CALM] += 1
        if c.tally[CALM] < s.patience:
            return
        v.state[3] += 1
    if met >= s.least_percepts:
        v.state[0] = RECOGNISED


@kernel
def polish(c: Column, memory: Memory) -> None:
    """Refine the leader once more, on every percept, after the decision."""
    leader = c.verdict.state[1]
    if leader < 0:
        return
    h = c.hypotheses
    for _ in range(6):
        refine(
            memory, h.object[leader], h.pose[leader], c.features, 0, c.tally[PERCEPTS], 1,
            c.tolerance, c.normal,
        )  # fmt: skip


@kernel
def _rival_object(h: Hypotheses, leader: int) -> int:
    """The strongest hypothesis of any other object, -1 if there is none."""
    rival = -1
    for i in range(h.count[0]):
        if leader >= 0 and h.object[i] == h.object[leader]:
            continue
        if rival < 0 or h.evidence[i] > h.evidence[rival]:
            rival = i
    return rival


@kernel
def step(c: Column, memory: Memory, percept: Array) -> int:
    """One percept (18,), located in the body's frame, enters the column.

    Returns OPEN, RECOGNISED or UNKNOWN; the rest stands in `c.verdict` and `c.hypotheses`.
    A percept that is not finite, or one more than there is room for, changes nothing.
    """
    h, s = c.hypotheses, c.settings
    count = c.tally[PERCEPTS]
    if count >= c.features.shape[0]:
        return c.verdict.state[0]
    for k in range(P.PERCEPT_SIZE):
        if not np.isfinite(percept[k]):
            return c.verdict.state[0]
    features_of(percept, c.features[count])
    c.tally[PERCEPTS] = count + 1
    if percept[P.ON_OBJECT] > ZERO:
        c.tally[MET] += 1
    met = c.tally[MET]

    for i in range(h.count[0]):
        h.evidence[i] += score(
            memory, h.object[i], h.pose[i], c.features[count], c.tolerance, s.reach
        )
    keep_winners(h, s.winners, s.slack)

    if percept[P.ON_OBJECT] > ZERO and met >= s.first_seeding:
        best = best_of(h)
        poor = best < 0 or h.evidence[best] < s.poor * np.float32(met)
        waited = met - c.tally[SEEDED_AT]
        if (
            met == s.first_seeding
            or (met >= s.second_seeding and c.tally[SEEDINGS] < 2)
            or (poor and waited >= 3)
        ):
            _seed(c, memory)
            keep_winners(h, s.winners, s.slack)
    _refine_leaders(c, memory)
    _judge(c, memory)
    return c.verdict.state[0]
