"""Practice: touches of an object in other attitudes, told in its own frame."""

from __future__ import annotations

import numpy as np
import pytest
from tests.agent.meshes import wedge

from colonnade.learning import learn_object
from colonnade.practice import MOST_TOUCHES, practise, practise_here
from colonnade.senses import Senses
from colonnade_envs.poses import matrix_of
from colonnade_models import percept as P
from colonnade_models.memory import LearnedObject


@pytest.fixture(scope="module")
def learned() -> LearnedObject:
    return learn_object(wedge(), body="touch", seed=0)


def test_touches_lie_on_the_object_in_its_own_frame(learned: LearnedObject) -> None:
    senses = Senses(wedge(), "touch")
    practice = practise(senses, learned, np.random.default_rng(1))
    senses.close()
    touches = practice.touches
    assert len(touches) > 200
    position = learned.surfels.position
    apart = [np.linalg.norm(position - t[P.LOCATION : P.LOCATION + 3], axis=1) for t in touches]
    nearest = np.array([row.min() for row in apart])
    assert np.quantile(nearest, 0.99) < 2 * learned.spacing
    best = np.array([row.argmin() for row in apart])
    along = (learned.surfels.normal[best] * touches[:, P.NORMAL : P.NORMAL + 3]).sum(axis=1)
    assert np.median(along) > 0.98
    assert practice.met.mean() > 0.7
    assert len(practice.aimed) == len(practice.met)
    assert set(practice.aimed) <= set(range(len(position)))


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
