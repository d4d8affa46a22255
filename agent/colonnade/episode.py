"""What one recognition episode leaves behind: a row for the table and, on request, its steps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Episode", "StepTrace"]


@dataclass(frozen=True, slots=True)
class StepTrace:
    """One step of a recognition, told in the true object's own frame so that it can be drawn."""

    step: int
    location: NDArray[np.float32]
    """(3,) sensed point, metres, in the TRUE object's reference frame."""
    normal: NDArray[np.float32]
    """(3,) surface normal there, in the same frame."""
    on_object: bool
    goal: bool
    """True when a policy jumped here; False when the sensor walked."""
    evidence: dict[str, float]
    """Best log-likelihood ratio per object: the leading five and the true one."""
    hypotheses: int
    sense_us: float
    infer_us: float
    policy_us: float


@dataclass(frozen=True, slots=True)
class Episode:
    """The outcome of one recognition episode."""

    object: str
    trial: int
    seed: int
    rotation: NDArray[np.float64]
    """(4,) true rotation object -> world, quaternion x, y, z, w."""
    decision: str | None
    """Name of the recognised object, ``"unknown"``, or None if memory proposed nothing."""
    correct: bool
    unknown: bool
    timeout: bool
    """The step limit came first; `decision` is then the strongest hypothesis."""
    steps: int
    rotation_estimate: NDArray[np.float64]
    """(4,) estimated rotation object -> world; NaN if nothing was recognised."""
    rotation_error_column_deg: float
    """Least angle over the poses the column holds equivalent; NaN if the object is wrong."""
    rotation_error_deg: float
    """Least angle up to the object's true symmetry group; NaN if the object is wrong."""
    symmetric: bool
    """The column found several poses that look the same."""
    margin: float
    """Evidence of the leader above the next object, or above none (0), nats."""
    seconds: float
    sense_us: float
    infer_us: float
    policy_us: float
    total_us: float
    """Medians over the episode's steps, microseconds; total includes the body's move."""
    place_error_mm: float = math.nan
    """Between the estimated and the true middle of the object; NaN if the object is wrong."""
    moved_at: int = -1
    """Steps done when the object was moved last; -1 if it lay still."""
    noticed: int = 0
    """How often the column found that it had been moved."""
    scale: float = 1.0
    """How many times as large as it was learned; 1 unless sizes are searched."""
    trace: list[StepTrace] | None = None
    percepts: NDArray[np.float32] | None = None
    """(steps, patches, 18) what entered the column, if that was asked for; (0, patches, 18) where
    a part of it was not sound."""
    reach: float = math.nan
    """How far the sensor saw, m; NaN unless percepts were asked for."""
