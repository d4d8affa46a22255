"""The most telling place, by plain loops over all candidates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive.distinction import imagine, laid_into, would_tell
from tests.naive.poses import is_near, matrix, relative_pose

from colonnade.policies import distinguish as G
from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.evidence import Tolerance
from colonnade_models.learned import LearnedObject

Array = NDArray[np.float64]
Hypothesis = tuple[int, NDArray[Any], float]

CANDIDATES = 48
"""That of the default settings."""


def rivals(
    these: list[Hypothesis], leader: int, behind: list[float], centre: NDArray[Any]
) -> list[int]:
    """The strongest that differ from the leader and from each other."""
    chosen: list[int] = []
    for i in sorted(range(len(these)), key=lambda i: behind[i]):
        o, pose, _ = these[i]
        known = [leader, *chosen]
        if i in known or len(chosen) == G.RIVALS:
            continue
        if not any(
            these[j][0] == o and is_near(pose, these[j][1], centre[o], 0.97, 0.015) for j in known
        ):
            chosen.append(i)
    return chosen


def worths(
    things: list[LearnedObject],
    these: list[Hypothesis],
    leader: int,
    behind: list[float],
    features: NDArray[Any],
    centre: NDArray[Any],
    t: Tolerance,
    offset: int,
) -> list[tuple[float, Array]]:
    """(nats, point and normal in the body's frame) of every candidate.

    `behind` is how many nats each hypothesis is behind the leader.
    """
    o, pose, _ = these[leader]
    others = rivals(these, leader, behind, centre)
    table = things[o].table
    stride = max(1, len(table) // CANDIDATES)
    back = np.linalg.inv(matrix(pose))
    out = []
    for s in table[offset % stride :: stride].astype(np.float64):
        worth, meets, everything = 0.0, 1.0, 1.0
        for k in others:
            T, other = relative_pose(pose, these[k][1]), things[these[k][0]]
            near = float(G.NEAR_RIVAL)
            weight = near / (near + behind[k])
            worth += weight * would_tell(s, things[o], other, T, t)
            everything += weight
            if laid_into(other, imagine(s), T, t) > t.floor:
                meets += weight
        worth *= np.sqrt(meets / everything)
        point = back[:3, :3] @ s[S.POSITION : S.POSITION + 3] + back[:3, 3]
        nearest = 1.0
        for f in features.astype(np.float64):
            apart = f[P.LOCATION : P.LOCATION + 3] - point
            if f[P.ON_OBJECT] < 1:
                n = f[P.NORMAL : P.NORMAL + 3]
                apart = apart - (apart @ n) * n
            nearest = min(nearest, float(apart @ apart))
        distance = np.sqrt(nearest)
        fresh = min(float(G.FRESH), float(G.FRESH_CELLS) * things[o].spacing)
        worth = worth * min(distance / fresh, 1.0) + float(G.EXPLORING) * distance
        worth *= s[S.HIT]
        out.append((worth, np.r_[point, back[:3, :3] @ s[S.NORMAL : S.NORMAL + 3]]))
    return out
