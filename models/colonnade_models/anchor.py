"""Which percept proposes poses, and which others check them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models.familiarity import LIKELIHOOD, Shortlist, surprise_of
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory

__all__ = ["choose_anchor", "plan_checks"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
DIRECTED_POSES = np.float32(0.25)
"""Of the poses that others propose, how many a percept with a principal direction does: some
surfels have none."""


@kernel
def choose_anchor(
    memory: Memory, features: Array, count: int, tried: NDArray[np.int64], listed: Shortlist
) -> int:
    """The percept that should propose fewest poses of the listed objects; -1 if all were tried.

    `tried` (>= count,) is 0 for a percept that was an anchor before, and -1 else.
    """
    best, fewest = -1, ZERO
    for i in range(count):
        f = features[i]
        if f[P.ON_OBJECT] == ZERO or tried[i] == 0:
            continue
        poses = ZERO
        for k in range(listed.count[0]):
            o = listed.object[k]
            surfels = memory.surfel_end[o] - memory.surfel_start[o]
            likely = LIKELIHOOD[surprise_of(memory.surprise, f, o)]
            poses += listed.worth[k] * np.float32(surfels) * likely
        if f[P.DIRECTED] > ZERO:
            poses = poses * DIRECTED_POSES
        if best < 0 or poses <= fewest:
            best, fewest = i, poses
    return best


@kernel
def plan_checks(order: NDArray[np.int64], features: Array, count: int, anchor: int) -> int:
    """Fill `order` with percepts, each the farthest from the anchor and from those chosen before.

    Returns how many there are."""
    chosen = 0
    while chosen < order.shape[0]:
        best, farthest = -1, ZERO
        for i in range(count):
            if i == anchor or features[i, P.ON_OBJECT] == ZERO:
                continue
            nearest = np.float32(1e9)
            for c in range(-1, chosen):
                j = anchor if c < 0 else order[c]
                d = ZERO
                for k in range(3):
                    step = features[i, P.LOCATION + k] - features[j, P.LOCATION + k]
                    d += step * step
                if i == j:
                    d = -ONE
                nearest = min(nearest, d)
            if nearest > farthest:
                best, farthest = i, nearest
        if best < 0:
            break
        order[chosen] = best
        chosen += 1
    return chosen
