"""A model that is small enough for any test, and an episode with an object of it."""

from __future__ import annotations

from functools import cache

import numpy as np
from tests.models.episodes import episode
from tests.models.synthetic import blob, learned, rounded_box

from colonnade_bridge.blob import EdgeModel, in_order, write_blob
from colonnade_models.column import default_settings
from colonnade_models.evidence import default_tolerance
from colonnade_models.memory import ObjectMemory

__all__ = ["model_hash", "percepts", "small_blob", "small_memory"]


@cache
def small_memory() -> ObjectMemory:
    """Two objects, `first` and `brick`."""
    shapes = {"first": blob(1), "brick": rounded_box(0.04, 0.025, 0.015)}
    return ObjectMemory([learned(name, shape, count=2000) for name, shape in shapes.items()])


@cache
def small_blob() -> bytes:
    """The same for a controller."""
    settings = default_settings()._replace(effort=5000, proposals=128, reach=np.float32(0.05))
    memory = ObjectMemory([in_order(thing) for thing in small_memory().packed()])
    return write_blob(EdgeModel(memory, settings, default_tolerance(), percepts=64))


def model_hash(data: bytes) -> int:
    """What heartbeats call the model of a blob."""
    return int.from_bytes(data[16:24], "little")


def percepts(count: int = 30) -> np.ndarray:
    """(count, 18) noisy touches of `first`."""
    return episode("first", 4, count)[0]
