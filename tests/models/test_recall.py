"""Recall: who sleeps costs little, and changes nothing."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, learned, moved, settled

from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models.familiarity import MOST_LISTED, new_shortlist
from colonnade_models.hypotheses import new_hypotheses, push
from colonnade_models.kin import Kin
from colonnade_models.learned import LearnedObject
from colonnade_models.memory import Memory, ObjectMemory, lookup
from colonnade_models.past import new_past
from colonnade_models.recall import keep_awake, recall, recall_listed, wake, wake_up

f = np.float32
CALM = new_past(60)
"""Nothing fitted yet."""


@cache
def things(count: int) -> tuple[LearnedObject, ...]:
    """Blobs in different paint."""
    plain = [learned(f"blob{k}", blob(k), count=500) for k in range(3)]
    out = []
    for k in range(count):
        table = plain[k % 3].table.copy()
        table[:, 13] = (table[:, 13] + k / count) % 1
        out.append(LearnedObject(f"painted{k}", settled(table), plain[k % 3].spacing))
    return tuple(out)


def memory(count: int, most_awake: int) -> Memory:
    return ObjectMemory(things(count), most_awake).arrays


def listing(*objects: int):  # type: ignore[no-untyped-def]
    listed = new_shortlist(50)
    listed.object[: len(objects)] = objects
    listed.worth[: len(objects)] = 1
    listed.count[0] = len(objects)
    return listed


def living(*objects: int):  # type: ignore[no-untyped-def]
    h = new_hypotheses(20)
    for o in objects:
        push(h, o, np.zeros(12, f), f(0))
    return h


def awake(m: Memory) -> set[int]:
    """Who is awake, and everything that says so agrees."""
    w = m.wakefulness
    who = {int(o) for o in w.object if o >= 0}
    assert who == {o for o in range(len(w.place)) if w.place[o] >= 0}
    assert who == {o for o in range(len(w.place)) if m.surfel_end[o] > 0}
    assert all(w.object[w.place[o]] == o for o in who)
    return who


def test_a_small_memory_is_awake_and_a_large_one_as_far_as_allowed() -> None:
    assert awake(ObjectMemory(things(12)).arrays) == set(range(12))
    assert awake(memory(12, 4)) == {0, 1, 2, 3}
    assert memory(12, 4).surfels.nbytes < memory(12, 12).surfels.nbytes / 2
    assert awake(memory(3, 9)) == {0, 1, 2}


def test_who_is_awake_has_its_surfels_and_finds_them_in_any_place() -> None:
    m, whole = memory(12, 4), memory(12, 12)
    random = np.random.default_rng(0)
    for o in (7, 3, 11, 7, 0):
        wake(m, o, int(random.integers(4)))
        table = m.surfels[m.surfel_start[o] : m.surfel_end[o]]
        assert table.tobytes() == things(12)[o].table.tobytes()
        for _ in range(200):
            point = table[random.integers(len(table)), :3] + random.normal(0, 0.005, 3).astype(f)
            normal = Rotation.random(random_state=random).as_matrix()[0].astype(f)
            here, there = (lookup(a, o, *point, *normal) for a in (m, whole))
            assert (here < 0) == (there < 0)
            if here >= 0:
                assert here - m.surfel_start[o] == there - whole.surfel_start[o]


def test_those_least_lately_asked_about_go_to_sleep_and_none_that_lives() -> None:
    m = memory(12, 4)
    recall_listed(m, living(), CALM, listing(5, 6))
    assert {5, 6} <= awake(m)
    recall_listed(m, living(5), CALM, listing(7, 8))
    assert awake(m) >= {5, 7, 8}
    recall_listed(m, living(5, 7, 5), CALM, listing(1, 2))
    assert awake(m) == {5, 7, 1, 2}


def test_what_fitted_last_stays_awake_though_none_of_its_hypotheses_lives() -> None:
    m, past = memory(12, 4), new_past(12)
    past.object[1] = 9
    recall_listed(m, living(5), past, listing(1, 2, 3))
    assert awake(m) == {9, 5, 1, 2}
    recall_listed(m, living(), CALM, listing(0, 3, 4, 6))
    keep_awake(m, living(), past)
    assert 9 in awake(m)


def test_one_is_recalled_where_there_is_room() -> None:
    m = memory(12, 4)
    assert recall(m, living(5, 6), CALM, 7)
    assert awake(m) >= {5, 6, 7}
    assert recall(m, living(5, 6, 7), CALM, 8)
    assert awake(m) == {5, 6, 7, 8}
    assert not recall(m, living(5, 6, 7, 8), CALM, 9)
    assert awake(m) == {5, 6, 7, 8}
    wake_up(m, 9)
    assert 9 in awake(m)
    assert len(awake(m)) == 4


def test_a_list_longer_than_there_is_room_is_cut_whoever_is_awake() -> None:
    for first in ((), (9, 10, 11), (3,)):
        m = memory(12, 4)
        recall_listed(m, living(), CALM, listing(*first, 5))
        listed = listing(1, 2, 3, 9)
        recall_listed(m, living(5), CALM, listed)
        assert listed.count[0] == 3
        assert awake(m) == {5, 1, 2, 3}


def test_what_another_column_sent_to_sleep_is_woken_again() -> None:
    m = memory(12, 4)
    recall_listed(m, living(), CALM, listing(8, 9, 10, 11))
    keep_awake(m, living(2, 9), CALM)
    assert {2, 9} <= awake(m)


def percepts(o: int, count: int = 40) -> np.ndarray:
    random = np.random.default_rng(o)
    shape = blob(o % 3)
    rows = shape.percepts(shape.sample(count, random), random)
    rows[:, P.COLOUR] = (rows[:, P.COLOUR] + o / 60) % 1
    rows = moved(rows, Rotation.random(random_state=o), random.normal(0, 0.3, 3))
    rows[:, :3] += random.normal(0, 0.002, (count, 3))
    return rows.astype(f)


def nudged(rows: np.ndarray, since: int) -> np.ndarray:
    """The percepts of an object that is moved before the percept `since`."""
    turn, shift = Rotation.from_rotvec([0.5, -0.4, 0.3]), np.array([0.03, -0.02, 0.04])
    return np.concatenate([rows[:since], moved(rows[since:], turn, shift)])


@pytest.mark.parametrize("kin", [None, Kin(np.arange(60) // 3, np.ones(60, f))])
@pytest.mark.parametrize("moves", [False, True])
@pytest.mark.parametrize("o", [4, 17, 33])
def test_who_sleeps_changes_nothing(o: int, moves: bool, kin: Kin | None) -> None:
    """Two columns in turns on one sleepy memory, and each alone on one that is all awake."""
    sleepy, whole = memory(60, MOST_LISTED + 4), memory(60, 60)
    alone, first, other = (C.init(m, kin=kin) for m in (whole, sleepy, sleepy))
    rows = nudged(percepts(o), 22) if moves else percepts(o)
    for mine, theirs in zip(rows, percepts(59 - o), strict=True):
        state = C.step(alone, whole, mine)
        assert C.step(first, sleepy, mine) == state
        C.step(other, sleepy, theirs)
        n = alone.hypotheses.count[0]
        assert first.hypotheses.count[0] == n
        assert first.hypotheses.object[:n].tobytes() == alone.hypotheses.object[:n].tobytes()
        assert first.hypotheses.evidence[:n].tobytes() == alone.hypotheses.evidence[:n].tobytes()
        assert first.verdict.best.tobytes() == alone.verdict.best.tobytes()
    assert alone.hypotheses.count[0] > 0
    assert alone.past.moves[0] == first.past.moves[0] == int(moves)
    C.polish(alone, whole)
    C.polish(first, sleepy)
    leader = alone.verdict.state[1]
    assert first.hypotheses.pose[leader].tobytes() == alone.hypotheses.pose[leader].tobytes()
