"""What ONNX says to recorded episodes, step by step beside numba, of all that was learned."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from colonnade.bench.edge_columns import Asked, Held, by_numba, by_onnx, workstation
from colonnade.bench.edge_times import Rows
from colonnade.bench.kept import Kept
from colonnade.commands.console import note, ticking
from colonnade.stopping import raise_if_stopped
from colonnade_bridge.onnx import MissingOnnxError
from colonnade_bridge.onnx import export as write_onnx
from colonnade_bridge.onnx.column import OnnxColumn
from colonnade_bridge.onnx.model import OnnxModel
from colonnade_models import column as C
from colonnade_models.memory import ObjectMemory

__all__ = ["compare_onnx", "onnx_of", "together"]

NEAR = 0.01
"""A shift that is shorter, m, is compared as if it were so long."""
POSE_OFF = 1e-4
"""Poses are the same up to this, each number of a rotation, and a shift relative to its length."""


@contextmanager
def onnx_of(memory: ObjectMemory, reach: float) -> Iterator[OnnxModel | None]:
    """The memory as a graph, on disk while the block lasts; None where none can be made."""
    settings = C.default_settings()._replace(reach=np.float32(reach))
    with tempfile.TemporaryDirectory(prefix="colonnade-") as scratch:
        try:
            graph = OnnxModel(write_onnx(memory, Path(scratch), settings=settings))
        except MissingOnnxError as error:
            note(str(error))
            yield None
            return
        yield graph


def compare_onnx(
    memory: ObjectMemory,
    graph: OnnxModel,
    episodes: Sequence[Rows],
    reach: float,
    kept: Kept,
    digest: str,
) -> list[dict[str, Any]]:
    """What came of each episode: `steps`, `steps_equal`, and `evidence_off`.

    A step is equal where both hold the same verdict, object, pose and number of other poses true;
    how far the evidence for it is off numba's, relative, is the most over these.

    Args:
        memory: what the graph was made of.
        reach: how far the sensor saw, m.
        digest: of the memory's file.
    """
    most = max((rows.shape[0] * rows.shape[1] for rows in episodes), default=1)
    numba, onnx = (
        by_numba(workstation(memory, reach, most)),
        by_onnx(OnnxColumn(graph, most, reach)),
    )
    found: list[dict[str, Any]] = []
    with ticking("In ONNX    ", len(episodes)) as ticker:
        for rows in episodes:
            raise_if_stopped()
            felt = hashlib.sha256(rows.tobytes()).hexdigest()

            def compare(rows: Rows = rows) -> dict[str, Any]:
                return _compare(numba, onnx, rows)

            found.append(kept.once(compare, "onnx", digest, reach, rows.shape, felt))
            ticker.tick("")
    return found


def _compare(numba: Asked, onnx: Asked, rows: Rows) -> dict[str, Any]:
    numba.reset()
    onnx.reset()
    steps, equal, off = 0, 0, 0.0
    for percepts in rows:
        states = numba.step(percepts), onnx.step(percepts)
        for column, state in zip((numba, onnx), states, strict=True):
            if state == C.RECOGNISED:
                column.polish()
        ours, theirs = numba.held(), onnx.held()
        steps += 1
        if _same(ours, theirs):
            equal += 1
            off = max(off, _apart(ours.evidence, theirs.evidence))
        if states != (C.OPEN, C.OPEN):
            break
    return {"steps": steps, "steps_equal": equal, "evidence_off": off}


def _same(ours: Held, theirs: Held) -> bool:
    """Whether both hold the same true; the evidence for it is told by itself."""
    if (ours.state, ours.object, ours.others) != (theirs.state, theirs.object, theirs.others):
        return False
    if ours.object is None:
        return True
    turned, shifted = np.split(theirs.pose - ours.pose, [9])
    far = max(float(np.linalg.norm(ours.pose[9:])), NEAR)
    return bool(abs(turned).max() <= POSE_OFF and np.linalg.norm(shifted) <= POSE_OFF * far)


def together(episodes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The counts of all; nothing where there is no episode."""
    if not episodes:
        return {}
    return {
        "episodes": len(episodes),
        "episodes_equal": sum(each["steps_equal"] == each["steps"] for each in episodes),
        "steps": sum(each["steps"] for each in episodes),
        "steps_equal": sum(each["steps_equal"] for each in episodes),
        "evidence_off": max(each["evidence_off"] for each in episodes),
    }


def _apart(a: float, b: float) -> float:
    """How far `b` is off `a`, relative to it."""
    return 0.0 if a == b else abs(b - a) / max(abs(a), float(np.finfo(np.float32).tiny))
