"""Exported models and columns that the tests of ONNX share."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from tests.models.episodes import episode, memory_objects

from colonnade_bridge.cells import complete
from colonnade_bridge.onnx import export
from colonnade_bridge.onnx.model import OnnxModel
from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models.memory import Memory

_FOLDER = tempfile.TemporaryDirectory()


@cache
def path() -> Path:
    return export(memory_objects(), Path(_FOLDER.name), provenance={"from": "a test"})


@cache
def model() -> OnnxModel:
    return OnnxModel(path())


@cache
def memory() -> Memory:
    return complete(memory_objects())


def with_misses(rows: np.ndarray, every: int = 5) -> np.ndarray:
    """Percepts, some of which looked past the object from afar instead."""
    out = rows.copy()
    random = np.random.default_rng(len(rows))
    for row in out[2::every]:
        row[: P.NORMAL] += 0.05 * row[P.NORMAL : P.NORMAL + 3] + random.normal(0, 0.02, 3)
        row[P.ON_OBJECT] = 0
    return out


def living(name: str = "brick", seed: int = 0, steps: int = 7) -> C.Column:
    """A column in the middle of an episode."""
    column = C.init(memory())
    for row in episode(name, seed)[0][:steps]:
        C.step(column, memory(), row)
    return column
