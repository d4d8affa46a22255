"""The C runtime run from Python: the code that runs on a controller, compiled for this computer.

So parity is an ordinary test, and what is exported can be tried before it is deployed.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.cache_folder import cache_folder, check_room, keeping
from colonnade_bridge.errors import BridgeError
from colonnade_models.percept import PERCEPT_SIZE
from colonnade_models.sensing import make_eye

__all__ = [
    "C_SOURCES",
    "MOST_PATCHES",
    "Limits",
    "NativeColumn",
    "NativeDecision",
    "NativeError",
    "NativeEye",
    "library",
]

Array = NDArray[np.float32]

C_SOURCES = Path(__file__).parent / "c"
C_FLAGS = ("-O2", *(C_SOURCES / "cln.cflags").read_text(encoding="ascii").split())
MODEL_BYTES = 256
"""More than a cln_model needs anywhere."""
MOST_PATCHES = 5
"""CLN_MOST_PATCHES of colonnade.h."""
MOST_RESOLUTION = 16


_NOTHING_FELT = -20
"""CLN_ERROR_PERCEPT of cln_error.h."""


class NativeError(BridgeError):
    """The C runtime refused something, or could not be compiled."""


class NativeDecision(NamedTuple):
    """What a column holds true; see `cln_decision` in colonnade.h."""

    state: int
    object: int
    evidence: float
    rival: float
    fit: float
    pose: Array
    """(12,)"""
    others: int
    percepts: int
    moves: int
    looks: int


class Limits(NamedTuple):
    """Room for what a column holds, see `cln_limits` in colonnade.h; what is 0 the model says."""

    winners: int = 0
    refined: int = 0
    proposals: int = 0
    percepts: int = 0
    effort: int = 0


class _Limits(ctypes.Structure):
    _fields_ = (
        ("winners", ctypes.c_uint16),
        ("refined", ctypes.c_uint16),
        ("proposals", ctypes.c_uint16),
        ("percepts", ctypes.c_uint16),
        ("effort", ctypes.c_uint32),
    )


class _Decision(ctypes.Structure):
    _fields_ = (
        ("state", ctypes.c_int32),
        ("object", ctypes.c_int32),
        ("evidence", ctypes.c_float),
        ("rival", ctypes.c_float),
        ("fit", ctypes.c_float),
        ("pose", ctypes.c_float * 12),
        ("others", ctypes.c_int32),
        ("percepts", ctypes.c_int32),
        ("moves", ctypes.c_int32),
        ("looks", ctypes.c_int32),
    )


class _Eye(ctypes.Structure):
    _fields_ = (
        ("resolution", ctypes.c_int32),
        ("slope", ctypes.c_float),
        ("max_range", ctypes.c_float),
        ("weights", ctypes.c_float * MOST_RESOLUTION**2),
        ("matrix", ctypes.c_float * 36),
        ("solution", ctypes.c_float * 18),
        ("rotation", ctypes.c_float * 9),
    )


def _address(array: NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _checked(code: int) -> int:
    if code < 0:
        raise NativeError(f"the C runtime says: {library().cln_strerror(code).decode()}")
    return code


@lru_cache
def library() -> ctypes.CDLL:
    """The runtime as a shared library, compiled once for each version of its sources.

    Raises NativeError where there is no C compiler or it fails, CacheError where it cannot be kept.
    """
    sources = sorted(C_SOURCES.glob("cln_*.c"))
    digest = hashlib.sha256(" ".join(C_FLAGS).encode())
    for file in sorted(C_SOURCES.glob("*.[ch]")):
        digest.update(file.name.encode() + file.read_bytes())
    folder = cache_folder() / "native"
    target = folder / f"libcolonnade-{digest.hexdigest()[:16]}.so"
    if not target.exists():
        with keeping("the C runtime"):
            folder.mkdir(parents=True, exist_ok=True)
            _compile(sources, target)
    loaded = ctypes.CDLL(str(target))
    loaded.cln_strerror.restype = ctypes.c_char_p
    loaded.cln_column_bytes.restype = ctypes.c_size_t
    return loaded


def _compile(sources: Sequence[Path], target: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NativeError("there is no C compiler: on Debian and Ubuntu, apt-get install gcc")
    handle, temporary = tempfile.mkstemp(".so", ".", target.parent)
    os.close(handle)
    command = [compiler, *C_FLAGS, "-shared", "-fPIC", "-o", temporary, *map(str, sources), "-lm"]
    try:
        environment = {**os.environ, "TMPDIR": str(target.parent), "LC_ALL": "C"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            check_room(done.stderr, target.parent)
            raise NativeError(f"the C runtime could not be compiled: {done.stderr.strip()[:300]}")
        Path(temporary).replace(target)
    finally:
        Path(temporary).unlink(missing_ok=True)


class NativeColumn:
    """A column that runs the C code on a blob."""

    def __init__(self, blob: bytes, limits: Limits | None = None) -> None:
        """A column with the room that `limits` give it, or as much as the model says.

        Raises NativeError where the runtime refuses the blob or the limits.
        """
        self._c = library()
        self._blob = np.frombuffer(blob + bytes(-len(blob) % 8), np.uint64).copy()
        self._model = ctypes.create_string_buffer(MODEL_BYTES)
        _checked(self._c.cln_model_open(self._model, _address(self._blob), len(blob)))
        room = None if limits is None else ctypes.byref(_Limits(*limits))
        self.bytes = int(self._c.cln_column_bytes(self._model, room))
        """Memory that the column needs."""
        self._memory = np.zeros(self.bytes // 8 + 1, np.uint64)
        self._column = ctypes.c_void_p()
        _checked(
            self._c.cln_column_init(
                ctypes.byref(self._column), _address(self._memory),
                ctypes.c_size_t(self._memory.nbytes), self._model, room,
            )
        )  # fmt: skip

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the objects, in the order of their numbers."""
        found: list[str] = []
        name = ctypes.c_char_p()
        while (size := self._c.cln_model_name(self._model, len(found), ctypes.byref(name))) >= 0:
            found.append(ctypes.string_at(name, size).decode())
        return tuple(found)

    def step(self, percepts: Array) -> int:
        """Percepts (18,) or (C, 18) enter; returns OPEN, RECOGNISED or UNKNOWN.

        Those that cannot have been felt change nothing, as in `colonnade_models.column.step`.
        """
        rows = np.ascontiguousarray(percepts, np.float32).reshape(-1, PERCEPT_SIZE)
        code = int(self._c.cln_step(self._column, _address(rows), len(rows)))
        return self.decide().state if code == _NOTHING_FELT else _checked(code)

    def polish(self) -> None:
        """Refine the leader's pose once more."""
        self._c.cln_polish(self._column)

    def reset(self) -> None:
        """Forget the episode."""
        self._c.cln_column_reset(self._column)

    def decide(self) -> NativeDecision:
        """What the column holds true."""
        d = _Decision()
        self._c.cln_decide(self._column, ctypes.byref(d))
        pose = np.array(d.pose, np.float32)
        return NativeDecision(
            d.state, d.object, d.evidence, d.rival, d.fit, pose, d.others, d.percepts, d.moves,
            d.looks,
        )  # fmt: skip

    def goal(self, turn: int) -> Array | None:
        """(6,) a point and a normal in the body's frame to touch next; None where nothing leads."""
        out = np.zeros(6, np.float32)
        there = _checked(self._c.cln_goal(self._column, turn, _address(out)))
        return out if there else None


class NativeEye:
    """A sensor whose patches become percepts by the C code."""

    def __init__(self, resolution: int, fov: float, max_range: float) -> None:
        """For square patches of `resolution` pixels, 4 to 16, and `fov` radians.

        `max_range` is the depth, m, from which on nothing is there.
        Raises ValueError where one of the three makes no sense.
        """
        if resolution > MOST_RESOLUTION:
            raise ValueError(
                f"the C runtime senses at most {MOST_RESOLUTION} x {MOST_RESOLUTION} pixels, "
                f"not {resolution}"
            )
        eye = make_eye(resolution, fov, max_range)
        self._eye = _Eye(resolution, eye.slope, eye.max_range)
        self._c = library()

    def sense(self, depth: Array, rgb: Array, pose: Array) -> Array:
        """(18,) the percept of a patch, see `colonnade_models.sensing.sense`.

        `depth` (P, P) m, `rgb` (P, P, 3) in 0..1, `pose` (7,) position m, quaternion x y z w.
        Raises ValueError for other shapes.
        """
        size, out = self._eye.resolution, np.zeros(PERCEPT_SIZE, np.float32)
        given = [np.ascontiguousarray(part, np.float32) for part in (depth, rgb, pose)]
        if [part.shape for part in given] != [(size, size), (size, size, 3), (7,)]:
            raise ValueError(f"a patch of this eye has {size} x {size} pixels and a pose of seven")
        _checked(self._c.cln_sense(ctypes.byref(self._eye), *map(_address, given), _address(out)))
        return out
