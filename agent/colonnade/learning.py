"""Learning an object: the body covers its surface, and percepts become surfels.

The object lies in its own orientation and the pose is known, so the reference frame learned is
that of the mesh. Everything follows from the mesh, the body and the seed, and nothing from
other objects: that is what makes training resumable and its order irrelevant.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from colonnade.engine import UnlearnableError
from colonnade.exploration import Explorer, at_origin
from colonnade.senses import BodyName, Senses
from colonnade_envs.objects import ObjectMesh
from colonnade_models.consolidation import consolidate
from colonnade_models.memory import LearnedObject

__all__ = ["learn_object", "never_met"]


def learn_object(mesh: ObjectMesh, *, body: BodyName, seed: int) -> LearnedObject:
    """Explore `mesh` until touches bring nothing new, and return what was learned.

    Raises UnlearnableError if the sensor never met the object.
    """
    started = time.perf_counter()
    senses = Senses(mesh, body)
    try:
        try:
            pose = senses.reset(np.array([0.0, 0.0, 0.0, 1.0]), seed)
        except RuntimeError as error:  # no place to begin at
            raise never_met(mesh, body) from error
        ball = (mesh.centre, float(np.linalg.norm(mesh.size)) / 2)
        random = np.random.default_rng([seed, 1])
        explorer = Explorer(senses, at_origin(pose[:3]), random, ball=ball)
        explorer.explore()
    finally:
        senses.close()
    if not explorer.touches:
        raise never_met(mesh, body)
    touches = np.array(explorer.touches)
    learned = consolidate(mesh.name, explorer.draft, touches, seed, steps=explorer.steps)
    return replace(learned, seconds=time.perf_counter() - started)


def never_met(mesh: ObjectMesh, body: BodyName) -> UnlearnableError:
    """The error to raise where the sensor finds nothing of an object."""
    return UnlearnableError(
        f"{mesh.name}: the {body} body never met it: look at it with `colonnade objects`, and mend "
        "its mesh or leave it out with --names."
    )
