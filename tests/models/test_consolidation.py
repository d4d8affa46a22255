"""Consolidation: an object from its touches, and which surfel a place belongs to."""

from __future__ import annotations

import numpy as np
import pytest
from tests.models.synthetic import blob, learned, rounded_box

from colonnade_models import percept as P
from colonnade_models.consolidation import consolidate, sketch, surfels_at
from colonnade_models.learning import draft_of
from colonnade_models.surfel import HIT, USUALLY_HIT
from colonnade_models.twin import NATS


def test_a_place_belongs_to_the_surfel_that_is_there() -> None:
    thing = learned("a", blob(3), count=600)
    places = np.concatenate([thing.surfels.position, thing.surfels.normal], axis=1)
    found = surfels_at(thing, places)
    assert (found >= 0).all()
    apart = np.linalg.norm(thing.surfels.position[found] - places[:, :3], axis=1)
    assert apart.max() < 2 * thing.spacing
    assert np.median(apart) == 0
    places[:, :3] += 10.0
    assert (surfels_at(thing, places) == -1).all()


def test_places_that_touches_missed_are_hit_less_surely() -> None:
    thing = learned("a", blob(3), count=600)
    aimed = np.arange(len(thing.table))
    above = thing.surfels.position[:, 2] > 0
    none = np.zeros((0, 18), np.float32)
    hit = consolidate(thing, none, aimed, above, seed=0).table[:, HIT]
    high = thing.surfels.position[:, 2] > 3 * thing.spacing
    low = thing.surfels.position[:, 2] < -3 * thing.spacing
    assert hit[high].min() > USUALLY_HIT - 1e-6
    assert hit[low].max() < 0.5
    assert (thing.table[:, HIT] == thing.table[0, HIT]).all()  # the object given stays as it was


def test_touches_of_one_voxel_become_one_surfel() -> None:
    touch = np.zeros((3, 18), np.float32)
    touch[:, :3] = [[0.0011, 0.001, 0.001], [0.0013, 0.001, 0.001], [0.0041, 0.001, 0.001]]
    touch[:, 5] = touch[:, 6] = 1.0
    touch[:, P.ON_OBJECT] = 1.0
    known = sketch("a", draft_of(touch, 0.003), steps=5)
    assert known.steps == 5
    assert known.surfels.position[:, 0] == pytest.approx([0.0012, 0.0041])


def test_touches_measure_the_twins_of_what_is_consolidated() -> None:
    shape, random = rounded_box(0.035, 0.022, 0.012), np.random.default_rng(9)
    touches = shape.percepts(shape.sample(3000, random), random)
    aimed, met = np.zeros(0, np.int64), np.zeros(0, bool)
    box = consolidate(learned("box", shape), touches, aimed, met, seed=0)
    assert len(box.twins) >= 3
    assert np.isfinite(box.twins[:, NATS]).all()
    assert box.twins[:, NATS].min() < 0.04
