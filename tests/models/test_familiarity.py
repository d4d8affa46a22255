"""Profiles and shortlists are those of plain loops, and the true object is on the list."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.synthetic import blob, learned, random_table
from tests.naive import profile as naive

from colonnade_models import percept as P
from colonnade_models import profile as Q
from colonnade_models.evidence import BEND, FEATURE_SIZE, VAR_BEND, features_of
from colonnade_models.familiarity import (
    FAMILIAR,
    LEAST_LISTED,
    MOST_LISTED,
    list_familiar,
    list_only,
    new_shortlist,
    surprise_of,
)
from colonnade_models.learned import LearnedObject
from colonnade_models.memory import ObjectMemory
from colonnade_models.profile import CELLS, bend_cell, colour_cell, profile


def random_features(count: int, random: np.random.Generator) -> np.ndarray:
    """Percepts of nothing in particular, some of them off the object or vague."""
    f = np.zeros((count, FEATURE_SIZE), np.float32)
    f[:, BEND : BEND + 2] = random.normal(0, 3, (count, 2))
    f[:, P.COLOUR : P.COLOUR + 3] = random.normal(0.5, 0.4, (count, 3))
    f[:, P.ON_OBJECT] = random.random(count) < 0.8
    f[:, VAR_BEND] = np.where(random.random(count) < 0.8, 0.1, 9.0)
    return f


@pytest.mark.parametrize("number", range(3))
def test_a_profile_is_that_of_plain_loops(number: int) -> None:
    table = random_table(30, number)
    assert np.abs(profile(table) - naive.profile(table)).max() <= 0.5 + 1e-3


@given(st.floats(-20, 20), st.floats(-20, 20), *[st.floats(-2, 2)] * 3)
def test_cells_are_those_of_plain_loops(
    first: float, second: float, hue: float, saturation: float, value: float
) -> None:
    f = np.zeros(FEATURE_SIZE, np.float32)
    f[BEND], f[BEND + 1] = first, second
    f[P.COLOUR : P.COLOUR + 3] = hue, saturation, value
    bent, coloured = naive.cells(f)
    assert bend_cell(f[BEND], f[BEND + 1]) == bent
    found = colour_cell(f[P.COLOUR], f[P.COLOUR + 1], f[P.COLOUR + 2])
    if abs(hue * Q.HUES - round(hue * Q.HUES)) > 1e-4:  # on a wall rounding decides
        assert found == coloured
    assert Q.BEND_CELLS <= found < CELLS


@pytest.mark.parametrize("objects", [1, 5, 39, 40, 41, 300])
@pytest.mark.parametrize("number", range(3))
def test_the_shortlist_is_that_of_plain_loops(objects: int, number: int) -> None:
    random = np.random.default_rng(number)
    surprise = random.integers(0, 60, (CELLS, objects)).astype(np.uint8)
    features = random_features(4, random)
    total, expected = naive.familiar(surprise, features)
    found = new_shortlist(objects)
    list_only(0, found)  # what was listed before must not matter
    list_familiar(surprise, features, len(features), found)
    count = found.count[0]
    assert np.array_equal(found.surprise, total)
    assert found.object[:count].tolist() == expected
    assert min(objects, LEAST_LISTED) <= count <= MOST_LISTED
    assert (np.diff(found.worth[:count]) <= 0).all()
    assert found.worth[0] == 1
    behind = (total[expected] - total.min()) / Q.STEPS_PER_NAT
    assert (behind[LEAST_LISTED:] <= FAMILIAR).all()
    for f in features[features[:, P.ON_OBJECT] == 1]:
        for o in range(objects):
            assert surprise_of(surprise, f, o) == surprise[naive.cells(f), o].sum()


def test_one_object_alone_can_be_listed() -> None:
    found = new_shortlist(7)
    list_only(3, found)
    assert found.count[0] == 1
    assert found.object[0] == 3
    assert found.worth[0] == 1


def test_objects_are_familiar_by_what_they_are_like() -> None:
    """Of sixty blobs in different paint the true one is among the first few, mostly the first."""
    shapes = [blob(k) for k in range(4)]
    plain = [learned(f"blob{k}", shape, count=600) for k, shape in enumerate(shapes)]
    things = []
    for k in range(60):
        table = plain[k % 4].table.copy()
        table[:, 13] = (table[:, 13] + k / 60) % 1
        things.append(LearnedObject(f"painted{k}", table, plain[k % 4].spacing))
    memory = ObjectMemory(things).arrays
    assert memory.surprise.shape == (CELLS, 60)
    assert memory.surprise.flags.c_contiguous
    ranks = []
    for k in range(0, 60, 5):
        random = np.random.default_rng(k)
        rows = shapes[k % 4].percepts(shapes[k % 4].sample(6, random), random)
        rows[:, P.COLOUR] = (rows[:, P.COLOUR] + k / 60) % 1
        features = np.zeros((6, FEATURE_SIZE), np.float32)
        for f, row in zip(features, rows, strict=True):
            features_of(row, f)
        found = new_shortlist(60)
        list_familiar(memory.surprise, features, 6, found)
        listed = found.object[: found.count[0]].tolist()
        assert k in listed
        ranks.append(listed.index(k))
    assert np.mean(ranks) < 4
