"""How far off the percepts of a usual sensor are: the published benchmark's noise, Gaussian."""

from __future__ import annotations

import math

__all__ = ["BEND_SIGMA", "COLOUR_SIGMA", "FRAME_SIGMA", "LOCATION_SIGMA"]

LOCATION_SIGMA = 0.002
"""m, along each axis."""
FRAME_SIGMA = math.radians(2.0)
"""rad, about each axis: the surface frame turns as a whole."""
BEND_SIGMA = 0.1
"""Of sign(k) ln(|k| + 1) of each principal curvature k in 1/m."""
COLOUR_SIGMA = 0.1
"""Of hue, saturation and value, all 0..1."""
