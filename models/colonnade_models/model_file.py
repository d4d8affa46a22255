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
from colonnade_models.learned import LearnedObject, PackedObject
from colonnade_models.memory import ObjectMemory
from colonnade_models.older_schemas import OLDER, brought_up
from colonnade_models.packed import COARSEST_STEP, FINEST_STEP, LOOKS, STEPS, Packed, join, part
from colonnade_models.spatial_index import MOST_CELLS, MOST_SURFELS, cells_along
from colonnade_models.twin import TWIN_SIZE, no_twins, sound, sound_trust

__all__ = [
    "LONGEST_NAME",
    "SCHEMA",
    "ModelFileError",
    "load_model",
    "load_object",
    "save_model",
    "save_object",
]

SCHEMA = 5
_UNITS = "m, rad, 1/m, colours 0..1"
LONGEST_NAME = 200
"""Characters that the name of an object may have."""
_LAYOUT: dict[str, tuple[type, tuple[int | str, ...]]] = {
    "surfel_place": (np.uint32, ("surfels",)),
    "surfel_look": (np.uint8, ("surfels", LOOKS)),
    "surfel_spread": (np.uint32, ("surfels",)),
    "surfel_start": (np.int32, ("starts",)),
    "surfel_corner": (np.int32, ("objects", 3)),
    "surfel_step": (np.float32, ("objects",)),
    "spacing": (np.float32, ("objects",)),
    "steps": (np.int32, ("objects",)),
    "twins": (np.float32, ("twins", TWIN_SIZE)),
    "twin_start": (np.int32, ("starts",)),
    "trust": (np.float32, ("objects", 2)),
}
"""Type and shape of every tensor; sizes of one name are the same."""


class ModelFileError(ValueError):
    """A model file is missing, truncated, corrupt or of another version; says which."""


def save_model(
    path: str | Path, memory: ObjectMemory, provenance: dict[str, str] | None = None
) -> None:
    """Write all objects of `memory` to `path`, atomically.

    `provenance` (plain strings, nothing time-dependent) is kept in the header.
    Raises OSError where the file cannot be written; an older file then stays as it was.
    """
    _write(Path(path), memory.packed(), provenance or {})


def save_object(path: str | Path, learned: LearnedObject) -> None:
    """Write one object, in the same format."""
    save_model(path, ObjectMemory([learned]))


def load_model(path: str | Path) -> ObjectMemory:
    """Read a model. Raises ModelFileError, in one sentence, if it is not whole and sound."""
    return ObjectMemory(_read(Path(path)))


def load_object(path: str | Path) -> LearnedObject:
    """Read a file that holds one object. Raises ModelFileError as `load_model` does."""
    objects = _read(Path(path))
    if len(objects) != 1:
        raise ModelFileError(f"{path} holds {len(objects)} objects where one was expected")
    return objects[0].unpacked()


def _digest(tensors: dict[str, NDArray[Any]], header: dict[str, Any]) -> str:
    h = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(tensors):
        h.update(np.ascontiguousarray(tensors[name]).tobytes())
    return h.hexdigest()


def _write(path: Path, objects: Sequence[PackedObject], provenance: dict[str, str]) -> None:
    packed = join([thing.packed for thing in objects])
    tensors: dict[str, NDArray[Any]] = {
        **{f"surfel_{name}": array for name, array in packed._asdict().items()},
        "spacing": np.array([thing.spacing for thing in objects], np.float32),
        "steps": np.array([thing.steps for thing in objects], np.int32),
        "twins": np.concatenate([no_twins(), *(o.twins for o in objects)]),
        "twin_start": np.cumsum([0, *(len(o.twins) for o in objects)]).astype(np.int32),
        "trust": np.array([thing.trust for thing in objects], np.float32).reshape(-1, 2),
    }
    header = {
        "schema": SCHEMA,
        "units": _UNITS,
        "writer": f"colonnade {colonnade_models.__version__}",
        "names": [thing.name for thing in objects],
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
    if not isinstance(header, dict) or header.get("schema") not in (*OLDER, SCHEMA):
        version = header.get("schema") if isinstance(header, dict) else None
        raise ModelFileError(
            f"{path} has model schema {version}, this version reads {OLDER[0]} to {SCHEMA}: "
            "install the version that wrote it or train again"
        )
    return header


def _read(path: Path) -> list[PackedObject]:
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
    if header["schema"] in OLDER:
        try:
            tensors = brought_up(header["schema"], tensors)
        except ValueError as error:
            raise ModelFileError(f"{path} is no sound model: {error}") from None
    return _objects(path, header, tensors)


def _objects(
    path: Path, header: dict[str, Any], tensors: dict[str, NDArray[Any]]
) -> list[PackedObject]:
    """Check every shape and index, then cut the tables into objects."""

    def need(truth: bool, what: str) -> None:
        if not truth:
            raise ModelFileError(f"{path} is no sound model: {what}")

    names = header.get("names")
    need(isinstance(names, list), "it lists no names")
    assert isinstance(names, list)
    count = len(names)
    need(all(isinstance(n, str) and 0 < len(n) <= LONGEST_NAME for n in names), "bad names")
    need(len(set(names)) == count, "a name stands twice")
    sizes: dict[int | str, int] = {"objects": count, "starts": count + 1}
    for field, (dtype, shape) in _LAYOUT.items():
        need(field in tensors, f"`{field}` is missing")
        found = tensors[field]
        need(found.dtype == dtype and found.ndim == len(shape), f"`{field}` is of another kind")
        for size, there in zip(shape, found.shape, strict=True):
            wanted = size if isinstance(size, int) else sizes.setdefault(size, there)
            need(there == wanted, f"`{field}` does not fit")
    packed = Packed(*(np.array(tensors[f"surfel_{name}"]) for name in Packed._fields))
    twins, twin_start = tensors["twins"], tensors["twin_start"]
    for field, start, end in (
        ("surfel_start", packed.start, len(packed.place)),
        ("twin_start", twin_start, len(twins)),
    ):
        steps = np.diff(start.astype(np.int64))
        fits = start[0] == 0 and start[-1] == end and (steps >= 0).all()
        need(bool(fits), f"`{field}` does not fit")
    held = np.diff(packed.start)
    need(
        bool((held > 0).all() and (held <= MOST_SURFELS).all()),
        "an object is empty or too large",
    )
    spacing, step = tensors["spacing"], packed.step
    need(bool(((spacing > 1e-4) & (spacing < 0.1)).all()), "the surfel spacing makes no sense")
    powers = 2.0 ** np.arange(FINEST_STEP, COARSEST_STEP)
    need(bool(np.isin(step, powers.astype(np.float32)).all()), "a step is no power of two")
    corners = np.abs(packed.corner.astype(np.float64)) * step[:, None]
    need(bool((corners + STEPS * step[:, None] < 20.0).all()), "surfels lie metres off the object")
    need(sound(twins), "twins are not finite")
    trust = tensors["trust"]
    need(sound_trust(trust), "the trust makes no sense")
    objects = [
        PackedObject(
            names[i],
            part(packed, i),
            float(spacing[i]),
            int(tensors["steps"][i]),
            np.ascontiguousarray(twins[twin_start[i] : twin_start[i + 1]]),
            np.array(trust[i]),
        )
        for i in range(count)
    ]
    for thing in objects:
        cells = cells_along(thing.unpacked().surfels.position, thing.spacing)
        need(
            cells.prod(dtype=np.float64) <= MOST_CELLS,
            "an object is too large for its surfel spacing",
        )
    return objects
