"""A blob as the `EdgeModel` that it was written from, if it is whole and sound."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.blob.layout import (
    CRC_FROM,
    HASH_FROM,
    HEADER,
    INTEGERS,
    MAGIC,
    MOST_METRES,
    OBJECT,
    SECTIONS,
    SETTINGS,
    TABLES,
    VERSION,
    EdgeModel,
)
from colonnade_bridge.cells import NEAR
from colonnade_bridge.errors import BlobError
from colonnade_bridge.rounding import TWIN, twins_of
from colonnade_models.column_state import Settings
from colonnade_models.evidence import Tolerance
from colonnade_models.learned import PackedObject, Sketch
from colonnade_models.memory import ObjectMemory
from colonnade_models.packed import LOOKS, Packed
from colonnade_models.profile import CELLS
from colonnade_models.spatial_index import box_of

__all__ = ["read_blob"]


def read_blob(blob: bytes) -> EdgeModel:
    """The model in a blob. Raises BlobError where it is damaged or makes no sense."""
    header = _header(blob)
    counts = {
        "objects": int(header["objects"]), "settings": 1, "tables": sum(map(len, TABLES.values())),
        "places": int(header["surfels"]), "spreads": int(header["surfels"]),
        "looks": int(header["surfels"]) * LOOKS, "twins": int(header["twins"]),
        "blocks": int(header["blocks"]), "near": int(header["near"]),
        "bases": int(header["bases"]), "entries": int(header["entries"]),
        "surprise": CELLS * int(header["objects"]),
        "names": int(header["name_bytes"]),
    }  # fmt: skip
    kinds: dict[str, Any] = {
        "objects": OBJECT, "settings": SETTINGS, "tables": "<f4", "places": "<u4",
        "spreads": "<u4", "looks": "u1", "twins": TWIN,
        "blocks": "<u2", "near": NEAR, "bases": "<u2", "entries": "u1", "surprise": "u1",
        "names": "u1",
    }  # fmt: skip
    try:
        part: dict[str, NDArray[Any]] = {
            name: np.frombuffer(blob, kinds[name], counts[name], int(header["offset"][k]))
            for k, name in enumerate(SECTIONS)
        }
        if not np.array_equal(part["tables"], np.concatenate(list(TABLES.values()))):
            raise BlobError("The blob has other tables than this version: export the model again.")
        if not part["twins"]["quaternion"].any(axis=1).all():
            raise BlobError("The blob makes no sense (twins): export it again or copy it anew.")
        objects = range(counts["objects"])
        memory = ObjectMemory([_object(part, o, counts["objects"]) for o in objects])
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        if isinstance(error, BlobError):
            raise
        raise BlobError(
            f"The blob makes no sense ({error}): export it again or copy it anew."
        ) from None
    row = part["settings"][0]
    values = (int(row[n]) if n in INTEGERS else np.float32(row[n]) for n in Settings._fields)
    settings = Settings._make(values)
    tolerance = Tolerance(*(np.float32(row[f"tolerance_{n}"]) for n in Tolerance._fields))
    return EdgeModel(memory, settings, tolerance, int(row["percepts"]))


def _header(blob: bytes) -> Any:
    if len(blob) < HEADER.itemsize:
        raise BlobError("The blob is truncated: export it again or copy it anew.")
    header = np.frombuffer(blob, HEADER, 1)[0]
    if header["magic"] != MAGIC:
        raise BlobError("These bytes are no Colonnade blob: make one with `colonnade export`.")
    if header["version"] != VERSION or header["header_bytes"] != HEADER.itemsize:
        raise BlobError(
            f"The blob has version {header['version']}, this program reads {VERSION}: "
            "export the model again."
        )
    size = int(header["bytes"])
    if not HEADER.itemsize <= size <= len(blob):
        raise BlobError("The blob is truncated: export it again or copy it anew.")
    if zlib.crc32(blob[CRC_FROM:size]) != header["crc"]:
        raise BlobError("The blob is damaged, its checksum differs: copy it anew.")
    if hashlib.sha256(blob[HASH_FROM:size]).digest()[:16] != header["hash"].tobytes():
        raise BlobError("The blob is not the model that its hash tells: export it again.")
    return header


def _object(part: dict[str, NDArray[Any]], o: int, objects: int) -> PackedObject:
    row = part["objects"][o]
    first, count = int(row["first_surfel"]), int(row["surfels"])
    surfels = slice(first, first + count)
    if not 0 < count <= len(part["places"]) - first:
        raise BlobError("The blob makes no sense (surfels): export it again or copy it anew.")
    if not _is_sound(row):
        raise BlobError("The blob makes no sense (an object): export it again or copy it anew.")
    twins = slice(int(row["first_twin"]), int(row["first_twin"]) + int(row["twins"]))
    name = slice(int(row["name"]), int(row["name"]) + int(row["name_bytes"]))
    packed = Packed(
        part["places"][surfels].astype(np.uint32),
        part["looks"].reshape(-1, LOOKS)[surfels].copy(),
        part["spreads"][surfels].astype(np.uint32),
        np.array([0, count], np.int32),
        row["corner"][None].astype(np.int32),
        np.array([row["step"]], np.float32),
    )
    thing = PackedObject(
        bytes(part["names"][name]).decode(),
        packed,
        float(row["cell"]),
        0,
        twins_of(part["twins"][twins]),
        np.array(row["trust"], np.float32),
    )
    box = box_of(thing.unpacked().table, thing.spacing)
    if tuple(box.along) != tuple(row["along"]):
        raise BlobError("The blob makes no sense (blocks): export it again or copy it anew.")
    thing.__dict__["sketch"] = Sketch(
        box._replace(origin=np.array(row["origin"], np.float32)),
        np.array(row["centre"], np.float32),
        float(row["radius"]),
        part["surprise"].reshape(CELLS, objects)[:, o].copy(),
    )
    return thing


def _is_sound(row: Any) -> bool:
    """Whether the numbers of a row of OBJECT are such as cln_model_open takes."""
    limits = {
        "cell": (1e-4, 0.1),
        "step": (1e-6, 10),
        "radius": (0, 2 * MOST_METRES),
        "trust": (0, 10),
    }
    limits |= {"origin": (-MOST_METRES, MOST_METRES), "centre": (-MOST_METRES, MOST_METRES)}
    far = (
        row["corner"].astype(np.float64) * float(row["step"])
        if np.isfinite(row["step"])
        else np.inf
    )
    return bool(
        all(
            ((row[name] >= low) & (row[name] <= high)).all() for name, (low, high) in limits.items()
        )
        and np.all(np.abs(far) <= MOST_METRES)
    )
