"""What a step of the column takes on this computer, by numba, C and ONNX, felt alike.

All take the same percepts, step by step in turn, so that whatever else the computer does meanwhile
disturbs all of them. Numba and ONNX run all that was learned as a workstation does; numba and C run
what the controller gets.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade.commands.console import note, ticking
from colonnade.stopping import raise_if_stopped
from colonnade_bridge.blob import EdgeModel, read_blob
from colonnade_bridge.native import NativeColumn
from colonnade_bridge.onnx import MissingOnnxError
from colonnade_bridge.onnx import export as write_onnx
from colonnade_bridge.onnx.column import OnnxColumn
from colonnade_bridge.onnx.model import OnnxModel
from colonnade_models import column as C
from colonnade_models.evidence import default_tolerance
from colonnade_models.memory import ObjectMemory

__all__ = ["time_steps"]

Rows = NDArray[np.float32]
"""(N, C, 18) percepts of an episode."""


class _Held(NamedTuple):
    """What a column holds true."""

    state: int
    object: str | None
    evidence: float


@dataclass
class _Column:
    """One of those that are compared."""

    reset: Callable[[], None]
    step: Callable[[NDArray[np.float32]], int]
    held: Callable[[], _Held]
    seconds: list[float] = field(default_factory=list)
    state: int = C.OPEN

    def begin(self) -> None:
        self.reset()
        self.state = C.OPEN

    def feel(self, percepts: NDArray[np.float32]) -> None:
        """A step, unless it has decided."""
        if self.state != C.OPEN:
            return
        begun = perf_counter()
        self.state = self.step(percepts)
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
    memory: ObjectMemory, blob: bytes, episodes: Sequence[Rows], reach: float
) -> dict[str, Any]:
    """Time all columns over recorded episodes, and compare what ONNX says with numba.

    Args:
        memory: all that was learned.
        blob: what the controller gets of it.
        reach: how far the sensor saw, m.

    Raises NativeError where the C code cannot be compiled.
    """
    with tempfile.TemporaryDirectory(prefix="colonnade-") as scratch:
        columns = _columns(memory, blob, episodes, reach, Path(scratch))
        otherwise, off = _feel_all(columns, episodes)
    found: dict[str, Any] = {name: column.to_json() for name, column in columns.items()}
    c, edge = found["c"]["us_median"], found["numba_edge"]["us_median"]
    found["c_of_numba"] = c / edge
    if "onnx" in found:
        found["onnx_of_numba"] = found["onnx"]["us_median"] / found["numba"]["us_median"]
        found |= {"onnx_otherwise": otherwise, "onnx_evidence_off": off}
    return {"episodes": len(episodes), **found}


def _columns(
    memory: ObjectMemory, blob: bytes, episodes: Sequence[Rows], reach: float, scratch: Path
) -> dict[str, _Column]:
    settings = C.default_settings()._replace(reach=np.float32(reach))
    most = max(rows.shape[0] * rows.shape[1] for rows in episodes)
    columns = {
        "numba": _numba(EdgeModel(memory, settings, default_tolerance(), most)),
        "numba_edge": _numba(read_blob(blob)),
        "c": _native(NativeColumn(blob)),
    }
    try:
        model = OnnxModel(write_onnx(memory, scratch, settings=settings))
        columns["onnx"] = _onnx(OnnxColumn(model, most, reach))
    except MissingOnnxError as error:
        note(str(error))
    return columns


def _feel_all(columns: dict[str, _Column], episodes: Iterable[Rows]) -> tuple[int, float]:
    """How many episodes ONNX decided otherwise, and how far its evidence was off numba's."""
    otherwise, off = 0, 0.0
    turns = list(columns.values())
    numba, onnx = columns["numba"], columns.get("onnx")
    everything = list(episodes)
    with ticking("Timing     ", len(everything)) as ticker:
        for rows in everything:
            raise_if_stopped()
            same = True
            for column in turns:
                column.begin()
            for percepts in rows:
                turns.append(turns.pop(0))  # none is always the one after the same other
                for column in turns:
                    column.feel(percepts)
                if onnx is not None:
                    ours, theirs = numba.held(), onnx.held()
                    same &= ours[:2] == theirs[:2]
                    if same and ours.object is not None:
                        off = max(off, _apart(ours.evidence, theirs.evidence))
            otherwise += not same
            ticker.tick("")
    return otherwise, off


def _apart(a: float, b: float) -> float:
    """How far `b` is off `a`, relative to it."""
    return abs(b - a) / max(abs(a), float(np.finfo(np.float32).tiny))


def _numba(model: EdgeModel) -> _Column:
    arrays, names = model.memory.arrays, model.memory.names
    column = C.init(arrays, model.settings, model.tolerance, most_percepts=model.percepts)

    def held() -> _Held:
        h, (state, leader, *_) = column.hypotheses, column.verdict.state
        if leader < 0:
            return _Held(int(state), None, 0.0)
        return _Held(int(state), names[h.object[leader]], float(h.evidence[leader]))

    return _Column(lambda: C.reset(column), lambda rows: C.vote(column, arrays, rows), held)


def _native(column: NativeColumn) -> _Column:
    def held() -> _Held:
        found = column.decide()
        name = None if found.object < 0 else column.names[found.object]
        return _Held(found.state, name, found.evidence)

    return _Column(column.reset, column.step, held)


def _onnx(column: OnnxColumn) -> _Column:
    def held() -> _Held:
        found = column.decide()
        return _Held(found.state, found.name, found.evidence)

    return _Column(column.reset, column.step, held)
