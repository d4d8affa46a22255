"""Jobs: what brings new hypotheses, taken up in one step and finished in that or a later one."""

from __future__ import annotations

from colonnade_models.agenda import CHALLENGE, FIND_AGAIN, IDLE, JOB, LET_GO, SEEK, clear
from colonnade_models.challenge import challenge
from colonnade_models.column_state import MET, SEEDED_AT, SEEDINGS, Column
from colonnade_models.hypotheses import keep_winners
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.motion import find_again, let_go
from colonnade_models.proposing import admit_seeds

__all__ = ["carry_on", "is_idle", "take_up"]


@kernel
def is_idle(c: Column) -> bool:
    """Whether no job is in hand."""
    return bool(c.agenda[JOB] == IDLE)


@kernel
def take_up(c: Column, memory: Memory, job: int) -> bool:
    """Begin a job; True where it is done at once."""
    clear(c)
    c.agenda[JOB] = job
    if job == FIND_AGAIN:
        c.tally[SEEDED_AT] = c.tally[MET]
        c.tally[SEEDINGS] += 1
    return carry_on(c, memory)


@kernel
def carry_on(c: Column, memory: Memory) -> bool:
    """Go on with the job in hand as far as this step may; True once it is done."""
    job, done = c.agenda[JOB], True
    if job == SEEK:
        done = admit_seeds(c, memory)
    elif job == LET_GO:
        done = let_go(c, memory)
    elif job == FIND_AGAIN:
        done = find_again(c, memory)
    elif job == CHALLENGE:
        done = challenge(c, memory)
    if done:
        clear(c)
        if job != CHALLENGE:
            keep_winners(c.hypotheses, c.settings.winners, c.settings.slack)
    return done
