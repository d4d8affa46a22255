"""The judge: who leads, who is the rival that matters, and whether that is enough to decide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models.climb import admit_sizes
from colonnade_models.column_state import (
    CALM,
    MET,
    OPEN,
    RECOGNISED,
    TWINNED_AT,
    UNKNOWN,
    Column,
)
from colonnade_models.contest import admit_twins, reconsider, total_fit
from colonnade_models.distinction import look_alike
from colonnade_models.hypotheses import Hypotheses, best_of, is_near
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.motion import remember_leader

__all__ = ["judge"]

ZERO = np.float32(0.0)
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
def judge(c: Column, memory: Memory) -> None:
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
    fits = ZERO
    if leader >= 0:
        fits = total_fit(c, memory, h.object[leader], h.pose[leader])
    if leader < 0 or fits < s.fit * np.float32(met):
        strange = fits < s.strange * np.float32(met)
        if met >= 2 * s.unknown_percepts or (met >= s.unknown_percepts and strange):
            v.state[0] = UNKNOWN
        v.state[2] = _rival_object(h, c.kin.family, leader)
        return
    remember_leader(c, leader)
    rival = _rival_object(h, c.kin.family, leader)
    v.state[2] = rival
    if rival >= 0 and h.evidence[leader] - h.evidence[rival] < s.margin:
        return
    # the object is sure; is the pose? poses that tie must look alike
    if c.tally[TWINNED_AT] == 0 or (met >= s.least_percepts and met - c.tally[TWINNED_AT] >= 4):
        reconsider(c, memory, h.object[leader])
        leader = best_of(h)
        admit_twins(c, memory, leader)
        leader = best_of(h)
        admit_sizes(c, memory, leader)
        leader = best_of(h)
        v.state[1] = leader
        v.best[h.object[leader]] = h.evidence[leader]
    other = -1
    for i in range(h.count[0]):
        if i == leader or c.kin.family[h.object[i]] != c.kin.family[h.object[leader]]:
            continue
        if h.evidence[leader] - h.evidence[i] >= s.pose_margin:
            continue
        o, leading = h.object[i], h.object[leader]
        apart = np.float32(0.01) if o == leading else ANYWHERE
        if is_near(h.pose[i], h.pose[leader], memory.centre[o], np.float32(0.985), apart):
            continue
        if look_alike(
            memory, leading, h.pose[leader], o, h.pose[i], c.tolerance, c.imagined, c.relative
        ):
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
