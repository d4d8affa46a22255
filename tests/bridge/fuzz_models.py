"""Small models for the fuzz targets of blob and step; run as a program it writes them anew.

    python -m tests.bridge.fuzz_models

They must be written anew whenever the blob's format or its tables change, see test_fuzz.py.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, learned, rounded_box

from colonnade_bridge.blob import HEADER, SECTIONS, EdgeModel, in_order, write_blob
from colonnade_bridge.c_text import words_of
from colonnade_bridge.edge import edge_settings
from colonnade_bridge.native import C_SOURCES
from colonnade_models.evidence import default_tolerance
from colonnade_models.learned import LearnedObject
from colonnade_models.memory import ObjectMemory
from colonnade_models.twin import UNMEASURED

__all__ = ["FUZZ", "models", "seeds", "source_of"]

FUZZ = C_SOURCES / "fuzz"
TABLES = SECTIONS.index("tables")

TOUCH, OTHER, ODD, RAW, WIDE, GOAL, POLISH, RESET = range(8)


def _script(*steps: tuple[int, int]) -> bytes:
    return bytes(what + 8 * (how % 32) for what, how in steps)


_TOUCHES = _script(*((TOUCH, k) for k in range(22)))
_ABSURD = (np.nan, np.inf, -3e38, 1e30, 1e-40, -1.0, 0.0, 2.0)
SCRIPTS = {
    "touches": bytes([0xFF]) + _TOUCHES + _script((GOAL, 0), (POLISH, 0)),
    "hurried": bytes([0]) + _TOUCHES + _script((GOAL, 0), (RESET, 0)) + _TOUCHES,
    "strange": bytes([0x57]) + _script(*((OTHER, 7 * k) for k in range(30))),
    "moved": bytes([0x5F]) + _TOUCHES[:12] + _script((OTHER, 3), (OTHER, 9)) + _TOUCHES,
    "wide": bytes([0x99]) + _script(*((what, k) for k in range(5) for what in (WIDE, GOAL))),
    "odd": bytes([0x33])
    + b"".join(_script((ODD, k)) + struct.pack("<f", x) for k, x in enumerate(_ABSURD)),
    "raw": bytes([0x33, RAW + 8]) + struct.pack("<18f", *[0.01] * 18) + _TOUCHES,
}
"""Scripts for the target of steps: what its comments list, byte by byte."""


def _brick() -> LearnedObject:
    """One that looks the same from four sides, and nearly so from two more."""
    brick = learned("brick", rounded_box(0.04, 0.025, 0.015), count=400, spacing=0.02)
    turns = Rotation.from_euler("xyz", [[180, 0, 0], [0, 180, 0], [0, 0, 180], [0, 0, 25]], True)
    nats: NDArray[Any] = np.array(
        [[0, 0, 0, 1], [0.03, 0.5, 0.1, 1], [0.3, 0.1, UNMEASURED, 1], [UNMEASURED] * 3 + [1]]
    )
    poses = np.concatenate([turns.as_matrix().reshape(-1, 9), np.zeros((4, 3))], axis=1)
    twins = np.concatenate([poses, nats], axis=1).astype(np.float32)
    return replace(brick, twins=twins, trust=np.array([0.7, 1.4], np.float32))


def models() -> dict[str, bytes]:
    """Blobs by their names: two objects, the same with a wide index, one object without twins."""
    stone = learned("Stein 石", blob(1), count=300, spacing=0.016)
    with patch("colonnade_bridge.cells.MOST_BASES", 0):
        wide = _blob_of([_brick(), stone])
    return {"two": _blob_of([_brick(), stone]), "wide": wide, "one": _blob_of([stone])}


def _blob_of(things: list[LearnedObject]) -> bytes:
    settings = edge_settings(0.05)._replace(winners=8, refined_seeds=4, proposals=16, effort=400)
    memory = ObjectMemory([in_order(thing.packed) for thing in things])
    return write_blob(EdgeModel(memory, settings, default_tolerance(), percepts=24))


def seeds() -> dict[str, bytes]:
    """The models as the target of blobs takes them: without tables, which it puts behind them."""
    return {name: _without_tables(blob) for name, blob in models().items()}


def _without_tables(blob: bytes) -> bytes:
    header = np.frombuffer(blob, HEADER, 1)[0].copy()
    begin, end = int(header["offset"][TABLES]), int(header["offset"][TABLES + 1])
    header["offset"][TABLES + 1 :] -= np.uint32(end - begin)
    header["offset"][TABLES] = len(blob) - (end - begin)
    rest = blob[HEADER.itemsize : begin] + blob[end:]
    return header.tobytes() + rest


def source_of(blob: bytes) -> str:
    """`cln_fuzz_model.c`: the model as C."""
    return (
        "/* Written by tests/bridge/fuzz_models.py. */\n"
        '#include "cln_fuzz_touch.h"\n\n'
        f"const uint32_t cln_fuzz_model_bytes = {len(blob)}u;\n"
        f"const uint32_t cln_fuzz_model[] = {{\n{words_of(blob)}\n}};\n"
    )


def main() -> None:
    """Write model and corpus."""
    (FUZZ / "cln_fuzz_model.c").write_text(source_of(models()["two"]))
    for target, inputs in (("blob", seeds()), ("step", SCRIPTS)):
        folder = FUZZ / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in inputs.items():
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
