"""Choose: walk until there is something to test, then go where the hypotheses disagree most.

Two policies that only walk are there to measure it by: one along the curvature, one at random.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade.policies.distinguish import Rivals, most_telling, new_rivals
from colonnade.policies.walk import Walk, new_walk, stroll, wander
from colonnade_models import percept as P
from colonnade_models.column import MET, Column
from colonnade_models.kernel import inlined, kernel
from colonnade_models.memory import Memory

__all__ = [
    "MOST_MISSES",
    "WALKED_FIRST",
    "Policy",
    "PolicyName",
    "choose",
    "new_policy",
    "stride_after",
]

PolicyName = Literal["distinguish", "curvature", "random"]

STRIDE = 0.015
"""Metres that the walk slides a step."""
WALKED_FIRST = 4
"""Percepts gathered by walking before hypotheses may steer."""
NEAR_LOOKS = 6
FAR_LOOKS = 30
"""Looks of a search that went astray, near by and then farther out: up to ten strides."""
MOST_MISSES = 2
"""Looks in a row that may meet nothing before it walks."""


class Policy(NamedTuple):
    """Where an agent that recognises goes next."""

    walk: Walk
    rivals: Rivals
    goal: NDArray[np.float32]
    """(6,) point and normal to jump to, world frame."""
    jumped: NDArray[np.bool_]
    """(1,) whether the last move was a jump."""
    missed: NDArray[np.int64]
    """(1,) looks in a row that met nothing."""
    tests: bool
    """Whether it jumps to where hypotheses disagree."""
    strolls: bool
    """Whether its walk follows the curvature."""


def new_policy(random: np.random.Generator, name: PolicyName = "distinguish") -> Policy:
    """The policy of that name, which begins with a walk in a random direction."""
    return Policy(
        new_walk(random),
        new_rivals(),
        np.zeros(6, np.float32),
        np.zeros(1, np.bool_),
        np.zeros(1, np.int64),
        name == "distinguish",
        name != "random",
    )


@inlined
def stride_after(missed: int) -> float:
    """Metres to go after so many looks in a row that met nothing.

    What is smaller than a stride is found again by shorter ones; if it is not, a sensor that looks
    from a distance was never beside it, and searches farther and farther out, time and again.
    """
    if missed <= NEAR_LOOKS:
        return STRIDE / (1.0 + missed)
    return STRIDE * (1.0 + (missed - NEAR_LOOKS) % FAR_LOOKS) / 3.0


@kernel
def choose(
    policy: Policy,
    column: Column,
    memory: Memory,
    percept: NDArray[np.float32],
    white: NDArray[np.float64],
    steps: int,
) -> bool:
    """Whether to jump to `policy.goal`; if not, go on by `policy.walk.step`.

    Looks that met nothing, one after the other, are followed by steps of the walk. `white` (4,)
    are standard normal numbers, `steps` counts those done so far.
    """
    policy.missed[0] = policy.missed[0] + 1 if percept[P.ON_OBJECT] == 0.0 else 0
    stride = stride_after(policy.missed[0])
    worth = np.float32(-1.0)
    tests = policy.tests and policy.missed[0] < MOST_MISSES
    if tests and column.tally[MET] >= WALKED_FIRST:
        worth = most_telling(column, memory, policy.rivals, steps, policy.goal)
    policy.jumped[0] = worth >= 0.0
    if worth < 0.0 and policy.strolls:
        stroll(policy.walk, percept, white, stride)
    elif worth < 0.0:
        wander(policy.walk, percept, white, stride)
    return policy.jumped[0]
