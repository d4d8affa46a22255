"""Cost: what a percept costs a pose beside others of its object, as far as it is trusted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models.evidence import Tolerance
from colonnade_models.kernel import inlined
from colonnade_models.memory import Memory
from colonnade_models.percept import ON_OBJECT
from colonnade_models.twin import MOST_COUNTED

__all__ = ["MOST_MISSED", "lost"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
# In noisy episodes of the built-in objects, by touch and by camera, with MOST_COUNTED and this at
# 5 and 2 nats 22 and 18 poses of 1,560 were turned wrongly, at 4 and 2 nats 13 and 10 of 780, at 2
# and 1 nats 22 and 36 of 1,560.
MOST_MISSED = np.float32(2.0)
"""Nats that a look which met nothing costs a pose at most beside others of its object."""


@inlined
def lost(  # type: ignore[no-untyped-def]
    memory: Memory, o: int, f: Array, t: Tolerance, nats: np.float32, coloured: np.float32
):
    """Nats that features `f` (22,) cost a pose of object `o`, as far as what they tell is trusted.

    `nats` and `coloured` are what `score_parts` says of them.
    """
    if f[ON_OBJECT] == ZERO:
        return min(-nats, MOST_MISSED)
    shaped = t.gain - nats - coloured
    return min(memory.trust[o, 0] * shaped + memory.trust[o, 1] * coloured, MOST_COUNTED)
