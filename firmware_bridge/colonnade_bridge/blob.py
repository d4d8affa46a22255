"""The model blob: what a controller reads in place from its flash, see docs/spec/blob.md.

A blob is written from an `EdgeModel`, and read back as the same: the memory in it has its surfels
in the blob's order and its twins as the blob rounds them, so that the numba kernels give the same
bits on it as the C runtime does on the blob.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.cells import NEAR, Cells, cells_of, complete
from colonnade_bridge.errors import BlobError
from colonnade_bridge.rounding import TWIN, rounded_twins, twins_of
from colonnade_models import packed as K
from colonnade_models.column_state import Settings
from colonnade_models.evidence import Tolerance
from colonnade_models.familiarity import LIKELIHOOD
from colonnade_models.learned import PackedObject, Sketch
from colonnade_models.memory import ObjectMemory
from colonnade_models.packed import LOOKS, Packed
from colonnade_models.profile import CELLS
from colonnade_models.seeding import TURN_COSINE, TURN_SINE, TURNS
from colonnade_models.spatial_index import Box, Filed, box_of, file_surfels

__all__ = ["MAGIC", "SECTIONS", "VERSION", "EdgeModel", "in_order", "read_blob", "write_blob"]

MAGIC, VERSION = 0x4D4E4C43, 1
SECTIONS = (
    "objects", "settings", "tables", "places", "spreads", "looks", "twins", "blocks", "near",
    "bases", "entries", "surprise", "names",
)  # fmt: skip
MOST_OBJECTS = 128
MOST_METRES = 20.0
CRC_FROM, HASH_FROM = 16, 32
INT_MAX = 2**31 - 1

HEADER = np.dtype(
    [
        ("magic", "<u4"),
        ("version", "<u2"),
        ("header_bytes", "<u2"),
        ("bytes", "<u4"),
        ("crc", "<u4"),
        ("hash", "u1", 16),
        ("objects", "<u2"),
        ("twins", "<u2"),
        ("surfels", "<u4"),
        ("blocks", "<u4"),
        ("near", "<u4"),
        ("bases", "<u4"),
        ("entries", "<u4"),
        ("name_bytes", "<u4"),
        ("offset", "<u4", len(SECTIONS)),
    ]
)
OBJECT = np.dtype(
    [
        ("origin", "<f4", 3),
        ("cell", "<f4"),
        ("inverse_cell", "<f4"),
        ("centre", "<f4", 3),
        ("radius", "<f4"),
        ("trust", "<f4", 2),
        ("step", "<f4"),
        ("corner", "<i4", 3),
        ("first_surfel", "<u4"),
        ("first_block", "<u4"),
        ("first_near", "<u4"),
        ("first_base", "<u4"),
        ("first_entry", "<u4"),
        ("name", "<u4"),
        ("surfels", "<u2"),
        ("name_bytes", "<u2"),
        ("first_twin", "<u2"),
        ("twins", "<u2"),
        ("along", "<u2", 3),
        ("wide", "<u2"),
    ]
)
_INTEGERS = {name for name, kind in Settings.__annotations__.items() if "int" in str(kind)}
SETTINGS = np.dtype(
    [(name, "<i4" if name in _INTEGERS else "<f4") for name in Settings._fields]
    + [("percepts", "<i4")]
    + [(f"tolerance_{name}", "<f4") for name in Tolerance._fields]
)
TABLES = {
    "cosine": K.COSINE,
    "sine": K.SINE,
    "curvature": K.CURVATURES,
    "spread": K.SPREADS.reshape(-1),
    "hit": K.HITS,
    "likelihood": LIKELIHOOD,
    "turn_cosine": TURN_COSINE,
    "turn_sine": TURN_SINE,
}
assert len(TABLES["turn_cosine"]) == TURNS


@dataclass(frozen=True, eq=False)
class EdgeModel:
    """What a controller is given: objects, and how its column works."""

    memory: ObjectMemory
    settings: Settings
    tolerance: Tolerance
    percepts: int
    """How many of an episode are remembered."""


def in_order(thing: PackedObject) -> PackedObject:
    """The object with its surfels sorted by the blocks of its index, and its twins rounded."""
    table = thing.unpacked().table
    box = box_of(table, thing.spacing)
    number = _filed(table, box, thing.spacing)
    p = thing.packed
    packed = p._replace(place=p.place[number], look=p.look[number], spread=p.spread[number])
    twins = twins_of(rounded_twins(thing.twins))
    return PackedObject(thing.name, packed, thing.spacing, thing.steps, twins, thing.trust)


def _filed(table: NDArray[np.float32], box: Box, cell: float) -> NDArray[np.uint16]:
    """The surfels sorted by blocks."""
    filed = Filed(
        np.zeros(len(table), np.uint16),
        np.zeros((len(table), 3), np.float32),
        np.zeros(len(box.near), np.int32),
    )
    inverse = np.float32(1) / np.float32(cell)
    file_surfels(table, box.origin, inverse, box.along, filed)
    return filed.number


def write_blob(model: EdgeModel) -> bytes:
    """The blob of a model whose objects are `in_order`.

    Raises BlobError where a blob cannot hold them.
    """
    things = model.memory.packed()
    if not 0 < len(things) <= MOST_OBJECTS:
        raise BlobError(f"a blob holds 1 to {MOST_OBJECTS} objects, not {len(things)}")
    names = [thing.name.encode() for thing in things]
    objects = np.zeros(len(things), OBJECT)
    indices: list[Cells] = []
    at = dict.fromkeys(("surfels", "blocks", "near", "bases", "entries", "twins", "names"), 0)
    memory = complete(model.memory)
    for o, (row, thing, name) in enumerate(zip(objects, things, names, strict=True)):
        sketch = thing.sketch
        number = _filed(thing.unpacked().table, sketch.box, thing.spacing)
        if not (number == np.arange(len(number))).all():
            raise BlobError(f"the surfels of {thing.name} are not in the order of a blob")
        row["origin"], row["along"] = sketch.box.origin, sketch.box.along
        row["cell"] = thing.spacing
        row["inverse_cell"] = np.float32(1) / np.float32(thing.spacing)
        row["centre"], row["radius"] = sketch.centre, sketch.radius
        row["trust"], row["step"] = thing.trust, thing.packed.step[0]
        row["corner"] = thing.packed.corner[0]
        row["first_surfel"], row["surfels"] = at["surfels"], len(number)
        row["first_block"], row["first_twin"] = at["blocks"], at["twins"]
        row["twins"], row["name"], row["name_bytes"] = len(thing.twins), at["names"], len(name)
        index = cells_of(memory, o)
        row["first_near"], row["first_base"] = at["near"], at["bases"]
        row["first_entry"] = at["entries"]
        row["wide"] = index.wide
        indices.append(index)
        sizes = (
            len(number), len(index.blocks), len(index.near), len(index.bases),
            len(index.entries), len(thing.twins), len(name),
        )  # fmt: skip
        for part, size in zip(at, sizes, strict=True):
            at[part] += size
    parts = {
        "objects": objects,
        "settings": _settings_row(model),
        "tables": np.concatenate(list(TABLES.values())).astype("<f4"),
        "places": np.concatenate([t.packed.place for t in things]).astype("<u4"),
        "spreads": np.concatenate([t.packed.spread for t in things]).astype("<u4"),
        "looks": np.concatenate([t.packed.look for t in things]),
        "twins": rounded_twins(np.concatenate([t.twins for t in things])),
        "blocks": np.concatenate([index.blocks for index in indices]),
        "near": np.concatenate([index.near for index in indices]),
        "bases": np.concatenate([index.bases for index in indices]),
        "entries": np.frombuffer(b"".join(index.entries for index in indices), np.uint8),
        "surprise": np.stack([t.sketch.surprise for t in things], axis=1),
        "names": np.frombuffer(b"".join(names), np.uint8),
    }
    return _assembled(parts, at)


def _settings_row(model: EdgeModel) -> NDArray[Any]:
    row = np.zeros((), SETTINGS)
    for name, value in model.settings._asdict().items():
        row[name] = min(value, INT_MAX) if name in _INTEGERS else value
    row["percepts"] = model.percepts
    for name, value in model.tolerance._asdict().items():
        row[f"tolerance_{name}"] = value
    return row


def _assembled(parts: dict[str, NDArray[Any]], count: dict[str, int]) -> bytes:
    """Header and sections, each aligned to four bytes, with checksum and hash."""
    header = np.zeros((), HEADER)
    header["magic"], header["version"], header["header_bytes"] = MAGIC, VERSION, HEADER.itemsize
    header["objects"] = len(parts["objects"])
    header["surfels"], header["blocks"] = count["surfels"], count["blocks"]
    header["near"], header["bases"] = count["near"], count["bases"]
    header["entries"] = count["entries"]
    header["twins"], header["name_bytes"] = count["twins"], count["names"]
    body = b""
    for k, section in enumerate(SECTIONS):
        header["offset"][k] = HEADER.itemsize + len(body)
        data = np.ascontiguousarray(parts[section]).tobytes()
        body += data + bytes(-len(data) % 4)
    header["bytes"] = HEADER.itemsize + len(body)
    whole = header.tobytes()[HASH_FROM:] + body
    digest = hashlib.sha256(whole).digest()[:16]
    header["hash"] = np.frombuffer(digest, np.uint8)
    header["crc"] = zlib.crc32(digest + whole)
    return header.tobytes() + body


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
        part = {
            name: np.frombuffer(blob, kinds[name], counts[name], int(header["offset"][k]))
            for k, name in enumerate(SECTIONS)
        }
        if not np.array_equal(part["tables"], np.concatenate(list(TABLES.values()))):
            raise BlobError("the blob has other tables than this version: export the model again")
        if not part["twins"]["quaternion"].any(axis=1).all():
            raise BlobError("the blob makes no sense (twins): export it again or copy it anew")
        objects = range(counts["objects"])
        memory = ObjectMemory([_object(part, o, counts["objects"]) for o in objects])
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        if isinstance(error, BlobError):
            raise
        raise BlobError(
            f"the blob makes no sense ({error}): export it again or copy it anew"
        ) from None
    row = part["settings"][0]
    values = (int(row[n]) if n in _INTEGERS else np.float32(row[n]) for n in Settings._fields)
    settings = Settings._make(values)
    tolerance = Tolerance(*(np.float32(row[f"tolerance_{n}"]) for n in Tolerance._fields))
    return EdgeModel(memory, settings, tolerance, int(row["percepts"]))


def _header(blob: bytes) -> Any:
    if len(blob) < HEADER.itemsize:
        raise BlobError("the blob is truncated: export it again or copy it anew")
    header = np.frombuffer(blob, HEADER, 1)[0]
    if header["magic"] != MAGIC:
        raise BlobError("these bytes are no Colonnade blob: make one with `colonnade export`")
    if header["version"] != VERSION or header["header_bytes"] != HEADER.itemsize:
        raise BlobError(
            f"the blob has version {header['version']}, this program reads {VERSION}: "
            "export the model again"
        )
    size = int(header["bytes"])
    if not HEADER.itemsize <= size <= len(blob):
        raise BlobError("the blob is truncated: export it again or copy it anew")
    if zlib.crc32(blob[CRC_FROM:size]) != header["crc"]:
        raise BlobError("the blob is damaged, its checksum differs: copy it anew")
    return header


def _object(part: dict[str, NDArray[Any]], o: int, objects: int) -> PackedObject:
    row = part["objects"][o]
    first, count = int(row["first_surfel"]), int(row["surfels"])
    surfels = slice(first, first + count)
    if not 0 < count <= len(part["places"]) - first:
        raise BlobError("the blob makes no sense (surfels): export it again or copy it anew")
    if not _is_sound(row):
        raise BlobError("the blob makes no sense (an object): export it again or copy it anew")
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
        raise BlobError("the blob makes no sense (blocks): export it again or copy it anew")
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
