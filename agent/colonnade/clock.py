"""A clock that kernels can read, so that an episode in one kernel still tells its stages apart."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from colonnade_models.kernel import kernel

__all__ = ["new_clock", "now"]

_MONOTONIC = np.int32(getattr(time, "CLOCK_MONOTONIC", -1))
# found by name in the running process, which compiled kernels on disk survive
_clock_gettime: Any = types.ExternalFunction("clock_gettime", types.int32(types.int32, types.intp))


def new_clock() -> NDArray[np.int64]:
    """Scratch memory for `now`: seconds and nanoseconds."""
    return np.zeros(2, np.int64)


if _MONOTONIC < 0:  # no POSIX clock here: stages take no time that we know of

    @kernel
    def now(clock: NDArray[np.int64]) -> float:
        """Zero."""
        return 0.0 * clock[0]

else:

    @kernel
    def now(clock: NDArray[np.int64]) -> float:
        """Seconds on the monotonic clock; reading it takes about 40 ns. `clock` is scratch."""
        _clock_gettime(_MONOTONIC, clock.ctypes.data)
        return clock[0] + 1e-9 * clock[1]
