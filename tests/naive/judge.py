"""Which pose of an object leads: plain sums over all percepts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive import evidence as E

from colonnade_models.evidence import Tolerance
from colonnade_models.learned import LearnedObject


def ranks(
    learned: LearnedObject,
    poses: list[NDArray[Any]],
    evidence: list[float],
    features: NDArray[Any],
    t: Tolerance,
    reach: float,
) -> list[float]:
    """Evidence of each (12,) pose once shape and colour count as far as they are trusted."""
    shape, colour = (float(weight) for weight in learned.trust)
    out = []
    for pose, total in zip(poses, evidence, strict=True):
        for row in features.astype(np.float64):
            nats, by_colour = E.score_parts(learned, pose, row, t, reach)
            by_shape = nats + by_colour
            total += shape * by_shape - colour * by_colour - nats
        out.append(total)
    return out
