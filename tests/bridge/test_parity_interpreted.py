"""Plain Python, numba and C hold the same after every step, to the bit.

Plain Python are the kernels' own sources with no compiler and no stand-in: numpy's scalars, one
operation after the other. A compiler that fused, reordered or widened any of them, here or in C,
would show. Most episodes are short and spend little, as interpreting takes its time.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import numpy as np
import pytest
from tests.bridge.bits import bits_of
from tests.bridge.parity import Episode, blob_of, line_of, native_line, steps_of
from tests.bridge.test_parity_step import EPISODES
from tests.bridge.tools import GCC, needs

from colonnade_bridge.blob import read_blob
from colonnade_bridge.native import C_FLAGS, C_SOURCES, Limits, NativeColumn
from colonnade_bridge.onnx.interpreter import Interpreter
from colonnade_models import column as C
from colonnade_models.challenge import challenge
from colonnade_models.evidence import fit, score_parts
from colonnade_models.hypotheses import keep_winners
from colonnade_models.judge import judge
from colonnade_models.likeness import compare_tied
from colonnade_models.motion import find_again, let_go
from colonnade_models.proposing import admit_seeds, reconsider
from colonnade_models.ranking import rank_poses
from colonnade_models.refinement import refine
from colonnade_models.seeding import go_on

pytestmark = needs(*GCC)

PROBE = Path(__file__).with_name("parity_probe.c")
MOST = 256
"""Hypotheses that there are never more of."""
UNLIMITED = 0
"""Looks a step may take."""


class Held(NamedTuple):
    """What a column holds after a step."""

    said: str
    """The step's return value, the decision and the next goal, see `parity`."""
    object: list[int]
    """Of every hypothesis."""
    evidence: list[str]
    pose: list[str]


def held(said: str, objects: Any, evidence: Any, poses: Any) -> Held:
    return Held(said, [int(o) for o in objects], bits_of(evidence), bits_of(poses))


class OfKernels:
    """A column of the kernels, compiled or not: as `of` makes each of them."""

    def __init__(
        self, blob: bytes, effort: int, of: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        model, self._of = read_blob(blob), of
        settings = model.settings._replace(effort=effort or model.settings.effort)
        self.memory = model.memory.arrays
        self.column = C.init(self.memory, settings, model.tolerance, model.percepts)

    def step(self, percepts: np.ndarray, turn: int) -> Held:
        return self._held(self._of(C.vote)(self.column, self.memory, percepts), turn)

    def polish(self, turn: int) -> Held:
        self._of(C.polish)(self.column, self.memory)
        return self._held(int(self.column.verdict.state[0]), turn)

    def _held(self, state: int, turn: int) -> Held:
        said = line_of(self.column, self.memory, state, turn, self._of(fit))
        h, n = self.column.hypotheses, int(self.column.hypotheses.count[0])
        return held(said, h.object[:n], h.evidence[:n], h.pose[:n])

    def arrays(self) -> dict[str, bytes]:
        """Every number of its state, scratch and all."""
        return dict(_arrays("column", self.column))


def _arrays(name: str, part: Any) -> Iterator[tuple[str, bytes]]:
    if isinstance(part, np.ndarray):
        yield name, part.tobytes()
    elif isinstance(part, tuple) and hasattr(part, "_fields"):
        for field, inner in zip(part._fields, part, strict=True):
            yield from _arrays(f"{name}.{field}", inner)


class OfC:
    """A column of the C code."""

    def __init__(self, blob: bytes, effort: int, probe: ctypes.CDLL) -> None:
        self.column, self._probe = NativeColumn(blob, Limits(effort=effort)), probe

    def step(self, percepts: np.ndarray, turn: int) -> Held:
        return self._held(self.column.step(percepts), turn)

    def polish(self, turn: int) -> Held:
        self.column.polish()
        return self._held(self.column.decide().state, turn)

    def _held(self, state: int, turn: int) -> Held:
        said = native_line(self.column, state, turn)
        parts = np.zeros(MOST, np.int32), np.zeros(MOST, np.float32), np.zeros((MOST, 12), "f4")
        at = (ctypes.c_void_p(part.ctypes.data) for part in parts)
        n = self._probe.parity_probe(self.column._column, MOST, *at)
        assert n <= MOST
        return held(said, *(part[:n] for part in parts))


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    library = tmp_path_factory.mktemp("probe") / "probe.so"
    flags = [*C_FLAGS, f"-I{C_SOURCES}", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, str(PROBE), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


class Case(NamedTuple):
    """An episode, how many steps of it, and what they must lead to."""

    what: Episode
    steps: int
    state: int
    moves: int = 0
    effort: int = UNLIMITED
    model: str = "tiny"


CASES = {
    "calm": Case(EPISODES["calm"], 9, C.RECOGNISED),
    "symmetric": Case(EPISODES["symmetric"], 15, C.RECOGNISED),
    "strange": Case(EPISODES["strange"], 9, C.UNKNOWN),
    "seen past": Case(EPISODES["seen past"], 20, C.RECOGNISED),
    "three patches": Case(EPISODES["three patches"], 5, C.RECOGNISED),
    "absurd": Case(EPISODES["absurd"], 11, C.RECOGNISED),
    "moved": Case(EPISODES["moved"], 24, C.RECOGNISED, moves=1),
    "by default": Case(EPISODES["calm"], 10, C.RECOGNISED, model="default"),
    "in small steps": Case(EPISODES["calm"], 9, C.RECOGNISED, effort=800),
    "moved, in small steps": Case(EPISODES["moved"], 26, C.OPEN, moves=1, effort=600),
}


@pytest.mark.parametrize("name", list(CASES))
def test_every_step_is_the_same_to_the_bit(name: str, probe: ctypes.CDLL) -> None:
    case = CASES[name]
    blob = blob_of(case.model)
    numba = OfKernels(blob, case.effort, lambda kernel: kernel)
    plain = OfKernels(blob, case.effort, Interpreter().of)
    c = OfC(blob, case.effort, probe)
    with np.errstate(all="ignore"):  # an infinity in a wild percept is no error in a kernel
        for turn, percepts in enumerate(steps_of(case.what)[: case.steps]):
            expected = numba.step(percepts, turn)
            assert plain.step(percepts, turn) == expected, f"plain Python, step {turn}"
            assert c.step(percepts, turn) == expected, f"C, step {turn}"
            assert plain.arrays() == numba.arrays(), f"step {turn}"
        assert numba.column.verdict.state[0] == case.state
        assert numba.column.past.moves[0] == case.moves
        assert plain.polish(case.steps) == numba.polish(case.steps) == c.polish(case.steps)


RUN_THROUGH = (
    score_parts, keep_winners, admit_seeds, go_on, refine, challenge, reconsider, rank_poses,
    compare_tied, judge, let_go, find_again,
)  # fmt: skip


def test_all_of_it_runs_as_plain_python() -> None:
    """What is compiled has no frame, so a profiler does not see it."""
    interpreter, ran = Interpreter(), set[CodeType]()
    plain = OfKernels(blob_of("tiny"), UNLIMITED, interpreter.of)
    with np.errstate(all="ignore"):
        before = sys.getprofile()
        sys.setprofile(lambda frame, *_: ran.add(frame.f_code))
        try:
            for turn, percepts in enumerate(steps_of(EPISODES["moved"])[:23]):
                plain.step(percepts, turn)
        finally:
            sys.setprofile(before)
    for kernel in RUN_THROUGH:
        assert getattr(kernel, "py_func", kernel).__code__ in ran, kernel
    for names in interpreter._namespaces.values():
        assert [name for name, value in names.items() if hasattr(value, "py_func")] == []
