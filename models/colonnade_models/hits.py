"""Hits: how many of the touches aimed at a place meet the object at all.

At a rim or a thin edge a touch that lands a little beside meets nothing, in the middle of a face
hardly one does. So a look that meets nothing tells much against a hypothesis that expects a face
there and little against one that expects a rim, and a policy should rather go to the face.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models import surfel as S
from colonnade_models.kernel import kernel
from colonnade_models.learned import LearnedObject

__all__ = ["hit_share"]

Array = NDArray[np.float32]

NEAR = 1.6
"""Spacings within which the touches of neighbours count."""
HIT_WEIGHT = np.float32(1.0)
"""Touches that the usual share of hits weighs."""
FACING_ALIKE = np.float32(0.5)
"""Cosine between the normals of neighbours."""


@kernel
def _share(
    table: Array, radius: np.float32, aims: NDArray[np.int64], hits: NDArray[np.int64], out: Array
) -> None:
    """The share of hits around each surfel, from how many touches aimed at each and met: (N,)."""
    n = table.shape[0]
    for i in range(n):
        a = table[i]
        aimed, met = HIT_WEIGHT, HIT_WEIGHT * S.USUALLY_HIT
        for j in range(n):
            b = table[j]
            if aims[j] == 0:
                continue
            x = b[S.POSITION] - a[S.POSITION]
            y = b[S.POSITION + 1] - a[S.POSITION + 1]
            z = b[S.POSITION + 2] - a[S.POSITION + 2]
            if x * x + y * y + z * z >= radius * radius:
                continue
            facing = a[S.NORMAL] * b[S.NORMAL] + a[S.NORMAL + 1] * b[S.NORMAL + 1]
            if facing + a[S.NORMAL + 2] * b[S.NORMAL + 2] > FACING_ALIKE:
                aimed = aimed + np.float32(aims[j])
                met = met + np.float32(hits[j])
        out[i] = met / aimed


def hit_share(learned: LearnedObject, aimed: NDArray[np.int64], met: NDArray[np.bool_]) -> Array:
    """(N,) share of the touches aimed at and around each surfel that met the object.

    `aimed` (A,) says at which surfel each touch aimed, `met` (A,) whether it met the object. Few
    touches are averaged with what is usual.
    """
    n = len(learned.table)
    aims = np.bincount(aimed, minlength=n)
    hits = np.bincount(aimed[met], minlength=n)
    share = np.empty(n, np.float32)
    _share(learned.table, np.float32(NEAR * learned.spacing), aims, hits, share)
    return share
