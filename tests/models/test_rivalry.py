"""Rivalry: what is known of a pair is what would be found anew, for as long as neither changes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.test_likeness import HERE, TURN, blob_with_twin, felt, turned
from tests.naive import distinction as naive

from colonnade_models import column as C
from colonnade_models.hypotheses import keep_winners, push, put
from colonnade_models.memory import ObjectMemory
from colonnade_models.motion import _forget_until
from colonnade_models.rivalry import (
    expected_against,
    hold_against,
    twin_against,
    usual_against,
)

f = np.float32
MEMORY = blob_with_twin(0.3, 2.0)
POSES = [HERE, turned(TURN), turned(Rotation.from_rotvec([0.1, 0.5, 0]))]


def column_with(count: int, memory: ObjectMemory = MEMORY) -> C.Column:
    """A column that met the blob so many times and knows of these poses."""
    column = felt(memory, count)
    for pose in POSES:
        push(column.hypotheses, 0, pose, f(1))
    return column


@pytest.mark.parametrize("leader", [0, 1, 2])
def test_what_touches_should_tell_is_plain(leader: int) -> None:
    column, known = column_with(30), MEMORY["a"]
    hold_against(column, leader)
    for i, pose in enumerate(POSES):
        a, rows = POSES[leader], column.features[:30]
        plain = naive.expected_lead(known, a, known, pose, rows, column.tolerance)
        # on the wall between two cells another surfel answers
        got = expected_against(column, MEMORY.arrays, i)
        assert got == pytest.approx(plain, rel=0.1, abs=2)
        usual = naive.usual_lead(known, a, known, pose, column.settings.probes, column.tolerance)
        assert usual_against(column, MEMORY.arrays, i) == pytest.approx(usual, abs=0.1)
    assert twin_against(column, MEMORY.arrays, 1) == (0 if leader == 0 else -1)
    assert twin_against(column, MEMORY.arrays, 2) == -1


def test_percepts_are_looked_at_once() -> None:
    at_once, bit_by_bit = column_with(60), column_with(60)
    for column, counts in ((at_once, [60]), (bit_by_bit, [7, 8, 31, 60])):
        hold_against(column, 0)
        for count in counts:
            column.tally[C.PERCEPTS] = count
            expected_against(column, MEMORY.arrays, 1)
    r = bit_by_bit.hypotheses.rivalry
    assert r.expected[1] == at_once.hypotheses.rivalry.expected[1] > 5
    bit_by_bit.features[:60] = 0
    assert expected_against(bit_by_bit, MEMORY.arrays, 1) == r.expected[1]


def test_what_changed_is_found_anew() -> None:
    column = column_with(30)
    h, r = column.hypotheses, column.hypotheses.rivalry
    hold_against(column, 0)
    far = [expected_against(column, MEMORY.arrays, i) for i in (1, 2)]
    put(h, 2, POSES[0])
    assert abs(expected_against(column, MEMORY.arrays, 2)) < far[1] / 4
    assert twin_against(column, MEMORY.arrays, 1) == 0
    put(h, 0, POSES[2])  # the leader is refined
    hold_against(column, 0)
    assert not r.known[:3].any()
    assert twin_against(column, MEMORY.arrays, 1) == -1
    C.reset(column)
    assert r.object[0] == -1
    hold_against(column, 0)
    _forget_until(column, MEMORY.arrays, 20)
    assert r.object[0] == -1


def test_what_is_known_moves_with_its_hypothesis() -> None:
    column = column_with(30)
    r = column.hypotheses.rivalry
    hold_against(column, 0)
    for i in (1, 2):
        expected_against(column, MEMORY.arrays, i)
        usual_against(column, MEMORY.arrays, i)
    fields = (r.known, r.twin, r.percepts, r.expected, r.usual)
    known = [field[1:3].copy() for field in fields]
    column.hypotheses.evidence[:3] = -99, 0, 0
    keep_winners(column.hypotheses, 2, f(5))
    for field, was in zip(fields, known, strict=True):
        assert (field[:2] == was).all()
