"""The columns of ``colonnade bench edge``: numba's, that in C and that of ONNX, asked alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.blob import EdgeModel
from colonnade_bridge.native import NativeColumn
from colonnade_bridge.onnx.column import OnnxColumn
from colonnade_models import column as C
from colonnade_models.evidence import default_tolerance
from colonnade_models.memory import ObjectMemory

__all__ = ["Asked", "Held", "by_c", "by_numba", "by_onnx", "workstation"]


class Held(NamedTuple):
    """What a column holds true."""

    state: int
    object: str | None
    evidence: float
    pose: NDArray[np.float32]
    """(12,) body's frame -> object's: a rotation, row by row, then metres."""
    others: int
    """How many poses that differ are possible as well."""


class Asked(NamedTuple):
    """A column, whoever it is."""

    reset: Callable[[], None]
    step: Callable[[NDArray[np.float32]], int]
    """Percepts (C, 18) enter; the state."""
    polish: Callable[[], None]
    """Refine the leader once more, after the decision."""
    held: Callable[[], Held]


def workstation(memory: ObjectMemory, reach: float, most: int) -> EdgeModel:
    """All that was learned, with a workstation's settings, for `most` percepts an episode."""
    settings = C.default_settings()._replace(reach=np.float32(reach))
    return EdgeModel(memory, settings, default_tolerance(), most)


def by_numba(model: EdgeModel) -> Asked:
    """The column of this computer."""
    arrays, names = model.memory.arrays, model.memory.names
    column = C.init(arrays, model.settings, model.tolerance, most_percepts=model.percepts)

    def held() -> Held:
        h, (state, leader, _, others) = column.hypotheses, column.verdict.state
        if leader < 0:
            return Held(int(state), None, 0.0, np.zeros(12, np.float32), int(others))
        name, evidence = names[h.object[leader]], float(h.evidence[leader])
        return Held(int(state), name, evidence, h.pose[leader].copy(), int(others))

    return Asked(
        lambda: C.reset(column),
        lambda rows: C.vote(column, arrays, rows),
        lambda: C.polish(column, arrays),
        held,
    )


def by_c(blob: bytes) -> Asked:
    """The controller's code. Raises NativeError where it cannot be compiled."""
    column = NativeColumn(blob)

    def held() -> Held:
        found = column.decide()
        name = None if found.object < 0 else column.names[found.object]
        return Held(found.state, name, found.evidence, found.pose, found.others)

    return Asked(column.reset, column.step, column.polish, held)


def by_onnx(column: OnnxColumn) -> Asked:
    """A column that runs a graph."""

    def held() -> Held:
        found = column.decide()
        return Held(found.state, found.name, found.evidence, found.pose, found.others)

    return Asked(column.reset, column.step, column.polish, held)
