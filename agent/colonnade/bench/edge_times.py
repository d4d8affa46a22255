"""What a step of the column takes on this computer, by numba, C and ONNX, felt alike.

All take the same percepts, step by step in turn, so that whatever else the computer does meanwhile
disturbs all of them. Numba and ONNX run all that was learned as a workstation does; numba and C run
what the controller gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.bench.edge_columns import Asked, by_c, by_numba, by_onnx, workstation
from colonnade.commands.console import ticking
from colonnade.stopping import raise_if_stopped
from colonnade_bridge.blob import read_blob
from colonnade_bridge.onnx.column import OnnxColumn
from colonnade_bridge.onnx.model import OnnxModel
from colonnade_models import column as C
from colonnade_models.memory import ObjectMemory

__all__ = ["Rows", "time_steps"]

Rows = NDArray[np.float32]
"""(N, C, 18) percepts of an episode."""


@dataclass
class _Timed:
    """One of those that are compared."""

    column: Asked
    seconds: list[float] = field(default_factory=list)
    state: int = C.OPEN

    def begin(self) -> None:
        self.column.reset()
        self.state = C.OPEN

    def feel(self, percepts: NDArray[np.float32]) -> None:
        """A step, unless it has decided."""
        if self.state != C.OPEN:
            return
        begun = perf_counter()
        self.state = self.column.step(percepts)
        self.seconds.append(perf_counter() - begun)

    def to_json(self) -> dict[str, float]:
        """How long its steps took, microseconds."""
        us = 1e6 * np.array(self.seconds)
        return {
            "steps": len(us),
            "us_median": float(np.median(us)),
            "us_mean": float(us.mean()),
            "us_p99": float(np.percentile(us, 99)),
            "us_worst": float(us.max()),
        }


def time_steps(
    memory: ObjectMemory,
    blob: bytes,
    graph: OnnxModel | None,
    episodes: Sequence[Rows],
    reach: float,
) -> dict[str, Any]:
    """Time all columns over recorded episodes.

    Args:
        memory: all that was learned.
        blob: what the controller gets of it.
        graph: the same as `memory`; None leaves ONNX out.
        reach: how far the sensor saw, m.

    Raises NativeError where the C code cannot be compiled.
    """
    most = max(rows.shape[0] * rows.shape[1] for rows in episodes)
    columns = {
        "numba": _Timed(by_numba(workstation(memory, reach, most))),
        "numba_edge": _Timed(by_numba(read_blob(blob))),
        "c": _Timed(by_c(blob)),
    }
    if graph is not None:
        columns["onnx"] = _Timed(by_onnx(OnnxColumn(graph, most, reach)))
    _feel_all(list(columns.values()), episodes)
    found: dict[str, Any] = {name: column.to_json() for name, column in columns.items()}
    found["c_of_numba"] = found["c"]["us_median"] / found["numba_edge"]["us_median"]
    if graph is not None:
        found["onnx_of_numba"] = found["onnx"]["us_median"] / found["numba"]["us_median"]
    return {"episodes": len(episodes), **found}


def _feel_all(columns: list[_Timed], episodes: Sequence[Rows]) -> None:
    with ticking("Timing     ", len(episodes)) as ticker:
        for rows in episodes:
            raise_if_stopped()
            for column in columns:
                column.begin()
            for percepts in rows:
                columns.append(columns.pop(0))  # none is always the one after the same other
                for column in columns:
                    column.feel(percepts)
            ticker.tick("")
