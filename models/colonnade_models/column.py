"""A cortical column: percepts in, evidence over (object, pose) out.

State in, state out: `init` makes the arrays, `step` is one kernel over them. A step remembers
the percept, carries every hypothesis to the place it predicts for it, lets the winners stay,
seeds new hypotheses when the evidence is poor, refines the leaders' poses on all percepts of
the episode, and says what it holds true.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models.agenda import FIND_AGAIN, LET_GO, SEEK, SPENT, WEIGHED, looks_at, spend
from colonnade_models.column_state import (
    CUT,
    LOOKS,
    MET,
    OPEN,
    PERCEPTS,
    RECOGNISED,
    SEEDED_AT,
    SEEDINGS,
    UNKNOWN,
    Column,
    Settings,
    Verdict,
    default_settings,
    init,
    reset,
)
from colonnade_models.contest import fit_of, refine_leaders, refine_one
from colonnade_models.cost import lost
from colonnade_models.evidence import features_of, score_parts
from colonnade_models.familiarity import list_familiar
from colonnade_models.hypotheses import Hypotheses, best_of, keep_winners
from colonnade_models.jobs import carry_on, is_idle, take_up
from colonnade_models.judge import judge
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.motion import moved_since
from colonnade_models.recall import keep_awake

__all__ = [
    "MET",
    "OPEN",
    "PERCEPTS",
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
    "vote",
]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)

POLISHING = 6
"""Passes of refinement after a decision, at most."""
LONGEST = np.float32(2.0)
"""A normal or direction with more along an axis is none: they are unit vectors."""


@kernel
def _is_sound(percept: Array) -> bool:
    """Whether a percept can have been felt."""
    for k in range(P.PERCEPT_SIZE):
        if not np.isfinite(percept[k]):
            return False
    for k in range(P.NORMAL, P.DIRECTION + 3):
        if abs(percept[k]) > LONGEST:
            return False
    return bool(percept[P.ON_OBJECT] == ZERO or percept[P.ON_OBJECT] == ONE)


@kernel
def _remember(c: Column, percept: Array) -> bool:
    """Put a percept to those of the episode; False if there is no room."""
    count = c.tally[PERCEPTS]
    if count >= c.features.shape[0]:
        return False
    features_of(percept, c.features[count])
    c.tally[PERCEPTS] = count + 1
    c.tally[LOOKS] += looks_at(c.features[count])
    if percept[P.ON_OBJECT] > ZERO:
        c.tally[MET] += 1
    return True


@kernel
def _carry(c: Column, memory: Memory) -> None:
    """Weigh every hypothesis by what it predicted for the latest percept.

    And so those that are about to enter.
    """
    _weigh_latest(c, memory, c.hypotheses, c.hypotheses.count[0])
    _weigh_latest(c, memory, c.seeds, c.agenda[WEIGHED])


@kernel
def _weigh_latest(c: Column, memory: Memory, h: Hypotheses, count: int) -> None:
    """Let the latest percept tell of the first `count` hypotheses.

    And at once what that costs them beside poses of their object, where that is known of others.
    """
    t, before = c.tolerance, c.tally[PERCEPTS] - 1
    latest = c.features[before]
    spend(c, count * looks_at(latest))
    for i in range(count):
        o = h.object[i]
        nats, coloured, fits = score_parts(memory, o, h.pose[i], latest, t, c.settings.reach)
        h.evidence[i] += nats
        if h.fitted[i] == before:
            h.fit[i] += fits
            h.fitted[i] += 1
        if h.costed[i] == before:
            h.cost[i] += lost(memory, o, latest, t, nats, coloured)
            h.costed[i] += 1


@kernel
def _doubts(c: Column, memory: Memory) -> bool:
    """Whether it is time for new hypotheses.

    That is at two set times, where the last seeding had to leave out some, and where the best fits
    poorly.
    """
    h, s, met = c.hypotheses, c.settings, c.tally[MET]
    if met < s.first_seeding:
        return False
    if c.tally[SEEDED_AT] == 0 or (met >= s.second_seeding and c.tally[SEEDINGS] < 2):
        return True
    best = best_of(h)
    if met - c.tally[SEEDED_AT] < 3:
        return False
    if c.tally[CUT] > 0 and c.tally[SEEDINGS] < s.most_seedings:
        return True
    return bool(best < 0 or fit_of(c, memory, best) < s.poor * np.float32(met))


@kernel
def _hasty(c: Column, memory: Memory) -> bool:
    """Whether a verdict should wait for new hypotheses.

    So it should where many objects are familiar or the leader fits, but not as well as most do.
    Among many objects the true one may have had no good pose among those that were tried before
    the percepts told which few objects are familiar.
    """
    s, met, leader = c.settings, c.tally[MET], c.verdict.state[1]
    if met - c.tally[SEEDED_AT] < 3:
        return False
    if leader < 0:
        return True
    list_familiar(memory.surprise, c.features, c.tally[PERCEPTS], c.plan.listed)
    if c.plan.listed.count[0] > s.few:
        return True
    return bool(fit_of(c, memory, leader) < s.sure * np.float32(met))


@kernel
def step(c: Column, memory: Memory, percept: Array) -> int:
    """One percept (18,), located in the body's frame, enters the column.

    Returns OPEN, RECOGNISED or UNKNOWN; the rest stands in `c.verdict` and `c.hypotheses`.
    A percept that is not finite, or neither on nor off the object, changes nothing. One more than
    there is room for tells nothing new, and what was begun goes on.
    """
    if not _is_sound(percept):
        return c.verdict.state[0]
    c.agenda[SPENT] = 0
    keep_awake(memory, c.hypotheses, c.past)
    if _remember(c, percept):
        _carry(c, memory)
    return _conclude(c, memory, 1 if percept[P.ON_OBJECT] > ZERO else 0)


@kernel
def vote(c: Column, memory: Memory, percepts: Array) -> int:
    """Percepts (C, 18) of C patches on one body, all located in its frame, enter at once.

    Each patch is a column's own. What a column would tell another, the displacement between them
    being known, is how well its percept fits the other's hypotheses; so the hypotheses are kept
    once, each column adds the evidence of its percept, and their consensus is judged. It returns
    what `step` does, and with one patch it is `step`.
    """
    sound, met = False, 0
    c.agenda[SPENT] = 0
    keep_awake(memory, c.hypotheses, c.past)
    for j in range(percepts.shape[0]):
        if not _is_sound(percepts[j]):
            continue
        sound = True
        if percepts[j, P.ON_OBJECT] > ZERO:
            met += 1
        if _remember(c, percepts[j]):
            _carry(c, memory)
    if not sound:
        return c.verdict.state[0]
    return _conclude(c, memory, met)


@kernel
def _conclude(c: Column, memory: Memory, met: int) -> int:
    """After the evidence of a step: winners stay, doubts bring new ones, leaders improve.

    Of the step's percepts `met` met the object.
    """
    keep_winners(c.hypotheses, c.settings.winners, c.settings.slack)
    if not is_idle(c):
        carry_on(c, memory)
    elif met > 0 and _doubts(c, memory):
        moved = c.past.moves[0] > 0 and c.tally[SEEDINGS] == 0
        take_up(c, memory, FIND_AGAIN if moved else SEEK)
    if is_idle(c) and moved_since(c, memory) >= 0:
        _explain_motion(c, memory)
    refine_leaders(c, memory)
    judge(c, memory, max(met, 1))
    if c.verdict.state[0] != OPEN and _hasty(c, memory):
        keep_winners(c.hypotheses, c.settings.winners, c.settings.slack)
        take_up(c, memory, SEEK)
        judge(c, memory, 0)
    return c.verdict.state[0]


@kernel
def _explain_motion(c: Column, memory: Memory) -> None:
    """If no new hypothesis explains all percepts, the object moved: keep those since then."""
    if c.tally[SEEDED_AT] < c.tally[MET] and not take_up(c, memory, SEEK):
        return
    moves = c.past.moves[0]
    take_up(c, memory, LET_GO)
    if c.past.moves[0] > moves and c.tally[MET] >= c.settings.first_seeding:
        take_up(c, memory, FIND_AGAIN)


@kernel
def polish(c: Column, memory: Memory) -> None:
    """Refine the leader once more, after the decision, as often as the step's effort allows."""
    leader = c.verdict.state[1]
    if leader < 0:
        return
    keep_awake(memory, c.hypotheses, c.past)
    left, a_pass = c.settings.effort - c.agenda[SPENT], c.tally[LOOKS] + 2 * c.tally[PERCEPTS]
    passes = min(max(left // a_pass, 1), POLISHING)
    refine_one(c, memory, c.hypotheses, leader, passes, c.tolerance)
