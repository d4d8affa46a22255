"""What tells an object from itself laid onto itself, and places spread far apart: plain loops."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive.distinction import deficit, imagine

from colonnade_models import twins as W
from colonnade_models.evidence import Tolerance
from colonnade_models.memory import LearnedObject


def losses(learned: LearnedObject, pose: NDArray[Any], t: Tolerance) -> list[float]:
    """Nats that every probed surfel loses where the (12,) pose lays it."""
    probes = learned.table[:: max(1, len(learned.table) // W.PROBES)]
    return [deficit(learned, imagine(surfel), pose, t) for surfel in probes]


def share_telling(learned: LearnedObject, pose: NDArray[Any], t: Tolerance) -> float:
    """Share of the probed surfels that differ from where the pose lays them."""
    return float(np.mean([loss > W.TELLING for loss in losses(learned, pose, t)]))


def spread(position: NDArray[Any], count: int) -> list[int]:
    """Indices of places, each the farthest from those before it; the first from the mean."""
    far = [float(np.linalg.norm(p - position.mean(axis=0))) for p in position]
    chosen = [far.index(max(far))]
    while len(chosen) < min(count, len(position)):
        far = [min(float(np.linalg.norm(p - position[i])) for i in chosen) for p in position]
        chosen.append(far.index(max(far)))
    return chosen
