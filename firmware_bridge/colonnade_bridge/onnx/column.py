"""A column that runs where only numpy and onnxruntime are: the graph weighs, Python decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.onnx.model import OnnxModel
from colonnade_bridge.onnx.standins import StandIns
from colonnade_models import column as flow
from colonnade_models.column import OPEN, RECOGNISED, UNKNOWN

__all__ = ["OPEN", "RECOGNISED", "UNKNOWN", "OnnxColumn", "OnnxDecision"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class OnnxDecision:
    """What a column holds true."""

    state: int
    """OPEN, RECOGNISED or UNKNOWN."""
    name: str | None
    """Of the object that leads, if any does."""
    evidence: float
    """Of the leading hypothesis, nats."""
    pose: NDArray[np.float32]
    """(12,) body's frame -> object's: nine row-major entries of a rotation, then metres."""
    others: int
    """How many poses that differ are possible as well: the object looks the same from them."""


class OnnxColumn:
    """A column over an exported model; it decides as `colonnade_models.column` does, to the bit.

    The flow of a step is the kernels' own source, interpreted; see `colonnade_bridge.onnx.standins`
    for what the graph does in it.
    """

    def __init__(
        self, model: OnnxModel, most_percepts: int = 512, reach: float | None = None
    ) -> None:
        """A fresh column. Of an episode the first `most_percepts` percepts count.

        `reach` is how far the sensor sees, m: as the model's settings say unless it is given.
        """
        self.model, self.memory = model, model.memory
        settings = model.settings
        if reach is not None:
            settings = settings._replace(reach=np.float32(reach))
        self.column = flow.init(self.memory, settings, model.tolerance, most_percepts)
        self.stand_ins = StandIns(model, self.column)
        interpreter = self.stand_ins.interpreter
        self._vote = interpreter.of(flow.vote)
        self._polish = interpreter.of(flow.polish)

    def reset(self) -> None:
        """Forget the episode, not the memory."""
        flow.reset(self.column)

    def step(self, percepts: Array) -> int:
        """Percepts (C, 18) of C patches, or one (18,), enter; returns OPEN, RECOGNISED, UNKNOWN."""
        with np.errstate(all="ignore"):  # an infinity in a wild percept is no error in a kernel
            return int(self._vote(self.column, self.memory, np.atleast_2d(percepts)))

    def polish(self) -> None:
        """Refine the leader once more, after the decision."""
        with np.errstate(all="ignore"):
            self._polish(self.column, self.memory)

    def decide(self) -> OnnxDecision:
        """What the column holds true after the last step."""
        h, state = self.column.hypotheses, self.column.verdict.state
        leader = int(state[1])
        if leader < 0:
            return OnnxDecision(int(state[0]), None, 0.0, np.full(12, np.nan, np.float32), 0)
        return OnnxDecision(
            int(state[0]),
            self.model.names[h.object[leader]],
            float(h.evidence[leader]),
            h.pose[leader].copy(),
            int(state[3]),
        )
