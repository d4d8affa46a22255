"""Which pose of an object leads, and by how much: plain sums over all percepts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive import evidence as E
from tests.naive.likeness import twin_between

from colonnade_models import percept as P
from colonnade_models import ranking as R
from colonnade_models.cost import MOST_MISSED
from colonnade_models.evidence import Tolerance
from colonnade_models.learned import LearnedObject
from colonnade_models.twin import MOST_COUNTED, UNMEASURED, WORTH


def costs(
    learned: LearnedObject,
    poses: list[NDArray[Any]],
    features: NDArray[Any],
    t: Tolerance,
    reach: float,
) -> list[float]:
    """Nats that the percepts cost each (12,) pose, as far as shape and colour are trusted."""
    shape, colour = (float(weight) for weight in learned.trust)
    out = []
    for pose in poses:
        total = 0.0
        for row in features.astype(np.float64):
            nats, by_colour = E.score_parts(learned, pose, row, t, reach)
            by_shape = float(t.gain) - nats - by_colour
            weighed = min(shape * by_shape + colour * by_colour, float(MOST_COUNTED))
            total += weighed if row[P.ON_OBJECT] > 0 else min(-nats, float(MOST_MISSED))
        out.append(total)
    return out


def leader(
    learned: LearnedObject,
    poses: list[NDArray[Any]],
    standing: list[float],
    first: int,
    features: NDArray[Any],
    t: Tolerance,
    reach: float,
    needed: float,
) -> int:
    """The best of those whose fit is no less than needed; the `first` unless another is better."""
    fits = [sum(E.fit(learned, p, r, t, reach) for r in features.astype(float)) for p in poses]
    fitting = [i for i, fit in enumerate(fits) if i == first or fit >= needed]
    return max(fitting, key=lambda i: standing[i])


def behind(
    learned: LearnedObject,
    centre: NDArray[Any],
    poses: list[NDArray[Any]],
    cost: list[float],
    first: int,
) -> list[float]:
    """Nats by which percepts put each pose behind the leader, as far as they are borne out."""
    out = []
    for pose, lost in zip(poses, cost, strict=True):
        w, gap = twin_between(learned, centre, poses[first], pose), lost - cost[first]
        worth = learned.twins[w, WORTH] if w >= 0 else UNMEASURED
        known = worth < UNMEASURED and gap > 0
        out.append(gap * max(float(worth), float(R.LEAST_WORTH)) if known else gap)
    return out
