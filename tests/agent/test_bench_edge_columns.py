"""The columns of `colonnade bench edge`: timed alike, and that of ONNX compared step by step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.bridge.small_model import percepts, small_blob, small_memory
from tests.bridge.tools import GCC, needs

from colonnade.bench import edge_onnx
from colonnade.bench.edge_columns import Asked, Held, by_numba, workstation
from colonnade.bench.edge_onnx import compare_onnx, onnx_of, together
from colonnade.bench.edge_times import time_steps
from colonnade.bench.kept import Kept
from colonnade_bridge.onnx import MissingOnnxError
from colonnade_bridge.onnx.model import OnnxModel
from colonnade_models import column as C

REACH = 0.05
POSE = np.zeros(12, np.float32)


@pytest.fixture(scope="module")
def graph() -> Iterator[OnnxModel]:
    with onnx_of(small_memory(), REACH) as graph:
        assert graph is not None
        yield graph


def felt(count: int) -> np.ndarray:
    return percepts(count)[:, None]


@needs(*GCC)
def test_all_columns_feel_the_same_and_are_timed(graph: OnnxModel) -> None:
    times = time_steps(small_memory(), small_blob(), graph, [felt(8), felt(4)], REACH)
    assert times["episodes"] == 2
    for key in ("numba", "numba_edge", "c", "onnx"):
        assert 4 < times[key]["steps"] <= 12
        assert 0 < times[key]["us_median"] <= times[key]["us_p99"] <= times[key]["us_worst"]
    assert times["c_of_numba"] == times["c"]["us_median"] / times["numba_edge"]["us_median"]


@needs(*GCC)
def test_without_a_graph_the_others_are_timed() -> None:
    times = time_steps(small_memory(), small_blob(), None, [felt(4)], REACH)
    assert times["c"]["steps"] == 4
    assert not {"onnx", "onnx_of_numba"} & times.keys()


def test_onnx_is_compared_up_to_the_decision(graph: OnnxModel, tmp_path: Path) -> None:
    episodes = [felt(30), felt(4), felt(6)]
    with Kept(tmp_path / "kept.jsonl") as kept:
        each = compare_onnx(small_memory(), graph, episodes, REACH, kept, "model")
    assert [one["steps"] for one in each][1:] == [4, 6]
    assert 6 < each[0]["steps"] < 30
    found = together(each)
    assert found["episodes"] == found["episodes_equal"] == 3
    assert found["steps"] == found["steps_equal"] == sum(one["steps"] for one in each)
    assert found["evidence_off"] < 1e-4
    assert together([]) == {}


def test_what_was_compared_is_not_compared_again(
    graph: OnnxModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[int] = []

    def compare(numba: Asked, onnx: Asked, rows: np.ndarray) -> dict[str, Any]:
        compared.append(len(rows))
        return {"steps": len(rows), "steps_equal": len(rows), "evidence_off": 0.0}

    monkeypatch.setattr(edge_onnx, "_compare", compare)
    for digest, episodes in (("a", [4]), ("a", [4, 6]), ("b", [4])):
        with Kept(tmp_path / "kept.jsonl") as kept:
            rows = [felt(count) for count in episodes]
            found = compare_onnx(small_memory(), graph, rows, REACH, kept, digest)
        assert [one["steps"] for one in found] == episodes
    assert compared == [4, 6, 4]


def numba(change: dict[int, Held], states: dict[int, int]) -> Asked:
    """A column that says something else after some steps."""
    real, turn = by_numba(workstation(small_memory(), REACH, 64)), [0]

    def step(rows: np.ndarray) -> int:
        turn[0] += 1
        state = real.step(rows)
        return states.get(turn[0], state)

    return Asked(real.reset, step, real.polish, lambda: change.get(turn[0], real.held()))


def test_steps_in_which_they_differ_are_counted() -> None:
    def compared(change: dict[int, Held], states: dict[int, int] | None = None) -> dict[str, Any]:
        return edge_onnx._compare(numba({}, {}), numba(change, states or {}), felt(6))

    assert compared({}) == {"steps": 6, "steps_equal": 6, "evidence_off": 0.0}
    assert compared({2: Held(C.OPEN, "brick", 1.0, POSE, 0)})["steps_equal"] == 5
    decided = compared({3: Held(C.RECOGNISED, "first", 1.0, POSE, 0)}, {3: C.RECOGNISED})
    assert (decided["steps"], decided["steps_equal"]) == (3, 2)
    once = by_numba(workstation(small_memory(), REACH, 64))
    for rows in felt(6)[:4]:
        once.step(rows)
    held = once.held()
    assert held.object is not None
    off = compared({4: held._replace(evidence=held.evidence * 1.01)})
    assert off["steps_equal"] == 6
    assert off["evidence_off"] == pytest.approx(0.01, rel=1e-3)
    assert compared({4: held._replace(others=held.others + 1)})["steps_equal"] == 5
    for number in (0, 8, 9, 11):  # of the rotation and of the shift
        for off_by, equal in ((2e-4, 5), (2e-6, 6)):
            pose = held.pose.copy()
            pose[number] += off_by * (1.0 if number < 9 else np.linalg.norm(pose[9:]))
            assert compared({4: held._replace(pose=pose)})["steps_equal"] == equal


def test_episodes_are_equal_in_all_their_steps_or_not_at_all() -> None:
    equal = {"steps": 5, "steps_equal": 5, "evidence_off": 1e-6}
    found = together([equal, equal | {"steps_equal": 4, "evidence_off": 3e-6}])
    assert found == {
        "episodes": 2, "episodes_equal": 1, "steps": 10, "steps_equal": 9, "evidence_off": 3e-6
    }  # fmt: skip


def test_where_no_graph_can_be_made_it_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise MissingOnnxError("install colonnade[onnx]")

    monkeypatch.setattr(edge_onnx, "write_onnx", refuse)
    with onnx_of(small_memory(), REACH) as graph:
        assert graph is None
    assert "install colonnade[onnx]" in capsys.readouterr().err
