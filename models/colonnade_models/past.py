"""The past: what an object that has moved since was felt to be, and where it lay.

It speaks for the objects that led then, and for poses near the one before: most of what moves is
nudged, not thrown.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models.kernel import kernel

__all__ = ["Past", "before", "forget", "new_past"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
HALF = np.float32(0.5)
TURN = np.float32(0.6)
SHIFT = np.float32(0.04)
"""Standard deviations of a motion, rad and m, and"""
FARTHEST = np.float32(5.0)
"""the most nats that it costs to have moved farther."""


class Past(NamedTuple):
    """What is known from before the object moved, and the leader on which that would rest next."""

    moves: NDArray[np.int64]
    """(1,) how often the object was noticed to move."""
    evidence: Array
    """(O,) nats for each object, at most 0; all 0 while nothing moved."""
    object: NDArray[np.int64]
    """(2,) what led before it moved; what led last and fitted; -1 for none."""
    pose: Array
    """(2, 12) how they lay."""


def new_past(objects: int) -> Past:
    """A past in which nothing happened."""
    past = Past(
        np.zeros(1, np.int64),
        np.zeros(objects, np.float32),
        np.zeros(2, np.int64),
        np.zeros((2, 12), np.float32),
    )
    forget(past)
    return past


def forget(past: Past) -> None:
    """Begin anew."""
    past.moves[0] = 0
    past.evidence[:] = 0
    past.object[:] = -1


@kernel
def before(past: Past, centre: Array, o: int, pose: Array) -> np.float32:
    """Nats that the past tells for object `o` lying at `pose` (12,); its `centre` is (3,)."""
    if past.moves[0] == 0:
        return ZERO
    if o != past.object[0]:
        return past.evidence[o]
    was = past.pose[0]
    trace, square = ZERO, ZERO
    for k in range(9):
        trace += pose[k] * was[k]
    # 2 (1 - cos a) is a^2 for small angles and grows less for large ones
    turned = (np.float32(3.0) - trace) / (TURN * TURN)
    for k in range(3):
        step = ZERO
        for j in range(3):
            step += pose[3 * j + k] * (centre[j] - pose[9 + j])
            step -= was[3 * j + k] * (centre[j] - was[9 + j])
        square += step * step
    return past.evidence[o] - min(HALF * (turned + square / (SHIFT * SHIFT)), FARTHEST)
