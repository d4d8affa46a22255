"""Refinement: a step is numpy's Gauss-Newton step, and steps lead to the true pose."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, learned, moved, pose_row, spindle
from tests.naive import refinement as naive

from colonnade_models import percept as P
from colonnade_models.evidence import FEATURE_SIZE, default_tolerance, features_of
from colonnade_models.memory import ObjectMemory
from colonnade_models.refinement import new_normal_equations, orthonormalise, refine

f = np.float32
T = default_tolerance()
THING = learned("blob", blob(1), count=3000)
MEMORY = ObjectMemory([THING]).arrays


def featured(rows: np.ndarray) -> np.ndarray:
    out = np.zeros((len(rows), FEATURE_SIZE), f)
    for row, p in zip(out, rows, strict=True):
        features_of(p, row)
    return out


def lying(seed: int, count: int = 30) -> tuple[np.ndarray, np.ndarray, Rotation, np.ndarray]:
    """Features, a pose a little off, and how the object truly lies."""
    random = np.random.default_rng(seed)
    turn, shift = Rotation.random(random_state=seed), random.normal(0, 0.1, 3)
    rows = moved(blob(1).percepts(blob(1).sample(count, random), random), turn, shift)
    rows[random.random(count) < 0.1, P.ON_OBJECT] = 0
    off = Rotation.from_rotvec(random.normal(0, 0.06, 3))
    return featured(rows), pose_row(off * turn, shift + random.normal(0, 0.001, 3)), turn, shift


@pytest.mark.parametrize("seed", range(12))
def test_a_step_is_numpys(seed: int) -> None:
    rows, pose, _, _ = lying(seed)
    expected = naive.refine(THING, pose, rows, T, MEMORY.centre[0].astype(float))
    got = pose.copy()
    assert refine(MEMORY, 0, got, rows, 0, len(rows), 1, T, new_normal_equations())
    if np.abs(got - expected).max() > 2e-5:
        # a percept on the wall between two cells may be looked up in either: leave those out
        keep = [
            i
            for i in range(len(rows))
            if np.allclose(
                *(
                    naive.refine(THING, p, rows[i : i + 1], T, MEMORY.centre[0].astype(float))
                    for p in (pose, pose + np.r_[np.zeros(9), np.full(3, 2e-8)])
                ),
                atol=1e-6,
            )
        ]
        assert len(keep) > 0.8 * len(rows)
        rows = rows[keep]
        expected = naive.refine(THING, pose, rows, T, MEMORY.centre[0].astype(float))
        got = pose.copy()
        refine(MEMORY, 0, got, rows, 0, len(rows), 1, T, new_normal_equations())
    assert np.allclose(got[:9], expected[:9], atol=2e-5)
    assert np.allclose(got[9:], expected[9:], atol=2e-6)


def test_first_last_and_stride_choose_the_percepts() -> None:
    rows, pose, _, _ = lying(3)
    a, b = pose.copy(), pose.copy()
    refine(MEMORY, 0, a, rows, 2, 20, 3, T, new_normal_equations())
    refine(MEMORY, 0, b, rows[2:20:3].copy(), 0, 6, 1, T, new_normal_equations())
    assert (a == b).all()


@pytest.mark.parametrize("seed", range(8))
def test_steps_lead_to_the_true_pose(seed: int) -> None:
    rows, pose, turn, shift = lying(seed, 60)
    normal = new_normal_equations()
    start = angle_and_place(pose, turn, shift)
    for _ in range(15):
        refine(MEMORY, 0, pose, rows, 0, len(rows), 1, T, normal)
    angle, place = angle_and_place(pose, turn, shift)
    assert angle < max(1.0, 0.45 * start[0])
    assert place < 0.0007


def angle_and_place(pose: np.ndarray, turn: Rotation, shift: np.ndarray) -> tuple[float, float]:
    """Degrees and metres off."""
    estimate = Rotation.from_matrix(pose[:9].reshape(3, 3).T)
    angle = np.degrees((estimate.inv() * turn).magnitude())
    return float(angle), float(np.linalg.norm(-estimate.apply(pose[9:]) - shift))


def test_what_nothing_constrains_stays() -> None:
    """About its own axis a body of revolution is not turned by its touches."""
    shape = spindle(0.02, 0.04)
    memory = ObjectMemory([learned("spindle", shape, count=4000)]).arrays
    random = np.random.default_rng(0)
    rows = shape.percepts(shape.sample(40, random), random)
    about = Rotation.from_rotvec([0, 0, 1.0])
    pose = pose_row(about, np.zeros(3))
    for _ in range(10):
        refine(memory, 0, pose, featured(rows), 0, 40, 1, T, new_normal_equations())
    left = Rotation.from_matrix(pose[:9].reshape(3, 3).T.astype(float)) * about.inv()
    assert np.degrees(left.magnitude()) < 3


def test_nothing_sensed_moves_nothing() -> None:
    rows, pose, _, _ = lying(1)
    rows[:, P.ON_OBJECT] = 0
    got = pose.copy()
    assert refine(MEMORY, 0, got, rows, 0, len(rows), 1, T, new_normal_equations())
    assert np.allclose(got, pose, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_orthonormalise_is_gram_schmidt(seed: int) -> None:
    random = np.random.default_rng(seed)
    R = Rotation.random(random_state=seed).as_matrix()
    pose = np.r_[(R + random.normal(0, 0.02, (3, 3))).ravel(), 1, 2, 3].astype(f)
    first, second = pose[:3].copy(), pose[3:6].copy()
    orthonormalise(pose)
    O = pose[:9].reshape(3, 3).astype(float)  # noqa: E741
    assert np.allclose(O @ O.T, np.eye(3), atol=1e-6)
    assert np.linalg.det(O) == pytest.approx(1, abs=1e-6)
    assert np.allclose(O[0], first / np.linalg.norm(first), atol=1e-6)
    assert abs(np.cross(O[0], O[1]) @ second) < 1e-6
    assert (pose[9:] == [1, 2, 3]).all()
