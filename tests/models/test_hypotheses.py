"""Winners, twins and nearness of hypotheses against sorted lists and 4 x 4 matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import pose_row
from tests.naive import hypotheses as naive
from tests.naive import poses as naive_poses

from colonnade_models.distinction import after, relative_pose
from colonnade_models.hypotheses import (
    Hypotheses,
    best_of,
    drop_twins,
    is_near,
    is_tried,
    keep_winners,
    new_hypotheses,
    push,
)

f = np.float32


def random_pose(random: np.random.Generator) -> np.ndarray:
    turn = Rotation.from_rotvec(random.normal(0, 1, 3))
    return pose_row(turn, random.normal(0, 0.1, 3))


def crowd(seed: int, count: int, *, clusters: int = 0) -> tuple[Hypotheses, list]:
    random = np.random.default_rng(seed)
    centres = [random_pose(random) for _ in range(clusters)]
    h = new_hypotheses(count + 5)
    plain = []
    for _ in range(count):
        if clusters:
            shake = Rotation.from_rotvec(random.normal(0, 0.02, 3)).as_matrix()
            pose = centres[random.integers(clusters)].copy()
            pose[:9] = (shake @ pose[:9].reshape(3, 3)).ravel()
            pose[9:] += random.normal(0, 0.0005, 3)
        else:
            pose = random_pose(random)
        evidence = f(random.normal(20, 15))
        o = int(random.integers(3))
        assert push(h, o, pose, evidence)
        plain.append((o, pose, float(evidence)))
    return h, plain


def listed(h: Hypotheses) -> list:
    n = int(h.count[0])
    return list(zip(h.object[:n].tolist(), h.pose[:n], h.evidence[:n].tolist(), strict=True))


def assert_same(h: Hypotheses, plain: list) -> None:
    for got, expected in zip(listed(h), plain, strict=True):
        assert got[0] == expected[0]
        assert (got[1] == expected[1]).all()
        assert got[2] == expected[2]


@pytest.mark.parametrize("winners", [1, 7, 40, 500])
@pytest.mark.parametrize("seed", range(5))
def test_winners_are_those_of_a_sorted_list(winners: int, seed: int) -> None:
    h, plain = crowd(seed, 200)
    keep_winners(h, winners, f(30))
    expected = naive.keep_winners(plain, winners, 30)
    # bisection tells evidences apart down to the slack's 1 / 2^14; nearer ones may both go
    got, wanted = listed(h), [e[2] for e in expected]
    assert len(got) <= winners
    assert len(wanted) - len(got) <= sum(np.diff(sorted(wanted)) < 30 / 2**13) + 1
    remaining = iter(plain)
    for o, pose, evidence in got:  # a subsequence of the old order
        assert any(p[0] == o and p[2] == evidence and (p[1] == pose).all() for p in remaining)
    dropped = sorted({p[2] for p in plain} - {e[2] for e in got})
    if dropped:
        assert min(e[2] for e in got) > max(dropped) - 30 / 2**13
    assert max(e[2] for e in got) == max(p[2] for p in plain)


def test_winners_of_equals_fit_the_room() -> None:
    h = new_hypotheses(50)
    for k in range(50):
        push(h, k % 2, np.zeros(12, f), f(3))
    keep_winners(h, 8, f(10))
    assert h.count[0] == 8


def test_slack_drops_who_fell_behind() -> None:
    h = new_hypotheses(5)
    for evidence in (0, 30, 4.9, 5.1, 29):
        push(h, 0, np.zeros(12, f), f(evidence))
    keep_winners(h, 10, f(25))
    assert [e[2] for e in listed(h)] == pytest.approx([30, 5.1, 29])


def test_nobody_wins_among_none() -> None:
    h = new_hypotheses(3)
    keep_winners(h, 2, f(1))
    assert best_of(h) == -1
    assert h.count[0] == 0


def test_no_room_is_said() -> None:
    h = new_hypotheses(2)
    results = [push(h, 0, np.zeros(12, f), f(k)) for k in range(3)]
    assert results == [True, True, False]
    assert best_of(h) == 1


@pytest.mark.parametrize("seed", range(200))
def test_near_is_an_angle_and_a_distance(seed: int) -> None:
    random = np.random.default_rng(seed)
    a = random_pose(random)
    shake = Rotation.from_rotvec(random.normal(0, 0.1, 3))
    b = a.copy()
    b[:9] = (shake.as_matrix() @ a[:9].reshape(3, 3)).ravel()
    b[9:] += random.normal(0, 0.004, 3)
    centre = random.normal(0, 0.02, 3).astype(f)
    for angle in (0.05, 0.15, 0.3):
        for distance in (0.003, 0.01):
            if abs(shake.magnitude() - angle) < 1e-3:
                continue
            got = is_near(a, b, centre, f(np.cos(angle)), f(distance))
            assert got == naive_poses.is_near(a, b, centre, np.cos(angle), distance)
            assert got == is_near(b, a, centre, f(np.cos(angle)), f(distance))


@pytest.mark.parametrize("seed", range(6))
def test_twins_are_dropped_as_from_a_list(seed: int) -> None:
    h, plain = crowd(seed, 120, clusters=6)
    centre = np.random.default_rng(seed).normal(0, 0.02, (3, 3)).astype(f)
    drop_twins(h, centre, f(np.cos(0.05)), f(0.002))
    expected = naive.drop_twins(plain, centre, np.cos(0.05), 0.002)
    assert 18 <= len(expected) < 110
    assert_same(h, expected)
    assert max(e[2] for e in listed(h)) == max(p[2] for p in plain)


@pytest.mark.parametrize("seed", range(20))
def test_poses_compose_as_matrices_do(seed: int) -> None:
    random = np.random.default_rng(seed)
    a, b = random_pose(random), random_pose(random)
    out = np.zeros(12, f)
    after(b, a, out)
    assert np.allclose(out, naive_poses.after(b, a), atol=1e-6)
    relative_pose(a, b, out)
    assert np.allclose(out, naive_poses.relative_pose(a, b), atol=1e-6)
    back = np.zeros(12, f)
    after(out, a, back)  # from a into b, after a, is b
    assert np.allclose(back, b, atol=1e-6)


def test_a_pose_is_tried_where_one_of_the_same_object_lies_about_so() -> None:
    h, centre, place = new_hypotheses(4), np.array([0.01, 0, 0], f), np.array([0.1, 0.2, 0.3])
    push(h, 1, pose_row(Rotation.identity(), place), f(0))
    for degrees, shift, o, tried in (
        (9, 0.0, 1, True), (11, 0.0, 1, False), (0, 0.007, 1, True), (0, 0.009, 1, False),
        (0, 0.0, 0, False),
    ):  # fmt: skip
        turn = Rotation.from_rotvec([0, 0, np.radians(degrees)])
        about = place + centre - turn.apply(centre) + np.array([0, shift, 0])  # the centre stays
        assert is_tried(h, o, pose_row(turn, about), centre) == tried
