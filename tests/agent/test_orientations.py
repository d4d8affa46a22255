"""Orientations: the field's Euler angles as SciPy reads them, and streams of their own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from colonnade.flags import VIEWS
from colonnade.orientations import BASE, euler_quaternion, orientation
from colonnade.seeds import episode_rotation

ANGLE = st.floats(-720.0, 720.0)


@given(ANGLE, ANGLE, ANGLE)
def test_euler_angles_are_extrinsic(x: float, y: float, z: float) -> None:
    mine = euler_quaternion(x, y, z)
    true = Rotation.from_euler("xyz", [x, y, z], degrees=True)  # lower case: extrinsic
    assert mine[3] >= 0
    assert abs(mine @ true.as_quat()) == pytest.approx(1.0, abs=1e-9)


def test_the_training_orientations_are_14_different_sides() -> None:
    assert len(set(BASE)) == VIEWS == 14
    sides = np.array([Rotation.from_quat(euler_quaternion(*a)).as_matrix()[2] for a in BASE])
    between = np.degrees(np.arccos(np.clip(sides @ sides.T, -1, 1)))
    assert between[~np.eye(14, dtype=bool)].min() > 40


def test_base_goes_through_them_and_begins_anew() -> None:
    for trial in (0, 5, 14, 19):
        shown = orientation("base", 3, "mug", trial)
        assert (shown == euler_quaternion(*BASE[trial % 14])).all()


def test_random_ones_depend_on_seed_name_and_trial_alone() -> None:
    assert (orientation("random", 1, "mug", 2) == episode_rotation(1, "mug", 2)).all()
    first = orientation("euler", 1, "mug", 2)
    assert (first == orientation("euler", 1, "mug", 2)).all()
    for other in ((2, "mug", 2), (1, "cup", 2), (1, "mug", 3)):
        assert abs(first @ orientation("euler", *other)) < 0.9999


def test_euler_angles_are_uniform() -> None:
    turns = Rotation.from_quat([orientation("euler", 0, "mug", k) for k in range(3000)])
    # the middle angle folds into +-90 degrees and stays uniform there; uniform rotations would
    # favour 0, with a mean of 32.7
    middle = np.abs(np.degrees(turns.as_euler("xyz")[:, 1]))
    assert middle.mean() == pytest.approx(45.0, abs=1.5)
