"""Trust: a surfel whose touches surprise may cost a hypothesis less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.models.synthetic import blob, learned
from tests.naive import evidence as naive
from tests.naive.spatial_index import lookup

from colonnade_models import surfel as S
from colonnade_models.evidence import default_tolerance
from colonnade_models.trust import HIGHEST_FLOOR, trust

f = np.float32


def touches(count: int = 1500) -> np.ndarray:
    random = np.random.default_rng(3)
    return blob(1).percepts(blob(1).sample(count, random), random)


def test_where_touches_fit_a_miss_costs_more_than_where_they_surprise() -> None:
    thing, rows = learned("blob", blob(1)), touches()
    before = thing.table.copy()
    calm = trust(thing, rows)
    assert (thing.table == before).all()
    assert calm.shape == (len(thing.table),)
    assert ((calm >= S.LOWEST_FLOOR) & (calm <= HIGHEST_FLOOR)).all()
    spoilt = rows.copy()
    half = spoilt[:, 0] > 0.01
    spoilt[half, 9:11] = 3000, -3000  # one side feels otherwise each time
    spoilt[half, 11:14] = 0.5, 1, 0
    wild = trust(thing, spoilt)
    there = thing.table[:, 0] > 0.015
    elsewhere = thing.table[:, 0] < 0
    assert np.median(wild[there]) > np.median(calm[there]) + 1
    assert abs(np.median(wild[elsewhere]) - np.median(calm[elsewhere])) < 0.2


def test_shares_are_those_of_plain_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without noise every touch of every round surprises, or does not, as the plain score says."""
    from colonnade_models import trust as module

    class Quiet:
        def standard_normal(self, size: tuple[int, int], dtype: type) -> np.ndarray:
            return np.zeros(size, dtype)

    thing, rows = learned("blob", blob(1), count=1500), touches(400)
    monkeypatch.setattr(module.np.random, "default_rng", lambda seed: Quiet())
    rows[::3, 9:11] = 3000, -3000
    rows[::3, 11:14] = 0.5, 1, 0
    rows[5::7, 14] = 0
    here = np.eye(3, 4)
    pose = np.r_[here[:, :3].ravel(), 0, 0, 0]
    counts = np.zeros((len(thing.table), 2))
    unsure = np.zeros(len(counts), bool)
    for row in rows[rows[:, 14] > 0].astype(float):
        i = lookup(thing, row[:3], row[3:6])
        cell = (row[:3] - thing.index.origin) / thing.spacing
        if i < 0:
            continue
        value = naive.score(thing, pose, naive.features_of(row), default_tolerance(), 0.0)
        unsure[i] |= abs(value) < 0.01 or np.abs(cell - np.round(cell)).min() < 1e-3
        counts[i] += module.ROUNDS * np.array([1, value < module.SURPRISE])
    share = counts[:, 1] + module.USUAL * module.USUAL_WEIGHT
    share /= counts[:, 0] + module.USUAL_WEIGHT
    expected = np.clip(np.log(share / module.OTHERWISE), S.LOWEST_FLOOR, HIGHEST_FLOOR)
    got = trust(thing, rows)
    assert unsure.mean() < 0.2
    assert np.allclose(got[~unsure], expected[~unsure], atol=1e-4)
    assert np.ptp(expected) > 2


def test_the_same_seed_gives_the_same_trust() -> None:
    thing, rows = learned("blob", blob(1), count=2000), touches(500)
    assert trust(thing, rows, 1).tobytes() == trust(thing, rows, 1).tobytes()
    assert trust(thing, rows, 1).tobytes() != trust(thing, rows, 2).tobytes()
    known = replace(thing, table=thing.table.copy())
    known.table[:, S.FLOOR] = trust(thing, rows, 1)
    assert np.isfinite(known.table).all()
