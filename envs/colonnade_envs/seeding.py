"""Random streams that do not touch each other, all from the one seed of `reset`."""

from __future__ import annotations

import numpy as np

__all__ = ["stream"]


def stream(seed: int | None, name: str) -> np.random.Generator:
    """A generator for one purpose: the same (seed, name) always gives the same numbers.

    A wrapper that drew from the environment's own generator would change what the environment
    does. seed: as given to `reset`; None for numbers that nobody can repeat.
    """
    if seed is None:
        return np.random.default_rng()
    return np.random.default_rng([int(seed), *name.encode()])
