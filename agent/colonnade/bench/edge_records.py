"""Episodes on a controller as records of a journal."""

from __future__ import annotations

import base64
import math
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.hardware import HardwareEpisode
from colonnade_models.percept import PERCEPT_SIZE

__all__ = ["from_record", "to_record"]


def to_record(episode: HardwareEpisode) -> dict[str, Any]:
    """All of it, percepts to the bit."""
    columns = len(episode.percepts[0]) if episode.percepts else 1
    rows = np.array(episode.percepts, "<f4").tobytes()
    return asdict(episode) | {"percepts": base64.b64encode(rows).decode(), "columns": columns}


def from_record(record: dict[str, Any]) -> HardwareEpisode:
    """What `to_record` was given."""
    values = dict(record)
    rows = np.frombuffer(base64.b64decode(values.pop("percepts")), "<f4")
    steps: NDArray[np.float32] = rows.astype(np.float32).reshape(
        -1, values.pop("columns"), PERCEPT_SIZE
    )
    error = values.pop("rotation_error_deg")
    return HardwareEpisode(
        **values, percepts=list(steps), rotation_error_deg=math.nan if error is None else error
    )
