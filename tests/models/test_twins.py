"""Twins: an object laid onto itself, told from itself as plain loops tell it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, ellipsoid, learned
from tests.naive import twins as naive

from colonnade_models.evidence import FEATURE_SIZE, default_tolerance
from colonnade_models.learned import LearnedObject
from colonnade_models.memory import ObjectMemory
from colonnade_models.twins import LARGEST_LOSS, MOST_TWINS, _mean_loss, _spread, find_twins

f = np.float32


@pytest.fixture(scope="module")
def thing() -> LearnedObject:
    return learned("blob", blob(1), count=1500)


def pose_of(turn: Rotation, shift: np.ndarray) -> np.ndarray:
    return np.r_[turn.as_matrix().ravel(), shift].astype(f)


def test_the_mean_loss_is_that_of_plain_loops(thing: LearnedObject) -> None:
    memory, t = ObjectMemory([thing]).arrays, default_tolerance()
    random = np.random.default_rng(6)
    means = []
    for seed, angle in enumerate([0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.1]):
        axis = Rotation.random(random_state=seed).as_matrix()[0]
        pose = pose_of(Rotation.from_rotvec(angle * axis), random.normal(0, 0.001, 3))
        losses = naive.losses(thing, pose, t)
        expected = naive.mean_loss(thing, pose, t)
        got = _mean_loss(memory, pose, t, np.zeros(FEATURE_SIZE, f))
        # a point on the wall between two cells may fall into either: one or two of a few hundred
        assert abs(got - expected) <= 2.5 * float(LARGEST_LOSS) / len(losses)
        means.append(expected)
    assert min(means) < 0.5
    assert max(means) > 2


def test_places_are_spread_as_far_as_they_can() -> None:
    position = np.random.default_rng(7).normal(size=(80, 3)).astype(f)
    assert list(_spread(position, 12)) == naive.spread(position.astype(float), 12)
    assert sorted(_spread(position[:5], 12)) == [0, 1, 2, 3, 4]


def test_the_half_turns_of_a_grey_ellipsoid_are_twins() -> None:
    """About each of its axes, up to what the surfels' spacing lets differ."""
    egg = learned("egg", ellipsoid(0.045, 0.03, 0.02))
    poses = find_twins(ObjectMemory([egg]).arrays)
    turns = Rotation.from_matrix(poses[:, :9].reshape(-1, 3, 3))
    for axis in np.eye(3):
        half = Rotation.from_rotvec(np.pi * axis)
        assert np.degrees((turns * half.inv()).magnitude()).min() < 8
    assert np.degrees(turns.magnitude()).min() > 15
    assert len(poses) <= MOST_TWINS
    assert np.abs(poses[:, 9:12]).max() < 0.01
