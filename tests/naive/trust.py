"""Going through touches with noise added, and counting surprises: plain vectors in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.naive.evidence import features_of, score
from tests.naive.spatial_index import lookup

from colonnade_models import percept as P
from colonnade_models import standard_noise as noise
from colonnade_models.evidence import BEND, Tolerance
from colonnade_models.memory import LearnedObject
from colonnade_models.trust import SURPRISE

Array = NDArray[np.float64]
HERE = np.r_[np.eye(3).ravel(), np.zeros(3)]
"""The pose (12,) of an object in its own reference frame."""


def disturbed(f: Array, white: NDArray[Any]) -> Array:
    """Features with noise of the (11,) standard normal numbers; turned in first order."""
    f, white = f.copy(), np.asarray(white, np.float64)
    f[P.LOCATION : P.LOCATION + 3] += noise.LOCATION_SIGMA * white[:3]
    for k in (P.NORMAL, P.DIRECTION):
        v = f[k : k + 3]
        v = v + np.cross(noise.FRAME_SIGMA * white[3:6], v)
        f[k : k + 3] = v / np.linalg.norm(v)
    f[BEND : BEND + 2] += noise.BEND_SIGMA * white[6:8]
    f[P.COLOUR : P.COLOUR + 3] += noise.COLOUR_SIGMA * white[8:]
    return f


def surprises(
    learned: LearnedObject, touches: NDArray[Any], white: NDArray[Any], t: Tolerance
) -> list[tuple[int, float, Array]]:
    """(surfel, score, features) of every touch that some surfel answers for."""
    out = []
    for row, draw in zip(touches.astype(np.float64), white, strict=True):
        if row[P.ON_OBJECT] == 0:
            continue
        f = disturbed(features_of(row), draw)
        i = lookup(learned, f[P.LOCATION : P.LOCATION + 3], f[P.NORMAL : P.NORMAL + 3])
        if i >= 0:
            out.append((i, score(learned, HERE, f, t, 0.0), f))
    return out


def count_surprises(found: list[tuple[int, float, Array]], count: int) -> Array:
    """(N, 2) touches and surprises of every surfel."""
    counts = np.zeros((count, 2))
    for i, value, _ in found:
        counts[i] += [1, value < SURPRISE]
    return counts
