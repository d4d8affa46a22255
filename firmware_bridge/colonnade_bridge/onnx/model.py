"""A column's graph in a file: written by `export`, checked and opened by `OnnxModel`.

docs/spec/onnx.md says what is in it. Its metadata hold a digest of all of its bytes, so that damage
is found before anything is read from it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from colonnade_bridge.errors import BridgeError
from colonnade_bridge.onnx.content import memory_of
from colonnade_models.column_state import Settings, default_settings
from colonnade_models.evidence import Tolerance, default_tolerance
from colonnade_models.memory import Memory
from colonnade_models.seeding import UNLIMITED

__all__ = ["KEY", "NO_DIGEST", "SCHEMA", "OnnxModel", "OnnxModelError", "digest"]

Numbers = TypeVar("Numbers", Settings, Tolerance)

SCHEMA = 1
KEY = "colonnade"
"""Of the one entry of the metadata, a JSON object."""
NO_DIGEST = "0" * 64
"""In the place of the digest while it is computed."""
_DIGEST = re.compile(rb'"sha256": "([0-9a-f]{64})"')


class OnnxModelError(BridgeError, ValueError):
    """An ONNX model is missing, damaged, or not one of ours; says which in one sentence."""


def digest(data: bytes) -> str:
    """SHA-256 of the file's bytes, in which NO_DIGEST stands in the digest's place."""
    return hashlib.sha256(data).hexdigest()


class OnnxModel:
    """A column's graph, ready to run on one thread of the processor."""

    def __init__(self, path: str | Path) -> None:
        """Open a file that `export` wrote. Raises OnnxModelError."""
        self.path = Path(path)
        data = _read(self.path)
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong is raised, and told once
        # what rewrites arithmetic, as y * (1 / x) to y / x, would change bits
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            self.session = ort.InferenceSession(data, options, ["CPUExecutionProvider"])
        except Exception as error:
            raise self._unsound(str(error).partition("\n")[0]) from None
        self.about = self._about()

    def _unsound(self, why: str) -> OnnxModelError:
        return OnnxModelError(
            f"{self.path} is no model that this version can run ({why}): export it anew"
        )

    def _about(self) -> dict[str, Any]:
        try:
            about = json.loads(self.session.get_modelmeta().custom_metadata_map[KEY])
        except (KeyError, ValueError):
            raise self._unsound("it does not say what it holds") from None
        if not isinstance(about, dict) or about.get("schema") != SCHEMA:
            raise self._unsound("it has another schema")
        return about

    @property
    def names(self) -> tuple[str, ...]:
        """Of the objects, by their number."""
        return tuple(self.about["names"])

    @cached_property
    def settings(self) -> Settings:
        """When to seed, how many to keep, when to decide; no step leaves work to the next."""
        return self._numbers(default_settings(), "settings")._replace(effort=UNLIMITED)

    @cached_property
    def tolerance(self) -> Tolerance:
        """What a sensor gets wrong."""
        return self._numbers(default_tolerance(), "tolerance")

    def _numbers(self, usual: Numbers, name: str) -> Numbers:
        """Numbers of the metadata, of the types that the usual ones have."""
        told = self.about.get(name)
        if not isinstance(told, dict) or set(told) != set(usual._fields):
            raise self._unsound(f"it has other {name}")
        kinds = {field: type(number) for field, number in usual._asdict().items()}
        return usual._replace(**{field: kinds[field](told[field]) for field in kinds})

    @cached_property
    def memory(self) -> Memory:
        """All that was learned, read from the graph. Raises OnnxModelError."""
        told = [out.name for out in self.session.get_outputs() if out.name.startswith("memory.")]
        feeds: dict[str, NDArray[Any]] = {
            "poses": np.zeros((1, 12), np.float32),
            "objects": np.zeros(1, np.int64),
            "evidence": np.zeros(1, np.float32),
            "count": np.ones(1, np.int64),
            "features": np.zeros((1, 22), np.float32),
            "telling": np.ones(1, np.bool_),
        }
        arrays = dict(zip(told, self.run(told, feeds), strict=True))
        try:
            memory = memory_of({name.partition(".")[2]: array for name, array in arrays.items()})
        except ValueError as error:
            raise self._unsound(str(error)) from None
        if len(self.names) != len(memory.origin):
            raise self._unsound("its names do not fit")
        return memory

    def run(self, outputs: list[str], feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Outputs of the graph by name. Raises OnnxModelError where it fails."""
        try:
            return [np.asarray(out) for out in self.session.run(outputs, dict(feeds))]
        except Exception as error:
            raise self._unsound(str(error).partition("\n")[0]) from None


def _read(path: Path) -> bytes:
    """The bytes of the file, once they are known to be whole."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise OnnxModelError(
            f"there is no model at {path}: make one with `colonnade export MODEL --target onnx`"
        ) from None
    except OSError as error:
        raise OnnxModelError(f"{path} cannot be read: {error.strerror}") from None
    stands = list(_DIGEST.finditer(data))
    if not stands:
        raise OnnxModelError(
            f"{path} is no model that Colonnade exported to ONNX, or its end is cut off"
        )
    start, end = stands[-1].span(1)
    if digest(data[:start] + NO_DIGEST.encode() + data[end:]) != stands[-1][1].decode():
        raise OnnxModelError(f"{path} is truncated or corrupt: export it or copy it anew")
    return data
