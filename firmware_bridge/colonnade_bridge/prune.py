"""Pruning: an object remembered with fewer surfels, those that their neighbours stand in for best.

One after the other the surfel goes whose place would be told worst apart from what the nearest of
those that stay expects there: what a touch of it would lose, in nats, times how much surface it
stands for. Then those that stay stand for a wider patch each, so that cells grow, and what they
vary by is widened to what their neighbours show.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from colonnade_models import surfel as S
from colonnade_models.distinction import at_home, imagine
from colonnade_models.evidence import FEATURE_SIZE, Tolerance, default_tolerance, surfel_score
from colonnade_models.learned import LearnedObject
from colonnade_models.spread import widen_spreads

__all__ = ["pruned"]

Array = NDArray[np.float32]

FACES_ALIKE = np.float32(0.5)
"""Cosine between the normals of surfels of which one may stand in for the other."""
FEWEST = 24
"""Surfels that an object keeps at least."""


@njit(cache=True)
def _stand_in(
    table: Array, alive: NDArray[np.bool_], i: int, t: Tolerance, f: Array
) -> tuple[int, float]:
    """The nearest surfel facing alike, and what a touch of surfel i would lose there, nats."""
    s = table[i]
    best, nearest = -1, np.float32(np.inf)
    for j in range(table.shape[0]):
        if j == i or not alive[j]:
            continue
        d0, d1, d2 = s[0] - table[j, 0], s[1] - table[j, 1], s[2] - table[j, 2]
        square = d0 * d0 + d1 * d1 + d2 * d2
        facing = (
            s[S.NORMAL] * table[j, S.NORMAL]
            + s[S.NORMAL + 1] * table[j, S.NORMAL + 1]
            + s[S.NORMAL + 2] * table[j, S.NORMAL + 2]
        )
        if square < nearest and facing > FACES_ALIKE:
            best, nearest = j, square
    if best < 0:
        return -1, np.inf
    imagine(s, f)
    there = surfel_score(
        f, s[0], s[1], s[2], s[S.NORMAL], s[S.NORMAL + 1], s[S.NORMAL + 2],
        s[S.DIRECTION], s[S.DIRECTION + 1], s[S.DIRECTION + 2], table[best], t,
    )  # fmt: skip
    return best, float(max(at_home(s, f, t) - there, np.float32(0.0)))


@njit(cache=True)
def _prune(table: Array, keep: int, t: Tolerance, f: Array, alive: NDArray[np.bool_]) -> None:
    """Let all but `keep` surfels go, the least missed first."""
    n = table.shape[0]
    weight, loss = np.ones(n), np.empty(n)
    heir = np.empty(n, np.int64)
    for i in range(n):
        heir[i], loss[i] = _stand_in(table, alive, i, t, f)
    for _ in range(n - keep):
        least, cost = -1, np.inf
        for i in range(n):
            if alive[i] and heir[i] >= 0 and weight[i] * (loss[i] + 0.05) < cost:
                least, cost = i, weight[i] * (loss[i] + 0.05)
        if least < 0:
            return
        alive[least] = False
        weight[heir[least]] += weight[least]
        for i in range(n):
            if alive[i] and heir[i] == least:
                heir[i], loss[i] = _stand_in(table, alive, i, t, f)


def pruned(learned: LearnedObject, keep: int) -> LearnedObject:
    """The object with at most `keep` surfels; as it is where it has no more."""
    keep = max(keep, FEWEST)
    if len(learned.table) <= keep:
        return learned
    alive = np.ones(len(learned.table), np.bool_)
    features = np.zeros(FEATURE_SIZE, np.float32)
    _prune(learned.table, keep, default_tolerance(), features, alive)
    table = np.ascontiguousarray(learned.table[alive])
    spacing = learned.spacing * float(np.sqrt(len(learned.table) / len(table)))
    widen_spreads(table, spacing)
    return replace(learned, table=table, spacing=spacing)
