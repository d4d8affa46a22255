"""How kernels are compiled: once, without fast-math, and without reference counting.

Numba counts references to every array that a function takes, atomically; for a ray cast through
a tree of five arrays that costs more than the cast. A kernel allocates nothing and keeps nothing,
so there is nothing to count; with counting off, one that allocates does not compile. Nor may a
kernel return an array, which its caller would release once too often.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

__all__ = ["kernel"]

_OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "_nrt": False}


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a pure function over plain arrays that allocates nothing."""
    compiled: Callable[..., Any] = njit(**_OPTIONS)(function)
    return compiled
