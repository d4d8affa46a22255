"""The model file: object memory as safetensors, checked byte for byte before it is used.

The bytes are specified in docs/spec/model.md. Nothing time-dependent is written, so the same
learning gives the same file.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

import colonnade_models
from colonnade_models.memory import LearnedObject, ObjectMemory, reach_of
from colonnade_models.spatial_index import MOST_CELLS, NO_SURFEL, cells_along
from colonnade_models.surfel import SURFEL_SIZE

__all__ = ["SCHEMA", "ModelFileError", "load_model", "load_object", "save_model", "save_object"]

SCHEMA = 2
_UNITS = "m, rad, 1/m, colours 0..1"
_LONGEST_NAME = 200


class ModelFileError(ValueError):
    """A model file is missing, truncated, corrupt or of another version; says which."""


def save_model(
    path: str | Path, memory: ObjectMemory, provenance: dict[str, str] | None = None
) -> None:
    """Write all objects of `memory` to `path`, atomically.

    `provenance` (plain strings, nothing time-dependent) is kept in the header.
    Raises OSError where the file cannot be written; an older file then stays as it was.
    """
    _write(Path(path), list(memory), provenance or {})


def save_object(path: str | Path, learned: LearnedObject) -> None:
    """Write one object, in the same format."""
    _write(Path(path), [learned], {})


def load_model(path: str | Path) -> ObjectMemory:
    """Read a model. Raises ModelFileError, in one sentence, if it is not whole and sound."""
    return ObjectMemory(_read(Path(path)))


def load_object(path: str | Path) -> LearnedObject:
    """Read a file that holds one object. Raises ModelFileError as `load_model` does."""
    objects = _read(Path(path))
    if len(objects) != 1:
        raise ModelFileError(f"{path} holds {len(objects)} objects where one was expected")
    return objects[0]


def _digest(tensors: dict[str, NDArray[Any]], header: dict[str, Any]) -> str:
    h = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(tensors):
        h.update(np.ascontiguousarray(tensors[name]).tobytes())
    return h.hexdigest()


def _write(path: Path, objects: Sequence[LearnedObject], provenance: dict[str, str]) -> None:
    sizes = [0, *(len(learned.table) for learned in objects)]
    tables = [np.asarray(learned.table, np.float32) for learned in objects]
    tensors: dict[str, NDArray[Any]] = {
        "surfels": np.concatenate(tables) if tables else np.zeros((0, SURFEL_SIZE), np.float32),
        "surfel_start": np.cumsum(sizes).astype(np.int32),
        "spacing": np.array([learned.spacing for learned in objects], np.float32),
        "steps": np.array([learned.steps for learned in objects], np.int32),
        "twins": np.concatenate([np.zeros((0, 12), np.float32), *(o.twins for o in objects)]),
        "twin_start": np.cumsum([0, *(len(o.twins) for o in objects)]).astype(np.int32),
    }
    header = {
        "schema": SCHEMA,
        "units": _UNITS,
        "writer": f"colonnade {colonnade_models.__version__}",
        "names": [learned.name for learned in objects],
        "provenance": provenance,
    }
    # one metadata key: safetensors writes several in no fixed order
    metadata = {
        "colonnade": json.dumps(header | {"sha256": _digest(tensors, header)}, sort_keys=True)
    }
    write_atomically(path, save(tensors, metadata))


def write_atomically(path: Path, data: bytes) -> None:
    """Write to a temporary name in the same folder, flush to disk, rename."""
    handle, temporary = tempfile.mkstemp(f"~{path.name}.partial", ".", path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _header_of(path: Path, data: bytes) -> dict[str, Any]:
    """Our header inside safetensors' own: eight bytes of length, then JSON."""
    try:
        length = int.from_bytes(data[:8], "little")
        outer = json.loads(data[8 : 8 + length])
        header = json.loads(outer["__metadata__"]["colonnade"])
    except (ValueError, KeyError, TypeError):
        raise ModelFileError(
            f"{path} is not a Colonnade model, or its header is damaged: "
            "train again or copy it anew"
        ) from None
    if not isinstance(header, dict) or header.get("schema") != SCHEMA:
        version = header.get("schema") if isinstance(header, dict) else None
        raise ModelFileError(
            f"{path} has model schema {version}, this version reads schema {SCHEMA}: "
            "install the version that wrote it or train again"
        )
    return header


def _read(path: Path) -> list[LearnedObject]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ModelFileError(
            f"there is no model at {path}: train one with `colonnade train --out RUN`"
        ) from None
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}") from None
    header = _header_of(path, data)
    damaged = ModelFileError(f"{path} is truncated or corrupt: train again or copy it anew")
    try:
        tensors = load(data)
    except (SafetensorError, ValueError, KeyError):
        raise damaged from None
    expected = header.pop("sha256", None)
    if _digest(tensors, header) != expected:
        raise damaged
    return _objects(path, header, tensors)


def _objects(
    path: Path, header: dict[str, Any], tensors: dict[str, NDArray[Any]]
) -> list[LearnedObject]:
    """Check every shape and index, then cut the tables into objects."""

    def need(truth: bool, what: str) -> None:
        if not truth:
            raise ModelFileError(f"{path} is no sound model: {what}")

    names = header.get("names")
    need(isinstance(names, list), "it lists no names")
    assert isinstance(names, list)
    count = len(names)
    for field in ("surfels", "surfel_start", "spacing", "steps", "twins", "twin_start"):
        need(field in tensors, f"`{field}` is missing")
    surfels, start = tensors["surfels"], tensors["surfel_start"]
    spacing, steps = tensors["spacing"], tensors["steps"]
    need(surfels.dtype == np.float32 and surfels.ndim == 2, "`surfels` is no float32 table")
    need(surfels.shape[1:] == (SURFEL_SIZE,), f"a surfel has {SURFEL_SIZE} fields")
    need(start.dtype == np.int32 and start.shape == (count + 1,), "`surfel_start` does not fit")
    need(spacing.dtype == np.float32 and spacing.shape == (count,), "`spacing` does not fit")
    need(steps.dtype == np.int32 and steps.shape == (count,), "`steps` does not fit")
    need(bool(start[0] == 0 and start[-1] == len(surfels)), "`surfel_start` does not fit")
    sizes = np.diff(start.astype(np.int64))
    need(
        bool((sizes > 0).all() and (sizes < int(NO_SURFEL)).all()),
        "an object is empty or too large",
    )
    need(bool(np.isfinite(surfels).all()), "surfels are not finite")
    need(bool((np.abs(surfels[:, :3]) < 10.0).all()), "surfels lie metres off the object")
    need(bool(((spacing > 1e-4) & (spacing < 0.1)).all()), "the surfel spacing makes no sense")
    for i in range(count):
        position, edge = surfels[start[i] : start[i + 1], :3], float(spacing[i])
        cells = cells_along(position, edge, reach_of(edge)).prod(dtype=np.float64)
        need(cells <= MOST_CELLS, "an object is too large for its surfel spacing")
    twins, twin_start = tensors["twins"], tensors["twin_start"]
    need(twins.dtype == np.float32 and twins.shape[1:] == (12,), "`twins` does not fit")
    need(twin_start.dtype == np.int32 and twin_start.shape == (count + 1,), "`twins` does not fit")
    need(bool(twin_start[0] == 0 and twin_start[-1] == len(twins)), "`twins` does not fit")
    need(bool((np.diff(twin_start.astype(np.int64)) >= 0).all()), "`twins` does not fit")
    need(bool(np.isfinite(twins).all()), "twins are not finite")
    need(all(isinstance(n, str) and 0 < len(n) <= _LONGEST_NAME for n in names), "bad names")
    need(len(set(names)) == count, "a name stands twice")
    return [
        LearnedObject(
            names[i],
            np.ascontiguousarray(surfels[start[i] : start[i + 1]]),
            float(spacing[i]),
            int(steps[i]),
            twins=np.ascontiguousarray(twins[twin_start[i] : twin_start[i + 1]]),
        )
        for i in range(count)
    ]
