"""Export: what a mind learned as one ONNX file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from onnx import checker

from colonnade_bridge.cells import complete
from colonnade_bridge.naming import naming
from colonnade_bridge.onnx.graph import build
from colonnade_bridge.onnx.model import KEY, NO_DIGEST, SCHEMA, digest
from colonnade_models import __version__
from colonnade_models.column_state import Settings, default_settings
from colonnade_models.evidence import Tolerance, default_tolerance
from colonnade_models.memory import ObjectMemory
from colonnade_models.model_file import write_atomically

__all__ = ["FILE", "export"]

FILE = "model.onnx"


def export(
    memory: ObjectMemory,
    folder: Path,
    settings: Settings | None = None,
    tolerance: Tolerance | None = None,
    provenance: Mapping[str, str] | None = None,
) -> Path:
    """Write `folder`/model.onnx, atomically, and return its path.

    The same memory gives the same bytes. `provenance` (plain strings, nothing time-dependent, as
    the hash of the model file) goes into the metadata. Raises ValueError when nothing was
    learned, OSError where the file cannot be written.
    """
    settings, tolerance = settings or default_settings(), tolerance or default_tolerance()
    graph = build(complete(memory), settings, tolerance)
    checker.check_model(graph)
    about = {
        "schema": SCHEMA,
        "writer": f"colonnade {__version__}",
        "names": list(memory.names),
        "settings": {name: float(number) for name, number in settings._asdict().items()},
        "tolerance": {name: float(number) for name, number in tolerance._asdict().items()},
        "provenance": dict(provenance or {}),
        "sha256": NO_DIGEST,
    }
    entry = graph.metadata_props.add()
    entry.key, entry.value = KEY, json.dumps(about)
    data = graph.SerializeToString(deterministic=True)
    before, after = data.rsplit(NO_DIGEST.encode(), 1)
    path = folder / FILE
    with naming(path):
        write_atomically(path, before + digest(data).encode() + after)
    return path
