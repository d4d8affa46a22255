"""ONNX: a column as one static graph, and a column that runs it without numba.

`export` writes the graph (it needs the `onnx` extra), `colonnade_bridge.onnx.column.OnnxColumn`
runs it, and ``python -m colonnade_bridge.onnx`` recognises recorded percepts with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from colonnade_bridge.errors import BridgeError
from colonnade_models.column_state import Settings
from colonnade_models.evidence import Tolerance
from colonnade_models.memory import ObjectMemory

__all__ = ["MissingOnnxError", "export"]


class MissingOnnxError(BridgeError, RuntimeError):
    """The package that builds graphs is not installed."""


def export(
    memory: ObjectMemory,
    folder: Path,
    *,
    settings: Settings | None = None,
    tolerance: Tolerance | None = None,
    provenance: Mapping[str, str] | None = None,
) -> Path:
    """Write `folder`/model.onnx; see `colonnade_bridge.onnx.exporting.export`.

    Raises MissingOnnxError where the `onnx` extra is not installed.
    """
    try:
        from colonnade_bridge.onnx.exporting import export as write
    except ModuleNotFoundError as error:
        if error.name != "onnx":
            raise
        raise MissingOnnxError(
            "Exporting to ONNX needs the package onnx, which is not installed: "
            "pip install -e '.[onnx]' -c constraints.txt in the checkout."
        ) from None
    return write(memory, folder, settings, tolerance, provenance)
