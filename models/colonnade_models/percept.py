"""A percept: one sensed point, as a flat float32 row that kernels, files and wires share.

| slice       | what                                                        | unit     |
|-------------|-------------------------------------------------------------|----------|
| LOCATION    | sensed point in the body's frame (off the object: the eye)   | m        |
| NORMAL      | unit surface normal, towards the sensor                      | -        |
| DIRECTION   | unit tangent along which the surface bends most (k1)         | -        |
| CURVATURE   | principal curvatures k1 >= k2, positive where convex         | 1/m      |
| COLOUR      | hue, saturation, value                                       | 0..1     |
| ON_OBJECT   | 1 if the centre of the patch met a surface, else 0           | -        |
| DIRECTED    | 1 if k1 and k2 differ enough to define DIRECTION             | -        |
| SIGMA_NORMAL| standard deviation of the normal as fitted                   | rad      |
| SIGMA_BEND  | standard deviation of a curvature as fitted                  | 1/m      |

The third axis of the surface frame is ``cross(NORMAL, DIRECTION)``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "COLOUR",
    "CURVATURE",
    "DIRECTED",
    "DIRECTED_CURVATURE_GAP",
    "DIRECTION",
    "LOCATION",
    "NORMAL",
    "ON_OBJECT",
    "PERCEPT_SIZE",
    "SIGMA_BEND",
    "SIGMA_NORMAL",
    "is_valid",
]

LOCATION = 0
NORMAL = 3
DIRECTION = 6
CURVATURE = 9
COLOUR = 11
ON_OBJECT = 14
DIRECTED = 15
SIGMA_NORMAL = 16
SIGMA_BEND = 17
PERCEPT_SIZE = 18

DIRECTED_CURVATURE_GAP = np.float32(10.0)
"""Least |k1 - k2| in 1/m for principal directions to mean anything (the field's convention)."""


def is_valid(percept: NDArray[np.float32]) -> bool:
    """Whether a (18,) percept is finite everywhere, so that it may enter a column."""
    return percept.shape == (PERCEPT_SIZE,) and bool(np.isfinite(percept).all())
