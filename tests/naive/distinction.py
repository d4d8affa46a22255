"""What would tell hypotheses apart, and where to touch next: plain loops and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive.evidence import coloured, surfel_score
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


def _laid(learned: LearnedObject, f: Array, T: NDArray[Any]) -> tuple[int, list[Array]]:
    """The surfel on which T (12,) lays features, or -1, and their place, normal and direction."""
    M = matrix(T)
    point = M[:3, :3] @ f[P.LOCATION : P.LOCATION + 3] + M[:3, 3]
    normal = M[:3, :3] @ f[P.NORMAL : P.NORMAL + 3]
    direction = M[:3, :3] @ f[P.DIRECTION : P.DIRECTION + 3]
    return lookup(learned, point, normal), [point, normal, direction]


def laid_into(learned: LearnedObject, f: Array, T: NDArray[Any], t: Tolerance) -> float:
    """Score of features laid into the object by the (12,) pose T."""
    i, there = _laid(learned, f, T)
    return float(t.floor) if i < 0 else surfel_score(f, *there, learned.table[i], t)


def by_colour(learned: LearnedObject, f: Array, T: NDArray[Any], t: Tolerance) -> float:
    """Nats that the difference in colour costs there, none where there is no surface."""
    i, _ = _laid(learned, f, T)
    if i < 0:
        return 0.0
    s = learned.table[i].astype(np.float64)
    return coloured(f[P.COLOUR : P.COLOUR + 3], s[S.COLOUR : S.COLOUR + 3], s, t)


def loss(surfel: NDArray[Any], other: LearnedObject, T: NDArray[Any], t: Tolerance) -> float:
    """Nats that a touch of the surfel loses where T lays it into another object."""
    f = imagine(surfel)
    return at_home(surfel, f, t) - laid_into(other, f, T, t)


def telling(surfel: NDArray[Any], other: LearnedObject, T: NDArray[Any], t: Tolerance) -> float:
    """The same as far as one touch is believed."""
    return min(loss(surfel, other, T, t), float(D.MOST_TELLING))


def would_tell(
    surfel: NDArray[Any], one: LearnedObject, other: LearnedObject, T: NDArray[Any], t: Tolerance
) -> float:
    """Nats that touching the surfel of one object would tell, as far as its differences count."""
    nats = loss(surfel, other, T, t)
    if one is other:
        colour = by_colour(other, imagine(surfel), T, t)
        nats = float(one.trust[0]) * (nats - colour) + float(one.trust[1]) * colour
    return min(nats, float(D.MOST_TELLING))


def by_print(learned: LearnedObject, f: Array, T: NDArray[Any], t: Tolerance) -> float:
    """The same as `by_colour`, where the hue of a grey counts for nothing."""
    i, _ = _laid(learned, f, T)
    if i < 0:
        return 0.0
    s, f = learned.table[i].astype(np.float64), f.copy()
    vivid = min(f[P.COLOUR + 1], s[S.COLOUR + 1], float(D.GREY)) / float(D.GREY)
    apart = (f[P.COLOUR] - s[S.COLOUR] + 0.5) % 1.0 - 0.5
    f[P.COLOUR] = s[S.COLOUR] + vivid * apart
    return coloured(f[P.COLOUR : P.COLOUR + 3], s[S.COLOUR : S.COLOUR + 3], s, t)


def look_alike(
    one: LearnedObject,
    a: NDArray[Any],
    other: LearnedObject,
    b: NDArray[Any],
    probes: int,
    t: Tolerance,
) -> bool:
    """Whether probed surfels tell little on average, by colour too, and much hardly anywhere."""
    T, probed = relative_pose(a, b), one.table[:: max(1, len(one.table) // probes)]
    colours = [by_print(other, imagine(s), T, t) for s in probed]
    nats = [
        min(loss(s, other, T, t) - by_colour(other, imagine(s), T, t) + c, float(D.MOST_TELLING))
        for s, c in zip(probed, colours, strict=True)
    ]
    much = sum(n > D.MUCH for n in nats)
    little = np.mean(nats) < D.ALIKE and np.mean(colours) < D.ALIKE_IN_COLOUR
    return much <= D.SELDOM * len(nats) and bool(little)


def usual_lead(
    one: LearnedObject,
    a: NDArray[Any],
    other: LearnedObject,
    b: NDArray[Any],
    probes: int,
    t: Tolerance,
) -> float:
    """What the probed surfels tell on average."""
    T, probed = relative_pose(a, b), one.table[:: max(1, len(one.table) // probes)]
    return float(np.mean([would_tell(s, one, other, T, t) for s in probed]))


def expected_lead(
    one: LearnedObject,
    a: NDArray[Any],
    other: LearnedObject,
    b: NDArray[Any],
    features: NDArray[Any],
    t: Tolerance,
) -> float:
    """What touches at the places of `features` (N, 22) would tell for `one` at `a`."""
    T, total = relative_pose(a, b), 0.0
    for f in np.asarray(features, np.float64):
        i, _ = _laid(one, f, a)
        if f[P.ON_OBJECT] > 0 and i >= 0:
            total += would_tell(one.table[i], one, other, T, t)
    return total
