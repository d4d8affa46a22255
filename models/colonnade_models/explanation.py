"""Explanation: how well a learned object in one pose accounts for percepts, one by one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models.evidence import (
    FEATURE_SIZE,
    Tolerance,
    default_tolerance,
    features_of,
    score,
)
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.recall import wake_up
from colonnade_models.refinement import new_normal_equations, refine

__all__ = ["IDENTITY", "aligned", "explain"]

Array = NDArray[np.float32]

IDENTITY = np.array([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], np.float32)
"""(12,) the pose of percepts that are in the object's frame already."""
ALIGNING_STEPS = 12


@kernel
def _features(percepts: Array, out: Array) -> None:
    for i in range(percepts.shape[0]):
        features_of(percepts[i], out[i])


@kernel
def _explain(
    memory: Memory,
    o: int,
    pose: Array,
    features: Array,
    t: Tolerance,
    reach: np.float32,
    out: Array,
) -> None:
    for i in range(features.shape[0]):
        out[i] = score(memory, o, pose, features[i], t, reach)


def explain(memory: Memory, o: int, pose: Array, percepts: Array, reach: float = 0.1) -> Array:
    """(M,) nats by which object `o` at `pose` (12,) explains each of (M, 18) percepts.

    `reach` (m) is how far the sensor would have seen, for percepts off the object.
    """
    features = np.zeros((len(percepts), FEATURE_SIZE), np.float32)
    _features(percepts, features)
    out = np.zeros(len(percepts), np.float32)
    wake_up(memory, o)
    _explain(memory, o, pose, features, default_tolerance(), np.float32(reach), out)
    return out


def aligned(memory: Memory, o: int, pose: Array, percepts: Array) -> Array:
    """The pose (12,) near `pose` in which object `o` explains (M, 18) percepts best."""
    features = np.zeros((len(percepts), FEATURE_SIZE), np.float32)
    _features(percepts, features)
    wake_up(memory, o)
    better, normal, t = pose.copy(), new_normal_equations(), default_tolerance()
    for _ in range(ALIGNING_STEPS):
        if not refine(memory, o, better, features, 0, len(features), 1, t, normal):
            break
    return better
