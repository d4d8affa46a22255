"""The challenge: a leader is told from what it may be mistaken for before anything is decided."""

from __future__ import annotations

import numpy as np

from colonnade_models.agenda import NEXT, PHASE, WEIGHED, exhausted
from colonnade_models.climb import admit_sizes
from colonnade_models.column_state import MET, TWINNED_AT, Column
from colonnade_models.contest import assess, refine_one
from colonnade_models.distinction import after
from colonnade_models.hypotheses import best_of, enter, is_tried, keep_winners, push
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.proposing import admit_seeds, reconsider
from colonnade_models.twin import POSE_SIZE

__all__ = ["challenge"]

ZERO = np.float32(0.0)
SEEKING, RECONSIDERING, LISTING, TRYING = range(4)
"""Phases of a challenge."""


@kernel
def challenge(c: Column, memory: Memory) -> bool:
    """Let in what the leader must be told from; True once it is done.

    At first anything, then poses of its own object, its twins and its kin.
    """
    h, a = c.hypotheses, c.agenda
    if a[PHASE] == SEEKING:
        if c.tally[TWINNED_AT] == 0 and not admit_seeds(c, memory):
            return False
        a[PHASE] = RECONSIDERING
    if a[PHASE] == RECONSIDERING:
        if not reconsider(c, memory, h.object[best_of(h)]):
            return False
        keep_winners(h, c.settings.winners, c.settings.slack)  # or there is no room for twins
        a[PHASE] = LISTING
    if a[PHASE] == LISTING:
        _list_twins(c, memory, best_of(h))
        a[PHASE], a[NEXT], a[WEIGHED] = TRYING, 0, 0
    if not _try_twins(c, memory):
        return False
    admit_sizes(c, memory, best_of(h))
    c.tally[TWINNED_AT] = c.tally[MET]
    return True


@kernel
def _list_twins(c: Column, memory: Memory, leader: int) -> None:
    """Write down how the object would lie in each twin of the leading pose, if that is new."""
    h, s = c.hypotheses, c.seeds
    o = h.object[leader]
    s.count[0] = 0
    for w in range(memory.twin_start[o], memory.twin_start[o + 1]):
        after(memory.twins[w, :POSE_SIZE], h.pose[leader], c.relative)
        if not is_tried(h, o, c.relative, memory.centre[o]):
            push(s, o, c.relative, ZERO)


@kernel
def _try_twins(c: Column, memory: Memory) -> bool:
    """Give every twin that was written down its chance; True once all had it."""
    h, s, a = c.hypotheses, c.seeds, c.agenda
    hopeful = h.evidence[best_of(h)] - c.settings.slack - c.settings.hope
    while a[NEXT] < s.count[0]:
        if exhausted(c):
            return False
        i = a[NEXT]
        assess(c, memory, s, i)
        if s.evidence[i] >= hopeful:
            refine_one(c, memory, s, i, 2, c.tolerance)
        a[NEXT] = a[WEIGHED] = i + 1
    keep_winners(s, h.object.shape[0] - h.count[0], c.settings.slack)
    for i in range(s.count[0]):
        enter(h, s, i)
    return True
