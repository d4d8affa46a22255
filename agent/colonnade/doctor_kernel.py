"""The smallest kernel that shows whether numba compiles here and can keep what it compiled."""

from __future__ import annotations

from numba import njit

__all__ = ["total"]


@njit(cache=True)
def total(n: int) -> int:
    """Sum of 0 .. n-1."""
    result = 0
    for i in range(n):
        result += i
    return result
