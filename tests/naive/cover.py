"""The flood fill's frontier as a plain list of goals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive.learning import covers

from colonnade.policies import cover
from colonnade_models import percept as P

Row = NDArray[np.float64]


class Frontier:
    """Goals (target, origin, normal) and the voxels that were tried."""

    def __init__(self, spacing: float) -> None:
        self.spacing = spacing
        self.goals: list[Row] = []
        self.tried: list[tuple[tuple[int, ...], NDArray[Any]]] = []

    def open(self, learned: list[Any], percept: NDArray[Any]) -> None:
        """Open the goals round a percept that nothing in `learned` [(voxel, normal)] covers."""
        p = percept.astype(np.float64)
        here, n = p[P.LOCATION : P.LOCATION + 3], p[P.NORMAL : P.NORMAL + 3]
        e = p[P.DIRECTION : P.DIRECTION + 3]
        for k in range(cover.NEIGHBOURS):
            angle = 2 * np.pi * k / cover.NEIGHBOURS
            way = np.cos(angle) * e + np.sin(angle) * np.cross(n, e)
            target = here + float(cover.STRIDE) * self.spacing * way
            if not covers(learned, self.spacing, target, n):
                self.goals.append(np.concatenate([target, here, n]))

    def next(self, learned: list[Any], here: NDArray[Any]) -> Row | None:
        """The goal nearest to a place, by the sum of absolute differences; None if none is left."""
        while self.goals:
            costs = [np.abs(g[:3] - here).sum() + np.abs(g[3:6] - here).sum() for g in self.goals]
            nearest = int(np.argmin(costs))
            goal = self.goals[nearest]
            self.goals[nearest] = self.goals[-1]  # the order matters where two are equally near
            self.goals.pop()
            if covers(learned, self.spacing, goal[:3], goal[6:]):
                continue
            if covers(self.tried, self.spacing, goal[:3], goal[6:]):
                continue
            voxel = tuple(
                np.floor(goal[:3].astype(np.float32) / np.float32(self.spacing)).astype(int)
            )
            self.tried.append((voxel, goal[6:]))
            return goal
        return None
