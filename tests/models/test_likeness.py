"""Likeness: what is measured of twins decides, and where nothing was, what surfels tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, learned, pose_row
from tests.naive import likeness as naive

from colonnade_models import column as C
from colonnade_models.evidence import default_tolerance
from colonnade_models.hypotheses import push
from colonnade_models.likeness import AHEAD, ALIKE, UNSETTLED, compare_tied
from colonnade_models.memory import ObjectMemory
from colonnade_models.twin import NATS, NATS_OF_A_TURN, RATE, TWIN_SIZE, UNMEASURED, WORTH

f = np.float32
HERE = pose_row(Rotation.from_euler("xyz", [20, 30, 40], degrees=True), np.array([0.1, 0.0, 0.2]))
TURN = Rotation.from_rotvec([0, 0, np.pi])
BLOB = learned("a", blob(2), count=2500)
SETTINGS = C.default_settings()


def turned(by: Rotation) -> np.ndarray:
    """HERE, then a turn of the object: the pose of a twin."""
    T = by.as_matrix() @ HERE[:9].reshape(3, 3)
    return np.r_[T.ravel(), by.apply(HERE[9:])].astype(f)


def blob_with_twin(nats: float, of_a_turn: float, rate: float = UNMEASURED) -> ObjectMemory:
    twins = np.zeros((1, TWIN_SIZE), f)
    twins[0, :9] = TURN.as_matrix().ravel()
    twins[0, [NATS, NATS_OF_A_TURN, RATE, WORTH]] = nats, of_a_turn, rate, 1.0
    return ObjectMemory([replace(BLOB, twins=twins)])


def told(memory: ObjectMemory, touches: int = 0, other: Rotation = TURN, ahead: float = 0.0) -> int:
    """How HERE and the other pose compare, after so many touches of HERE."""
    column = felt(memory, touches)
    column.ranked[0] = ahead
    for pose in (HERE, turned(other)):
        push(column.hypotheses, 0, pose, f(1.0))
    return compare_tied(column, memory.arrays, 0, 1)


def felt(memory: ObjectMemory, touches: int) -> C.Column:
    """A column that met the blob, which lies as HERE says, so many times."""
    column = C.init(memory.arrays)
    random = np.random.default_rng(3)
    shape = blob(2)
    turn = Rotation.from_matrix(HERE[:9].reshape(3, 3).T)
    for row, percept in zip(
        column.features, shape.percepts(shape.sample(touches, random), random), strict=False
    ):
        row[:18] = percept
        row[:3] = turn.apply(percept[:3] - HERE[9:])
        row[3:6] = turn.apply(percept[3:6])
    column.tally[C.PERCEPTS] = column.tally[C.MET] = touches
    return column


@pytest.mark.parametrize("seed", range(24))
def test_whether_a_tie_is_settled_is_plain(seed: int) -> None:
    random = np.random.default_rng(seed)
    nats, of_a_turn, rate = (float(x) for x in random.choice([0.02, 0.12, 0.3, 1.0, np.inf], 3))
    memory, ahead = blob_with_twin(nats, of_a_turn, rate), float(random.uniform(0, 3))
    touches = int(random.integers(0, 60))
    other = Rotation.from_rotvec(random.normal(0, random.choice([0.05, 0.5]), 3)) * TURN
    rows = felt(memory, touches).features[:touches]
    plain = naive.compare_tied(
        memory["a"], memory.arrays.centre[0], HERE, turned(other), rows, ahead,
        SETTINGS, default_tolerance(),
    )  # fmt: skip
    assert told(memory, touches, other, ahead) == plain


@pytest.mark.parametrize(
    ("nats", "of_a_turn", "alike"),
    [
        (float(SETTINGS.symmetric_below) / 2, 2.0, True),  # a symmetry, though nothing is round
        (float(SETTINGS.symmetric_below) * 2, 2.0, False),
        (
            float(SETTINGS.faint_below) * 0.9,
            float(SETTINGS.faint_below) * 0.9,
            True,
        ),  # a faint print all round
        (float(SETTINGS.faint_below) * 0.9, float(SETTINGS.faint_below) * 1.1, False),
        (float(SETTINGS.faint_below) * 1.1, float(SETTINGS.faint_below) * 0.9, False),
        (UNMEASURED, UNMEASURED, False),  # surfels tell: a blob is no symmetric thing
    ],
)
def test_measured_nats_decide_whether_twins_are_alike(
    nats: float, of_a_turn: float, alike: bool
) -> None:
    assert told(blob_with_twin(nats, of_a_turn)) == (ALIKE if alike else UNSETTLED)


def test_only_a_pose_near_the_twin_is_taken_for_it() -> None:
    memory = blob_with_twin(0.0, 0.0)
    near = Rotation.from_rotvec([0.15, 0, 0]) * TURN
    far = Rotation.from_rotvec([0.5, 0, 0]) * TURN
    assert told(memory, other=near) == ALIKE
    assert told(memory, other=far) == UNSETTLED


def test_a_tie_is_waited_for_until_touches_should_have_told() -> None:
    """The less touches keep of what surfels promise, the longer."""
    promising, doubtful = blob_with_twin(2.0, 2.0), blob_with_twin(0.3, 2.0)
    waits = []
    for memory in (promising, doubtful):
        waits.append(next(n for n in range(1, 200) if told(memory, n) == ALIKE))
    assert 2 < waits[0] < 15
    assert waits[1] > 3 * waits[0]


@pytest.mark.parametrize("rate", [0.101, 0.12, 0.2, 0.5, 1.0, 3.0, UNMEASURED])
def test_the_less_a_touch_tells_the_smaller_a_lead_settles(rate: float) -> None:
    memory = blob_with_twin(1.0, 1.0, rate)
    margin = float(SETTINGS.pose_margin) + np.log(min(rate, 1.0))
    assert 1 < margin <= SETTINGS.pose_margin
    assert told(memory, ahead=margin - 1e-4) == UNSETTLED
    assert told(memory, ahead=margin + 1e-4) == AHEAD


def test_what_touches_tell_too_slowly_is_not_waited_for() -> None:
    assert told(blob_with_twin(1.0, 1.0, float(SETTINGS.slow) * 0.9)) == ALIKE
    assert told(blob_with_twin(1.0, 1.0, float(SETTINGS.slow) * 1.1)) == UNSETTLED
