"""The cycle of a recognition in one kernel: sense, think, choose, move, until the column is sure.

It drives the body's own kernels, so that no step pays for a call from Python. The same cycle
through `gymnasium` steps is `tests/naive/cycle.py`, and both do the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade.clock import new_clock, now
from colonnade.policies.choose import Policy, choose
from colonnade.senses import Chance, Robot, go, jump, perceive
from colonnade_models.column import OPEN, Column, vote
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory

__all__ = ["CHOOSE", "MOVE", "SENSE", "STAGES", "THINK", "Log", "new_log", "run"]

SENSE, THINK, CHOOSE, MOVE = range(4)
STAGES = 4


class Log(NamedTuple):
    """What happened, step by step; T steps, O objects."""

    steps: NDArray[np.int64]
    """(1,) how many there were."""
    seconds: NDArray[np.float64]
    """(T, 4) spent on sensing, thinking, choosing and moving."""
    jumped: NDArray[np.bool_]
    """(T,) whether the sensor had jumped there."""
    percept: NDArray[np.float32]
    """(T, 18)"""
    hypotheses: NDArray[np.int64]
    """(T,) alive after the step."""
    moves: NDArray[np.int64]
    """(T,) how often the object was noticed to move until then."""
    percepts: NDArray[np.float32]
    """(T, C, 18) what each of C patches felt, or (0, C, 18)."""
    best: NDArray[np.float32]
    """(T, O) evidence of the best hypothesis of each object, or (0, O)."""
    clock: NDArray[np.int64]
    """(2,) scratch."""


def new_log(steps: int, objects: int, evidence: bool, patches: int = 0) -> Log:
    """An empty log.

    Args:
        evidence: whether that of every object is kept.
        patches: of how many what they felt is kept.
    """
    return Log(
        np.zeros(1, np.int64),
        np.zeros((steps, STAGES)),
        np.zeros(steps, np.bool_),
        np.zeros((steps, 18), np.float32),
        np.zeros(steps, np.int64),
        np.zeros(steps, np.int64),
        np.zeros((steps if patches else 0, patches, 18), np.float32),
        np.zeros((steps if evidence else 0, objects), np.float32),
        new_clock(),
    )


@kernel
def _write(log: Log, robot: Robot, column: Column, policy: Policy) -> int:
    """Log a step as it stands after thinking; returns its number."""
    n = log.steps[0]
    log.steps[0] = n + 1
    log.jumped[n] = policy.jumped[0]
    log.hypotheses[n] = column.hypotheses.count[0]
    log.moves[n] = column.past.moves[0]
    for k in range(log.percept.shape[1]):
        log.percept[n, k] = robot.percept[k]
    if n < log.percepts.shape[0]:
        for j in range(log.percepts.shape[1]):
            for k in range(log.percepts.shape[2]):
                log.percepts[n, j, k] = robot.percepts[j, k]
    if n < log.best.shape[0]:
        for o in range(log.best.shape[1]):
            log.best[n, o] = column.verdict.best[o]
    return n


@kernel
def run(
    robot: Robot,
    column: Column,
    memory: Memory,
    policy: Policy,
    chance: Chance,
    walk: NDArray[np.float64],
    log: Log,
    least: int = 0,
) -> int:
    """Cycle until the column decides, the log is full, or the random numbers are used up.

    `walk` (N, 4) are standard normal numbers for N steps of the walk. A decision before `least`
    steps are done ends it only if the object was noticed to move. Returns OPEN, RECOGNISED or
    UNKNOWN.
    """
    moves = column.past.moves[0]
    for k in range(walk.shape[0]):
        begun = now(log.clock)
        perceive(robot, chance, k)
        sensed = now(log.clock)
        verdict = vote(column, memory, robot.percepts)
        thought = now(log.clock)
        n = _write(log, robot, column, policy)
        seconds = log.seconds[n]
        seconds[SENSE], seconds[THINK] = sensed - begun, thought - sensed
        settled = n + 1 >= least or column.past.moves[0] > moves
        if (verdict != OPEN and settled) or n + 1 == log.percept.shape[0]:
            return verdict

        jumps = choose(policy, column, memory, robot.percept, walk[k], n + 1)
        chosen = now(log.clock)
        if jumps:
            jump(robot, policy.goal)
        else:
            go(robot, policy.walk.step)
        seconds[CHOOSE], seconds[MOVE] = chosen - thought, now(log.clock) - chosen
    return OPEN
