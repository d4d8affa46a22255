"""Rivalry: how the poses of an object stand to the one that leads.

Hypotheses are held against the leader. What is found of a pair is kept for as long as neither
changes, so that a step looks at its own percepts only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models.agenda import spend
from colonnade_models.column_state import PERCEPTS, Column
from colonnade_models.distinction import (
    expected_lead,
    look_alike,
    relative_pose,
    usual_lead,
)
from colonnade_models.hypotheses import Rivalry, forget_rival, is_near
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.twin import POSE_SIZE, SAME_ANGLE, SAME_PLACE

__all__ = ["alike_against", "expected_against", "hold_against", "twin_against", "usual_against"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
UNKNOWN = np.float32(np.inf)
UNSEEN, UNLIKE, ALIKE = range(3)


@kernel
def _is_rival(r: Rivalry, o: int, pose: Array) -> bool:
    """Whether it is object `o` at `pose` (12,) that hypotheses are held against."""
    same = r.object[0] == o
    for k in range(12):
        same = same and r.pose[k] == pose[k]
    return bool(same)


@kernel
def hold_against(c: Column, leader: int) -> None:
    """Hold all hypotheses against the `leader`."""
    h, r = c.hypotheses, c.hypotheses.rivalry
    if _is_rival(r, h.object[leader], h.pose[leader]):
        return
    r.object[0] = h.object[leader]
    for k in range(12):
        r.pose[k] = h.pose[leader, k]
    for i in range(h.count[0]):
        forget_rival(r, i)


@kernel
def _twin_between(memory: Memory, o: int, a: Array, b: Array, scratch: Array) -> int:
    """The twin of object `o` that leads from pose a to b, both (12,); -1 if none is known."""
    relative_pose(a, b, scratch)
    for w in range(memory.twin_start[o], memory.twin_start[o + 1]):
        twin = memory.twins[w, :POSE_SIZE]
        if is_near(twin, scratch, memory.centre[o], SAME_ANGLE, SAME_PLACE):
            return w
    return -1


@kernel
def twin_against(c: Column, memory: Memory, i: int) -> int:
    """Which twin of the rival hypothesis `i` is, -1 for none, as for one of another object."""
    h, r = c.hypotheses, c.hypotheses.rivalry
    if not r.known[i]:
        r.known[i], r.twin[i], r.percepts[i], r.expected[i], r.usual[i] = True, -1, 0, ZERO, UNKNOWN
        r.alike[i] = UNSEEN
        if h.object[i] == r.object[0]:
            r.twin[i] = _twin_between(memory, h.object[i], r.pose, h.pose[i], c.relative)
    return r.twin[i]


@kernel
def expected_against(c: Column, memory: Memory, i: int) -> np.float32:
    """Nats by which the percepts so far should have told the rival from hypothesis `i`."""
    h, r, t, f, T = c.hypotheses, c.hypotheses.rivalry, c.tolerance, c.imagined, c.relative
    twin_against(c, memory, i)
    latest, o, p = c.features[r.percepts[i] : c.tally[PERCEPTS]], r.object[0], h.object[i]
    spend(c, 2 * (c.tally[PERCEPTS] - r.percepts[i]))
    r.expected[i] = expected_lead(memory, o, r.pose, p, h.pose[i], latest, r.expected[i], t, f, T)
    r.percepts[i] = c.tally[PERCEPTS]
    return r.expected[i]


@kernel
def usual_against(c: Column, memory: Memory, i: int) -> np.float32:
    """Nats by which a touch anywhere should tell the rival from hypothesis `i`, on average."""
    h, r, t, f, T = c.hypotheses, c.hypotheses.rivalry, c.tolerance, c.imagined, c.relative
    twin_against(c, memory, i)
    if r.usual[i] == UNKNOWN:
        o, p, probes = r.object[0], h.object[i], c.settings.probes
        spend(c, 2 * probes)
        r.usual[i] = usual_lead(memory, o, r.pose, p, h.pose[i], probes, t, f, T)
    return r.usual[i]


@kernel
def alike_against(c: Column, memory: Memory, i: int) -> bool:
    """Whether touches all over could hardly tell the rival from hypothesis `i`."""
    h, r, t, f, T = c.hypotheses, c.hypotheses.rivalry, c.tolerance, c.imagined, c.relative
    twin_against(c, memory, i)
    if r.alike[i] == UNSEEN:
        o, p, probes = r.object[0], h.object[i], c.settings.probes
        spend(c, 2 * probes)
        alike = look_alike(memory, o, r.pose, p, h.pose[i], probes, t, f, T)
        r.alike[i] = ALIKE if alike else UNLIKE
    return bool(r.alike[i] == ALIKE)
