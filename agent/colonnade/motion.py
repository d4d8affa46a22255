"""Motion: how an object is moved while it is being recognised, and whether the column is told."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_BEFORE", "MOST_BEFORE", "WATCHED", "Manner", "Moment", "Motion", "draw_motion"]

Moment = Literal["open", "decided"]
Manner = Literal["noticed", "told", "ignored"]

LEAST_BEFORE, MOST_BEFORE = 6, 10
"""Steps before a motion that does not wait for the decision."""
WATCHED = 12
"""Steps that an object which was recognised already is touched on, unless it is noticed to move."""


@dataclass(frozen=True)
class Motion:
    """What happens to the object."""

    shift: float = 0.05
    """Metres, in any direction."""

    turn_deg: float = 45.0
    """Degrees about any axis through the middle of its bounding box."""

    times: int = 1
    """How often in an episode."""

    moment: Moment = "open"
    """open: after 6 to 10 steps, mostly before the decision. decided: after it, and the object is
    touched on."""

    manner: Manner = "noticed"
    """noticed: the column finds out by itself. told: it is told, and starts over. ignored: it
    takes the object to lie still, whatever it feels."""

    varied: bool = False
    """Shift and turn are anything up to these instead of exactly these."""

    def __str__(self) -> str:
        amount = "up to " if self.varied else ""
        return (
            f"{self.times} x {amount}{1e3 * self.shift:g} mm, {self.turn_deg:g} degrees, "
            f"{self.moment}, {self.manner}"
        )


def draw_motion(
    motion: Motion, random: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """One shift (3,), metres, and turn (4,), quaternion x, y, z, w, both in the world."""
    way, axis = random.standard_normal((2, 3))
    amount = random.random(2) if motion.varied else np.ones(2)
    half = math.radians(motion.turn_deg) * amount[1] / 2.0
    turn = np.append(axis / np.linalg.norm(axis) * math.sin(half), math.cos(half))
    return motion.shift * amount[0] * way / np.linalg.norm(way), turn
