"""Walk: the policy while there is nothing to test, a slide that follows the curvature.

Where the surface bends more one way than the other the finger follows the direction of least
bending, along a handle or an edge, for a while, then crosses it; elsewhere it keeps its
heading with a small random turn. `wander` is what others are measured by: each step goes
anywhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models.kernel import inlined, kernel

__all__ = ["NUMBERS", "Walk", "new_walk", "stroll", "wander"]

ALONG, ACROSS = 5, 3
"""Steps that a leg follows least and greatest bending."""
WANDER = 0.5
"""Standard deviation of the random turn where no direction is defined, rad."""
NUMBERS = 4
"""Standard normal numbers that one step takes."""


class Walk(NamedTuple):
    """Where a walk is going."""

    heading: NDArray[np.float64]
    """(3,) unit vector, world frame."""
    steps: NDArray[np.int64]
    """(1,) steps taken."""
    step: NDArray[np.float64]
    """(3,) the next displacement, m, world frame."""


def new_walk(random: np.random.Generator) -> Walk:
    """A walk that sets out in a random direction."""
    return Walk(random.normal(size=3), np.zeros(1, np.int64), np.zeros(3))


@inlined
def _set_out(
    walk: Walk, a: float, b: float, c: float, percept: NDArray[np.float32], stride: float
) -> None:
    """The next step goes along what of (a, b, c) lies in the surface at `percept` (18,)."""
    n0, n1, n2 = (
        float(percept[P.NORMAL]),
        float(percept[P.NORMAL + 1]),
        float(percept[P.NORMAL + 2]),
    )
    along = a * n0 + b * n1 + c * n2
    a, b, c = a - along * n0, b - along * n1, c - along * n2
    size = np.sqrt(a * a + b * b + c * c) + 1e-9
    walk.heading[0], walk.heading[1], walk.heading[2] = a / size, b / size, c / size
    for k in range(3):
        walk.step[k] = stride * walk.heading[k]
    walk.steps[0] += 1


@kernel
def wander(
    walk: Walk, percept: NDArray[np.float32], white: NDArray[np.float64], stride: float
) -> None:
    """Step from `percept` (18,) in a uniformly random direction; `white` (4,) as for `stroll`."""
    _set_out(walk, white[1], white[2], white[3], percept, stride)


@kernel
def stroll(
    walk: Walk, percept: NDArray[np.float32], white: NDArray[np.float64], stride: float
) -> None:
    """Take the next step from `percept` (18,); `white` (4,) are standard normal numbers."""
    n0, n1, n2 = (
        float(percept[P.NORMAL]),
        float(percept[P.NORMAL + 1]),
        float(percept[P.NORMAL + 2]),
    )
    h0, h1, h2 = walk.heading[0], walk.heading[1], walk.heading[2]
    taken = walk.steps[0]
    if percept[P.ON_OBJECT] == 0.0:
        a, b, c = white[1], white[2], white[3]
    elif percept[P.DIRECTED] > 0.0:
        a, b, c = (
            float(percept[P.DIRECTION]),
            float(percept[P.DIRECTION + 1]),
            float(percept[P.DIRECTION + 2]),
        )
        if taken % (ALONG + ACROSS) < ALONG:
            a, b, c = n1 * c - n2 * b, n2 * a - n0 * c, n0 * b - n1 * a
        if a * h0 + b * h1 + c * h2 < 0.0:
            a, b, c = -a, -b, -c
    else:
        cosine, sine = np.cos(WANDER * white[0]), np.sin(WANDER * white[0])
        a = cosine * h0 + sine * (n1 * h2 - n2 * h1)
        b = cosine * h1 + sine * (n2 * h0 - n0 * h2)
        c = cosine * h2 + sine * (n0 * h1 - n1 * h0)
    _set_out(walk, a, b, c, percept, stride)
