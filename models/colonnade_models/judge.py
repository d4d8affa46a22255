"""The judge: who leads, who is the rival that matters, and whether that is enough to decide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models.agenda import CHALLENGE, exhausted
from colonnade_models.column_state import (
    CALM,
    MET,
    OPEN,
    RECOGNISED,
    TWINNED_AT,
    UNKNOWN,
    Column,
)
from colonnade_models.contest import fit_of
from colonnade_models.hypotheses import Hypotheses, best_of, is_near
from colonnade_models.jobs import is_idle, take_up
from colonnade_models.kernel import kernel
from colonnade_models.likeness import AHEAD, UNSETTLED, compare_tied
from colonnade_models.memory import Memory
from colonnade_models.motion import remember_leader
from colonnade_models.ranking import rank_poses

__all__ = ["judge"]

ZERO = np.float32(0.0)
NEARLY = np.float32(0.94)
"""Cosine of 20 degrees: poses nearer than this are not worth telling apart by further touches."""
NOT_YET = -2
ANYWHERE = np.float32(1e3)
"""Metres: where a pose at another size has the object's middle hangs on that size."""


@kernel
def _rival_object(h: Hypotheses, family: NDArray[np.int64], leader: int) -> int:
    """The strongest hypothesis of any other object, at any size, -1 if there is none."""
    rival = -1
    for i in range(h.count[0]):
        if leader >= 0 and family[h.object[i]] == family[h.object[leader]]:
            continue
        if rival < 0 or h.evidence[i] > h.evidence[rival]:
            rival = i
    return rival


@kernel
def _look_up(c: Column) -> None:
    """Write down who leads, the strongest of another object, and the best of every object."""
    h, v = c.hypotheses, c.verdict
    for o in range(v.best.shape[0]):
        v.best[o] = np.float32(-np.inf)
    for i in range(h.count[0]):
        v.best[h.object[i]] = max(v.best[h.object[i]], h.evidence[i])
        c.ranked[i] = h.evidence[i]
    leader = best_of(h)
    v.state[1], v.state[2], v.state[3] = leader, _rival_object(h, c.kin.family, leader), 0


@kernel
def _leads(c: Column) -> bool:
    """Whether the leader leaves every other object behind."""
    h, leader, rival = c.hypotheses, c.verdict.state[1], c.verdict.state[2]
    return bool(rival < 0 or h.evidence[leader] - h.evidence[rival] >= c.settings.margin)


@kernel
def _fits(c: Column, memory: Memory) -> bool:
    """Whether the leader fits as well as what is recognised must."""
    fits = fit_of(c, memory, c.verdict.state[1])
    return bool(fits >= c.settings.fit * np.float32(c.tally[MET]))


@kernel
def _other_pose(c: Column, memory: Memory, patient: bool) -> int:
    """A pose of the leader's object that might as well be the true one, -1 if all is settled.

    Those that are `possible` are marked, and how many of them differ is written into the verdict:
    they look alike, or, to one that is not `patient` any more, were not told apart. NOT_YET where
    the step is exhausted before all were looked at.
    """
    h, v, family, possible = c.hypotheses, c.verdict, c.kin.family, c.possible
    leader = v.state[1]
    leading = h.object[leader]
    v.state[3] = 0
    for i in range(h.count[0]):
        o = h.object[i]
        possible[i] = i == leader
        if i == leader or family[o] != family[leading]:
            continue
        if c.ranked[leader] - c.ranked[i] >= c.settings.pose_margin:
            continue
        apart = np.float32(0.01) if o == leading else ANYWHERE
        if is_near(h.pose[i], h.pose[leader], memory.centre[o], NEARLY, apart):
            possible[i] = True
            continue
        if exhausted(c):
            return NOT_YET
        found = compare_tied(c, memory, leader, i)
        if found == UNSETTLED and patient:
            return i
        if found != AHEAD:
            possible[i] = True
            v.state[3] += 1
    return -1


@kernel
def _is_due(c: Column) -> bool:
    """Whether it is time for a challenge."""
    s, met, challenged = c.settings, c.tally[MET], c.tally[TWINNED_AT]
    if challenged == 0:
        return bool(met >= s.first_challenge)
    return bool(met >= s.least_percepts and met - challenged >= s.challenge_every)


@kernel
def judge(c: Column, memory: Memory, percepts: int) -> None:
    """Who leads, who is the rival that matters, and is that enough to decide?

    `percepts` met the object in this step, or one that did not.
    """
    v, s, met = c.verdict, c.settings, c.tally[MET]
    _look_up(c)
    v.state[0] = OPEN
    if not is_idle(c):
        return
    leader = v.state[1]
    fits = ZERO
    if leader >= 0:
        fits = fit_of(c, memory, leader)
    if leader < 0 or fits < s.fit * np.float32(met):
        strange = fits < s.strange * np.float32(met)
        if met >= 2 * s.unknown_percepts or (met >= s.unknown_percepts and strange):
            v.state[0] = UNKNOWN
        return
    remember_leader(c, leader)
    if not _leads(c):
        return
    # the object is sure; is it still when challenged, and is the pose? what ties must look alike
    if _is_due(c):
        done = take_up(c, memory, CHALLENGE)
        _look_up(c)  # who entered has no rank yet
        if not done:
            return
        if not (_leads(c) and _fits(c, memory)):
            return
    if met < s.least_percepts or not rank_poses(c, memory):
        return
    remember_leader(c, v.state[1])
    other = _other_pose(c, memory, True)
    if other >= 0:
        v.state[2] = other
        c.tally[CALM] += percepts
        if c.tally[CALM] < s.patience:
            return
        other = _other_pose(c, memory, False)
    if other != NOT_YET:
        v.state[0] = RECOGNISED
