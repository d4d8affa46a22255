"""Rehearsal: surfels expect what plain lists of displaced touches say."""

from __future__ import annotations

import numpy as np
from tests.models.synthetic import blob, learned
from tests.naive import rehearsal as naive

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.rehearsal import NUMBERS, ROUNDS, rehearse

SPREADS = slice(S.SPREAD_NORMAL, S.SPREAD_PLACE + 1)


def touches(count: int) -> np.ndarray:
    random = np.random.default_rng(3)
    return blob(1).percepts(blob(1).sample(count, random), random)


def test_expectations_are_those_of_plain_lists() -> None:
    thing, rows = learned("blob", blob(1), count=1500), touches(500)
    rows[5::7, P.ON_OBJECT] = 0
    rows[1::9, P.SIGMA_BEND] = 1e4
    before = thing.table.copy()
    got = rehearse(thing, rows, seed=8)
    assert (thing.table == before).all()
    white = np.random.default_rng([8, 4]).standard_normal(
        (ROUNDS, len(rows), NUMBERS), dtype=np.float32
    )
    expected = naive.rehearse(thing, rows, white)
    changed = np.abs(expected - before).max(axis=1) > 1e-9
    assert changed.mean() > 0.8
    # where a touch lies on the wall between two cells rounding decides whose it is
    alike = np.isclose(got, expected, rtol=2e-3, atol=2e-5).all(axis=1)
    assert alike.mean() > 0.9
    assert (got[:, : S.BEND] == before[:, : S.BEND]).all()
    assert (got[:, S.HIT] == before[:, S.HIT]).all()


def test_where_colours_change_they_are_expected_to_vary() -> None:
    thing, rows = learned("blob", blob(1), count=3000), touches(3000)
    for row in rows:
        row[P.COLOUR : P.COLOUR + 3] = 0.3, 0.8, 0.9 if row[0] > 0 else 0.1
    thing.table[:, S.SPREAD_COLOUR : S.SPREAD_COLOUR + 3] = 0.001
    table = rehearse(thing, rows)
    edge = np.abs(table[:, 0]) < 0.002
    far = np.abs(table[:, 0]) > 0.012
    assert edge.sum() > 20
    value = table[:, S.SPREAD_COLOUR + 2]
    assert np.median(value[edge]) > 0.05
    assert value[far].max() < 0.002
    assert table[:, S.SPREAD_COLOUR].max() < 0.002  # the hue is the same all over
    between = table[edge, S.COLOUR + 2]
    assert ((between > 0.15) & (between < 0.85)).mean() > 0.7
    assert np.isfinite(table[:, SPREADS]).all()
    assert (table[:, SPREADS] >= 0).all()
