"""Practice: touches of an object in other attitudes, told in its own frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.agent.meshes import nearest, wedge

from colonnade.learning import learn_object
from colonnade.practice import MOST_TOUCHES, practise, practise_here
from colonnade.senses import Senses
from colonnade_envs.poses import matrix_of
from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.learned import LearnedObject


@pytest.fixture(scope="module")
def learned() -> LearnedObject:
    return learn_object(wedge(), body="touch", seed=0)


def test_touches_lie_on_the_object_in_its_own_frame(learned: LearnedObject) -> None:
    senses = Senses(wedge(), "touch")
    practice = practise(senses, learned, np.random.default_rng(1))
    senses.close()
    touches = practice.touches
    assert touches.shape == (len(touches), P.PERCEPT_SIZE)
    assert len(touches) > 200
    distance, outward = nearest(wedge(), touches[:, P.LOCATION : P.LOCATION + 3])
    assert np.quantile(distance, 0.98) < 0.0005
    along = (outward * touches[:, P.NORMAL : P.NORMAL + 3]).sum(axis=1)
    assert np.quantile(along, 0.2) > 0.99  # on the sides; at the edges a patch sees two
    across = (outward * touches[:, P.DIRECTION : P.DIRECTION + 3]).sum(axis=1)
    assert np.quantile(np.abs(across), 0.8) < 0.1
    assert practice.met.mean() > 0.7


def test_all_places_are_aimed_at_and_misses_are_counted(learned: LearnedObject) -> None:
    here = learned.table[::5]
    nowhere = here + np.array([0.5, *np.zeros(S.SURFEL_SIZE - 1)], np.float32)
    senses = Senses(wedge(), "touch")
    half = replace(learned, table=np.concatenate([here, nowhere]))
    practice = practise(senses, half, np.random.default_rng(2))
    senses.close()
    counts = np.bincount(practice.aimed, minlength=len(half.table))
    assert set(counts) <= {2, 3}
    assert practice.met.shape == practice.aimed.shape
    beside = practice.aimed >= len(here)
    assert not practice.met[beside].any()
    assert practice.met[~beside].mean() > 0.7
    # a slide after some of the jumps that met
    met = practice.met.sum()
    assert met < len(practice.touches) < 1.5 * met


def test_it_follows_from_the_seed(learned: LearnedObject) -> None:
    def once() -> bytes:
        senses = Senses(wedge(), "touch")
        practice = practise(senses, learned, np.random.default_rng(7))
        senses.close()
        return practice.touches.tobytes() + practice.met.tobytes()

    assert once() == once()


def test_it_practises_an_object_as_it_lies(learned: LearnedObject) -> None:
    rotation = np.array([0.5, -0.5, 0.1, 0.7])
    rotation /= np.linalg.norm(rotation)
    senses = Senses(wedge(), "touch")
    place = senses.reset(rotation, 3)[:3]
    own = matrix_of(rotation).T
    pose = np.concatenate([own.ravel(), -own @ place]).astype(np.float32)
    practice = practise_here(senses, pose, learned, np.random.default_rng(1))
    senses.close()
    position = learned.surfels.position
    assert len(practice.aimed) == min(2 * len(position), MOST_TOUCHES)
    assert set(practice.aimed) == set(range(len(position)))
    assert practice.met.mean() > 0.7
    touched = practice.touches[:, P.LOCATION : P.LOCATION + 3]
    nearest = np.array([np.linalg.norm(position - t, axis=1).min() for t in touched])
    assert np.quantile(nearest, 0.99) < 2 * learned.spacing
