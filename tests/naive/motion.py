"""Noticing a motion, and what the past tells, in plain Python and double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from colonnade_models import motion as M
from colonnade_models import past as past_module

__all__ = ["before", "change_point"]


def change_point(shortages: NDArray[Any], alarm: float) -> int:
    """The start of the tail whose sum is largest, among those all of whose own tails are positive.

    -1 if that sum stays below the alarm.
    """
    n = len(shortages)
    tails = {k: shortages[k:].sum() for k in range(max(0, n - M.LATEST), n)}
    open_tails = [k for k in tails if all(tails[j] > 0 for j in range(k, n))]
    best = max(open_tails, key=lambda k: tails[k], default=-1)
    return best if best >= 0 and tails[best] >= alarm else -1


def before(was: NDArray[Any], centre: NDArray[Any], pose: NDArray[Any], evidence: float) -> float:
    """What the past tells for the object that led: its evidence less the price of its motion."""
    turns = [Rotation.from_matrix(p[:9].reshape(3, 3).astype(float)) for p in (was, pose)]
    angle = (turns[1] * turns[0].inv()).magnitude()
    places = [turn.inv().apply(centre - p[9:]) for turn, p in zip(turns, (was, pose), strict=True)]
    shift = np.linalg.norm(places[1] - places[0])
    price = (1 - np.cos(angle)) / float(past_module.TURN) ** 2
    price += shift**2 / float(past_module.SHIFT) ** 2 / 2
    return evidence - min(price, float(past_module.FARTHEST))
