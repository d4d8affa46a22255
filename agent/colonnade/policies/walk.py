"""Walk: the policy while there is nothing to test, a slide that follows the curvature.

Where the surface bends more one way than the other the finger follows the direction of least
bending, along a handle or an edge, for a while, then crosses it; elsewhere it keeps its
heading with a small random turn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P

__all__ = ["CurvatureWalk"]

ALONG, ACROSS = 5, 3
"""Steps that a leg follows least and greatest bending."""
WANDER = 0.5
"""Standard deviation of the random turn where no direction is defined, rad."""


class CurvatureWalk:
    """Gives the next displacement along the surface, world frame."""

    def __init__(self, stride: float, random: np.random.Generator) -> None:
        """`stride`: metres a step."""
        self.stride = stride
        self.random = random
        self.heading = random.normal(size=3)
        self.leg = 0

    def __call__(self, percept: NDArray[np.float32]) -> NDArray[np.float64]:
        """The displacement (3,) to slide by from `percept` (18,)."""
        normal = percept[P.NORMAL : P.NORMAL + 3].astype(np.float64)
        if percept[P.DIRECTED] > 0.0:
            heading = percept[P.DIRECTION : P.DIRECTION + 3].astype(np.float64)
            if self.leg % (ALONG + ACROSS) < ALONG:
                heading = np.cross(normal, heading)
            if heading @ self.heading < 0.0:
                heading = -heading
        else:
            turn = WANDER * self.random.normal()
            heading = np.cos(turn) * self.heading + np.sin(turn) * np.cross(normal, self.heading)
        self.leg += 1
        if not percept[P.ON_OBJECT]:
            heading = self.random.normal(size=3)
        heading = heading - (heading @ normal) * normal
        self.heading = heading / (np.linalg.norm(heading) + 1e-9)
        return self.stride * self.heading
