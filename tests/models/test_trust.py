"""Trust: a surfel whose touches surprise may cost a hypothesis less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.models.synthetic import blob, learned
from tests.naive import trust as naive

from colonnade_models import surfel as S
from colonnade_models import trust as module
from colonnade_models.evidence import default_tolerance
from colonnade_models.memory import ObjectMemory
from colonnade_models.trust import HIGHEST_FLOOR, _count_surprises, trust

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


def test_surprises_are_those_of_plain_counting() -> None:
    thing, rows = learned("blob", blob(1), count=1500), touches(500)
    rows[::3, 9:11] = 3000, -3000
    rows[::3, 11:14] = 0.5, 1, 0
    rows[5::7, 14] = 0
    white = np.random.default_rng(4).standard_normal((len(rows), 11), dtype=f)
    got = np.zeros((len(thing.table), 2), f)
    memory = ObjectMemory([thing]).arrays
    _count_surprises(memory, rows, white, default_tolerance(), got)
    found = naive.surprises(thing, rows, white, default_tolerance())
    expected = naive.count_surprises(found, len(thing.table))
    unsure = np.zeros(len(expected), bool)  # where rounding decides
    for i, value, features in found:
        cell = (features[:3] - thing.index.origin) / thing.spacing
        unsure[i] |= abs(value) < 0.01 or np.abs(cell - np.round(cell)).min() < 1e-3
    assert unsure.mean() < 0.2
    assert (got[~unsure] == expected[~unsure]).all()
    assert expected[:, 0].sum() > 350
    assert 100 < expected[:, 1].sum() < 300


def test_a_floor_is_the_likelihood_ratio_of_a_surprise(monkeypatch: pytest.MonkeyPatch) -> None:
    """From counts that are known, over all rounds."""
    thing = learned("blob", blob(1))
    counts = np.random.default_rng(5).integers(0, 9, (len(thing.table), 2)).cumsum(axis=1)[:, ::-1]

    def count(memory: object, rows: object, white: object, t: object, out: np.ndarray) -> None:
        out += counts

    monkeypatch.setattr(module, "_count_surprises", count)
    share = 3 * counts[:, 1] + module.USUAL * module.USUAL_WEIGHT
    share = share / (3 * counts[:, 0] + module.USUAL_WEIGHT)
    expected = np.clip(np.log(share / module.OTHERWISE), S.LOWEST_FLOOR, HIGHEST_FLOOR)
    assert np.allclose(trust(thing, touches(50)), expected, atol=1e-5)
    assert np.ptp(expected) > 2


def test_the_same_seed_gives_the_same_trust() -> None:
    thing, rows = learned("blob", blob(1), count=2000), touches(500)
    assert trust(thing, rows, 1).tobytes() == trust(thing, rows, 1).tobytes()
    assert trust(thing, rows, 1).tobytes() != trust(thing, rows, 2).tobytes()
    known = replace(thing, table=thing.table.copy())
    known.table[:, S.FLOOR] = trust(thing, rows, 1)
    assert np.isfinite(known.table).all()
