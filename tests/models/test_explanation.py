"""Explanation: score by score as written out slowly; alignment finds the pose."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, learned, moved, pose_row
from tests.naive import evidence as naive

from colonnade_models import percept as P
from colonnade_models.evidence import default_tolerance
from colonnade_models.explanation import IDENTITY, aligned, explain
from colonnade_models.memory import ObjectMemory


def test_explaining_is_scoring_one_by_one() -> None:
    things = [learned("a", blob(1), count=1500), learned("b", blob(2), count=1500)]
    memory = ObjectMemory(things).arrays
    random = np.random.default_rng(0)
    percepts = blob(2).percepts(blob(2).sample(40, random), random)
    percepts[::5, P.ON_OBJECT] = 0.0  # a sensor that looked and found nothing
    for o, thing in enumerate(things):
        told = explain(memory, o, IDENTITY, percepts, 0.05)
        for percept, nats in zip(percepts, told, strict=True):
            features = naive.features_of(percept)
            expected = naive.score(thing, IDENTITY, features, default_tolerance(), 0.05)
            assert nats == pytest.approx(expected, abs=2e-3)
    assert told.sum() > explain(memory, 0, IDENTITY, percepts, 0.05).sum() + 50


def test_aligned_brings_percepts_to_their_place() -> None:
    memory = ObjectMemory([learned("thing", blob(3))]).arrays
    random = np.random.default_rng(1)
    percepts = blob(3).percepts(blob(3).sample(120, random), random)
    turn, shift = Rotation.from_rotvec([0.05, -0.07, 0.06]), np.array([0.002, -0.001, 0.002])
    percepts = moved(percepts, turn, shift)
    pose = aligned(memory, 0, IDENTITY, percepts)
    truth = pose_row(turn, shift)
    assert np.abs(pose - truth).max() < 0.02
    before, after = (explain(memory, 0, p, percepts).mean() for p in (IDENTITY, pose))
    assert after > before + 0.5
    assert np.array_equal(IDENTITY[:9].reshape(3, 3), np.eye(3))
