"""A column on onnxruntime decides as the one that numba compiled, to the bit, at every step."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.bridge.onnx_models import memory, model, with_misses
from tests.models.episodes import SHAPES, episode, state_of
from tests.models.synthetic import moved

from colonnade_bridge.onnx.column import OnnxColumn
from colonnade_bridge.onnx.interpreter import Interpreter
from colonnade_models import column as C
from colonnade_models.contest import assess
from colonnade_models.hypotheses import Hypotheses
from colonnade_models.memory import Memory


def both(steps: list[np.ndarray]) -> tuple[int, int]:
    """State and number of the last step, after each of which the two columns are the same."""
    compiled, column = C.init(memory()), OnnxColumn(model())
    for number, percepts in enumerate(steps, 1):
        state = C.vote(compiled, memory(), percepts)
        assert column.step(percepts) == state, number
        evidence = compiled.hypotheses.evidence[: compiled.hypotheses.count[0]]
        np.testing.assert_array_equal(
            column.column.hypotheses.evidence[: len(evidence)], evidence, f"step {number}"
        )
        assert state_of(column.column) == state_of(compiled), number
        if state != C.OPEN:
            break
    C.polish(compiled, memory())
    column.polish()
    assert state_of(column.column) == state_of(compiled)
    return state, number


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", [*SHAPES, "stranger"])
def test_every_step_of_an_episode(name: str, seed: int) -> None:
    rows, _, _ = episode(name, seed)
    state, _ = both([row[None] for row in rows])
    assert state == (C.UNKNOWN if name == "stranger" else C.RECOGNISED)


@pytest.mark.parametrize("name", ["first", "brick"])
def test_looks_that_met_nothing_and_several_patches(name: str) -> None:
    rows = with_misses(episode(name, 7)[0])
    state, steps = both(list(rows.reshape(-1, 3, 18)))
    assert state == C.RECOGNISED
    assert steps < len(rows) // 3


def test_an_object_that_moves() -> None:
    rows = episode("second", 8)[0]
    turn, shift = Rotation.from_rotvec([0.3, -0.4, 0.2]), np.array([0.02, 0.01, -0.03])
    steps = [*rows[:9], *moved(rows[9:], turn, shift)]
    compiled, column = C.init(memory()), OnnxColumn(model())
    for row in steps:
        C.step(compiled, memory(), row)
        column.step(row)
        assert state_of(column.column) == state_of(compiled)
    assert compiled.past.moves[0] > 0, "the motion was not noticed"


def test_what_is_not_sound_changes_nothing() -> None:
    column = OnnxColumn(model())
    rows = episode("first", 0)[0]
    for row in rows[:5]:
        column.step(row)
    before = state_of(column.column)
    for value in (np.nan, np.inf):
        wild = rows[5].copy()
        wild[3] = value
        column.step(wild)
    assert state_of(column.column) == before


def test_a_decision_says_what_and_how_it_lies() -> None:
    rows, turn, shift = episode("third", 4)
    column = OnnxColumn(model())
    assert column.decide().name is None
    while column.step(rows[0]) == C.OPEN:
        rows = rows[1:]
    column.polish()
    told = column.decide()
    assert (told.state, told.name) == (C.RECOGNISED, "third")
    R = told.pose[:9].reshape(3, 3).T
    assert np.degrees((Rotation.from_matrix(R).inv() * turn).magnitude()) < 6
    assert np.linalg.norm(-R @ told.pose[9:] - shift) < 0.004
    column.reset()
    assert column.decide().name is None


def test_hypotheses_stay_where_the_graph_reads_them() -> None:
    """IO binding: the graph sees a change of the column's own arrays without being told."""
    column = OnnxColumn(model())
    rows = episode("first", 0)[0]
    for row in rows[:5]:
        column.step(row)
    bound, h = column.stand_ins.bound, column.column.hypotheses
    bound.run(column.column.features[4])
    before = bound.carried.copy()
    h.evidence[:] += 1
    bound.run(column.column.features[4])
    np.testing.assert_allclose(bound.carried, before + 1, atol=1e-5)


SMALL = C.default_settings()._replace(seed_budget=60, refined_seeds=4, winners=8)


def test_interpreted_kernels_give_the_bits_of_compiled_ones() -> None:
    compiled, plain = C.init(memory(), SMALL), C.init(memory(), SMALL)
    step = Interpreter().of(C.step)
    with np.errstate(all="ignore"):
        for row in with_misses(episode("second", 2)[0])[:9]:
            assert C.step(compiled, memory(), row) == step(plain, memory(), row)
            assert state_of(plain) == state_of(compiled)
    assert compiled.hypotheses.count[0] > 0


def test_a_stand_in_takes_the_place_of_a_kernel_wherever_that_is_called() -> None:
    asked, plain = [], Interpreter().of(assess)

    def stand_in(c: C.Column, arrays: Memory, h: Hypotheses, i: int) -> None:
        asked.append(i)
        plain(c, arrays, h, i)

    column = C.init(memory(), SMALL)
    step = Interpreter({assess: stand_in}).of(C.step)
    with np.errstate(all="ignore"):
        for row in episode("second", 2)[0][:4]:
            step(column, memory(), row)
    assert len(asked) >= column.hypotheses.count[0] > 0
