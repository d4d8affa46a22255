"""Kin: objects of the memory that count as one, the same object at several sizes.

Kin do not compete for what the object is. The leader's pose is tried at the sizes next to its own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Kin", "strangers"]


class Kin(NamedTuple):
    """Which of O objects are the same at another size; those follow one another by size."""

    family: NDArray[np.int64]
    """(O,) the same number for kin."""
    size: NDArray[np.float32]
    """(O,) how many times as large as it was learned."""


def strangers(objects: int) -> Kin:
    """Nobody is anybody's kin."""
    return Kin(np.arange(objects), np.ones(objects, np.float32))
