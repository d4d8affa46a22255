"""How a blob is laid out: its header, its sections, and the rows in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from colonnade_models import packed as K
from colonnade_models.alignment import TURN_COSINE, TURN_SINE, TURNS
from colonnade_models.column_state import Settings
from colonnade_models.evidence import Tolerance
from colonnade_models.familiarity import LIKELIHOOD
from colonnade_models.memory import ObjectMemory

__all__ = [
    "CRC_FROM",
    "HASH_FROM",
    "HEADER",
    "INTEGERS",
    "MAGIC",
    "MOST_METRES",
    "MOST_OBJECTS",
    "OBJECT",
    "SECTIONS",
    "SETTINGS",
    "TABLES",
    "VERSION",
    "EdgeModel",
]

MAGIC, VERSION = 0x4D4E4C43, 1
SECTIONS = (
    "objects", "settings", "tables", "places", "spreads", "looks", "twins", "blocks", "near",
    "bases", "entries", "surprise", "names",
)  # fmt: skip
MOST_OBJECTS = 128
MOST_METRES = 20.0
CRC_FROM, HASH_FROM = 16, 32

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
INTEGERS = {name for name, kind in Settings.__annotations__.items() if "int" in str(kind)}
SETTINGS = np.dtype(
    [(name, "<i4" if name in INTEGERS else "<f4") for name in Settings._fields]
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
