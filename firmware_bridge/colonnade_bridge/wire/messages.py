"""What a controller says, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["State", "Status", "StepDecision", "StepVerdict", "Telemetry"]

_LATE, _SKIPPED = 1, 2


class State(IntEnum):
    """What a controller is doing; CLN_STATE of the dialect."""

    WAITING = 0
    READY = 1
    UPLOADING = 2
    SILENT = 3
    STOPPED = 4


class StepVerdict(IntEnum):
    """What a column has decided; CLN_VERDICT of the dialect."""

    OPEN = 0
    RECOGNISED = 1
    UNKNOWN = 2


@dataclass(frozen=True, eq=False)
class StepDecision:
    """The answer to one step."""

    sequence: int
    verdict: StepVerdict
    object: int
    """Index of the leading object in the model; -1: none."""
    evidence: float
    """Of the leading hypothesis, nats."""
    rival: float
    """Of the best other object, nats."""
    fit: float
    """How well the leader explains the percepts, nats a percept."""
    rotation: NDArray[np.float32]
    """(3, 3), from the body's frame to the object's."""
    translation: NDArray[np.float32]
    """(3,) in m, from the body's frame to the object's."""
    poses: int
    """How many other poses the object may have as well."""
    goal: NDArray[np.float32] | None
    """(6,) point in m and unit normal in the body's frame where the next touch would tell most;
    None: not asked for, or there is none."""
    late: bool
    """It missed its deadline."""
    skipped: bool
    """The column did not take the step, so that all but `late` is the decision before, if
    the episode had one."""
    work: int
    """Work of the step in the controller's ticks."""
    micros: int
    """Time on the controller from the step's first frame to its answer, us."""

    def same(self, other: StepDecision) -> bool:
        """Whether the mind said the same, bit for bit; how long it took does not count."""
        return _said(self) == _said(other)


def _said(decision: StepDecision) -> bytes:
    numbers = [decision.verdict, decision.object, decision.poses, decision.skipped]
    scores = [decision.evidence, decision.rival, decision.fit]
    goal = b"" if decision.goal is None else decision.goal.tobytes()
    return b"".join(
        (
            np.array(numbers, np.int64).tobytes(),
            np.array(scores, np.float32).tobytes(),
            decision.rotation.tobytes(),
            decision.translation.tobytes(),
            goal,
        )
    )


def decision_of(message: Any, goal: Any | None = None) -> StepDecision:
    """A CLN_DECISION, and the CLN_GOAL that came before it."""
    pose = np.array(message.pose, np.float32)
    return StepDecision(
        sequence=message.sequence,
        verdict=StepVerdict(message.verdict),
        object=message.object,
        evidence=message.evidence,
        rival=message.rival,
        fit=message.fit,
        rotation=pose[:9].reshape(3, 3),
        translation=pose[9:],
        poses=message.poses,
        goal=None if goal is None else np.array(goal.goal, np.float32),
        late=bool(message.notes & _LATE),
        skipped=bool(message.notes & _SKIPPED),
        work=message.work,
        micros=message.micros,
    )


@dataclass(frozen=True)
class Status:
    """How a controller is."""

    state: State
    error: int
    """0, or the negative error for which the last order was not done."""
    model: int
    """First eight bytes of the hash of the model in use, little-endian; 0: none."""
    slot: int | None
    """Flash slot of the model in use; None: no slot."""
    fallback: bool
    """Whether there is a model to roll back to."""
    boots: int


def status_of(message: Any) -> Status:
    """A CLN_STATUS."""
    return Status(
        state=State(message.state),
        error=message.error,
        model=message.model,
        slot=message.slot if message.slot < 2 else None,
        fallback=bool(message.fallback),
        boots=message.boots,
    )


@dataclass(frozen=True)
class Telemetry:
    """The controller's counters since boot; CLN_TELEMETRY of the dialect says what they mean."""

    uptime: int
    received: int
    bad_crc: int
    bad_signature: int
    replayed: int
    dropped: int
    stale: int
    refused: int
    steps: int
    late: int
    repeated: int
    incomplete: int
    unsent: int
    silences: int
    stack: int
    ram: int
    work: int
    work_most: int


def telemetry_of(message: Any) -> Telemetry:
    """A CLN_TELEMETRY."""
    return Telemetry(**{field.name: getattr(message, field.name) for field in fields(Telemetry)})
