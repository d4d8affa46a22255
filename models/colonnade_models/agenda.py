"""The agenda: work that a step may leave to the next, so that none takes longer than it may.

New hypotheses cost as much as hundreds of ordinary steps. Where there is an `effort` that a step
must not exceed, the search for them is a job that goes on from step to step; no verdict is given
meanwhile, and the winners learn from each percept as ever. Work is counted in looks, one percept
weighed against one hypothesis, so that every computer stops at the same place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models.kernel import inlined

if TYPE_CHECKING:
    from colonnade_models.column_state import Column

__all__ = [
    "AGENDA_SIZE",
    "CHALLENGE",
    "COARSE",
    "FIND_AGAIN",
    "FINE",
    "IDLE",
    "JOB",
    "LAYING",
    "LEFT_OUT",
    "LET_GO",
    "NEXT",
    "OBJECT",
    "PHASE",
    "REST",
    "SEEK",
    "SPENT",
    "STAGE",
    "WEIGHED",
    "WEIGHING",
    "clear",
    "exhausted",
    "looks_at",
    "spend",
]

JOB, PHASE, OBJECT, STAGE, NEXT, WEIGHED, LEFT_OUT, SPENT = range(8)
"""What is done: the job, how far it is, the object in question; how far its proposals are, the next
of them to look at, how many of them were weighed by all percepts so far and must be by those that
enter, how many there was no room for; and the looks that this step took."""
AGENDA_SIZE = 8

IDLE, SEEK, LET_GO, FIND_AGAIN, CHALLENGE = range(5)
"""Jobs: none; new hypotheses of anything; let go what was felt before a motion; new hypotheses of
what led before it; rivals of the leader."""

LOOKS_ALONG_A_LINE = 4
"""What it costs to weigh a percept that met nothing."""

REST, LAYING, WEIGHING, COARSE, FINE = range(5)
"""Stages of proposals: none; laid out; weighed by looks that met nothing; refined coarsely;
refined finely."""


@inlined
def looks_at(f: NDArray[np.float32]) -> int:
    """The looks that it takes to weigh features (22,): a line of sight is followed in steps."""
    return 1 if f[P.ON_OBJECT] > np.float32(0.0) else LOOKS_ALONG_A_LINE


@inlined
def spend(c: Column, looks: int) -> None:
    """Count work."""
    c.agenda[SPENT] += looks


@inlined
def exhausted(c: Column) -> bool:
    """Whether the rest must wait for the next step."""
    return c.agenda[SPENT] >= c.settings.effort


@inlined
def clear(c: Column) -> None:
    """Nothing is to be done."""
    for k in range(AGENDA_SIZE):
        if k != SPENT:
            c.agenda[k] = 0
