"""Weighing with the graph: many hypotheses against many percepts in one call.

Of the hypotheses of a column the graph reads the arrays where they are (IO binding): from one step
to the next nothing is copied but the percept that enters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from colonnade_bridge.onnx.model import OnnxModel
from colonnade_models.evidence import FEATURE_SIZE, Tolerance
from colonnade_models.hypotheses import Hypotheses

__all__ = ["Bound", "Weighing"]

Array = NDArray[np.float32]
Ids = NDArray[np.int64]

MOST_AT_ONCE = 16384
"""Hypotheses times percepts of one call: more would only fall out of the processor's cache."""


class Weighing:
    """Calls of the graph for hypotheses that are made up on the way."""

    def __init__(self, model: OnnxModel, reach: np.float32) -> None:
        """`reach` is how far the sensor sees, m."""
        self._model, self._reach = model, np.array([reach], np.float32)

    def _feeds(
        self, objects: Ids, poses: Array, features: Array, t: Tolerance
    ) -> dict[str, NDArray[Any]]:
        return {
            "poses": poses,
            "objects": objects,
            "evidence": np.zeros(len(poses), np.float32),
            "count": np.array([len(poses)]),
            "features": features,
            "tolerance": np.array(t, np.float32),
            "reach": self._reach,
        }

    def weigh(self, what: str, objects: Ids, poses: Array, features: Array, t: Tolerance) -> Array:
        """(K, M) what features (M, 22) tell of poses (K, 12) of objects (K,).

        `what` is the output: nats, coloured, fit or lost.
        """
        out = np.zeros((len(poses), len(features)), np.float32)
        if out.size == 0:
            return out
        at_once = max(1, MOST_AT_ONCE // len(features))
        for k in range(0, len(poses), at_once):
            part = slice(k, k + at_once)
            feeds = self._feeds(objects[part], poses[part], features, t)
            out[part] = self._model.run([what], feeds)[0]
        return out

    def equations(
        self, objects: Ids, poses: Array, features: Array, t: Tolerance
    ) -> tuple[Array, Array]:
        """(K, 6, 6) and (K, 6): the normal equations of poses (K, 12) over features (M, 22)."""
        feeds = self._feeds(objects, poses, features, t)
        feeds["refining"] = np.ones(1, np.bool_)
        matrix, vector = self._model.run(["matrix", "vector"], feeds)
        return matrix.reshape(-1, 6, 6), vector


class Bound:
    """The graph bound to the arrays of hypotheses, of which `count` live, and to one percept."""

    def __init__(self, model: OnnxModel, h: Hypotheses, t: Tolerance, reach: np.float32) -> None:
        capacity = len(h.object)
        self.feature = np.zeros((1, FEATURE_SIZE), np.float32)
        self.carried = np.zeros(capacity, np.float32)
        """The evidence after the percept."""
        self.lost = np.zeros((capacity, 1), np.float32)
        """What it costs a pose beside others of its object."""
        self._session = model.session
        self._binding = ort.IOBinding(model.session)
        inputs = {
            "poses": h.pose,
            "objects": h.object,
            "evidence": h.evidence,
            "count": h.count,
            "features": self.feature,
            "tolerance": np.array(t, np.float32),
            "reach": np.array([reach], np.float32),
        }
        self._kept = {name: ort.OrtValue.ortvalue_from_numpy(a) for name, a in inputs.items()}
        for name, value in self._kept.items():
            self._binding.bind_ortvalue_input(name, value)
        for name in ("carried", "lost"):
            value = ort.OrtValue.ortvalue_from_numpy(getattr(self, name))
            self._kept[name] = value
            self._binding.bind_ortvalue_output(name, value)
        self._inputs = inputs  # the values look into these arrays

    def run(self, feature: Array) -> None:
        """Weigh features (22,): fills `carried` and `lost`."""
        self.feature[0] = feature
        self._session.run_with_iobinding(self._binding)
