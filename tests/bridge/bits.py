"""Comparing floats by their bits: what two computers must agree in."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["bits_of"]


def bits_of(numbers: ArrayLike) -> list[str]:
    """Each float32 in hexadecimal, and `nan` for all that is none: no rule tells its bits."""
    row = np.ascontiguousarray(numbers, np.float32).ravel()
    found = [f"{bits:08x}" for bits in row.view(np.uint32)]
    return ["nan" if np.isnan(x) else bits for x, bits in zip(row, found, strict=True)]
