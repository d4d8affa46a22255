"""Proposing: new hypotheses are laid out by a telling percept, refined, and enter the contest.

Each is a job that goes on until it is done or the step is exhausted, see `agenda`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models.agenda import (
    COARSE,
    FINE,
    LAYING,
    LEFT_OUT,
    LOOKS_ALONG_A_LINE,
    NEXT,
    REST,
    SPENT,
    STAGE,
    WEIGHED,
    WEIGHING,
    exhausted,
    spend,
)
from colonnade_models.anchor import choose_anchor
from colonnade_models.column_state import (
    CUT,
    MET,
    PERCEPTS,
    RECONSIDERED,
    SEEDED_AT,
    SEEDINGS,
    Column,
)
from colonnade_models.contest import assess, refine_one
from colonnade_models.evidence import Tolerance, loosened, score
from colonnade_models.familiarity import list_familiar, list_only
from colonnade_models.hypotheses import drop_twins, enter, keep_winners
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.recall import recall, recall_listed
from colonnade_models.seeding import Search, begin, go_on, is_done

__all__ = ["admit_seeds", "reconsider"]

ZERO = np.float32(0.0)


@kernel
def admit_seeds(c: Column, memory: Memory) -> bool:
    """Propose, refine and admit new hypotheses of any object; True once it is done."""
    if c.agenda[STAGE] == REST:
        c.tally[SEEDED_AT] = c.tally[MET]
        list_familiar(memory.surprise, c.features, c.tally[PERCEPTS], c.plan.listed)
        recall_listed(memory, c.hypotheses, c.past, c.plan.listed)
    budget = max(c.settings.seed_budget, c.settings.seed_share * c.plan.listed.count[0])
    if not _propose(c, memory, c.proposals, budget):
        return False
    c.tally[SEEDED_AT] = c.tally[MET]
    if c.agenda[LEFT_OUT] >= 0:
        c.tally[SEEDINGS] += 1
        c.tally[CUT] = c.agenda[LEFT_OUT]
    return True


@kernel
def reconsider(c: Column, memory: Memory, o: int) -> bool:
    """Propose, refine and admit new poses of one object, each time from another percept.

    True once it is done; until then it stays with the object that it began with.
    """
    if c.agenda[STAGE] == REST:
        if not recall(memory, c.hypotheses, c.past, o):
            return True
        if c.tally[RECONSIDERED] != o:
            c.tally[RECONSIDERED] = o
            for i in range(c.own_proposals.shape[0]):
                c.own_proposals[i] = -1
        list_only(o, c.plan.listed)
    return _propose(c, memory, c.own_proposals, c.settings.seed_budget // 2)


@kernel
def _propose(c: Column, memory: Memory, proposals: NDArray[np.int64], budget: int) -> bool:
    """Admit what the most telling percept proposes of the listed objects; True once it is done.

    How many proposals there was no room for is left in the agenda, -1 if no percept is left to
    propose any.
    """
    a = c.agenda
    coarse = loosened(c.tolerance, np.float32(0.003), np.float32(0.15))
    middle = loosened(c.tolerance, np.float32(0.001), np.float32(0.06))
    if a[STAGE] == REST:
        a[LEFT_OUT] = -1
        anchor = choose_anchor(memory, c.features, c.tally[PERCEPTS], proposals, c.plan.listed)
        if anchor < 0:
            return True
        proposals[anchor] = 0
        begin(c.plan, c.features, c.tally[PERCEPTS], anchor, c.seeds)
        a[STAGE] = LAYING
    if a[STAGE] == LAYING and _lay_out(c, memory, coarse, budget):
        a[STAGE], a[NEXT] = WEIGHING, 0
    if a[STAGE] == WEIGHING and _weigh_misses(c, memory):
        a[STAGE], a[NEXT], a[WEIGHED] = COARSE, 0, 0
    if a[STAGE] == COARSE and _refine_coarsely(c, memory, coarse):
        a[STAGE], a[NEXT], a[WEIGHED] = FINE, 0, c.seeds.count[0]
    if a[STAGE] == FINE and _refine_finely(c, memory, middle):
        for i in range(c.seeds.count[0]):
            enter(c.hypotheses, c.seeds, i)
        drop_twins(c.hypotheses, memory.centre, np.float32(0.997), np.float32(0.003))
        a[STAGE], a[WEIGHED] = REST, 0
    return bool(a[STAGE] == REST)


@kernel
def _lay_out(c: Column, memory: Memory, t: Tolerance, budget: int) -> bool:
    """Lay the anchor onto surfels of the listed objects."""
    s, left = c.settings, c.settings.effort - c.agenda[SPENT]
    search = Search(budget, s.turns, s.resembling, s.seed_slack, s.reach)
    spend(c, go_on(memory, c.features, t, search, c.plan, c.seeds, left))
    return is_done(c.plan)


@kernel
def _weigh_misses(c: Column, memory: Memory) -> bool:
    """Let looks that met nothing speak against proposals with a surface there; keep the best."""
    a, s = c.agenda, c.seeds
    missed = c.tally[PERCEPTS] - c.tally[MET]
    while a[NEXT] < s.count[0]:
        if exhausted(c):
            return False
        i = a[NEXT]
        for p in range(c.tally[PERCEPTS]):
            f = c.features[p]
            if f[P.ON_OBJECT] == ZERO:
                s.evidence[i] += score(
                    memory, s.object[i], s.pose[i], f, c.tolerance, c.settings.reach
                )
        spend(c, missed * LOOKS_ALONG_A_LINE)
        a[NEXT] = i + 1
    a[LEFT_OUT] = max(0, s.count[0] - c.settings.refined_seeds)
    keep_winners(s, c.settings.refined_seeds, c.settings.seed_slack)
    return True


@kernel
def _refine_coarsely(c: Column, memory: Memory, t: Tolerance) -> bool:
    """Refine every proposal that was kept, and keep the best half."""
    a, s = c.agenda, c.seeds
    while a[NEXT] < s.count[0]:
        if exhausted(c):
            return False
        i = a[NEXT]
        assess(c, memory, s, i)
        refine_one(c, memory, s, i, 2, t)
        a[NEXT] = a[WEIGHED] = i + 1
    drop_twins(s, memory.centre, np.float32(0.994), np.float32(0.004))
    keep_winners(s, c.settings.refined_seeds // 2, c.settings.slack)
    return True


@kernel
def _refine_finely(c: Column, memory: Memory, t: Tolerance) -> bool:
    """Refine every proposal once more."""
    a = c.agenda
    while a[NEXT] < c.seeds.count[0]:
        if exhausted(c):
            return False
        refine_one(c, memory, c.seeds, a[NEXT], 2, t)
        a[NEXT] += 1
    return True
