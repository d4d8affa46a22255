"""Pruning, surfel by surfel, everything computed anew each time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models import surfel as S
from colonnade_models.distinction import at_home, imagine
from colonnade_models.evidence import FEATURE_SIZE, default_tolerance, surfel_score

Array = NDArray[np.float32]


def heir_of(table: Array, alive: NDArray[np.bool_], i: int) -> int:
    """The nearest other surfel that faces alike, -1 where there is none."""
    square = ((table[:, :3] - table[i, :3]) ** 2).sum(axis=1, dtype=np.float32)
    facing = table[:, S.NORMAL : S.NORMAL + 3] @ table[i, S.NORMAL : S.NORMAL + 3]
    able = alive & (facing > 0.5)
    able[i] = False
    return int(np.argmin(np.where(able, square, np.inf))) if able.any() else -1


def lost_at(table: Array, i: int, heir: int) -> float:
    """Nats that a touch of surfel i loses where its heir is expected."""
    t, f, s = default_tolerance(), np.zeros(FEATURE_SIZE, np.float32), table[i]
    imagine(s, f)
    there = surfel_score(f, *s[:3], *s[S.NORMAL : S.NORMAL + 3], *s[6:9], table[heir], t)
    return max(float(at_home(s, f, t) - there), 0.0)


def kept(table: Array, keep: int) -> NDArray[np.bool_]:
    """Which surfels stay."""
    alive, weight = np.ones(len(table), bool), np.ones(len(table))
    while alive.sum() > keep:
        costs = np.full(len(table), np.inf)
        for i in np.flatnonzero(alive):
            heir = heir_of(table, alive, i)
            if heir >= 0:
                costs[i] = weight[i] * (lost_at(table, i, heir) + 0.05)
        least = int(np.argmin(costs))
        if not np.isfinite(costs[least]):
            break
        alive[least] = False
        weight[heir_of(table, alive, least)] += weight[least]
    return alive
