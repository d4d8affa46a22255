"""What is done to many hypotheses at once comes to what kernels do to one after the other."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.models.synthetic import pose_row, random_table

from colonnade_bridge.onnx.laying import resembling
from colonnade_bridge.onnx.near import drop_twins
from colonnade_models import hypotheses as H
from colonnade_models import seeding
from colonnade_models.evidence import FEATURE_SIZE, default_tolerance, features_of

f = np.float32


def crowd(seed: int) -> H.Hypotheses:
    """Hypotheses of three objects, many of which nearly agree."""
    random = np.random.default_rng(seed)
    h = H.new_hypotheses(60)
    middles = Rotation.random(4, random_state=seed)
    for _ in range(50):
        turn = middles[int(random.integers(4))] * Rotation.from_rotvec(random.normal(0, 0.05, 3))
        pose = pose_row(turn, random.normal(0, 0.003, 3))
        H.push(h, int(random.integers(3)), pose, f(random.normal()))
    for number, array in enumerate((h.cost, h.costed, h.fit, h.fitted)):
        array[:50] = np.arange(50) + 100 * number
    h.rivalry.alike[:50] = random.integers(0, 3, 50)
    return h


@settings(deadline=None, derandomize=True)  # the first may wait for the compiler
@given(st.integers(0, 2**32 - 1))
def test_twins_are_dropped(seed: int) -> None:
    one, all_ = crowd(seed), crowd(seed)
    centre = np.random.default_rng(seed).normal(0, 0.02, (3, 3)).astype(f)
    H.drop_twins(one, centre, f(0.994), f(0.004))
    drop_twins(all_, centre, f(0.994), f(0.004))
    n = int(one.count[0])
    assert all_.count[0] == n < 50
    for a, b in zip((*one[:-2], *one.rivalry[2:]), (*all_[:-2], *all_.rivalry[2:]), strict=True):
        np.testing.assert_array_equal(a[:n], b[:n])


@settings(deadline=None, derandomize=True)  # the first may wait for the compiler
@given(st.integers(0, 2**32 - 1))
def test_surfels_resemble_a_percept(seed: int) -> None:
    random, t = np.random.default_rng(seed), default_tolerance()
    percept, feature = random.normal(size=18).astype(f), np.zeros(FEATURE_SIZE, f)
    percept[9:11] = random.normal(0, 60, 2)
    percept[11:14] = random.random(3)
    features_of(percept, feature)
    table, most = random_table(60, seed % 1000), f(random.uniform(0.5, 4))
    expected = [seeding._resembles(feature, row, t, most) for row in table]
    told = resembling(feature, table, t, most)
    assert told.tolist() == expected
