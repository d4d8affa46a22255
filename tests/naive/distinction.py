"""What would tell hypotheses apart, and where to touch next: plain loops and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive.evidence import surfel_score
from tests.naive.poses import matrix, relative_pose
from tests.naive.spatial_index import lookup

from colonnade_models import distinction as D
from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.evidence import BEND, FEATURE_SIZE, VAR_BEND, VAR_NORMAL, Tolerance
from colonnade_models.learned import LearnedObject

Array = NDArray[np.float64]


def imagine(surfel: NDArray[Any]) -> Array:
    """Features that touching a surfel would give."""
    s = np.asarray(surfel, np.float64)
    out = np.zeros(FEATURE_SIZE)
    out[P.LOCATION : P.LOCATION + 3] = s[S.POSITION : S.POSITION + 3]
    out[P.NORMAL : P.NORMAL + 3] = s[S.NORMAL : S.NORMAL + 3]
    out[P.DIRECTION : P.DIRECTION + 3] = s[S.DIRECTION : S.DIRECTION + 3]
    out[P.CURVATURE : P.CURVATURE + 2] = s[S.CURVATURE : S.CURVATURE + 2]
    out[BEND : BEND + 2] = s[S.BEND : S.BEND + 2]
    out[P.COLOUR : P.COLOUR + 3] = s[S.COLOUR : S.COLOUR + 3]
    out[P.ON_OBJECT] = 1
    out[P.DIRECTED] = s[S.DIRECTED] > 0.5
    out[VAR_NORMAL], out[VAR_BEND] = s[S.SPREAD_NORMAL], s[S.SPREAD_BEND]
    return out


def at_home(surfel: NDArray[Any], f: Array, t: Tolerance) -> float:
    """Score of the features imagined of a surfel where they belong."""
    s = np.asarray(surfel, np.float64)
    here = (s[S.POSITION : S.POSITION + 3], s[S.NORMAL : S.NORMAL + 3])
    return surfel_score(f, *here, s[S.DIRECTION : S.DIRECTION + 3], s, t)


def laid_into(learned: LearnedObject, f: Array, T: NDArray[Any], t: Tolerance) -> float:
    """Score of features laid into the object by the (12,) pose T."""
    M = matrix(T)
    point = M[:3, :3] @ f[P.LOCATION : P.LOCATION + 3] + M[:3, 3]
    normal = M[:3, :3] @ f[P.NORMAL : P.NORMAL + 3]
    direction = M[:3, :3] @ f[P.DIRECTION : P.DIRECTION + 3]
    i = lookup(learned, point, normal)
    if i < 0:
        return float(t.floor)
    return surfel_score(f, point, normal, direction, learned.table[i], t)


def loss(surfel: NDArray[Any], other: LearnedObject, T: NDArray[Any], t: Tolerance) -> float:
    """Nats that a touch of the surfel loses where T lays it into another object."""
    f = imagine(surfel)
    return at_home(surfel, f, t) - laid_into(other, f, T, t)


def telling(surfel: NDArray[Any], other: LearnedObject, T: NDArray[Any], t: Tolerance) -> float:
    """The same as far as one touch is believed."""
    return min(loss(surfel, other, T, t), float(D.MOST_TELLING))


def look_alike(
    one: LearnedObject, a: NDArray[Any], other: LearnedObject, b: NDArray[Any], t: Tolerance
) -> bool:
    """Whether the probed surfels tell little on average, and much hardly anywhere."""
    T = relative_pose(a, b)
    nats = [telling(s, other, T, t) for s in one.table[:: max(1, len(one.table) // D.PROBES)]]
    much = sum(n > D.MUCH for n in nats)
    return much <= D.SELDOM * len(nats) and bool(np.mean(nats) < D.ALIKE)
