"""What a controller's model loses: recorded percepts recognised by what was learned and by C.

What was learned is recognised by the numba column with all surfels and default settings, as on a
workstation; the blob by the C code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.native import NativeColumn
from colonnade_bridge.percepts import RecordedPercepts
from colonnade_models import column as C
from colonnade_models.memory import ObjectMemory

__all__ = ["Compared", "Loss", "compare", "loss_of"]

UNKNOWN = "unknown"


class Compared(NamedTuple):
    """One episode, by both."""

    shown: str
    """The object, nothing where that is not known."""
    before: str
    """What the learned model says: an object's name or `unknown`."""
    after: str
    """What the C code says."""
    steps_before: int
    steps_after: int


class Loss(NamedTuple):
    """What came of all episodes."""

    episodes: int
    same: int
    """Episodes with one and the same answer."""
    accuracy_before: float | None
    accuracy_after: float | None
    """Shares of right answers; None where nobody knows what was shown."""
    steps_before: float
    steps_after: float
    """Steps an episode, on average."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "episodes": self.episodes,
            "same_answers": self.same,
            "accuracy_before": self.accuracy_before,
            "accuracy_after": self.accuracy_after,
            "steps_before": self.steps_before,
            "steps_after": self.steps_after,
        }


def compare(memory: ObjectMemory, blob: bytes, recording: RecordedPercepts) -> Iterator[Compared]:
    """Recognise every episode of a recording twice, until either is sure or the recording ends.

    Raises NativeError where the C code cannot be compiled.
    """
    longest = max(len(rows) for _, rows in recording) * recording.percepts.shape[1]
    learned, native = _Learned(memory, recording.reach, longest), NativeColumn(blob)
    for shown, rows in recording:
        before, steps_before = learned.recognise(rows)
        after, steps_after = _by_c(native, rows)
        yield Compared(shown, before, after, steps_before, steps_after)


def loss_of(episodes: list[Compared], names: tuple[str, ...]) -> Loss:
    """What they come to; `unknown` is right for what is none of `names`."""
    told = [episode for episode in episodes if episode.shown]
    right = [episode.shown if episode.shown in names else UNKNOWN for episode in told]

    def accuracy(answers: list[str]) -> float | None:
        hits = [answer == truth for answer, truth in zip(answers, right, strict=True)]
        return float(np.mean(hits)) if hits else None

    return Loss(
        len(episodes),
        sum(episode.before == episode.after for episode in episodes),
        accuracy([episode.before for episode in told]),
        accuracy([episode.after for episode in told]),
        float(np.mean([episode.steps_before for episode in episodes])),
        float(np.mean([episode.steps_after for episode in episodes])),
    )


class _Learned:
    """The column of a workstation."""

    def __init__(self, memory: ObjectMemory, reach: float, percepts: int) -> None:
        self.names, self.arrays = memory.names, memory.arrays
        settings = C.default_settings()._replace(reach=np.float32(reach))
        self.column = C.init(self.arrays, settings, most_percepts=percepts)

    def recognise(self, rows: NDArray[np.float32]) -> tuple[str, int]:
        """What it says of percepts (N, C, 18), and after how many steps."""
        C.reset(self.column)
        steps = _steps(rows, lambda percepts: C.vote(self.column, self.arrays, percepts))
        state, leader = self.column.verdict.state[:2]
        if state == C.UNKNOWN or leader < 0:
            return UNKNOWN, steps
        return self.names[self.column.hypotheses.object[leader]], steps


def _by_c(column: NativeColumn, rows: NDArray[np.float32]) -> tuple[str, int]:
    column.reset()
    steps = _steps(rows, column.step)
    decision = column.decide()
    if decision.state == C.UNKNOWN or decision.object < 0:
        return UNKNOWN, steps
    return column.names[decision.object], steps


def _steps(rows: NDArray[np.float32], step: Callable[[NDArray[np.float32]], int]) -> int:
    """How many steps of (N, C, 18) it takes until something is decided."""
    return next((i for i, row in enumerate(rows, 1) if step(row) != C.OPEN), len(rows))
