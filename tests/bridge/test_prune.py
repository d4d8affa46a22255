"""Pruning keeps what is asked for, the same every time, and what differs from its neighbours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.models.synthetic import blob, ellipsoid, learned, random_table
from tests.naive import prune as naive

from colonnade_bridge.prune import FEWEST, pruned
from colonnade_models import surfel as S
from colonnade_models.learned import LearnedObject

EGG = learned("egg", ellipsoid(0.03, 0.03, 0.04), count=4000)


def is_of(table: np.ndarray, one: np.ndarray) -> np.ndarray:
    """Whether each surfel of `table` lies where one of `one` does."""
    places = {row.tobytes() for row in one[:, :3]}
    return np.array([row.tobytes() in places for row in table[:, :3]])


@pytest.mark.parametrize("share", [0.9, 0.5, 0.2, 0.05])
def test_as_many_are_kept_as_asked_for(share: float) -> None:
    keep = round(share * len(EGG.table))
    left = pruned(EGG, keep)
    assert len(left.table) == max(keep, FEWEST)
    assert is_of(left.table, EGG.table).all()
    assert (left.name, left.steps) == (EGG.name, EGG.steps)


def test_an_object_that_has_no_more_stays_as_it_is() -> None:
    assert pruned(EGG, len(EGG.table)) is EGG
    small = LearnedObject("small", random_table(FEWEST, 1), 0.004)
    assert pruned(small, 0) is small


def test_the_same_is_kept_every_time() -> None:
    assert pruned(EGG, 150).table.tobytes() == pruned(EGG, 150).table.tobytes()


@pytest.mark.parametrize("seed", [1, 2])
def test_what_goes_is_what_goes_step_by_step(seed: int) -> None:
    thing = learned("blob", blob(seed), count=500, spacing=0.008)
    thing = replace(thing, table=np.ascontiguousarray(thing.table[:90]))
    expected = thing.table[naive.kept(thing.table, 40)]
    assert (pruned(thing, 40).table[:, :17] == expected[:, :17]).all()


def test_a_patch_of_another_colour_stays() -> None:
    """Of a grey egg with a red spot the grey goes."""
    table = EGG.table.copy()
    spot = table[:, 2] > 0.036
    table[spot, S.COLOUR : S.COLOUR + 3] = (0.0, 0.9, 0.8)
    left = pruned(replace(EGG, table=table), len(table) // 4).table
    red = left[:, S.COLOUR + 1] > 0.5
    assert spot.sum() > 5
    assert red.sum() / spot.sum() > 1.5 * len(left) / len(table)


def test_a_handle_stays() -> None:
    """A thin bow on an egg bends as nothing around it does."""
    random = np.random.default_rng(0)
    bow = learned("bow", ellipsoid(0.004, 0.004, 0.02), count=900, spacing=0.004).table.copy()
    bow[:, 0] += 0.045
    table = np.concatenate([EGG.table, bow])[random.permutation(len(EGG.table) + len(bow))]
    left = pruned(replace(EGG, table=table), len(table) // 3).table
    before, after = (is_of(t, bow).sum() for t in (table, left))
    assert after / before > len(left) / len(table)


def test_those_that_stay_stand_for_more() -> None:
    left = pruned(EGG, len(EGG.table) // 4)
    assert left.spacing == pytest.approx(2 * EGG.spacing, rel=0.01)
    spread = slice(S.SPREAD_NORMAL, S.SPREAD_NORMAL + 6)
    before = EGG.table[is_of(EGG.table, left.table)]
    assert (left.table[:, spread].mean(axis=0) >= before[:, spread].mean(axis=0)).all()
