"""Learning an object: the body covers its surface, and percepts become surfels.

The object lies in its own orientation and the pose is known, so the reference frame learned is
that of the mesh. Everything follows from the mesh, the body and the seed, and nothing from
other objects: that is what makes training resumable and its order irrelevant.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from colonnade.engine import UnlearnableError
from colonnade.exploration import Explorer, Learner, at_origin
from colonnade.practice import NO_PRACTICE, practise
from colonnade.senses import BodyName, Senses
from colonnade_envs.objects import ObjectMesh
from colonnade_models.consolidation import consolidate, sketch
from colonnade_models.learned import LearnedObject

__all__ = ["laid", "learn_object", "never_met", "sketched"]


def learn_object(mesh: ObjectMesh, *, body: BodyName, seed: int) -> LearnedObject:
    """Explore `mesh` until touches bring nothing new, and return what was learned.

    Raises UnlearnableError if the sensor never met the object.
    """
    started = time.perf_counter()
    ball = (mesh.centre, float(np.linalg.norm(mesh.size)) / 2)
    with laid(mesh, body, seed) as (senses, pose):
        explorer = Explorer(senses, pose, np.random.default_rng([seed, 1]), ball=ball)
        explorer.explore()
        known = sketched(mesh, body, explorer)
        try:
            practice = practise(senses, known, np.random.default_rng([seed, 5]))
        except RuntimeError:  # in another attitude it found no place to begin at
            practice = NO_PRACTICE
    touches = np.concatenate([np.array(explorer.touches), practice.touches])
    learned = consolidate(known, touches, practice.aimed, practice.met, seed)
    return replace(learned, seconds=time.perf_counter() - started)


def never_met(mesh: ObjectMesh, body: BodyName) -> UnlearnableError:
    """The error to raise where a body gets nothing of an object."""
    return UnlearnableError(
        f"{mesh.name}: the {body} body never met it: look at it with `colonnade objects`, and mend "
        "its mesh or leave it out with --names."
    )


@contextmanager
def laid(
    mesh: ObjectMesh, body: BodyName, seed: int
) -> Iterator[tuple[Senses, NDArray[np.float32]]]:
    """The senses on an object that lies as its mesh does, and the pose (12,) world -> mesh.

    Raises UnlearnableError if the sensor finds no place to begin at.
    """
    senses = Senses(mesh, body)
    try:
        try:
            pose = senses.reset(np.array([0.0, 0.0, 0.0, 1.0]), seed)
        except RuntimeError as error:
            raise never_met(mesh, body) from error
        yield senses, at_origin(pose[:3])
    finally:
        senses.close()


def sketched(mesh: ObjectMesh, body: BodyName, learner: Learner) -> LearnedObject:
    """What was merged so far. Raises UnlearnableError if the sensor never met the object."""
    if not learner.draft.size[0]:
        raise never_met(mesh, body)
    return sketch(mesh.name, learner.draft, learner.steps)
