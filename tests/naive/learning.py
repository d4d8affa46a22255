"""Merging percepts into surfels with a dictionary of voxels and plain lists."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive.evidence import bend
from tests.naive.numerics import hsv, rgb

from colonnade_models import learning as L
from colonnade_models import percept as P
from colonnade_models import surfel as S

Array = NDArray[np.float64]


class Voxels:
    """What `colonnade_models.learning.Draft` is, as lists of percepts."""

    def __init__(self, spacing: float) -> None:
        self.spacing = np.float32(spacing)
        self.surfels: list[list[Array]] = []
        self.voxels: dict[tuple[int, ...], list[int]] = defaultdict(list)

    def learn(self, percept: NDArray[np.float32]) -> int:
        """1 for a new surfel, else 0."""
        if percept[P.ON_OBJECT] < 1:
            return 0
        place = percept[P.LOCATION : P.LOCATION + 3] / self.spacing
        voxel = tuple(int(k) for k in np.floor(place))
        row = percept.astype(np.float64)
        # the last opened first, as a bucket is walked
        for i in reversed(self.voxels[voxel]):
            mean = sum(member[P.NORMAL : P.NORMAL + 3] for member in self.surfels[i])
            if mean @ row[P.NORMAL : P.NORMAL + 3] > 0.5 * np.linalg.norm(mean):
                self.surfels[i].append(row)
                return 0
        self.voxels[voxel].append(len(self.surfels))
        self.surfels.append([row])
        return 1

    def coarsened(self, spacing: float) -> tuple[Voxels, Array]:
        """The same percepts, surfel by surfel, in larger voxels; and the (N, 25) surfels there.

        What lay in one surfel stays in one; its principal direction joins as a whole.
        """
        coarse = Voxels(spacing)
        directions: list[Array] = []
        for members in self.surfels:
            rows = np.array(members)
            place = rows[:, P.LOCATION : P.LOCATION + 3].mean(axis=0) / coarse.spacing
            voxel = tuple(int(k) for k in np.floor(place))
            way = rows[:, P.NORMAL : P.NORMAL + 3].sum(axis=0)
            way /= np.linalg.norm(way)
            direction = direction_sum(members)
            for i in reversed(coarse.voxels[voxel]):
                mean = np.array(coarse.surfels[i])[:, P.NORMAL : P.NORMAL + 3].sum(axis=0)
                if mean @ way > 0.5 * np.linalg.norm(mean):
                    coarse.surfels[i] += members
                    directions[i] += direction if direction @ directions[i] >= 0 else -direction
                    break
            else:
                coarse.voxels[voxel].append(len(coarse.surfels))
                coarse.surfels.append(list(members))
                directions.append(direction)
        rows = [surfel(m, d) for m, d in zip(coarse.surfels, directions, strict=True)]
        return coarse, np.array(rows)

    def table(self) -> Array:
        """(N, 25) surfels, before their spreads are widened."""
        return np.array([surfel(members, direction_sum(members)) for members in self.surfels])


def direction_sum(members: list[Array]) -> Array:
    """Sum of the principal directions that can be trusted, each turned along the sum before it."""
    total = np.zeros(3)
    for row in members:
        if row[P.SIGMA_BEND] <= L.MAX_TRUSTED_BEND_SIGMA and row[P.DIRECTED] > 0:
            d = row[P.DIRECTION : P.DIRECTION + 3]
            total += d if d @ total >= 0 else -d
    return total


def surfel(members: list[Array], total: Array) -> Array:
    """One surfel row of its percepts and the sum of their principal directions."""
    out = np.zeros(S.SURFEL_SIZE)
    rows = np.array(members)
    count = len(rows)
    prior = float(L.PRIOR_COUNT)

    def shrunk(spread: float, n: int, unknown: float) -> float:
        return float((n * spread + prior * unknown) / (n + prior))

    out[S.POSITION : S.POSITION + 3] = rows[:, P.LOCATION : P.LOCATION + 3].mean(axis=0)
    normal = rows[:, P.NORMAL : P.NORMAL + 3].mean(axis=0)
    length = np.linalg.norm(normal)
    out[S.NORMAL : S.NORMAL + 3] = normal / length
    out[S.SPREAD_NORMAL] = shrunk(max(1 - length, 0.0), count, float(L.UNKNOWN_SPREAD_NORMAL))
    trusted = rows[rows[:, P.SIGMA_BEND] <= L.MAX_TRUSTED_BEND_SIGMA]
    directed = int((trusted[:, P.DIRECTED] > 0).sum())
    n = out[S.NORMAL : S.NORMAL + 3]
    total = total - (total @ n) * n
    size = np.linalg.norm(total)
    if size > 1e-6 and len(trusted):
        out[S.DIRECTION : S.DIRECTION + 3] = total / size
        out[S.DIRECTED] = min(size, directed) / len(trusted)
    else:
        tangent = [0, -n[2], n[1]] if abs(n[0]) < 0.7 else [n[2], 0, -n[0]]
        out[S.DIRECTION : S.DIRECTION + 3] = tangent / np.linalg.norm(tangent)
    spread = 0.0
    if len(trusted):
        curvature = trusted[:, P.CURVATURE : P.CURVATURE + 2]
        bends = np.array([[bend(k) for k in pair] for pair in curvature])
        out[S.CURVATURE : S.CURVATURE + 2] = curvature.mean(axis=0)
        out[S.BEND : S.BEND + 2] = bends.mean(axis=0)
        spread = bends.var(axis=0).mean()
    out[S.SPREAD_BEND] = shrunk(spread, len(trusted), float(L.UNKNOWN_SPREAD_BEND))
    colours = np.array([rgb(*row[P.COLOUR : P.COLOUR + 3]) for row in rows])
    out[S.COLOUR : S.COLOUR + 3] = hsv(*colours.mean(axis=0))
    spread = shrunk(colours.var(axis=0).mean(), count, float(L.UNKNOWN_SPREAD_COLOUR))
    out[S.SPREAD_COLOUR : S.SPREAD_COLOUR + 3] = spread
    out[S.SPREAD_DIRECTION] = float(L.UNKNOWN_SPREAD_NORMAL)
    out[S.HIT] = S.USUALLY_HIT
    return out


def covers(table: Any, spacing: float, point: NDArray[Any], normal: NDArray[Any]) -> bool:
    """Whether one of the [(voxel, normal)] in `table` covers a point facing along `normal`."""
    voxel = tuple(np.floor(np.asarray(point, np.float32) / np.float32(spacing)).astype(int))
    return any(v == voxel and n @ normal > 0.5 * np.linalg.norm(n) for v, n in table)
