"""Familiarity: which objects could these percepts be of at all, wherever on them they lie?

Recognition memory is quick to tell what seems familiar and slow to recollect where it belongs
(Yonelinas 2002). So here: percepts vote for objects by looking their bending and colour up in
each object's profile, and poses are then searched for in the few objects that seem familiar, so
that a seeding costs about the same however many objects there are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models.evidence import BEND, VAR_BEND
from colonnade_models.kernel import inlined, kernel
from colonnade_models.profile import STEPS_PER_NAT, bend_cell, colour_cell

__all__ = [
    "FAMILIAR",
    "LEAST_LISTED",
    "LIKELIHOOD",
    "MOST_LISTED",
    "Shortlist",
    "list_familiar",
    "list_only",
    "new_shortlist",
    "surprise_of",
]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
FAMILIAR = np.float32(7.0)
"""Nats behind the most familiar object within which others are listed."""
LEAST_LISTED = 8
MOST_LISTED = 40
WORTH_NATS = np.float32(2.0)
"""An object this far behind the most familiar is worth half as many poses."""
VAGUE_BEND = np.float32(1.0)
"""Variance beyond which a percept's bending has no vote."""
LIKELIHOOD = np.exp(-np.arange(512) / STEPS_PER_NAT).astype(np.float32)
"""Of what `surprise_of` says."""


class Shortlist(NamedTuple):
    """The objects worth a search, the most familiar first. O objects."""

    surprise: NDArray[np.int32]
    """(O,) how much the percepts surprise each object, in 1 / STEPS_PER_NAT."""
    object: NDArray[np.int64]
    """(MOST_LISTED,)"""
    worth: Array
    """(MOST_LISTED,) how the search is shared out."""
    count: NDArray[np.int64]  # type: ignore[assignment]
    """(1,)"""


def new_shortlist(objects: int) -> Shortlist:
    """An empty list of a memory of `objects` objects."""
    return Shortlist(
        np.zeros(objects, np.int32),
        np.zeros(MOST_LISTED, np.int64),
        np.zeros(MOST_LISTED, np.float32),
        np.zeros(1, np.int64),
    )


@inlined
def surprise_of(surprise: NDArray[np.uint8], f: Array, o: int) -> int:
    """How much a percept's features (22,) surprise one object, in 1 / STEPS_PER_NAT nats."""
    bent = 0
    if f[VAR_BEND] < VAGUE_BEND:
        bent = int(surprise[bend_cell(f[BEND], f[BEND + 1]), o])
    return bent + int(surprise[colour_cell(f[P.COLOUR], f[P.COLOUR + 1], f[P.COLOUR + 2]), o])


@kernel
def _add(row: NDArray[np.uint8], total: NDArray[np.int32]) -> None:
    for o in range(total.shape[0]):
        total[o] += np.int32(row[o])


@kernel
def list_familiar(surprise: NDArray[np.uint8], features: Array, count: int, out: Shortlist) -> None:
    """List the objects that the first `count` of the percepts' features (N, 22) may be of.

    Those within FAMILIAR nats of the best; LEAST_LISTED at least and MOST_LISTED at most.
    `surprise` is (CELLS, O).
    """
    total = out.surprise
    for o in range(total.shape[0]):
        total[o] = 0
    for i in range(count):
        f = features[i]
        if f[P.ON_OBJECT] == ZERO:
            continue
        if f[VAR_BEND] < VAGUE_BEND:
            _add(surprise[bend_cell(f[BEND], f[BEND + 1])], total)
        _add(surprise[colour_cell(f[P.COLOUR], f[P.COLOUR + 1], f[P.COLOUR + 2])], total)
    listed = 0
    for o in range(total.shape[0]):
        if listed == MOST_LISTED and total[o] >= total[out.object[listed - 1]]:
            continue
        k = listed if listed < MOST_LISTED else listed - 1
        while k > 0 and total[o] < total[out.object[k - 1]]:
            if k < MOST_LISTED:
                out.object[k] = out.object[k - 1]
            k -= 1
        out.object[k] = o
        listed = min(listed + 1, MOST_LISTED)
    least = total[out.object[0]]
    out.count[0] = 0
    for k in range(listed):
        behind = np.float32(total[out.object[k]] - least) / np.float32(STEPS_PER_NAT)
        if k >= LEAST_LISTED and behind > FAMILIAR:
            break
        out.worth[k] = WORTH_NATS / (WORTH_NATS + behind)
        out.count[0] = k + 1


@kernel
def list_only(o: int, out: Shortlist) -> None:
    """List one object and no other."""
    out.object[0] = o
    out.worth[0] = ONE
    out.count[0] = 1
