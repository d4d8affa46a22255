"""Trust: how low the score of a touch may fall at each surfel.

On a rim, an edge or between the tines of a fork even the true hypothesis is surprised now and
then: the touch slips to another face. An object finds out where by going through its own
touches once more with sensor noise added and counting surprises. With a surprise as likely as
`e` under the truth and OTHERWISE under a wrong hypothesis, its log-likelihood ratio is
ln(e / OTHERWISE): no surprise may cost more, and no touch there can bring more.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models import standard_noise as noise
from colonnade_models import surfel as S
from colonnade_models.evidence import FEATURE_SIZE, Tolerance, default_tolerance, features_of, score
from colonnade_models.kernel import kernel
from colonnade_models.memory import LearnedObject, Memory, ObjectMemory, lookup

__all__ = ["HIGHEST_FLOOR", "hit_share", "trust"]

Array = NDArray[np.float32]

HIGHEST_FLOOR = np.float32(-0.5)
OTHERWISE = 0.6
"""How often a wrong hypothesis is surprised."""
SURPRISE = np.float32(0.0)
"""A score below this is a surprise."""
USUAL = 0.01
"""Share of surprises assumed of a surfel, and how many touches that weighs."""
USUAL_WEIGHT = 3.0
NEAR = 1.6
"""Spacings within which the touches of neighbours count."""
HIT_WEIGHT = 1.0
"""Touches that the usual share of hits weighs."""
ROUNDS = 3
"""Times that each touch is gone through."""
_LOCATION_SIGMA = np.float32(noise.LOCATION_SIGMA)
_FRAME_SIGMA = np.float32(noise.FRAME_SIGMA)
_BEND_SIGMA = np.float32(noise.BEND_SIGMA)
_COLOUR_SIGMA = np.float32(noise.COLOUR_SIGMA)


@kernel
def _disturb(f: Array, white: Array) -> None:
    """Add sensor noise to features (22,); `white` (11,) are standard normal numbers."""
    for k in range(3):
        f[P.LOCATION + k] += _LOCATION_SIGMA * white[k]
    a, b, c = _FRAME_SIGMA * white[3], _FRAME_SIGMA * white[4], _FRAME_SIGMA * white[5]
    for k in (P.NORMAL, P.DIRECTION):
        x, y, z = f[k], f[k + 1], f[k + 2]
        x, y, z = x + b * z - c * y, y + c * x - a * z, z + a * y - b * x
        size = np.sqrt(x * x + y * y + z * z)
        f[k], f[k + 1], f[k + 2] = x / size, y / size, z / size
    for k in range(2):
        f[P.PERCEPT_SIZE + k] += _BEND_SIGMA * white[6 + k]
    for k in range(3):
        f[P.COLOUR + k] += _COLOUR_SIGMA * white[8 + k]


@njit(cache=True)
def _count_surprises(
    memory: Memory, touches: Array, white: Array, t: Tolerance, counts: Array
) -> None:
    """Touches and surprises of every surfel of object 0 into `counts` (N, 2)."""
    pose = np.zeros(12, np.float32)
    pose[0] = pose[4] = pose[8] = np.float32(1.0)
    f = np.zeros(FEATURE_SIZE, np.float32)
    for i in range(touches.shape[0]):
        if touches[i, P.ON_OBJECT] == 0.0:
            continue
        features_of(touches[i], f)
        _disturb(f, white[i])
        s = lookup(memory, 0, f[0], f[1], f[2], f[P.NORMAL], f[P.NORMAL + 1], f[P.NORMAL + 2])
        if s < 0:
            continue
        counts[s, 0] += 1.0
        if score(memory, 0, pose, f, t, np.float32(0.0)) < SURPRISE:
            counts[s, 1] += 1.0


def trust(learned: LearnedObject, touches: Array, seed: int = 0) -> Array:
    """(N,) floor of every surfel, nats, from the (M, 18) percepts the object was learned from."""
    memory = ObjectMemory([learned]).arrays
    counts = np.zeros((len(learned.table), 2), np.float32)
    random = np.random.default_rng([seed, 3])
    tolerance = default_tolerance()
    for _ in range(ROUNDS):
        white = random.standard_normal((len(touches), 11), dtype=np.float32)
        _count_surprises(memory, touches, white, tolerance, counts)
    share = (counts[:, 1] + USUAL * USUAL_WEIGHT) / (counts[:, 0] + USUAL_WEIGHT)
    floor = np.log(share / OTHERWISE)
    return np.clip(floor, S.LOWEST_FLOOR, HIGHEST_FLOOR).astype(np.float32)


def _neighbours(table: Array, radius: float) -> Array:
    """(N, N) 1 where two surfels are near each other and face alike."""
    position, normal = table[:, S.POSITION : S.POSITION + 3], table[:, S.NORMAL : S.NORMAL + 3]
    square = (position**2).sum(axis=1)
    apart = square[:, None] + square[None, :] - 2.0 * position @ position.T
    near = (apart < radius * radius) & (normal @ normal.T > 0.5)
    return near.astype(np.float32)


def hit_share(
    learned: LearnedObject, aimed: NDArray[np.int64], met: NDArray[np.bool_]
) -> Array:
    """(N,) share of the touches aimed at and around each surfel that met the object.

    `aimed` (A,) says at which surfel each touch aimed, `met` (A,) whether it met the object. Few
    touches are averaged with what is usual.
    """
    n = len(learned.table)
    near = _neighbours(learned.table, NEAR * learned.spacing)
    aims = near @ np.bincount(aimed, minlength=n)
    hits = near @ np.bincount(aimed, met, n)
    share = (hits + float(S.USUALLY_HIT) * HIT_WEIGHT) / (aims + HIT_WEIGHT)
    return share.astype(np.float32)
