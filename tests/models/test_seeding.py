"""Seeding proposes what plain loops over all surfels propose, and the truth among it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, learned, moved, random_table
from tests.naive import seeding as naive

from colonnade_models import percept as P
from colonnade_models.alignment import TURN_COSINE, TURN_SINE, TURNS, align, frame_of
from colonnade_models.anchor import choose_anchor
from colonnade_models.evidence import FEATURE_SIZE, default_tolerance, features_of, loosened
from colonnade_models.familiarity import list_only, surprise_of
from colonnade_models.hypotheses import new_hypotheses
from colonnade_models.learned import LearnedObject
from colonnade_models.memory import ObjectMemory
from colonnade_models.seeding import (
    RESEMBLES,
    Search,
    SeedPlan,
    new_seed_plan,
    seed,
)

f = np.float32
T = loosened(default_tolerance(), f(0.003), f(0.15))
REACH = f(0.1)


def scene(number: int, count: int = 5) -> tuple[list[LearnedObject], np.ndarray]:
    """Two objects and the features of touches of the first as it lies anyhow."""
    things = [
        LearnedObject("a", random_table(60, number), 0.005),
        LearnedObject("b", random_table(40, number + 50), 0.004),
    ]
    random = np.random.default_rng(number)
    rows = np.zeros((count, P.PERCEPT_SIZE), f)
    chosen = things[0].table[random.choice(60, count, replace=False)]
    rows[:, :11], rows[:, 11:14] = chosen[:, :11], chosen[:, 13:16]
    rows[:, P.ON_OBJECT], rows[:, P.SIGMA_BEND] = 1, 1
    rows[:, P.DIRECTED] = random.integers(0, 2, count)
    rows = moved(rows, Rotation.random(random_state=number), random.normal(0, 0.1, 3))
    features = np.zeros((count, FEATURE_SIZE), f)
    for row, p in zip(features, rows, strict=True):
        features_of(p, row)
    return things, features


def plan_of(objects: int) -> SeedPlan:
    """A plan that lists all of a few objects alike."""
    plan = new_seed_plan(objects)
    plan.listed.object[:objects] = range(objects)
    plan.listed.worth[:objects] = 1
    plan.listed.count[0] = objects
    return plan


def search(budget: int, slack: float) -> Search:
    return Search(budget, TURNS, RESEMBLES, f(slack), REACH)


@pytest.mark.parametrize("number", range(6))
def test_proposals_and_their_evidence_are_those_of_plain_loops(number: int) -> None:
    things, features = scene(number)
    all_of_them = search(100_000, 1e6)  # nothing is given up
    if number >= 4:
        all_of_them = all_of_them._replace(turns=8, resembling=f(1.7))
    memory = ObjectMemory(things).arrays
    for anchor in range(2):
        out = new_hypotheses(4096)
        count = len(features)
        tried = seed(memory, features, count, anchor, T, all_of_them, plan_of(2), out)
        expected = naive.seed(things, features, anchor, T, all_of_them)
        assert tried == out.count[0] == len(expected)
        wild = 0
        for i, (o, pose, evidence) in enumerate(expected):
            assert out.object[i] == o
            assert np.allclose(out.pose[i], pose, atol=2e-6)
            # on the wall between two cells another surfel may answer
            wild += abs(out.evidence[i] - evidence) > 1e-2
        assert wild <= 0.1 * len(expected) + 1


@pytest.mark.parametrize("number", range(4))
def test_slack_keeps_the_best(number: int) -> None:
    """Giving up early and running out of room lose no proposal near the best."""
    things, features = scene(number, 8)
    memory = ObjectMemory(things).arrays
    everything, few = new_hypotheses(8192), new_hypotheses(16)
    count = len(features)
    plan = plan_of(2)
    seed(memory, features, count, 0, T, search(100_000, 1e6), plan, everything)
    seed(memory, features, count, 0, T, search(100_000, 20), plan, few)
    best = everything.evidence[: everything.count[0]].max()
    assert few.evidence[: few.count[0]].max() == best
    assert few.count[0] <= 16


def test_the_budget_is_kept_and_spread() -> None:
    thing = learned("blob", blob(1), count=4000)
    memory = ObjectMemory([thing]).arrays
    random = np.random.default_rng(0)
    rows = blob(1).percepts(blob(1).sample(6, random), random)
    rows[:, P.SIGMA_BEND], rows[:, P.DIRECTED] = 1e4, 0  # bending unknown: much resembles it
    features = np.zeros((6, FEATURE_SIZE), f)
    for row, p in zip(features, rows, strict=True):
        features_of(p, row)
    plan, out = plan_of(1), new_hypotheses(4096)
    wide = T._replace(colour=f(100))
    unlimited = seed(memory, features, 6, 0, wide, search(10**6, 20), plan, out)
    for budget in (500, 2000):
        tried = seed(memory, features, 6, 0, wide, search(budget, 20), plan, out)
        assert 0.5 * budget <= tried <= 1.1 * budget + TURNS < unlimited


def test_the_true_pose_is_among_the_proposals() -> None:
    thing = learned("blob", blob(1), count=4000)
    memory = ObjectMemory([thing]).arrays
    for number in range(6):
        random = np.random.default_rng(number)
        turn, shift = Rotation.random(random_state=number), random.normal(0, 0.1, 3)
        rows = moved(blob(1).percepts(blob(1).sample(6, random), random), turn, shift)
        features = np.zeros((6, FEATURE_SIZE), f)
        for row, p in zip(features, rows, strict=True):
            features_of(p, row)
        out, tried = new_hypotheses(512), np.full(6, -1, np.int64)
        plan = plan_of(1)
        anchor = choose_anchor(memory, features, 6, tried, plan.listed)
        seed(memory, features, 6, anchor, T, search(8000, 20), plan, out)
        R = out.pose[: out.count[0], :9].reshape(-1, 3, 3).transpose(0, 2, 1)
        angles = (Rotation.from_matrix(R).inv() * turn).magnitude()
        assert np.degrees(angles.min()) < 12


def test_what_one_object_does_not_need_another_may_use() -> None:
    things, features = scene(3)
    memory, out = ObjectMemory(things).arrays, new_hypotheses(4096)
    plan = plan_of(2)
    alone = []
    for o in range(2):
        list_only(o, plan.listed)
        tried = seed(memory, features, 5, 0, T, search(10**6, 1e6), plan, out)
        assert (out.object[: out.count[0]] == o).all()
        alone.append(tried)
    budget = alone[0] + alone[1] // 2
    plan = plan_of(2)
    tried = seed(memory, features, 5, 0, T, search(budget, 1e6), plan, out)
    first = int((out.object[: out.count[0]] == 0).sum())
    assert tried <= budget + TURNS
    assert first >= 0.8 * min(alone[0], budget // 2)
    plan.listed.worth[1] = 0.01  # nearly all for the first
    seed(memory, features, 5, 0, T, search(budget, 1e6), plan, out)
    assert (out.object[: out.count[0]] == 0).sum() == alone[0]


def test_the_anchor_proposes_fewest_and_is_not_tried_twice() -> None:
    things, features = scene(1)
    memory = ObjectMemory(things).arrays
    features[4, P.ON_OBJECT] = 0
    plan = plan_of(2)
    poses = []
    for i in range(4):
        likely = [np.exp(-surprise_of(memory.surprise, features[i], o) / 16) for o in range(2)]
        share = 0.25 if features[i, P.DIRECTED] else 1.0
        poses.append(share * (60 * likely[0] + 40 * likely[1]))
    tried, order = np.full(5, -1, np.int64), []
    while (anchor := choose_anchor(memory, features, 5, tried, plan.listed)) >= 0:
        order.append(anchor)
        tried[anchor] = 0
    assert order == sorted(range(4), key=lambda i: (poses[i], -i))


def test_a_pose_lays_the_percept_onto_its_surfel() -> None:
    things, features = scene(2)
    for s in things[0].table[:10]:
        for pose in naive.proposals(features[0], s, TURNS):
            R = pose[:9].reshape(3, 3)
            assert np.allclose(R @ features[0, 3:6], s[3:6], atol=1e-5)
            assert np.allclose(R @ features[0, :3] + pose[9:], s[:3], atol=1e-6)


def test_alignment_turns_as_plain_rotations_do() -> None:
    things, features = scene(2)
    for f_row in features:
        f_row[P.DIRECTED] = 0
        frame, pose = np.zeros(9, f), np.zeros(12, f)
        frame_of(f_row, frame)
        for s in things[0].table[:5]:
            plain = naive.proposals(f_row, s, TURNS)
            for cosine, sine, expected in zip(TURN_COSINE, TURN_SINE, plain, strict=True):
                align(frame, f_row, s, cosine, sine, pose)
                assert np.allclose(pose, expected, atol=1e-5)
