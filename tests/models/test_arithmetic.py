"""What a controller must be able to repeat: no double, no reordering, no heap.

The C runtime computes in float32 and gives the same bits, so the kernels it mirrors may hold no
float64 arithmetic (a bare Python float or int * float32 would make some), and no fast-math.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest
from numba import typeof
from tests.models.synthetic import random_table

from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models.distinction import look_alike
from colonnade_models.evidence import (
    FEATURE_SIZE,
    default_tolerance,
    features_of,
    score,
    surfel_score,
)
from colonnade_models.learned import LearnedObject
from colonnade_models.learning import learn, new_draft
from colonnade_models.memory import ObjectMemory, lookup
from colonnade_models.refinement import new_normal_equations, refine
from colonnade_models.sensing import make_eye, sense

f = np.float32
MEMORY = ObjectMemory([LearnedObject("a", random_table(50, 0), 0.004)]).arrays
COLUMN = C.init(MEMORY)
T = default_tolerance()
HERE = np.eye(3, 4, dtype=f).ravel()
PERCEPT = np.zeros(P.PERCEPT_SIZE, f)
FEATURES = np.zeros(FEATURE_SIZE, f)

CALLS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "sense": (
        sense,
        (np.full((8, 8), 0.02, f), np.zeros((8, 8, 3), f), np.eye(1, 7, 6, dtype=f)[0],
         make_eye(8, 0.2, 0.1), PERCEPT.copy()),
    ),
    "features_of": (features_of, (PERCEPT, FEATURES.copy())),
    "lookup": (lookup, (MEMORY, 0, f(0), f(0), f(0), f(0), f(0), f(1))),
    "surfel_score": (surfel_score, (FEATURES, *[f(0.1)] * 9, MEMORY.surfels[0], T)),
    "score": (score, (MEMORY, 0, HERE, FEATURES, T, f(0.1))),
    "refine": (
        refine, (MEMORY, 0, HERE.copy(), np.zeros((3, FEATURE_SIZE), f), 0, 3, 1, T,
                 new_normal_equations()),
    ),
    "look_alike": (look_alike, (MEMORY, 0, HERE, 0, HERE, 128, T, FEATURES.copy(), HERE.copy())),
    "step": (C.step, (COLUMN, MEMORY, PERCEPT)),
    "polish": (C.polish, (COLUMN, MEMORY)),
    "learn": (learn, (new_draft(0.004), PERCEPT)),
}  # fmt: skip


@cache
def instructions(name: str) -> tuple[str, ...]:
    """LLVM instructions of a kernel and of all that it calls, as compiled or cached."""
    kernel, arguments = CALLS[name]
    kernel(*arguments)
    compiled = kernel.overloads[tuple(typeof(argument) for argument in arguments)]
    # the module that callers link: there for kernels from the cache too, unlike inspect_llvm
    return tuple(str(compiled.library._get_module_for_linking()).splitlines())


@pytest.mark.parametrize("name", CALLS)
def test_no_double(name: str) -> None:
    arithmetic = re.compile(r"= f(add|sub|mul|div|rem|neg|cmp)\b.*\bdouble\b")
    floats = [line for line in instructions(name) if re.search(r"= f(add|mul|cmp)\b.*float", line)]
    assert floats, "this is not the kernel's code"
    assert not [line for line in instructions(name) if arithmetic.search(line)]


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_reordered_or_fused(name: str) -> None:
    flags = re.compile(r"= f\w+ (fast|reassoc|contract|nnan|ninf|nsz|arcp|afn)\b|fmuladd|llvm\.fma")
    assert not [line for line in instructions(name) if flags.search(line)]
    assert not CALLS[name][0].targetoptions.get("fastmath")


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_allocated(name: str) -> None:
    heap = re.compile(r"call .*(NRT_Allocate|NRT_MemInfo_\w*alloc)")
    assert not [line for line in instructions(name) if heap.search(line)]


@pytest.mark.parametrize("name", CALLS)
def test_no_array_is_returned(name: str) -> None:
    """Reference counting is off: nothing would hold it."""
    kernel, arguments = CALLS[name]
    kernel(*arguments)
    for overload in kernel.overloads.values():
        assert "array" not in str(overload.signature.return_type)
        assert kernel.targetoptions["_nrt"] is False


def test_these_tests_would_see_a_double_and_an_allocation() -> None:
    from numba import njit

    @njit
    def leaky(x: Any) -> Any:
        return (np.zeros(3, np.float32)[0] + x) * 0.5

    CALLS["leaky"] = (leaky, (f(1),))
    try:
        with pytest.raises(AssertionError):
            test_no_double("leaky")
        with pytest.raises(AssertionError):
            test_nothing_is_allocated("leaky")
    finally:
        del CALLS["leaky"]
