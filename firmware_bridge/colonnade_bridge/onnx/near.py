"""Poses that are near each other, all pairs at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models.hypotheses import Hypotheses

__all__ = ["all_near", "drop_twins"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)


def all_near(
    poses: Array, centres: Array, cosine: np.float32, distance: np.float32
) -> NDArray[np.bool_]:
    """(K, K) as `hypotheses.is_near` of pairs of poses (K, 12) of objects with `centres` (K, 3)."""
    trace = np.zeros((len(poses), len(poses)), np.float32)
    for entry in poses[:, :9].T:
        trace += entry[:, None] * entry
    square = np.zeros_like(trace)
    for k in range(3):
        step = np.zeros_like(trace)
        for j in range(3):
            arm = centres[:, j, None] - poses[:, 9 + j]  # to the first one's centre
            own = np.diagonal(arm)
            turn = poses[:, 3 * j + k]
            step += (turn * own)[:, None] - turn * arm
        square += step * step
    near: NDArray[np.bool_] = (HALF * (trace - ONE) >= cosine) & (square < distance * distance)
    return near


def drop_twins(h: Hypotheses, centre: Array, cosine: np.float32, distance: np.float32) -> None:
    """As `hypotheses.drop_twins`: of those that agree in object and pose keep the strongest."""
    n = int(h.count[0])
    objects = h.object[:n]
    same = objects[:, None] == objects
    near = all_near(h.pose[:n], centre[objects], cosine, distance) & same
    kept: list[int] = []
    for i in range(n):
        twins = np.flatnonzero(near[i, kept])
        if len(twins) == 0:
            kept.append(i)
        elif h.evidence[i] > h.evidence[kept[twins[0]]]:
            kept[twins[0]] = i
    _keep(h, np.array(kept, np.int64))


def _keep(h: Hypotheses, kept: NDArray[np.int64]) -> None:
    """Let these live, in this order, and no others."""
    n = len(kept)
    for array in (*h[:-2], *h.rivalry[2:]):  # what there is of each
        array[:n] = array[kept]
    h.count[0] = n
