"""Odds: what touches tell of an object's twins, as far as other touches bear it out.

Nats are meant as the logarithm of odds. Added up over differences and touches that are neither
independent nor well known, they promise too much of some twins: a robot's two sides seem to differ
wherever learning left a gap. So it is found out for each object how far to trust its shape and its
print, and for each twin what a nat is worth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models.twin import MOST_COUNTED, full_trust

__all__ = ["borne_out", "information", "told_by", "trust_in"]

Array = NDArray[np.float32]

HARDEST = 8
HARDLY = 0.03
"""Twins, of those told by more nats a touch, that teach how far to trust shape and colour."""
SHAPE, COLOUR = np.geomspace(0.1, 1.0, 8), np.geomspace(1.0, 2.5, 5)
"""Trusts that are tried: in shape never more than between objects, in colour never less."""
WORTH_IT = 1.3
"""Times the information that the same trust in both gives."""
TELLING = 0.2
"""Share of the touches, those that promise most, by which a twin is told: a policy goes there."""
MOST_WORTH = 1.0
"""Nats are worth no more than they say."""


def told_by(cost: Array, trust: Array) -> Array:
    """Nats (M, W) by which touches tell the first pose from W others, as these are ranked.

    `cost` (M, 1 + W, 2) is theirs by shape and by colour.
    """
    lost = np.minimum(cost @ trust, MOST_COUNTED)
    told: Array = lost[:, 1:] - lost[:, :1]
    return told


def trust_in(cost: Array) -> Array:
    """(2,) weights with which costs (M, 1 + W, 2) by shape and by colour best tell the W twins.

    What counts is what one touch tells of the hardest twins that can be told at all. Full trust
    stays where both alike would tell nearly as much, less or more: then there is nothing to weigh.
    """
    mean = (cost[:, 1:] - cost[:, :1]).sum(axis=2).mean(axis=0)
    hardest = [1 + w for w in np.argsort(mean) if mean[w] > HARDLY][:HARDEST]
    if not hardest:
        return full_trust()
    cost = cost[:, [0, *hardest]]
    ways = [np.array([shape, colour], np.float32) for shape in SHAPE for colour in COLOUR]
    brought = [information(told_by(cost, way)) for way in ways]
    best = int(np.argmax(brought))
    equal = max(information(told_by(cost, np.full(2, both, np.float32))) for both in SHAPE)
    worth_it = brought[best] > WORTH_IT * max(equal, 0.0)
    return ways[best] if worth_it else full_trust()


def borne_out(told: Array, promised: Array) -> tuple[Array, Array]:
    """(W,) nats a touch is worth and (W,) what a nat is, where touches promised to tell most.

    `told` and `promised` are (M, W). Nats are worth what makes of them the logarithm of odds which
    are borne out: the factor that gives the truth most probability (a logistic regression without
    a constant), found by bisection.
    """
    rate, worth = np.zeros((2, told.shape[1]), np.float32)
    for w in range(told.shape[1]):
        telling = promised[:, w] >= np.quantile(promised[:, w], 1 - TELLING)
        nats, low, high = told[telling, w].astype(np.float64), 0.0, MOST_WORTH
        for _ in range(16):
            middle = (low + high) / 2
            rising = (nats / (1 + np.exp(middle * nats))).mean() > 0
            low, high = (middle, high) if rising else (low, middle)
        worth[w] = (low + high) / 2
        rate[w] = worth[w] * nats.mean()
    return rate, worth


def information(nats: Array) -> float:
    """Mean nats that a touch truly brings on which of two poses it is, taken at its word.

    That is by how much the log of the probability given to the truth rises above that of a coin.
    """
    return float(np.log(2) - np.log1p(np.exp(-nats)).mean())
