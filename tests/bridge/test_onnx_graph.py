"""The graph weighs, ranks and refines to the bits of the kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from tests.bridge.onnx_models import living, memory, model, path, with_misses
from tests.models.episodes import episode

from colonnade_bridge.onnx.weighing import Weighing
from colonnade_models import percept as P
from colonnade_models.evidence import (
    FEATURE_SIZE,
    Tolerance,
    default_tolerance,
    features_of,
    fit,
    score_parts,
)
from colonnade_models.hypotheses import keep_winners, new_hypotheses
from colonnade_models.ranking import lost
from colonnade_models.refinement import new_normal_equations, refine

f = np.float32
REACH = f(0.1)
EXACT = default_tolerance()
LOOSE = Tolerance(*(f(x) for x in EXACT))._replace(place=f(1.4e-5), normal=f(0.025))


def features(rows: np.ndarray) -> np.ndarray:
    out = np.zeros((len(rows), FEATURE_SIZE), f)
    for row, feature in zip(rows, out, strict=True):
        features_of(row, feature)
    return out


@njit
def _by_kernels(memory, objects, poses, features, t, reach, out) -> None:  # type: ignore[no-untyped-def]
    for i in range(len(objects)):
        for j in range(len(features)):
            nats, coloured, _ = score_parts(memory, objects[i], poses[i], features[j], t, reach)
            out[0, i, j], out[1, i, j] = nats, coloured
            out[2, i, j] = fit(memory, objects[i], poses[i], features[j], t, reach)
            out[3, i, j] = lost(memory, objects[i], features[j], t, nats, coloured)


def weighed(objects: np.ndarray, poses: np.ndarray, felt: np.ndarray, t: Tolerance) -> np.ndarray:
    """(4, K, M) nats, coloured, fit, lost as the kernels say."""
    out = np.zeros((4, len(objects), len(felt)), f)
    _by_kernels(memory(), objects, poses, felt, t, REACH, out)
    return out


@pytest.mark.parametrize("tolerance", [EXACT, LOOSE], ids=["exact", "loose"])
@pytest.mark.parametrize("name", ["first", "brick", "stranger"])
def test_it_weighs_percepts_on_the_object_and_off_it(name: str, tolerance: Tolerance) -> None:
    column = living(name)
    n = int(column.hypotheses.count[0])
    objects, poses = column.hypotheses.object[:n], column.hypotheses.pose[:n]
    felt = features(with_misses(episode(name, 0)[0]))
    expected = weighed(objects, poses, felt, tolerance)
    assert (expected[0][:, felt[:, P.ON_OBJECT] == 0] < 0).any(), "no line of sight met a surface"
    for what, values in zip(("nats", "coloured", "fit", "lost"), expected, strict=True):
        told = Weighing(model(), REACH).weigh(what, objects, poses, felt, tolerance)
        np.testing.assert_array_equal(told, values, err_msg=what)


@settings(deadline=None, derandomize=True)  # the first may wait for the compiler
@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-3, 1.0, 1e3, 1e30]))
def test_wild_percepts_weigh_what_they_do_in_the_kernels(seed: int, size: float) -> None:
    random, column = np.random.default_rng(seed), living()
    rows = (size * random.normal(size=(6, P.PERCEPT_SIZE))).astype(f)
    rows[:, P.ON_OBJECT] = random.integers(0, 2, 6)
    h, felt = column.hypotheses, features(rows)
    expected = weighed(h.object[:8], h.pose[:8], felt, EXACT)
    for what, values in zip(("nats", "coloured", "fit", "lost"), expected, strict=True):
        told = Weighing(model(), REACH).weigh(what, h.object[:8], h.pose[:8], felt, EXACT)
        np.testing.assert_array_equal(told, values, err_msg=what)


def contest(
    evidence: np.ndarray, objects: np.ndarray, count: int, winners: int
) -> dict[str, np.ndarray[Any, Any]]:
    nothing = np.zeros((1, FEATURE_SIZE), f)
    feeds: dict[str, np.ndarray[Any, Any]] = {
        "poses": np.zeros((len(evidence), 12), f),
        "objects": objects,
        "evidence": evidence,
        "count": np.array([count]),
        "features": nothing,  # a look from the middle of nowhere that met nothing: tells nothing
        "winners": np.array([winners]),
    }
    names = ["carried", "stays", "leader", "best"]
    return dict(zip(names, model().run(names, feeds), strict=True))


@settings(deadline=None, derandomize=True)  # the first may wait for the compiler
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(1, 40), st.sampled_from([0.2, 9.0])
)
def test_the_same_hypotheses_win(seed: int, capacity: int, winners: int, spread: float) -> None:
    random = np.random.default_rng(seed)
    evidence = np.round(spread * random.normal(size=capacity), 1).astype(f)  # with ties
    objects, count = random.integers(0, 4, capacity), int(random.integers(1, capacity + 1))
    h = new_hypotheses(capacity)
    h.object[:], h.evidence[:], h.count[0] = objects, evidence, count
    h.pose[:, 0] = np.arange(capacity)
    keep_winners(h, winners, f(12.0))
    told = contest(evidence, objects, count, winners)
    kept = h.pose[: h.count[0], 0].astype(int)
    np.testing.assert_array_equal(told["carried"], evidence)
    np.testing.assert_array_equal(np.flatnonzero(told["stays"]), kept)
    assert told["leader"] == [kept[np.argmax(evidence[kept])]]
    for o in range(4):
        own = evidence[kept][objects[kept] == o]
        assert told["best"][o] == (own.max() if len(own) else -np.inf)


@pytest.mark.parametrize("stride", [1, 3])
def test_normal_equations_move_poses_as_refinement_does(stride: int) -> None:
    column, normal = living("second"), new_normal_equations()
    felt = features(with_misses(episode("second", 1)[0]))
    for i in range(0, int(column.hypotheses.count[0]), 3):
        o, pose = int(column.hypotheses.object[i]), column.hypotheses.pose[i].copy()
        pulling = felt[1:40:stride]
        matrix, vector = Weighing(model(), REACH).equations(
            np.array([o]), pose[None], pulling, LOOSE
        )
        told = normal._replace(matrix=matrix[0], vector=vector[0])
        own = solved(o, pose, told)
        refine(memory(), o, pose, felt, 1, 40, stride, LOOSE, normal)
        np.testing.assert_array_equal(own, pose)


def solved(o: int, pose: np.ndarray, normal: Any) -> np.ndarray:
    from colonnade_models.refinement import solve

    moved = pose.copy()
    assert solve(memory().centre[o], moved, normal)
    return moved


def test_it_is_static() -> None:
    """One graph without loops, that any runtime of the operator set can run."""
    graph = onnx.load(path())
    onnx.checker.check_model(graph, full_check=True)
    kinds = {node.op_type for node in graph.graph.node}
    assert not kinds & {"Loop", "Scan", "SequenceMap"}
    assert {opset.domain for opset in graph.opset_import} == {""}


def test_with_all_optimisations_it_is_within_the_tolerance_that_is_stated() -> None:
    column, felt = living("first"), features(with_misses(episode("first", 3)[0]))
    n = int(column.hypotheses.count[0])
    feeds = {
        "poses": column.hypotheses.pose[:n],
        "objects": column.hypotheses.object[:n],
        "evidence": column.hypotheses.evidence[:n],
        "count": np.array([n]),
        "features": felt,
    }
    usual = ort.InferenceSession(path(), providers=["CPUExecutionProvider"])
    [told], [exact] = usual.run(["carried"], feeds), model().run(["carried"], feeds)
    np.testing.assert_allclose(told, exact, rtol=1e-4, atol=1e-3)
    feeds["refining"] = np.array([True])
    [told], [exact] = usual.run(["vector"], feeds), model().run(["vector"], feeds)
    np.testing.assert_allclose(told, exact, rtol=1e-3, atol=1e-3 * np.abs(exact).max())


def test_it_tells_what_it_was_made_of() -> None:
    for name in ("surfels", "surfel_start", "table", "blocks", "centre", "twins", "surprise"):
        np.testing.assert_array_equal(getattr(model().memory, name), getattr(memory(), name), name)
