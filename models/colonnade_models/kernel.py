"""How kernels are compiled: once, without fast-math, and without reference counting.

Numba counts references to every array that a function takes, atomically; for a kernel over a
few dozen arrays that costs several times what the kernel does. A kernel allocates nothing and
keeps nothing, so there is nothing to count. It is also what a kernel must be to have a twin in
C: with counting off, one that allocates does not compile. It must not return an array either,
which its caller would then release once too often.

Where numba is not installed kernels are interpreted: a hundred times slower, with the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

try:
    from numba import njit
except ModuleNotFoundError:

    def njit(**_options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # type: ignore[no-redef]
        """Leave a function as it is."""
        return lambda function: function


__all__ = ["inlined", "kernel", "njit"]

_OPTIONS: dict[str, Any] = {
    "cache": True,
    "error_model": "numpy",  # a division by zero gives an infinity, as in C
    "_nrt": False,
}


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a pure function over plain arrays that allocates nothing."""
    compiled: Callable[..., Any] = njit(**_OPTIONS)(function)
    return compiled


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a small kernel that stands in the innermost loops of others."""
    compiled: Callable[..., Any] = njit(forceinline=True, **_OPTIONS)(function)
    return compiled
