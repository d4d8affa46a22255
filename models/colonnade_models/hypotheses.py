"""Hypotheses: (object, pose, evidence) in plain arrays; carried, pruned and told apart here.

A pose is a (12,) row that maps the body's frame into the object's: nine row-major entries of
the rotation, then the translation in metres.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models.kernel import inlined, kernel

__all__ = [
    "Hypotheses",
    "Rivalry",
    "best_of",
    "drop_twins",
    "enter",
    "forget_rival",
    "is_near",
    "is_tried",
    "keep_winners",
    "new_hypotheses",
    "push",
    "put",
    "weakest_of",
]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)
TRIED_ANGLE = np.float32(0.985)
"""Cosine of 10 degrees, from which a refinement leads to the same pose, and"""
TRIED_PLACE = np.float32(0.008)
"""metres."""


class Rivalry(NamedTuple):
    """How K hypotheses stand to a rival that all are held against; see `rivalry`."""

    object: NDArray[np.int64]
    """(1,) the rival's, -1 for none."""
    pose: Array
    """(12,)"""
    known: NDArray[np.bool_]
    """(K,) whether anything of what follows is known."""
    twin: NDArray[np.int64]
    """(K,) which twin of the rival each is, -1 for none."""
    percepts: NDArray[np.int64]
    """(K,) how many percepts, from the first on, are in"""
    expected: Array
    """(K,) the nats by which they should tell the rival from each, if it is the true one."""
    usual: Array
    """(K,) nats by which a touch anywhere should, on average; inf while not known."""
    alike: NDArray[np.int8]
    """(K,) whether touches all over could hardly tell the two, see `rivalry`."""


def _new_rivalry(capacity: int) -> Rivalry:
    return Rivalry(
        np.full(1, -1, np.int64),
        np.zeros(12, np.float32),
        np.zeros(capacity, np.bool_),
        np.zeros(capacity, np.int64),
        np.zeros(capacity, np.int64),
        np.zeros(capacity, np.float32),
        np.zeros(capacity, np.float32),
        np.zeros(capacity, np.int8),
    )


class Hypotheses(NamedTuple):
    """Room for K hypotheses, of which the first `count[0]` live."""

    object: NDArray[np.int64]
    """(K,)"""
    pose: Array
    """(K, 12)"""
    evidence: Array
    """(K,) nats"""
    cost: Array
    """(K,) nats that percepts cost it beside others of its object, see `ranking`, and"""
    costed: NDArray[np.int64]
    """(K,) how many of them, from the first on, these are."""
    fit: Array
    """(K,) nats that percepts fit it with, see `evidence.fit`, and"""
    fitted: NDArray[np.int64]
    """(K,) how many of them, from the first on, these are."""
    rivalry: Rivalry
    count: NDArray[np.int64]  # type: ignore[assignment]
    """(1,)"""


def new_hypotheses(capacity: int) -> Hypotheses:
    """Room for `capacity` hypotheses, none alive."""
    return Hypotheses(
        np.zeros(capacity, np.int64),
        np.zeros((capacity, 12), np.float32),
        np.zeros(capacity, np.float32),
        np.zeros(capacity, np.float32),
        np.zeros(capacity, np.int64),
        np.zeros(capacity, np.float32),
        np.zeros(capacity, np.int64),
        _new_rivalry(capacity),
        np.zeros(1, np.int64),
    )


@inlined
def _move_rivalry(r: Rivalry, source: int, target: int) -> None:
    r.known[target], r.twin[target] = r.known[source], r.twin[source]
    r.percepts[target], r.expected[target] = r.percepts[source], r.expected[source]
    r.usual[target], r.alike[target] = r.usual[source], r.alike[source]


@inlined
def _move(h: Hypotheses, source: int, target: int) -> None:
    if source != target:
        h.object[target] = h.object[source]
        h.evidence[target] = h.evidence[source]
        h.cost[target], h.costed[target] = h.cost[source], h.costed[source]
        h.fit[target], h.fitted[target] = h.fit[source], h.fitted[source]
        _move_rivalry(h.rivalry, source, target)
        for k in range(12):
            h.pose[target, k] = h.pose[source, k]


@inlined
def forget_rival(r: Rivalry, i: int) -> None:
    """Let it not be known how hypothesis `i` stands to the rival."""
    r.known[i] = False


@inlined
def put(h: Hypotheses, i: int, pose: Array) -> None:
    """Let a hypothesis lie elsewhere, where it is not known how percepts fit and what they cost."""
    for k in range(12):
        h.pose[i, k] = pose[k]
    h.cost[i], h.costed[i] = ZERO, 0
    h.fit[i], h.fitted[i] = ZERO, 0
    forget_rival(h.rivalry, i)


@kernel
def push(h: Hypotheses, o: int, pose: Array, evidence: np.float32) -> bool:
    """Add a hypothesis; False if there is no room."""
    i = h.count[0]
    if i >= h.object.shape[0]:
        return False
    h.object[i] = o
    h.evidence[i] = evidence
    put(h, i, pose)
    h.count[0] = i + 1
    return True


@kernel
def enter(h: Hypotheses, s: Hypotheses, i: int) -> bool:
    """Add hypothesis `i` of others with what is known of it; False if there is no room."""
    if not push(h, s.object[i], s.pose[i], s.evidence[i]):
        return False
    last = h.count[0] - 1
    h.cost[last], h.costed[last] = s.cost[i], s.costed[i]
    h.fit[last], h.fitted[last] = s.fit[i], s.fitted[i]
    return True


@kernel
def best_of(h: Hypotheses) -> int:
    """The strongest hypothesis, -1 if none lives."""
    best = -1
    for i in range(h.count[0]):
        if best < 0 or h.evidence[i] > h.evidence[best]:
            best = i
    return best


@kernel
def weakest_of(h: Hypotheses) -> np.float32:
    """The least evidence of any hypothesis, +inf if none lives."""
    least = np.float32(np.inf)
    for i in range(h.count[0]):
        least = min(least, h.evidence[i])
    return least


@kernel
def keep_winners(h: Hypotheses, winners: int, slack: np.float32) -> None:
    """Keep at most `winners` hypotheses, and only those within `slack` nats of the best.

    The threshold is found by bisection, so nothing is sorted and order is kept.
    """
    best = best_of(h)
    if best < 0:
        return
    top = h.evidence[best]
    low = top - slack
    count = 0
    for i in range(h.count[0]):
        if h.evidence[i] >= low:
            count += 1
    if count > winners:
        high = top
        for _ in range(14):
            middle = HALF * (low + high)
            count = 0
            for i in range(h.count[0]):
                if h.evidence[i] >= middle:
                    count += 1
            if count > winners:
                low = middle
            else:
                high = middle
        low = high
    kept = 0
    for i in range(h.count[0]):
        if h.evidence[i] >= low and kept < winners:
            _move(h, i, kept)
            kept += 1
    h.count[0] = kept


@inlined
def is_near(a: Array, b: Array, centre: Array, cosine: np.float32, distance: np.float32) -> bool:
    """Whether two poses of one object differ by less than an angle and a distance.

    `cosine` is that of the angle. The distance is between what both take for the object's
    `centre` (3,), in the body's frame, so that the angle does not count twice.
    """
    trace = ZERO
    for k in range(9):
        trace += a[k] * b[k]
    if HALF * (trace - ONE) < cosine:
        return False
    square = ZERO
    for k in range(3):
        step = ZERO
        for j in range(3):
            step += a[3 * j + k] * (centre[j] - a[9 + j]) - b[3 * j + k] * (centre[j] - b[9 + j])
        square += step * step
    return bool(square < distance * distance)


@kernel
def is_tried(h: Hypotheses, o: int, pose: Array, centre: Array) -> bool:
    """Whether a hypothesis of object `o`, whose `centre` is (3,), lies about as `pose` (12,)."""
    for i in range(h.count[0]):
        if h.object[i] == o and is_near(h.pose[i], pose, centre, TRIED_ANGLE, TRIED_PLACE):
            return True
    return False


@kernel
def drop_twins(h: Hypotheses, centre: Array, cosine: np.float32, distance: np.float32) -> None:
    """Of hypotheses that agree in object and pose keep the strongest. `centre` is (O, 3)."""
    kept = 0
    for i in range(h.count[0]):
        twin = -1
        for j in range(kept):
            if h.object[i] == h.object[j] and is_near(
                h.pose[i], h.pose[j], centre[h.object[i]], cosine, distance
            ):
                twin = j
                break
        if twin < 0:
            _move(h, i, kept)
            kept += 1
        elif h.evidence[i] > h.evidence[twin]:
            _move(h, i, twin)
    h.count[0] = kept
