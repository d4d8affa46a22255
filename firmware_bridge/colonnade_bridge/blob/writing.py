"""An `EdgeModel` as a blob."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.blob.layout import (
    HASH_FROM,
    HEADER,
    INTEGERS,
    MAGIC,
    MOST_OBJECTS,
    OBJECT,
    SECTIONS,
    SETTINGS,
    TABLES,
    VERSION,
    EdgeModel,
)
from colonnade_bridge.cells import Cells, cells_of, complete
from colonnade_bridge.errors import BlobError
from colonnade_bridge.rounding import rounded_twins, twins_of
from colonnade_models.learned import PackedObject
from colonnade_models.spatial_index import Box, Filed, box_of, file_surfels

__all__ = ["in_order", "write_blob"]

INT_MAX = 2**31 - 1


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
        raise BlobError(f"A blob holds 1 to {MOST_OBJECTS} objects, not {len(things)}.")
    names = [thing.name.encode() for thing in things]
    objects = np.zeros(len(things), OBJECT)
    indices: list[Cells] = []
    at = dict.fromkeys(("surfels", "blocks", "near", "bases", "entries", "twins", "names"), 0)
    memory = complete(model.memory)
    for o, (row, thing, name) in enumerate(zip(objects, things, names, strict=True)):
        sketch = thing.sketch
        number = _filed(thing.unpacked().table, sketch.box, thing.spacing)
        if not (number == np.arange(len(number))).all():
            raise BlobError(f"The surfels of {thing.name} are not in the order of a blob.")
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
        row[name] = min(value, INT_MAX) if name in INTEGERS else value
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
