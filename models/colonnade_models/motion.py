"""Motion: an object that is shifted or turned while it is felt, noticed and found again.

The column takes it for granted that what it feels lies still. Once the percepts before fit its
leader well and the latest ones do not, though new hypotheses had their chance to explain both,
the object must have moved. What was felt before then says little of how it lies any more, yet it
still says what it is: so the percepts go, and of the evidence stays what each object had.
"""

from __future__ import annotations

import numpy as np

from colonnade_models import percept as P
from colonnade_models.agenda import OBJECT, SPENT, looks_at, spend
from colonnade_models.column_state import (
    CALM,
    CUT,
    LOOKS,
    MET,
    PERCEPTS,
    RECONSIDERED,
    SEEDED_AT,
    SEEDINGS,
    TWINNED_AT,
    Column,
)
from colonnade_models.contest import fit_of
from colonnade_models.evidence import fit, score
from colonnade_models.hypotheses import best_of, keep_winners
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.proposing import reconsider

__all__ = ["find_again", "let_go", "moved_since", "remember_leader"]

ZERO = np.float32(0.0)
LATEST = 20
"""Percepts among which the first after a motion is searched."""
EXPECTED = np.float32(1.0)
"""Nats that a percept on the object fits with at least, on average, while it lies still."""
SETTLED = 4
"""Percepts on the object that must have fitted before."""
DOUBT = np.float32(8.0)
"""Nats by which what was felt before may speak against an object: it could have been mistaken."""
WORTH_SEEKING = np.float32(6.0)
"""Nats behind the best within which an object is looked for first after a motion."""


@kernel
def remember_leader(c: Column, leader: int) -> None:
    """Note the leader, which fits all percepts, as what a motion would be noticed by."""
    past, h = c.past, c.hypotheses
    past.object[1] = h.object[leader]
    for k in range(12):
        past.pose[1, k] = h.pose[leader, k]


@kernel
def moved_since(c: Column, memory: Memory) -> int:
    """The first percept after the object moved, -1 while nothing speaks for that.

    Page's test (1954) for a change: what the latest percepts fall short of EXPECTED, where the
    leader lay when last it fitted, is summed as far back as that grows. It counts only if no
    hypothesis fits all percepts nearly as well as that leader those before, and EXPECTED since.
    """
    o, pose, count = c.past.object[1], c.past.pose[1], c.tally[PERCEPTS]
    if o < 0:
        return -1
    total, most, since, hoped, expected = ZERO, ZERO, -1, ZERO, ZERO
    for p in range(count - 1, max(-1, count - 1 - LATEST), -1):
        f = c.features[p]
        if f[P.ON_OBJECT] > ZERO:
            hoped += EXPECTED
            total += EXPECTED
        total -= fit(memory, o, pose, f, c.tolerance, c.settings.reach)
        spend(c, looks_at(f))
        if total <= ZERO:
            break
        if total > most:
            most, since, expected = total, p, hoped
    if most < c.settings.alarm:
        return -1
    met, fitted = 0, ZERO
    for p in range(since):
        spend(c, looks_at(c.features[p]))
        if c.features[p, P.ON_OBJECT] > ZERO:
            met += 1
        fitted += fit(memory, o, pose, c.features[p], c.tolerance, c.settings.reach)
    if met < SETTLED or fitted < c.settings.fit * np.float32(met):
        return -1
    best = best_of(c.hypotheses)
    if best >= 0 and fit_of(c, memory, best) > fitted + expected - c.settings.alarm:
        return -1
    return since


@kernel
def _believe(c: Column, memory: Memory, since: int) -> None:
    """Make the evidence of the percepts before `since` what each object starts from."""
    h, past = c.hypotheses, c.past
    evidence, alive = past.evidence, h.count[0]
    best = np.float32(-np.inf)
    for i in range(-1, alive):
        o, pose = past.object[1], past.pose[1]
        if i >= 0:
            o, pose = h.object[i], h.pose[i]
        total = ZERO
        for p in range(since):
            spend(c, looks_at(c.features[p]))
            total += score(memory, o, pose, c.features[p], c.tolerance, c.settings.reach)
        total += evidence[o]
        if i >= 0:
            h.evidence[i] = total
        best = max(best, total)
    for o in range(evidence.shape[0]):
        evidence[o] = -DOUBT
    for i in range(alive):
        o = h.object[i]
        evidence[o] = max(evidence[o], h.evidence[i] - best)
    # the leader is what it was taken for, whatever else explains as well what was felt before
    evidence[past.object[1]] = ZERO
    past.object[0] = past.object[1]
    for k in range(12):
        past.pose[0, k] = past.pose[1, k]
    past.object[1] = -1
    past.moves[0] += 1


@kernel
def let_go(c: Column, memory: Memory) -> bool:
    """If it moved, forget how the object lay and what was felt of it before, not what it is.

    True once that is done: as all that was felt is weighed once more, it waits for a step that has
    most of its effort left.
    """
    if 2 * c.agenda[SPENT] > c.settings.effort:
        return False
    since = moved_since(c, memory)
    if since >= 0:
        _forget_until(c, memory, since)
    return True


@kernel
def _forget_until(c: Column, memory: Memory, since: int) -> None:
    """Forget what was felt before percept `since`, but for what it tells of each object."""
    _believe(c, memory, since)
    count, met, looks = c.tally[PERCEPTS] - since, 0, 0
    for p in range(count):
        for k in range(c.features.shape[1]):
            c.features[p, k] = c.features[since + p, k]
        if c.features[p, P.ON_OBJECT] > ZERO:
            met += 1
        looks += looks_at(c.features[p])
    for p in range(c.proposals.shape[0]):
        c.proposals[p] = -1
    t = c.tally
    t[PERCEPTS], t[MET], t[LOOKS] = count, met, looks
    t[SEEDED_AT], t[SEEDINGS], t[CALM], t[TWINNED_AT], t[CUT] = 0, 0, 0, 0, 0
    t[RECONSIDERED] = -1
    c.hypotheses.count[0], c.hypotheses.rivalry.object[0] = 0, -1


@kernel
def find_again(c: Column, memory: Memory) -> bool:
    """Seek the objects that led before the motion among the percepts since, in any pose.

    True once it is done, see `agenda`.
    """
    a = c.agenda
    while a[OBJECT] < c.past.evidence.shape[0]:
        if c.past.evidence[a[OBJECT]] > -WORTH_SEEKING:
            if not reconsider(c, memory, a[OBJECT]):
                return False
            keep_winners(c.hypotheses, c.settings.winners, c.settings.slack)
        a[OBJECT] += 1
    return True
