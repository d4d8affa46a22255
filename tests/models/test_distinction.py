"""Distinction and twins: what plain loops find, and what symmetry says they must find."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import (
    Shape,
    blob,
    ellipsoid,
    learned,
    lopsided,
    moved,
    pose_row,
    rounded_box,
    spindle,
)
from tests.naive import distinction as naive
from tests.naive.twins import mean_loss

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.distinction import (
    ALIKE,
    at_home,
    expected_lead,
    imagine,
    laid_into,
    look_alike,
    relative_pose,
    usual_lead,
)
from colonnade_models.evidence import FEATURE_SIZE, default_tolerance, features_of
from colonnade_models.memory import ObjectMemory
from colonnade_models.twins import find_twins

f = np.float32
T = default_tolerance()
THINGS = [
    replace(learned("blob", blob(1), count=3000), trust=np.array([0.4, 2.0], f)),
    learned("egg", ellipsoid(0.03, 0.02, 0.012)),
]
MEMORY = ObjectMemory(THINGS).arrays
PROBES = 128


def alike(o: int, a: np.ndarray, p: int, b: np.ndarray) -> bool:
    return look_alike(MEMORY, o, a, p, b, PROBES, T, np.zeros(FEATURE_SIZE, f), np.zeros(12, f))


@pytest.mark.parametrize("seed", range(20))
def test_what_a_touch_would_cost_is_plain(seed: int) -> None:
    random = np.random.default_rng(seed)
    a = pose_row(Rotation.random(random_state=seed), random.normal(0, 0.1, 3))
    shake = Rotation.from_rotvec(random.normal(0, 0.1, 3)).as_matrix()
    b = a.copy()
    b[:9] = (shake @ a[:9].reshape(3, 3)).ravel()
    b[9:] = shake @ a[9:] + random.normal(0, 0.002, 3)
    relative, row = np.zeros(12, f), np.zeros(FEATURE_SIZE, f)
    relative_pose(a, b, relative)
    wild = 0
    surfels = THINGS[0].table[:: len(THINGS[0].table) // 60]
    for s in surfels:
        imagine(s, row)
        plain = naive.imagine(s)
        assert np.allclose(row, plain, atol=1e-7)
        got = at_home(s, row, T) - laid_into(MEMORY, row, 0, relative, T)
        wild += abs(got - naive.loss(s, THINGS[0], relative, T)) > 5e-3
    assert wild <= 1  # on the wall between two cells another surfel may answer


def test_a_pose_looks_like_itself_and_like_a_symmetric_one() -> None:
    here = pose_row(Rotation.identity(), np.zeros(3))
    for o in range(2):
        assert alike(o, here, o, here)
    assert not alike(0, here, 1, here)
    for axis in np.eye(3):
        turned = pose_row(Rotation.from_rotvec(np.pi * axis), np.zeros(3))
        assert alike(1, here, 1, turned)
        assert not alike(0, here, 0, turned)
        assert naive.look_alike(THINGS[1], here, THINGS[1], turned, PROBES, T)
        quarter = pose_row(Rotation.from_rotvec(np.pi / 2 * axis), np.zeros(3))
        assert not alike(1, here, 1, quarter)
        assert not naive.look_alike(THINGS[1], here, THINGS[1], quarter, PROBES, T)


def test_alike_is_what_plain_loops_call_so() -> None:
    here, same, different = pose_row(Rotation.identity(), np.zeros(3)), [], 0
    for seed in range(24):
        axis = Rotation.random(random_state=seed).as_matrix()[0]
        pose = pose_row(Rotation.from_rotvec(seed * 0.012 * axis), np.zeros(3))
        same.append(alike(0, here, 0, pose))
        different += same[-1] != naive.look_alike(THINGS[0], here, THINGS[0], pose, PROBES, T)
    assert different <= 1  # a point on the wall between two cells
    assert 3 < sum(same) < 21


def test_a_small_mark_tells_a_turn_that_is_alike_everywhere_else() -> None:
    """Too small to tell on average, but it would tell much."""
    here = pose_row(Rotation.identity(), np.zeros(3))
    turned = pose_row(Rotation.from_rotvec([0, 0, np.pi]), np.zeros(3))
    marked = learned("egg", ellipsoid(0.03, 0.02, 0.012))
    marked.table[marked.table[:, 0] > 0.026, S.COLOUR : S.COLOUR + 3] = 0.5, 1.0, 1.0
    memory = ObjectMemory([marked]).arrays
    relative = naive.relative_pose(here, turned)
    losses = [naive.telling(s, marked, relative, T) for s in marked.table]
    assert np.mean(losses) < ALIKE
    scratch = np.zeros(FEATURE_SIZE, f), np.zeros(12, f)
    assert not look_alike(memory, 0, here, 0, turned, PROBES, T, *scratch)
    assert look_alike(memory, 0, here, 0, here, PROBES, T, *scratch)


def test_colour_alone_tells_what_is_alike_in_shape() -> None:
    """A pale half: too little for the mean of all that a touch tells, but surely there."""
    here = pose_row(Rotation.identity(), np.zeros(3))
    turned = pose_row(Rotation.from_rotvec([0, 0, np.pi]), np.zeros(3))
    paled = learned("egg", ellipsoid(0.03, 0.02, 0.012))
    scratch = np.zeros(FEATURE_SIZE, f), np.zeros(12, f)
    assert alike(1, here, 1, turned)
    paled.table[paled.table[:, 0] > 0, S.COLOUR + 2] -= f(0.12)
    relative = naive.relative_pose(here, turned)
    assert np.mean([naive.telling(s, paled, relative, T) for s in paled.table]) < ALIKE
    assert not look_alike(ObjectMemory([paled]).arrays, 0, here, 0, turned, PROBES, T, *scratch)


def test_the_hue_of_a_grey_thing_tells_nothing() -> None:
    """The hue of each surfel is chance where saturation is a rounding error, and not where it is
    not."""
    here = pose_row(Rotation.identity(), np.zeros(3))
    turned = pose_row(Rotation.from_rotvec([0, 0, np.pi]), np.zeros(3))
    scratch = np.zeros(FEATURE_SIZE, f), np.zeros(12, f)
    alike = []
    for saturation in (0.01, 0.8):
        egg = learned("egg", ellipsoid(0.03, 0.02, 0.012))
        egg.table[:, S.COLOUR] = np.random.default_rng(3).uniform(0, 1, len(egg.table))
        egg.table[:, S.COLOUR + 1 : S.COLOUR + 3] = saturation, 0.6
        alike.append(
            look_alike(ObjectMemory([egg]).arrays, 0, here, 0, turned, PROBES, T, *scratch)
        )
    assert alike == [True, False]


@pytest.mark.parametrize("seed", range(8))
def test_the_lead_that_touches_should_have_brought_is_plain(seed: int) -> None:
    random = np.random.default_rng(seed)
    turn, shift = Rotation.random(random_state=seed), random.normal(0, 0.1, 3)
    a, b = pose_row(turn, shift), pose_row(Rotation.random(random_state=seed + 99), shift)
    percepts = blob(1).percepts(blob(1).sample(30, random), random)
    rows = np.zeros((30, FEATURE_SIZE), f)
    for row, p in zip(rows, moved(percepts, turn, shift), strict=True):
        features_of(p, row)
    rows[::7, P.ON_OBJECT] = 0
    scratch = np.zeros(FEATURE_SIZE, f), np.zeros(12, f)
    got = expected_lead(MEMORY, 0, a, 0, b, rows[:25], f(0), T, *scratch)
    plain = naive.expected_lead(THINGS[0], a, THINGS[0], b, rows[:25], T)
    assert plain > 20
    assert abs(got - plain) < 0.1 * plain  # on the wall between two cells another may answer
    full = MEMORY._replace(trust=np.ones_like(MEMORY.trust))
    assert expected_lead(full, 0, a, 0, a, rows[:25], f(0), T, *scratch) == pytest.approx(
        0, abs=1.5
    )
    half = expected_lead(MEMORY, 0, a, 0, b, rows[:12], f(0), T, *scratch)
    assert expected_lead(MEMORY, 0, a, 0, b, rows[12:25], f(half), T, *scratch) == got
    usual = naive.usual_lead(THINGS[0], a, THINGS[0], b, PROBES, T)
    assert usual_lead(MEMORY, 0, a, 0, b, PROBES, T, *scratch) == pytest.approx(usual, abs=0.1)


def twins_of(shape: Shape, count: int = 4000) -> tuple[Rotation, np.ndarray]:
    """Rotations and shifts (W, 3) of the twins, from object to object."""
    rows = find_twins(ObjectMemory([learned("x", shape, count=count)]).arrays)[:, :12]
    assert rows.dtype == np.float32
    return Rotation.from_matrix(rows[:, :9].reshape(-1, 3, 3)), rows[:, 9:]


def near(turns: Rotation, places: np.ndarray, wanted: Rotation) -> bool:
    """Whether a twin turns as wanted about the object's centre, within 6 degrees and 4 mm."""
    angles = np.degrees((turns.inv() * wanted).magnitude())
    return bool(((angles < 6) & (np.linalg.norm(places, axis=1) < 0.004)).any())


def test_a_cube_has_its_twenty_three_turns() -> None:
    turns, places = twins_of(rounded_box(0.02, 0.02, 0.02))
    group = Rotation.create_group("O")
    group = group[group.magnitude() > 0.1]
    assert len(group) == 23
    for turn in group:
        assert near(turns, places, turn)


def test_a_brick_has_three() -> None:
    turns, places = twins_of(rounded_box(0.035, 0.022, 0.012))
    for turn in Rotation.from_rotvec(np.pi * np.eye(3)):
        assert near(turns, places, turn)
    # and no quarter turn, which two sides of the three would give away
    for turn in Rotation.from_rotvec(np.pi / 2 * np.eye(3)):
        assert not near(turns, places, turn)


def test_a_body_of_revolution_has_a_ring_each_way_up() -> None:
    found, _ = twins_of(spindle(0.018, 0.04))
    axis = found.apply([0, 0, 1])
    upright = np.cos(np.radians(6))  # the others are a little tilted, and tell that they are
    up, down = found[axis[:, 2] > upright], found[axis[:, 2] < -upright]
    assert len(up) + len(down) > 0.6 * len(found)
    for ring in (up, down):
        about = np.degrees(np.sort([np.arctan2(*R.as_matrix()[[1, 0], 0]) for R in ring]))
        assert len(about) >= 8
        gaps = np.diff(np.r_[about, about[0] + 360])
        assert gaps.max() < 75


def test_the_best_twin_of_a_lopsided_thing_is_far_worse_than_a_bricks() -> None:
    def least_loss(shape: Shape) -> float:
        """Nats a touch that the most alike other way of lying loses."""
        thing = learned("thing", shape)
        poses = find_twins(ObjectMemory([thing]).arrays)[:, :12]
        far = Rotation.from_matrix(poses[:, :9].reshape(-1, 3, 3)).magnitude() > np.radians(30)
        return min((mean_loss(thing, pose, T) for pose in poses[far]), default=np.inf)

    assert least_loss(rounded_box(0.035, 0.022, 0.012)) < 0.5
    assert least_loss(lopsided()) > 1


def test_twins_are_found_alike_every_time() -> None:
    memory = ObjectMemory([THINGS[1]]).arrays
    assert find_twins(memory).tobytes() == find_twins(memory).tobytes()
