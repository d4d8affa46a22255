"""A surfel: one learned point of an object, as a flat float32 row.

| slice         | what                                                     | unit  |
|---------------|----------------------------------------------------------|-------|
| POSITION      | mean sensed point in the object's reference frame        | m     |
| NORMAL        | mean unit normal, outwards                                | -     |
| DIRECTION     | unit tangent along which the surface bends most           | -     |
| CURVATURE     | mean principal curvatures k1 >= k2                        | 1/m   |
| BEND          | the same on the comparing scale sign(k) ln(|k| / 10 + 1)  | -     |
| COLOUR        | hue (mean direction), saturation and value, means of each | 0..1  |
| DIRECTED      | share of its percepts whose DIRECTION was defined         | 0..1  |
| SPREAD_NORMAL | variance of the normal among its percepts                 | rad^2 |
| SPREAD_BEND   | variance of BEND                                          | -     |
| SPREAD_COLOUR | variances of hue, saturation, value                       | -     |
| SPREAD_DIRECTION | variance of DIRECTION                                  | rad^2 |
| SPREAD_PLACE  | variance of the height above the surfel's quadric         | m^2   |
| HIT           | share of the touches aimed here that meet the object      | 0..1  |

Spreads are what a touch of the same place varies by: among the percepts merged here, and from
here to the neighbours over the few millimetres that a location is uncertain by.
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "BEND",
    "COLOUR",
    "CURVATURE",
    "DIRECTED",
    "DIRECTION",
    "HIT",
    "NORMAL",
    "POSITION",
    "SPREAD_BEND",
    "SPREAD_COLOUR",
    "SPREAD_DIRECTION",
    "SPREAD_NORMAL",
    "SPREAD_PLACE",
    "STEEPEST_BEND",
    "SURFEL_SIZE",
    "USUALLY_HIT",
]

POSITION = 0
NORMAL = 3
DIRECTION = 6
CURVATURE = 9
BEND = 11
COLOUR = 13
DIRECTED = 16
SPREAD_NORMAL = 17
SPREAD_BEND = 18
SPREAD_COLOUR = 19
SPREAD_DIRECTION = 22
SPREAD_PLACE = 23
HIT = 24
SURFEL_SIZE = 25

USUALLY_HIT = np.float32(0.9)
"""Share of the touches aimed at a place that meet the object, where nothing else is known."""
STEEPEST_BEND = np.float32(150.0)
"""Curvatures beyond this, in 1/m, are not extrapolated over a surfel's neighbourhood."""
