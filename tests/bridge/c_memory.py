"""The C code's object memory, asked function by function."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.native import MODEL_BYTES, library

__all__ = ["CMemory"]

SURFEL_BYTES = 256
"""More than a cln_surfel has."""


class _Vector(ctypes.Structure):
    _fields_ = (("x", ctypes.c_float), ("y", ctypes.c_float), ("z", ctypes.c_float))


class CMemory:
    """A blob, opened."""

    def __init__(self, blob: bytes) -> None:
        self._c, self._blob = library(), np.frombuffer(blob + bytes(-len(blob) % 8), np.uint64)
        self._model = ctypes.create_string_buffer(MODEL_BYTES)
        at = ctypes.c_void_p(self._blob.ctypes.data)
        assert self._c.cln_model_open(self._model, at, len(blob)) == 0
        self._c.cln_find.restype = ctypes.c_bool
        self._c.cln_twin_nats.restype = ctypes.c_float

    def find(self, o: int, point: NDArray[np.float32], facing: NDArray[np.float32]) -> bytes | None:
        """Position, normal and direction, 36 bytes, of what a point facing so may belong to."""
        surfel = ctypes.create_string_buffer(SURFEL_BYTES)
        vectors = (_Vector(*map(float, v)) for v in (point, facing))
        found = self._c.cln_find(self._model, o, *vectors, surfel)
        return surfel.raw[:36] if found else None

    def twin(self, number: int) -> NDArray[np.float32]:
        """(16,) a twin of the model, as `colonnade_models.twin` has it."""
        out = np.zeros(16, np.float32)
        self._c.cln_twin_pose(self._model, number, ctypes.c_void_p(out.ctypes.data))
        out[12:] = [self._c.cln_twin_nats(self._model, number, k) for k in range(4)]
        return out
