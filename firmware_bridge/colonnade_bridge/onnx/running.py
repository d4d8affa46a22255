"""Recorded percepts recognised again with an ONNX model, and how long each step took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from colonnade_bridge.onnx.column import OPEN, UNKNOWN, Decision, OnnxColumn
from colonnade_bridge.onnx.model import OnnxModel
from colonnade_bridge.percepts import Recording, read_percepts

__all__ = ["Outcome", "Timing", "run", "time_onnx"]


@dataclass(frozen=True)
class Outcome:
    """What came of one episode."""

    shown: str
    """The object, nothing where that is not known."""
    decision: Decision
    steps: int
    """Until it was decided, or until the recording ended."""
    seconds: tuple[float, ...]
    """That each of them took."""

    @property
    def answer(self) -> str:
        """An object's name or `unknown`; in an open episode that of the strongest hypothesis."""
        if self.decision.state == UNKNOWN or self.decision.name is None:
            return "unknown"
        return self.decision.name


@dataclass(frozen=True)
class Timing:
    """How long steps took, microseconds."""

    episodes: int
    steps: int
    median_us: float
    mean_us: float
    worst_us: float


def run(model: OnnxModel, recording: Recording) -> Iterator[Outcome]:
    """Recognise every episode of a recording, until the column is sure of it."""
    longest = max(len(rows) for _, rows in recording)
    column = OnnxColumn(model, longest * recording.percepts.shape[1], recording.reach)
    for shown, rows in recording:
        column.reset()
        seconds = []
        for percepts in rows:
            started = perf_counter()
            state = column.step(percepts)
            seconds.append(perf_counter() - started)
            if state != OPEN:
                break
        column.polish()
        yield Outcome(shown, column.decide(), len(seconds), tuple(seconds))


def time_onnx(model: Path, percepts: Path) -> Timing:
    """Time the steps over all episodes of a file of percepts.

    Raises OnnxModelError or PerceptsError.
    """
    outcomes = list(run(OnnxModel(model), read_percepts(percepts)))
    us = 1e6 * np.concatenate([outcome.seconds for outcome in outcomes])
    return Timing(len(outcomes), len(us), float(np.median(us)), float(us.mean()), float(us.max()))
