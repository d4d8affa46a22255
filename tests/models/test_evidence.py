"""Evidence: the kernel's score is the sum of its terms, and behaves as a likelihood should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, learned, moved, pose_row, random_table
from tests.naive import evidence as naive

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.evidence import (
    FEATURE_SIZE,
    MISSES_OTHERWISE,
    default_tolerance,
    features_of,
    fit,
    loosened,
    score,
    surfel_score,
)
from colonnade_models.learned import LearnedObject
from colonnade_models.memory import ObjectMemory
from colonnade_models.packed import HITS

f = np.float32
T = default_tolerance()
REACH = 0.1


def random_percept(seed: int, table: np.ndarray) -> np.ndarray:
    """A percept that resembles one of the surfels more or less."""
    random = np.random.default_rng(seed)
    s = table[random.integers(len(table))]
    wild = random.choice([0.1, 1.0, 4.0])
    out = np.zeros(P.PERCEPT_SIZE, f)
    out[:3] = s[:3] + random.normal(0, 0.002 * wild, 3)
    turn = Rotation.from_rotvec(random.normal(0, 0.1 * wild, 3))
    out[3:6], out[6:9] = turn.apply(s[3:6]), turn.apply(s[6:9])
    out[9:11] = np.sort(s[9:11] * random.normal(1, 0.2 * wild, 2))[::-1]
    out[11:14] = s[13:16] + random.normal(0, 0.05 * wild, 3)
    out[P.ON_OBJECT] = 1
    out[P.DIRECTED] = random.integers(2)
    out[P.SIGMA_NORMAL], out[P.SIGMA_BEND] = random.choice([[0.0, 0.0], [0.05, 10], [0.5, 1e4]])
    return out


def features(percept: np.ndarray) -> np.ndarray:
    out = np.zeros(FEATURE_SIZE, f)
    features_of(percept, out)
    return out


@pytest.mark.parametrize("seed", range(30))
def test_features_are_those_of_the_formula(seed: int) -> None:
    p = random_percept(seed, random_table(20, seed))
    expected = naive.features_of(p)
    assert np.allclose(features(p)[: len(expected)], expected, rtol=3e-6, atol=1e-6)


def test_score_is_the_sum_of_its_terms() -> None:
    things = [
        LearnedObject("a", random_table(300, 1, 0.02), 0.004),
        LearnedObject("b", random_table(40, 2, 0.03), 0.006),
    ]
    memory = ObjectMemory(things).arrays
    kinds = {"floor": 0, "between": 0, "good": 0}
    for seed in range(400):
        random = np.random.default_rng(seed)
        o = seed % 2
        turn, shift = Rotation.random(random_state=seed), random.normal(0, 0.1, 3)
        p = moved(random_percept(seed, things[o].table)[None], turn, shift)[0]
        pose, row = pose_row(turn, shift), features(p)
        point = pose[:9].reshape(3, 3).astype(float) @ row[:3].astype(float) + pose[9:]
        cell = (point - memory.origin[o]) / things[o].spacing
        if np.abs(cell - np.round(cell)).min() < 1e-3:
            continue  # which cell it is is a matter of rounding
        got = score(memory, o, pose, row, T, f(REACH))
        expected = naive.score(things[o], pose, row, T, REACH)
        # a place rounds at 1e-8 m against a standard deviation of 2 mm, angles at 1e-6 against
        # 0.05; squared and halved, weighed and levelled off
        assert got == pytest.approx(expected, abs=2e-3)
        kinds["floor" if got == T.floor else "good" if got > 1 else "between"] += 1
    assert min(kinds.values()) > 20


def test_surfel_score_takes_tolerance_and_levels_off() -> None:
    table = random_table(200, 3)
    loose = loosened(T, f(0.003), f(0.15))
    assert loose.place == pytest.approx(T.place + 0.003**2)
    assert loose.normal == pytest.approx(T.normal + 0.15**2)
    for seed, s in enumerate(table):
        p = random_percept(seed, s[None])
        row = features(p)
        for t in (T, loose):
            got = surfel_score(row, *p[:9], s, t)
            v = p.astype(float)
            expected = naive.surfel_score(row.astype(float), v[:3], v[3:6], v[6:9], s, t)
            assert got == pytest.approx(expected, abs=1e-3)
            assert t.floor <= got <= t.gain


def test_fit_forgives_what_varies_by_itself_and_the_score_does_not() -> None:
    thing = learned("blob", blob(3), count=1500)
    memory = ObjectMemory([thing]).arrays
    vague = ObjectMemory([thing]).arrays
    vague.surfels[:, S.SPREAD_PLACE] += f(4e-5)
    random = np.random.default_rng(0)
    pose = pose_row(Rotation.from_rotvec([0.05, 0, 0.02]), np.array([0.001, 0, 0]))
    plain, there, score_lost, fit_lost = 0, 0, [], []
    for p in blob(3).percepts(blob(3).sample(120, random), random):
        row = features(p)
        arguments = (0, pose, row, T, f(REACH))
        got = fit(memory, *arguments)
        there += 1
        plain += abs(got - naive.fit(thing, pose, row, T, REACH)) < 2e-3
        fit_lost.append(got - fit(vague, 0, pose, row, T, f(REACH)))
        score_lost.append(
            score(memory, 0, pose, row, T, f(REACH)) - score(vague, 0, pose, row, T, f(REACH))
        )
    assert plain >= there - 3  # on the wall between two cells another surfel may answer
    assert max(fit_lost) < 0.5
    assert np.mean(score_lost) > 0.5


def test_lines_of_sight_are_pierced_where_plain_marching_says_so() -> None:
    thing = learned("blob", blob(3), count=3000)
    random = np.random.default_rng(0)
    hits = HITS[[1, 2, 5, 15]]  # that packing keeps: 0.37, 0.6, 0.9, 0.999
    thing.table[:, S.HIT] = random.choice(hits, len(thing.table))
    memory = ObjectMemory([thing]).arrays
    outcomes = []
    disagreements = 0
    for seed in range(250):
        turn, shift = Rotation.random(random_state=seed), random.normal(0, 0.1, 3)
        pose = pose_row(turn, shift)
        p = np.zeros(P.PERCEPT_SIZE, f)
        back = random.normal(size=3)
        back /= np.linalg.norm(back)
        # from around the object past it, past its rim, or not as far as its surface
        p[:3] = turn.apply(back * random.uniform(0.03, 0.08) + random.normal(0, 0.02, 3)) + shift
        p[3:6] = turn.apply(back)
        row = features(p)
        got = score(memory, 0, pose, row, T, f(REACH))
        expected = naive.score(thing, pose, row, T, REACH)
        outcomes.append(float(got))
        assert fit(memory, 0, pose, row, T, f(REACH)) == got
        disagreements += abs(got - expected) > 1e-5
    # the surer a touch there meets, up to a limit; a place that is rarely met tells nothing
    kinds = [T.pierced, *(np.log((1 - hit) / MISSES_OTHERWISE) for hit in hits[2:0:-1]), 0.0]
    assert np.allclose(sorted(set(np.round(outcomes, 5))), kinds, atol=1e-4)
    assert 25 < outcomes.count(0.0) < 225
    # a step of the march may round across the wall of a cell
    assert disagreements <= 5


def test_a_look_that_stops_short_of_the_surface_pierces_nothing() -> None:
    thing = learned("blob", blob(3), count=3000)
    memory = ObjectMemory([thing]).arrays
    p = np.zeros(P.PERCEPT_SIZE, f)
    p[:3], p[3:6] = (0, 0, 0.08), (0, 0, 1)
    pose = pose_row(Rotation.identity(), np.zeros(3))
    assert score(memory, 0, pose, features(p), T, f(0.2)) < -1
    assert score(memory, 0, pose, features(p), T, f(0.02)) == 0
    p[3:6] = (0, 0, -1)  # looking away
    assert score(memory, 0, pose, features(p), T, f(0.2)) == 0


def test_touches_of_the_object_itself_score_high_and_those_of_another_low() -> None:
    """What all recognition rests on: the truth gains several nats a touch, the rest loses."""
    random = np.random.default_rng(1)
    memory = ObjectMemory([learned("a", blob(1)), learned("b", blob(2))]).arrays
    rows = blob(1).percepts(blob(1).sample(200, random), random)
    pose = pose_row(Rotation.identity(), np.zeros(3))
    own = [score(memory, 0, pose, features(p), T, f(REACH)) for p in rows]
    other = [score(memory, 1, pose, features(p), T, f(REACH)) for p in rows]
    assert np.mean(own) > 3
    assert np.mean(other) < 0.5
    assert np.percentile(own, 5) > 1


@pytest.mark.parametrize("away", [0.002, 0.004, 0.008])
def test_the_score_falls_with_distance_from_the_surface(away: float) -> None:
    random = np.random.default_rng(2)
    memory = ObjectMemory([learned("a", blob(1))]).arrays
    rows = blob(1).percepts(blob(1).sample(100, random), random)
    lifted = rows.copy()
    lifted[:, :3] += f(away) * lifted[:, 3:6]
    pose = pose_row(Rotation.identity(), np.zeros(3))
    on = np.mean([score(memory, 0, pose, features(p), T, f(REACH)) for p in rows])
    off = np.mean([score(memory, 0, pose, features(p), T, f(REACH)) for p in lifted])
    assert off < on - 0.3 * min((away / 0.0022) ** 2, 9) / 2


@given(st.integers(0, 199), st.floats(0.0, np.pi), st.floats(0.0, np.pi))
def test_turning_away_never_pays(which: int, one: float, other: float) -> None:
    """Up to a right angle, beyond it, and where the two meet."""
    s = random_table(200, 3)[which]
    row = features(random_percept(which, s[None]))
    axis, scores = s[S.DIRECTION : S.DIRECTION + 3], []
    for angle in sorted((one, other)):
        normal = Rotation.from_rotvec(angle * axis).apply(s[S.NORMAL : S.NORMAL + 3]).astype(f)
        place = (*s[:3], *normal, *axis)
        scores.append(surfel_score(row, *place, s, T))
    assert scores[1] <= scores[0] + 1e-3


def test_hue_is_a_circle() -> None:
    s = random_table(1, 4)[0]
    s[13:16] = 0.99, 0.9, 0.9
    p = random_percept(0, s[None])
    p[:3], p[3:6], p[6:9] = s[:3], s[3:6], s[6:9]
    totals = []
    for hue in (0.99, 0.01, 0.5):
        p[11:14] = hue, 0.9, 0.9
        totals.append(surfel_score(features(p), *p[:9], s, T))
    assert totals[0] - totals[1] < 0.05
    assert totals[0] - totals[2] > 1
