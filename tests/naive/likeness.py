"""Whether poses that tie are worth telling apart: what is measured of twins, plainly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive import distinction as D
from tests.naive.poses import is_near, matrix

from colonnade_models import likeness as L
from colonnade_models.column_state import Settings
from colonnade_models.evidence import Tolerance
from colonnade_models.learned import LearnedObject
from colonnade_models.twin import (
    NATS,
    NATS_OF_A_TURN,
    POSE_SIZE,
    RATE,
    SAME_ANGLE,
    SAME_PLACE,
    UNMEASURED,
)


def twin_between(
    learned: LearnedObject, centre: NDArray[Any], a: NDArray[Any], b: NDArray[Any]
) -> int:
    """The first twin that leads from pose a to about b, -1 if none does."""
    for w, twin in enumerate(learned.twins):
        M = matrix(twin[:POSE_SIZE]) @ matrix(a)
        turned = np.r_[M[:3, :3].ravel(), M[:3, 3]]
        if is_near(turned, b, centre, float(SAME_ANGLE), float(SAME_PLACE)):
            return w
    return -1


def compare_tied(
    learned: LearnedObject,
    centre: NDArray[Any],
    a: NDArray[Any],
    b: NDArray[Any],
    features: NDArray[Any],
    ahead: float,
    s: Settings,
    t: Tolerance,
) -> int:
    """Of one object at a and at b, (12,) each, after percepts with these features (N, 22).

    The first is so many nats `ahead`.
    """
    w = twin_between(learned, centre, a, b)
    nats, turned, rate = UNMEASURED, UNMEASURED, 1.0
    if w >= 0:
        nats, turned = learned.twins[w, NATS], learned.twins[w, NATS_OF_A_TURN]
        rate = min(float(learned.twins[w, RATE]), 1.0)
    if nats < s.symmetric_below or max(nats, turned) < s.faint_below or rate < s.slow:
        return L.ALIKE
    if ahead >= float(s.pose_margin) + np.log(rate):
        return L.AHEAD
    lead = D.expected_lead(learned, a, learned, b, features, t)
    usual = D.usual_lead(learned, a, learned, b, s.probes, t)
    kept = float(L.USUALLY_KEPT) if nats == UNMEASURED else min(float(nats) / usual, 1.0)
    if min(lead, lead * kept) > s.refuted and lead >= usual * len(features):
        return L.ALIKE
    if nats == UNMEASURED and D.look_alike(learned, a, learned, b, s.probes, t):
        return L.ALIKE
    return L.UNSETTLED
