"""Telling apart: what touches tell of twins, by plain loops and by what symmetry says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import Shape, ellipsoid, learned, pose_row, rounded_box, spindle
from tests.naive import telling_apart as naive

from colonnade_models import percept as P
from colonnade_models import telling_apart
from colonnade_models.distinction import MOST_TELLING
from colonnade_models.evidence import FEATURE_SIZE, default_tolerance
from colonnade_models.learned import LearnedObject
from colonnade_models.memory import ObjectMemory
from colonnade_models.odds import borne_out, told_by
from colonnade_models.telling_apart import (
    NUMBERS,
    TURN,
    _score_all,
    measured,
    part_turn,
)
from colonnade_models.twin import NATS, NATS_OF_A_TURN, POSE_SIZE, RATE, UNMEASURED, WORTH
from colonnade_models.twins import find_twins

f = np.float32


def with_twins(shape: Shape) -> LearnedObject:
    known = learned("x", shape, count=3000)
    return replace(known, twins=find_twins(ObjectMemory([known]).arrays))


def touches_of(shape: Shape, count: int = 4000) -> np.ndarray:
    random = np.random.default_rng(9)
    return shape.percepts(shape.sample(count, random), random)


def test_what_disturbed_touches_cost_and_promise_is_plain() -> None:
    shape = ellipsoid(0.03, 0.02, 0.012)
    known, touches = learned("x", shape, count=1500), touches_of(shape, 80)
    white = np.random.default_rng(2).standard_normal((80, NUMBERS), dtype=f)
    poses = np.stack(
        [
            pose_row(Rotation.from_rotvec(turn), np.full(3, shift))
            for turn, shift in (([0, 0, 0], 0.0), ([0.2, 0, 0.1], 0.001), ([0, 0, np.pi], 0.0))
        ]
    )
    t, out = default_tolerance(), np.zeros((80, 3, 2, 2), f)
    memory = ObjectMemory([known]).arrays
    scratch = np.zeros((2, FEATURE_SIZE), f)
    _score_all(memory, touches, white, poses, t, scratch[0], scratch[1], out)
    for w, pose in enumerate(poses):
        for k, plainly in enumerate((naive.costs, naive.promises)):
            plain = np.array(plainly(known, touches, white, pose, t))
            # on the wall between two cells another surfel may answer
            assert (np.abs(out[:, w, k] - plain) < 0.01).all(axis=1).mean() > 0.95
        assert np.ptp(out[:, w, 0, 0]) > 2
        assert out[:, w, 0, 1].max() > 0.01
    assert out[:, 1, 1, 0].max() > 1
    assert np.abs(out[:, 0, 1]).mean() < 0.01  # nobody is told from himself


@pytest.mark.parametrize("seed", range(6))
def test_part_of_a_turn_is_about_the_same_axis(seed: int) -> None:
    random = np.random.default_rng(seed)
    whole = Rotation.from_rotvec(
        random.uniform(0.3, 3.1) * Rotation.random(rng=seed).apply([1, 0, 0])
    )
    pose = pose_row(whole, random.normal(0, 0.02, 3))
    part = part_turn(pose)
    assert part is not None
    turn, centre = naive.part_turn(pose, TURN)
    got = Rotation.from_matrix(part[:9].reshape(3, 3))
    assert got.magnitude() == pytest.approx(TURN, abs=1e-5)
    either = [(got * turn.inv()).magnitude(), (got * turn).magnitude()]  # an axis has two ends
    assert min(either) < 1e-4
    assert got.apply(centre) + part[9:] == pytest.approx(centre, abs=1e-5)


def test_what_is_only_shifted_has_no_axis() -> None:
    assert part_turn(pose_row(Rotation.from_rotvec([0, 0.05, 0]), np.full(3, 0.01))) is None


def test_a_symmetry_costs_nothing_and_another_turn_does() -> None:
    box = with_twins(rounded_box(0.035, 0.022, 0.012))
    twins = measured(box, touches_of(rounded_box(0.035, 0.022, 0.012))).twins
    assert (twins[:, :POSE_SIZE] == box.twins[:, :POSE_SIZE]).all()
    turns = Rotation.from_matrix(twins[:, :9].reshape(-1, 3, 3))
    unmoved = np.abs(twins[:, 9:POSE_SIZE]).max(axis=1) < 0.002
    for axis in np.eye(3):
        half = unmoved & ((turns * Rotation.from_rotvec(-np.pi * axis)).magnitude() < 0.1)
        assert half.any()
        assert twins[half, NATS].max() < 0.04
        assert twins[half, RATE].max() < 0.05
        assert twins[half, NATS_OF_A_TURN].min() > 0.5  # it is not round


def test_a_round_thing_may_be_turned_a_little() -> None:
    round_thing = with_twins(spindle(0.018, 0.04))
    twins = measured(round_thing, touches_of(spindle(0.018, 0.04))).twins
    about = np.abs(twins[:, 8] - 1) < 0.02  # the axis stays where it is
    assert about.sum() > 5
    assert twins[about, NATS].max() < 0.05
    assert twins[about, NATS_OF_A_TURN].max() < 0.05


def test_chance_gives_surfels_what_touches_do_not_bear_out() -> None:
    """Each surfel is given a colour that means nothing: held out touches find no difference."""
    shape = rounded_box(0.035, 0.022, 0.012)
    box, touches = with_twins(shape), touches_of(shape)
    touches[:, P.COLOUR + 2] = np.random.default_rng(4).uniform(0.2, 0.8, len(touches))
    turns = Rotation.from_matrix(box.twins[:, :9].reshape(-1, 3, 3))
    half = (turns * Rotation.from_rotvec([0, 0, -np.pi])).magnitude() < 0.1
    half &= np.abs(box.twins[:, 9:POSE_SIZE]).max(axis=1) < 0.002
    assert half.any()
    assert measured(box, touches).twins[half, NATS].max() < 0.06


def test_too_few_touches_measure_nothing() -> None:
    box = with_twins(rounded_box(0.035, 0.022, 0.012))
    few = touches_of(rounded_box(0.035, 0.022, 0.012), 300)
    assert (measured(box, few).twins[:, NATS:] == UNMEASURED).all()
    assert len(measured(replace(box, twins=box.twins[:0]), few).twins) == 0


def test_a_twin_that_shape_tells_is_no_symmetry_however_little_shape_is_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    box = with_twins(rounded_box(0.035, 0.022, 0.012))
    random = np.random.default_rng(8)
    count = len(box.twins)
    size = (4000, 1 + 2 * count)
    cost = np.stack([random.normal(0.0, 1.0, size), random.normal(0.2, 0.3, size)], axis=2)
    cost[:, 0] = 0.0
    cost[:, 1] = 0.3, 0.0
    promised = random.uniform(0, 2, (4000, 1 + 2 * count, 2))
    costs = cost.astype(f), promised.astype(f)
    monkeypatch.setattr(telling_apart, "_costs", lambda *_: costs)
    known = measured(box, touches_of(rounded_box(0.035, 0.022, 0.012), 500))
    assert known.trust[0] < 0.3 < 1.0 < known.trust[1]
    assert known.twins[0, NATS] == pytest.approx(0.3, abs=1e-4)
    assert known.twins[1:, NATS].min() > 0.25
    told, by = told_by(costs[0][:, : 1 + count], known.trust), costs[1][:, 1 : 1 + count]
    rate, worth = borne_out(told, np.minimum(by @ known.trust, MOST_TELLING))
    assert known.twins[:, RATE] == pytest.approx(rate)
    assert known.twins[:, WORTH] == pytest.approx(worth)
    assert len(np.unique(rate)) == count  # so no twin may have another's
