"""Distinguish: the hypothesis-testing policy goes where the leading hypotheses disagree most.

The surface of the leader is searched for the place whose touch would cost its rivals most
evidence, each rival counting by how near it is, and places already touched counting less.
Where no rival is left, the place farthest from every touch is the most telling.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.column import PERCEPTS, Column
from colonnade_models.distinction import imagine, relative_pose, would_tell
from colonnade_models.hypotheses import is_near
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.ranking import behind
from colonnade_models.recall import keep_awake

__all__ = ["Rivals", "most_telling", "new_rivals"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
RIVALS = 6
"""As many as there is room for."""
NEAR_RIVAL = np.float32(3.0)
"""A rival this many nats behind counts half."""
FRESH = np.float32(0.010)
"""Metres from the nearest touch at which a place is no longer the same, or"""
FRESH_CELLS = np.float32(3.0)
"""cells of the object's grid, where that is less: on small things places are near each other."""
EXPLORING = np.float32(8.0)
"""Nats a metre that distance from every touch is worth by itself."""


class Rivals(NamedTuple):
    """Scratch: the hypotheses that the leader must be told from."""

    chosen: NDArray[np.int64]
    """(RIVALS,)"""
    relative: Array
    """(RIVALS, 12) poses that lay the leader's object into each rival's."""
    weight: Array
    """(RIVALS,) how much each counts beside the leader, which counts 1."""


def new_rivals() -> Rivals:
    """Scratch memory for `most_telling`."""
    return Rivals(
        np.zeros(RIVALS, np.int64), np.zeros((RIVALS, 12), np.float32), np.zeros(RIVALS, np.float32)
    )


@kernel
def _rivals(c: Column, memory: Memory, leader: int, chosen: NDArray[np.int64]) -> int:
    """The strongest hypotheses that differ from the leader and from each other."""
    h = c.hypotheses
    count = 0
    for _ in range(min(c.settings.rivals, RIVALS)):
        best = -1
        for i in range(h.count[0]):
            if i == leader or (best >= 0 and behind(c, i) >= behind(c, best)):
                continue
            same = False
            for k in range(count + 1):
                j = leader if k == count else chosen[k]
                if i == j or (
                    h.object[i] == h.object[j]
                    and is_near(
                        h.pose[i],
                        h.pose[j],
                        memory.centre[h.object[i]],
                        np.float32(0.97),
                        np.float32(0.015),
                    )
                ):
                    same = True
                    break
            if not same:
                best = i
        if best < 0:
            break
        chosen[count] = best
        count += 1
    return count


@kernel
def most_telling(c: Column, memory: Memory, scratch: Rivals, offset: int, out: Array) -> np.float32:
    """Where to go next: point and normal, body frame, into `out` (6,).

    `offset` shifts which surfels are looked at, so that successive calls see others.
    Returns the nats expected, or -1 if the verdict names no leader to test.
    """
    h = c.hypotheses
    leader = c.verdict.state[1]
    if leader < 0:
        return -ONE
    keep_awake(memory, h, c.past)
    chosen, relative, weight = scratch.chosen, scratch.relative, scratch.weight
    rivals = _rivals(c, memory, leader, chosen)
    all_weight = ONE
    for k in range(rivals):
        relative_pose(h.pose[leader], h.pose[chosen[k]], relative[k])
        weight[k] = NEAR_RIVAL / (NEAR_RIVAL + behind(c, chosen[k]))
        all_weight = all_weight + weight[k]
    o = h.object[leader]
    pose = h.pose[leader]
    start, end = memory.surfel_start[o], memory.surfel_end[o]
    stride = max(1, (end - start) // c.settings.candidates)
    fresh = min(FRESH, FRESH_CELLS / memory.inverse_cell[o])
    best = -ONE
    for i in range(start + offset % stride, end, stride):
        s = memory.surfels[i]
        imagine(s, c.imagined)
        worth, meets = ZERO, ONE
        for k in range(rivals):
            rival = h.object[chosen[k]]
            nats, there = would_tell(memory, s, o, rival, relative[k], c.tolerance, c.imagined)
            worth = worth + weight[k] * nats
            if there > c.tolerance.floor:
                meets = meets + weight[k]
        # a surface that the leader alone expects is most likely not there
        worth = worth * np.sqrt(meets / all_weight)
        # the same place in the body's frame: the inverse of the leader's pose
        x, y, z = (
            s[S.POSITION] - pose[9],
            s[S.POSITION + 1] - pose[10],
            s[S.POSITION + 2] - pose[11],
        )
        bx = pose[0] * x + pose[3] * y + pose[6] * z
        by = pose[1] * x + pose[4] * y + pose[7] * z
        bz = pose[2] * x + pose[5] * y + pose[8] * z
        nearest = np.float32(1.0)
        for p in range(c.tally[PERCEPTS]):
            f = c.features[p]
            dx, dy, dz = f[P.LOCATION] - bx, f[P.LOCATION + 1] - by, f[P.LOCATION + 2] - bz
            if f[P.ON_OBJECT] == ZERO:  # an attempt that found nothing: from where it looked
                along = dx * f[P.NORMAL] + dy * f[P.NORMAL + 1] + dz * f[P.NORMAL + 2]
                dx = dx - along * f[P.NORMAL]
                dy = dy - along * f[P.NORMAL + 1]
                dz = dz - along * f[P.NORMAL + 2]
            nearest = min(nearest, dx * dx + dy * dy + dz * dz)
        nearest = np.sqrt(nearest)
        worth = (worth * min(nearest / fresh, ONE) + EXPLORING * nearest) * s[S.HIT]
        if worth > best:
            best = worth
            x, y, z = s[S.NORMAL], s[S.NORMAL + 1], s[S.NORMAL + 2]
            out[0], out[1], out[2] = bx, by, bz
            out[3] = pose[0] * x + pose[3] * y + pose[6] * z
            out[4] = pose[1] * x + pose[4] * y + pose[7] * z
            out[5] = pose[2] * x + pose[5] * y + pose[8] * z
    return best
