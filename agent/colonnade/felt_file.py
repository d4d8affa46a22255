"""What was felt in one episode as a file, from which a mind is rebuilt: see docs/spec/felt.md."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from colonnade.files import atomic_write
from colonnade.mind import Felt
from colonnade_models.percept import PERCEPT_SIZE

__all__ = ["FeltFileError", "load_felt", "save_felt"]

SCHEMA = 1
_COLUMNS = {
    "touches": PERCEPT_SIZE,
    "practice": PERCEPT_SIZE,
    "jumps": 7,
    "aims": 6,
    "visits": PERCEPT_SIZE,
}


class FeltFileError(ValueError):
    """A file of what was felt that is missing, damaged or of another version."""


def save_felt(path: Path, felt: Felt) -> None:
    """Write `felt` to `path`, atomically. Raises OSError where that is not possible."""
    tensors = {
        name: np.ascontiguousarray(getattr(felt, name), np.float32).reshape(-1, columns)
        for name, columns in _COLUMNS.items()
    }
    header = {
        "schema": SCHEMA,
        "name": felt.name,
        "spacing": float(felt.spacing),
        "steps": int(felt.steps),
    }
    header["sha256"] = _digest(header, tensors)
    atomic_write(path, save(tensors, {"colonnade": json.dumps(header, sort_keys=True)}))


def load_felt(path: Path) -> Felt:
    """Read what `save_felt` wrote. Raises FeltFileError if it is not whole and sound."""
    damaged = FeltFileError(f"{path} is missing or damaged: this episode has to be lived once more")
    try:
        data = Path(path).read_bytes()
        tensors = load(data)
        length = int.from_bytes(data[:8], "little")
        header = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["colonnade"])
        expected = header.pop("sha256")
        sound = expected == _digest(header, tensors) and header["schema"] == SCHEMA
        felt = Felt(
            name=str(header["name"]),
            spacing=float(header["spacing"]),
            steps=int(header["steps"]),
            **{part: tensors[part] for part in _COLUMNS},
        )
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        raise damaged from None
    if not sound or not _is_sound(felt, tensors):
        raise damaged
    return felt


def _is_sound(felt: Felt, tensors: dict[str, NDArray[Any]]) -> bool:
    shapes = all(
        tensors[name].dtype == np.float32
        and tensors[name].ndim == 2
        and tensors[name].shape[1] == columns
        and bool(np.isfinite(tensors[name]).all())
        for name, columns in _COLUMNS.items()
    )
    return (
        shapes
        and len(felt.touches) > 0
        and len(felt.aims) == len(felt.visits)
        and 1e-4 < felt.spacing < 0.1
    )


def _digest(header: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> str:
    h = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(tensors):
        h.update(np.ascontiguousarray(tensors[name]).tobytes())
    return h.hexdigest()
