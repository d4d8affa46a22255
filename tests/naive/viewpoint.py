"""Turning a frame with SciPy's rotations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]


def spun(frame: Array, across: int, angle: float, centre: Array) -> Array:
    """The (4, 3) frame turned by an angle about its own axis `across`, through a centre (3,)."""
    turn = Rotation.from_rotvec(angle * frame[across])
    return np.vstack([turn.apply(frame[:3]), turn.apply(frame[3] - centre) + centre])
