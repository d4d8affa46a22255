"""The mind of a controller on this computer: the C code, asked as a link asks the firmware."""

from __future__ import annotations

from time import perf_counter_ns

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.native import NativeColumn
from colonnade_bridge.wire.messages import StepDecision, StepVerdict

__all__ = ["NativeMind"]


class NativeMind:
    """A column that does what firmware/main.c does with it, without a line in between."""

    def __init__(self, blob: bytes) -> None:
        """Raises NativeError where the runtime refuses the blob or cannot be compiled."""
        self.column = NativeColumn(blob)
        self._turn = 0

    def reset(self) -> None:
        """Begin a new episode."""
        self.column.reset()
        self._turn = 0

    def send_step(self, percepts: NDArray[np.float32], *, goal: bool = False) -> StepDecision:
        """One step with percepts (C, 18) or (18,); `work` is in nanoseconds.

        Args:
            goal: whether to tell where the next touch would tell most.

        Raises NativeError where the column did not take the step.
        """
        begun = perf_counter_ns()
        verdict = StepVerdict(self.column.step(percepts))
        self._turn += 1
        if verdict is StepVerdict.RECOGNISED:
            self.column.polish()
        held = self.column.decide()
        where = self.column.goal(self._turn) if goal else None
        work = perf_counter_ns() - begun
        return StepDecision(
            sequence=self._turn,
            verdict=verdict,
            object=held.object,
            evidence=held.evidence,
            rival=held.rival,
            fit=held.fit,
            rotation=held.pose[:9].reshape(3, 3),
            translation=held.pose[9:],
            poses=min(held.others, np.iinfo(np.uint8).max),
            goal=where,
            late=False,
            skipped=False,
            work=work,
            micros=work // 1000,
        )
