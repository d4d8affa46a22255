"""Recorded percepts recognised again with an ONNX model, and how long each step took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

from colonnade_bridge.onnx.column import OPEN, UNKNOWN, OnnxColumn, OnnxDecision
from colonnade_bridge.onnx.model import OnnxModel
from colonnade_bridge.percepts import RecordedPercepts

__all__ = ["Outcome", "run"]


@dataclass(frozen=True)
class Outcome:
    """What came of one episode."""

    shown: str
    """The object, nothing where that is not known."""
    decision: OnnxDecision
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


def run(model: OnnxModel, recording: RecordedPercepts) -> Iterator[Outcome]:
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
