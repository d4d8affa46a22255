"""What moves: a made-up object is shifted and turned between two percepts, or lies still."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.models.episodes import SHAPES, episode, leader, memory
from tests.models.synthetic import blob, learned, moved
from tests.naive import motion as naive

from colonnade_models import column as C
from colonnade_models import motion as M
from colonnade_models.agenda import IDLE, JOB, LET_GO, SPENT
from colonnade_models.evidence import features_of, fit
from colonnade_models.jobs import carry_on, take_up
from colonnade_models.memory import ObjectMemory
from colonnade_models.past import before, new_past

f = np.float32
BEFORE, AFTER = 14, 40
BLOBS = ("first", "second", "third")


def shifted(name: str, seed: int, shift: float, degrees: float) -> tuple[np.ndarray, Rotation]:
    """(BEFORE + AFTER, 18) percepts of an object that is moved after BEFORE; how it lies then."""
    rows, turn, _ = episode(name, seed)
    rows, random = rows.copy(), np.random.default_rng(seed)
    way, axis = random.normal(size=(2, 3))
    motion = Rotation.from_rotvec(np.radians(degrees) * axis / np.linalg.norm(axis))
    middle = rows[:BEFORE, :3].mean(axis=0)
    late = rows[BEFORE : BEFORE + AFTER].copy()
    late[:, :3] -= middle
    late = moved(late, motion, middle + shift * way / np.linalg.norm(way))
    return np.vstack([rows[:BEFORE], late]), motion * turn


def follow(rows: np.ndarray, **changes: float) -> tuple[C.Column, list[int], list[int]]:
    """The column after all of `rows`, its states, and how many motions it had noticed by when."""
    column = C.init(memory(), C.default_settings()._replace(**changes))
    states, moves = [], []
    for row in rows:
        states.append(C.step(column, memory(), row))
        moves.append(int(column.past.moves[0]))
    return column, states, moves


@pytest.mark.parametrize(
    ("name", "shift", "degrees"),
    [
        *((name, *amount) for name in BLOBS for amount in ((0.05, 0), (0.02, 0), (0.05, 45))),
        ("third", 0, 45),  # the smoother ones feel much the same when only turned
    ],
)
def test_noticed_soon_and_found_again(name: str, shift: float, degrees: float) -> None:
    rows, turn = shifted(name, 4, shift, degrees)
    column, states, moves = follow(rows)
    assert moves[BEFORE - 1] == 0
    assert moves[-1] == 1
    assert moves[BEFORE + 8] == 1
    assert C.RECOGNISED in states[BEFORE + 8 :]
    found, pose = leader(column)
    assert found == name
    off = Rotation.from_matrix(pose[:9].reshape(3, 3)) * turn
    assert np.degrees(off.magnitude()) < 8


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", list(SHAPES))
def test_what_lies_still_is_not_held_for_moved(name: str, seed: int) -> None:
    rows, _, _ = episode(name, seed)
    column, _, moves = follow(rows[:30])
    deaf, _, _ = follow(rows[:30], alarm=np.inf)
    assert moves[-1] == 0
    count = int(column.hypotheses.count[0])
    assert (column.hypotheses.pose[:count] == deaf.hypotheses.pose[:count]).all()
    assert (column.hypotheses.evidence[:count] == deaf.hypotheses.evidence[:count]).all()


def test_of_many_that_led_the_last_is_sought_as_well() -> None:
    """Each brings dozens of poses: there is room for all of them only if the winners alone stay."""
    things = ObjectMemory([learned(f"{k}", blob(3)) for k in range(8)])
    rows, _ = shifted("third", 4, 0.05, 0)
    column = C.init(things.arrays)
    for row in rows[BEFORE:]:
        if column.tally[C.PERCEPTS] == 6:
            break
        C.step(column, things.arrays, row)
    column.hypotheses.count[0] = 0
    column.past.evidence[:] = 0
    M.find_again(column, things.arrays)
    assert set(column.hypotheses.object[: column.hypotheses.count[0]]) == set(range(8))


def test_a_motion_is_explained_in_a_step_that_has_effort_left() -> None:
    """What was felt before is weighed once more, for which half a step is too short."""
    rows, _ = shifted("first", 4, 0.05, 45)
    column, since = C.init(memory()), -1
    for row in rows[: BEFORE - 1]:
        C.step(column, memory(), row)
    for row in rows[BEFORE:]:
        features_of(row, column.features[column.tally[C.PERCEPTS]])
        column.tally[C.PERCEPTS] += 1
        since = M.moved_since(column, memory())
        if since >= 0:
            break
    assert since == BEFORE - 1
    column = column._replace(settings=column.settings._replace(effort=2000))
    column.agenda[SPENT] = 1001
    assert not take_up(column, memory(), LET_GO)
    assert (column.past.moves[0], column.agenda[JOB]) == (0, LET_GO)
    column.agenda[SPENT] = 0
    assert carry_on(column, memory())
    assert (column.past.moves[0], column.agenda[JOB]) == (1, IDLE)
    assert column.hypotheses.count[0] == 0


def test_a_column_that_takes_it_to_lie_still_loses_it() -> None:
    rows, _ = shifted("first", 3, 0.05, 45)
    column, states, moves = follow(rows, alarm=np.inf)
    assert moves[-1] == 0
    assert states[-1] != C.RECOGNISED or leader(column)[0] != "first"


def test_what_it_is_stays_known_and_how_it_lay_counts_little() -> None:
    rows, _ = shifted("first", 3, 0.05, 45)
    column, _, moves = follow(rows[: BEFORE + 8])
    assert moves[-1] == 1
    past, own = column.past, list(SHAPES).index("first")
    assert past.evidence[own] == 0
    assert (np.delete(past.evidence, own) <= -M.WORTH_SEEKING).all()
    assert column.tally[C.PERCEPTS] < BEFORE
    C.reset(column)
    assert past.moves[0] == 0
    assert (past.evidence == 0).all()
    assert past.object.tolist() == [-1, -1]


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_the_change_equals_naive(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows, _ = shifted(
        "first", int(random.integers(3)), 0.05 * random.random(), 40 * random.random()
    )
    column = C.init(memory())
    for row in rows[: BEFORE - 1]:
        C.step(column, memory(), row)
    if column.past.object[1] < 0:
        return
    for row in rows[BEFORE - 1 : BEFORE + int(random.integers(1, AFTER))]:
        features_of(row, column.features[column.tally[C.PERCEPTS]])
        column.tally[C.PERCEPTS] += 1
    column.hypotheses.count[0] = 0  # nothing explains it otherwise
    o, pose = column.past.object[1], column.past.pose[1]
    count, reach = int(column.tally[C.PERCEPTS]), column.settings.reach
    fits = np.array(
        [fit(memory(), o, pose, row, column.tolerance, reach) for row in column.features[:count]],
        np.float64,
    )
    since = naive.change_point(float(M.EXPECTED) - fits, float(column.settings.alarm))
    if since >= 0 and (since < M.SETTLED or fits[:since].sum() < column.settings.fit * since):
        since = -1
    assert M.moved_since(column, memory()) == since


@given(st.integers(0, 2**32 - 1))
def test_the_past_equals_naive(seed: int) -> None:
    random = np.random.default_rng(seed)
    past, centre = new_past(3), random.normal(0, 0.02, 3).astype(f)
    rotations = Rotation.random(random_state=seed), Rotation.from_rotvec(random.normal(0, 0.5, 3))
    was, pose = np.zeros((2, 12), f)
    for row, turn in ((was, rotations[0]), (pose, rotations[1] * rotations[0])):
        row[:9] = turn.as_matrix().ravel()
        row[9:] = random.normal(0, 0.03, 3)
    past.pose[0] = was
    past.object[0] = 1
    past.evidence[:] = -3.0, -2.0, -1.0
    assert before(past, centre, 1, pose) == 0  # it lies still
    past.moves[0] = 1
    assert before(past, centre, 1, pose) == pytest.approx(
        naive.before(was, centre, pose, -2.0), abs=1e-3
    )
    assert before(past, centre, 2, pose) == -1.0
