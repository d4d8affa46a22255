"""What tells an object from itself laid onto itself, and places spread far apart: plain loops."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive.distinction import loss

from colonnade_models import twins as W
from colonnade_models.evidence import Tolerance
from colonnade_models.learned import LearnedObject


def losses(learned: LearnedObject, pose: NDArray[Any], t: Tolerance) -> list[float]:
    """Nats that every probed surfel loses where the (12,) pose lays it."""
    probes = learned.table[:: max(1, len(learned.table) // W.PROBES)]
    return [loss(surfel, learned, pose, t) for surfel in probes]


def mean_loss(learned: LearnedObject, pose: NDArray[Any], t: Tolerance) -> float:
    """Nats that a touch loses on average."""
    return float(np.clip(losses(learned, pose, t), 0, float(W.LARGEST_LOSS)).mean())


def spread(position: NDArray[Any], count: int) -> list[int]:
    """Indices of places, each the farthest from those before it; the first from the mean."""
    far = [float(np.linalg.norm(p - position.mean(axis=0))) for p in position]
    chosen = [far.index(max(far))]
    while len(chosen) < min(count, len(position)):
        far = [min(float(np.linalg.norm(p - position[i])) for i in chosen) for p in position]
        chosen.append(far.index(max(far)))
    return chosen
