"""Hits: how many of the touches aimed at a place meet the object at all.

At a rim or a thin edge a touch that lands a little beside meets nothing, in the middle of a face
hardly one does. So a look that meets nothing tells much against a hypothesis that expects a face
there and little against one that expects a rim, and a policy should rather go to the face.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models import surfel as S
from colonnade_models.memory import LearnedObject

__all__ = ["hit_share"]

Array = NDArray[np.float32]

NEAR = 1.6
"""Spacings within which the touches of neighbours count."""
HIT_WEIGHT = 1.0
"""Touches that the usual share of hits weighs."""


def _neighbours(table: Array, radius: float) -> Array:
    """(N, N) 1 where two surfels are near each other and face alike."""
    position, normal = table[:, S.POSITION : S.POSITION + 3], table[:, S.NORMAL : S.NORMAL + 3]
    square = (position**2).sum(axis=1)
    apart = square[:, None] + square[None, :] - 2.0 * position @ position.T
    near = (apart < radius * radius) & (normal @ normal.T > 0.5)
    return near.astype(np.float32)


def hit_share(learned: LearnedObject, aimed: NDArray[np.int64], met: NDArray[np.bool_]) -> Array:
    """(N,) share of the touches aimed at and around each surfel that met the object.

    `aimed` (A,) says at which surfel each touch aimed, `met` (A,) whether it met the object. Few
    touches are averaged with what is usual.
    """
    n = len(learned.table)
    near = _neighbours(learned.table, NEAR * learned.spacing)
    aims = near @ np.bincount(aimed, minlength=n)
    hits = near @ np.bincount(aimed, met, n)
    share = (hits + float(S.USUALLY_HIT) * HIT_WEIGHT) / (aims + HIT_WEIGHT)
    return share.astype(np.float32)
