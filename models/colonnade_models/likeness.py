"""Likeness: whether two poses of one object that tie are worth telling apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models.column_state import MET, Column
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.numerics import log_positive
from colonnade_models.rivalry import (
    alike_against,
    expected_against,
    hold_against,
    twin_against,
    usual_against,
)
from colonnade_models.twin import NATS, NATS_OF_A_TURN, RATE, UNMEASURED

__all__ = ["AHEAD", "ALIKE", "UNSETTLED", "compare_tied"]

Array = NDArray[np.float32]

UNSETTLED, ALIKE, AHEAD = 0, 1, 2
ONE = np.float32(1.0)
USUALLY_KEPT = np.float32(0.6)
"""Share that touches keep of what surfels promise, where it was not measured."""


@kernel
def compare_tied(c: Column, memory: Memory, leader: int, other: int) -> int:
    """Whether two poses of one object that tie look ALIKE, or the first is AHEAD; else UNSETTLED.

    Learning measured how well touches tell an object from its twins. Those it cannot be told from
    are alike, and so are the turns of a round thing whose print is too faint to say how far it is
    turned. Where no twin was measured, what surfels tell of each other must do.

    The less a touch tells, the smaller a lead is worth waiting for: where each costs the same, the
    best margin of a sequential test falls with the logarithm of what one tells (Chernoff 1959).

    Where the touches so far should have told two poses apart for sure and did not, there is no
    such difference: if they were at places that tell as much as others do, and not all beside the
    one handle that would.
    """
    s = c.settings
    nats, turned, rate = UNMEASURED, UNMEASURED, ONE
    hold_against(c, leader)
    w = twin_against(c, memory, other)
    if w >= 0:
        twin = memory.twins[w]
        nats, turned, rate = twin[NATS], twin[NATS_OF_A_TURN], min(twin[RATE], ONE)
    if nats < s.symmetric_below or max(nats, turned) < s.faint_below or rate < s.slow:
        return ALIKE
    if c.ranked[leader] - c.ranked[other] >= s.pose_margin - log_positive(ONE / rate):
        return AHEAD
    measured = nats < UNMEASURED
    lead = expected_against(c, memory, other)
    if lead > s.refuted:
        usual = usual_against(c, memory, other)
        kept = min(nats / usual, ONE) if measured else USUALLY_KEPT
        if lead * kept > s.refuted and lead >= usual * np.float32(c.tally[MET]):
            return ALIKE
    return ALIKE if not measured and alike_against(c, memory, other) else UNSETTLED
