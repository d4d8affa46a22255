"""Ranking: which pose of the leading object leads, by what tells poses of one object apart.

Between objects a difference counts as it does between most. Of one object the shape may be as good
as the same all round and its print all that tells; a touch beside an edge, or where learning left a
gap, may cost the true pose as much as a wrong one; and some twins seem to fall behind long before
touches tell them. So poses are ranked by what shape and print are worth on this object, a touch
counts only so much, and the lead over a twin as learning found it to be borne out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models.agenda import exhausted, looks_at, spend
from colonnade_models.column_state import MET, PERCEPTS, Column
from colonnade_models.contest import fit_of
from colonnade_models.cost import lost
from colonnade_models.evidence import score_parts
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.past import before
from colonnade_models.rivalry import hold_against, twin_against
from colonnade_models.twin import UNMEASURED, WORTH

__all__ = ["behind", "rank_poses"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
LEAST_WORTH = np.float32(0.1)
"""A nat of lead over any twin is worth no less."""


@kernel
def _weigh(c: Column, memory: Memory) -> bool:
    """Rank every pose of the leading object by what the percepts so far cost it.

    Only those are weighed that came since the pose was last ranked or refined, if they were not as
    they entered. False where the step is exhausted before all were.
    """
    h, family, t, reach = c.hypotheses, c.kin.family, c.tolerance, c.settings.reach
    leading = family[h.object[c.verdict.state[1]]]
    for i in range(h.count[0]):
        o, pose = h.object[i], h.pose[i]
        if family[o] != leading:
            continue
        if exhausted(c):
            return False
        for p in range(h.costed[i], c.tally[PERCEPTS]):
            f = c.features[p]
            spend(c, looks_at(f))
            nats, coloured, _ = score_parts(memory, o, pose, f, t, reach)
            h.cost[i] += lost(memory, o, f, t, nats, coloured)
        h.costed[i] = c.tally[PERCEPTS]
        c.ranked[i] = before(c.past, memory.centre[o], o, pose) - h.cost[i]
    return True


@kernel
def _lead(c: Column, memory: Memory) -> None:
    """Let the pose of the leading object lead that costs least and fits."""
    h, family, ranked, leader = c.hypotheses, c.kin.family, c.ranked, c.verdict.state[1]
    leading = family[h.object[leader]]
    for i in range(h.count[0]):
        if family[h.object[i]] != leading or not ranked[i] > ranked[leader]:
            continue
        if fit_of(c, memory, i) >= c.settings.fit * np.float32(c.tally[MET]):
            leader = i
    c.verdict.state[1] = leader


@kernel
def _believe(c: Column, memory: Memory) -> None:
    """Let percepts put the twins of the leader behind by no more than they bear out."""
    h, leader = c.hypotheses, c.verdict.state[1]
    o = h.object[leader]
    hold_against(c, leader)
    for i in range(h.count[0]):
        gap = h.cost[i] - h.cost[leader]
        if h.object[i] != o or gap <= ZERO:
            continue
        w = twin_against(c, memory, i)
        if w >= 0 and memory.twins[w, WORTH] < UNMEASURED:
            c.ranked[i] += (ONE - max(memory.twins[w, WORTH], LEAST_WORTH)) * gap


@kernel
def rank_poses(c: Column, memory: Memory) -> bool:
    """Rank the poses of the leading object; the best of them that fits leads.

    False where the step is exhausted before that is done.
    """
    if not _weigh(c, memory):
        return False
    _lead(c, memory)
    _believe(c, memory)
    return True


@kernel
def behind(c: Column, i: int) -> np.float32:
    """Nats by which hypothesis `i` is behind the leader, by what tells the two apart."""
    h, v, leader = c.hypotheses, c.verdict, c.verdict.state[1]
    if c.kin.family[h.object[i]] == c.kin.family[h.object[leader]]:
        return max(c.ranked[leader] - c.ranked[i], ZERO)
    return max(v.best[h.object[leader]] - h.evidence[i], ZERO)
