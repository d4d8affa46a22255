"""A patch of pixels, which the controller is to sense itself, and the parts that it travels in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.wire.errors import WireError

__all__ = ["Patch", "parts_of"]

_PART = 32
"""Pixels of one CLN_PATCH."""


class Patch(NamedTuple):
    """One patch as a sensor gives it, to be sensed by the controller."""

    depth: NDArray[np.uint16]
    """(8, 8) or (16, 16) along the sensor's axis, in counts of `unit`; 0: nothing was met."""
    rgb: NDArray[np.uint8]
    """(8, 8, 3) or (16, 16, 3)."""
    pose: NDArray[np.float32]
    """(7,) the sensor in the body's frame: position in m, quaternion x y z w."""
    unit: float = 1e-5
    """What one count of depth is worth, m."""


def parts_of(patch: Patch) -> list[tuple[list[int], list[int]]]:
    """Depth and colour of the parts that a patch travels in.

    Raises:
        WireError: it makes no sense.
    """
    side = patch.depth.shape[0]
    if (
        side not in (8, 16)
        or patch.depth.shape != (side, side)
        or patch.rgb.shape != (side, side, 3)
    ):
        raise WireError("A patch has 8x8 or 16x16 pixels of depth and of red, green and blue.")
    if patch.depth.dtype != np.uint16 or patch.rgb.dtype != np.uint8:
        raise WireError("Depth is counts of 16 bits, colour is of 8 bits.")
    if not (np.isfinite(patch.pose).all() and patch.pose.shape == (7,) and np.isfinite(patch.unit)):
        raise WireError("A sensor's pose is 7 finite numbers, and the unit of its depth is finite.")
    depth, rgb = patch.depth.reshape(-1, _PART).tolist(), patch.rgb.reshape(-1, 3 * _PART).tolist()
    return list(zip(depth, rgb, strict=True))
