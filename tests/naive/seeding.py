"""Seeding by plain loops: every pose that a percept proposes, with its evidence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from tests.naive.evidence import coloured, score
from tests.naive.poses import row

from colonnade_models import percept as P
from colonnade_models import seeding as G
from colonnade_models import surfel as S
from colonnade_models.evidence import BEND, VAR_BEND, Tolerance
from colonnade_models.learned import LearnedObject

Array = NDArray[np.float64]


def resembles(f: NDArray[Any], s: NDArray[Any], t: Tolerance, most: float) -> bool:
    """Whether bending and colour, at most as many nats apart, could be those of a surfel."""
    variance = float(t.bend + f[VAR_BEND] + s[S.SPREAD_BEND])
    total = float(G.RESEMBLING_BEND) * float(
        ((f[BEND : BEND + 2] - s[S.BEND : S.BEND + 2]) ** 2).sum() / variance
    )
    colours = f[P.COLOUR : P.COLOUR + 3], s[S.COLOUR : S.COLOUR + 3]
    return total + coloured(*colours, s, t) <= most


def frame(normal: Array, direction: Array) -> Array:
    """(3, 3): normal, tangent and their product as columns, made orthogonal."""
    tangent = direction - (direction @ normal) * normal
    tangent /= np.linalg.norm(tangent)
    return np.array([normal, tangent, np.cross(normal, tangent)]).T


def proposals(f: NDArray[Any], s: NDArray[Any], turns: int) -> list[Array]:
    """(12,) poses that lay the percept onto the surfel: two, or `turns` all round the normal."""
    f, s = np.asarray(f, np.float64), np.asarray(s, np.float64)
    directed = f[P.DIRECTED] > 0 and s[S.DIRECTED] > 0.5
    count = 2 if directed else turns
    sensed = frame(f[P.NORMAL : P.NORMAL + 3], f[P.DIRECTION : P.DIRECTION + 3])
    m = s[S.NORMAL : S.NORMAL + 3]
    known = frame(m, s[S.DIRECTION : S.DIRECTION + 3])
    out = []
    for k in range(count):
        turn = Rotation.from_rotvec(2 * np.pi * k / count * m).as_matrix()
        T = np.eye(4)
        T[:3, :3] = turn @ known @ sensed.T
        T[:3, 3] = s[S.POSITION : S.POSITION + 3] - T[:3, :3] @ f[P.LOCATION : P.LOCATION + 3]
        out.append(row(T))
    return out


def farthest(features: NDArray[Any], anchor: int, most: int) -> list[int]:
    """Percepts on the object, each the farthest from the anchor and those chosen before."""
    chosen: list[int] = []
    place = np.asarray(features[:, P.LOCATION : P.LOCATION + 3], np.float64)
    while len(chosen) < most:
        best, distance = -1, 0.0
        for i in range(len(features)):
            if i == anchor or i in chosen or features[i, P.ON_OBJECT] < 1:
                continue
            nearest = min(np.linalg.norm(place[i] - place[j]) for j in [anchor, *chosen])
            if nearest > distance:
                best, distance = i, float(nearest)
        if best < 0:
            break
        chosen.append(best)
    return chosen


def seed(
    things: list[LearnedObject],
    features: NDArray[Any],
    anchor: int,
    t: Tolerance,
    search: G.Search,
) -> list[tuple[int, Array, float]]:
    """(object, pose, evidence) of every proposal, none given up."""
    checks = [anchor, *farthest(features, anchor, G.MOST_CHECKS)]
    out = []
    for o, thing in enumerate(things):
        for s in thing.table:
            if resembles(features[anchor].astype(float), s.astype(float), t, search.resembling):
                for pose in proposals(features[anchor], s, search.turns):
                    total = sum(
                        score(thing, pose, features[i], t, float(search.reach)) for i in checks
                    )
                    out.append((o, pose, total))
    return out
