"""Learning an object: the body covers its surface, and percepts become surfels.

The object lies in its own orientation and the pose is known, so the reference frame learned is
that of the mesh. Everything follows from the mesh, the body and the seed, and nothing from
other objects: that is what makes training resumable and its order irrelevant.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from colonnade.engine import UnlearnableError
from colonnade.policies.cover import new_frontier, next_goal, open_goals
from colonnade.practice import NO_PRACTICE, Practice, practise
from colonnade.senses import BodyName, Senses
from colonnade_envs.objects import ObjectMesh
from colonnade_models import percept as P
from colonnade_models.hits import hit_share
from colonnade_models.learning import Draft, coarsen, draft_surfels, learn, new_draft
from colonnade_models.memory import LearnedObject, ObjectMemory
from colonnade_models.rehearsal import rehearse
from colonnade_models.surfel import HIT
from colonnade_models.twins import find_twins

__all__ = ["Learner", "learn_object", "never_met"]

FINEST_SPACING = 0.0015
COARSEST_SPACING = 0.050
COARSENING = 1.3
MOST_SURFELS = 1500
MOST_STEPS = 20_000
SCOUTS = 48
"""Touches from all around once no goal is left."""
FEW_NEW = 2
"""Scouts that must find something new for another round."""
VAGUE = 0.4
"""Standard deviation of a normal, rad, beyond which a patch saw too little to be learned from."""
AT_IT = 5e-4
"""A goal opened this near (m) to the last contact is reached by sliding."""


def learn_object(mesh: ObjectMesh, *, body: BodyName, seed: int) -> LearnedObject:
    """Explore `mesh` until touches bring nothing new, and return what was learned.

    Raises UnlearnableError if the sensor never met the object.
    """
    started = time.perf_counter()
    with _Explorer(mesh, body, seed) as explorer:
        explorer.explore()
        learned = explorer.learned()
    return replace(learned, seconds=time.perf_counter() - started)


def never_met(mesh: ObjectMesh, body: BodyName) -> UnlearnableError:
    """The error to raise where a body gets nothing of an object."""
    return UnlearnableError(
        f"{mesh.name}: the {body} body never met it: look at it with `colonnade objects`, and mend "
        "its mesh or leave it out with --names."
    )


class Learner:
    """One object under one sensor, and what is sensed of it becoming surfels; use it with `with`.

    Raises UnlearnableError if the sensor finds no place to begin at.
    """

    spacing = FINEST_SPACING
    """Voxels to begin with, m."""

    def __init__(self, mesh: ObjectMesh, body: BodyName, seed: int) -> None:
        self.mesh, self.body, self.seed = mesh, body, seed
        self.senses = Senses(mesh, body)
        self.draft = new_draft(self.spacing)
        self.steps = 0
        self.touches: list[NDArray[np.float32]] = []
        self.offset = np.zeros(3, np.float32)
        try:
            pose = self.senses.reset(np.array([0.0, 0.0, 0.0, 1.0]), seed)
        except RuntimeError as error:
            self.senses.close()
            raise never_met(mesh, body) from error
        self.offset[:] = pose[:3]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.senses.close()

    def take_in(self) -> bool:
        """Sense and learn; whether that was new."""
        return self.keep(self.senses.sense())

    def keep(self, percept: NDArray[np.float32]) -> bool:
        """Learn a percept (18,), which is moved into the object's frame; whether it was new."""
        self.steps += 1
        if not P.is_valid(percept) or percept[P.SIGMA_NORMAL] >= VAGUE:
            percept[P.ON_OBJECT] = 0.0  # neither a sensor's hiccup nor a guess becomes a surfel
            return False
        percept[P.LOCATION : P.LOCATION + 3] -= self.offset
        self.touches.append(percept.copy())
        return learn(self.draft, percept) > 0

    def is_crowded(self) -> bool:
        """Whether the object is larger than thought, so that a coarser grid would do."""
        return bool(self.draft.size[0] > MOST_SURFELS and self.draft.spacing[0] < COARSEST_SPACING)

    def coarsen(self) -> None:
        """Pour what was learned into a coarser grid."""
        spacing = min(float(self.draft.spacing[0]) * COARSENING, COARSEST_SPACING)
        coarse: Draft = new_draft(spacing)
        coarsen(self.draft, coarse)
        self.draft = coarse

    def learned(self) -> LearnedObject:
        """What was learned, with what the object finds out about itself.

        Raises UnlearnableError if the sensor never met it.
        """
        if not self.draft.size[0]:
            raise never_met(self.mesh, self.body)
        learned = LearnedObject(
            self.mesh.name, draft_surfels(self.draft), float(self.draft.spacing[0]), self.steps
        )
        practice = self.practise(learned)
        touches = np.concatenate([np.array(self.touches), practice.touches])
        learned = replace(learned, table=rehearse(learned, touches, self.seed))
        learned.table[:, HIT] = hit_share(learned, practice.aimed, practice.met)
        return replace(learned, twins=find_twins(ObjectMemory([learned]).arrays))

    def practise(self, learned: LearnedObject) -> Practice:
        """Touch what was learned once more, as it will be when it must be recognised: here not."""
        return NO_PRACTICE


class _Explorer(Learner):
    """Goes wherever there is something new."""

    def __init__(self, mesh: ObjectMesh, body: BodyName, seed: int) -> None:
        super().__init__(mesh, body, seed)
        self.random = np.random.default_rng([seed, 1])
        self.radius = float(np.linalg.norm(mesh.size)) / 2
        self.centre = mesh.centre
        self.tried = new_draft(FINEST_SPACING, 1 << 15)
        self.frontier = new_frontier()

    def practise(self, learned: LearnedObject) -> Practice:
        try:
            return practise(self.senses, learned, np.random.default_rng([self.seed, 5]))
        except RuntimeError:  # in another attitude it finds no place to begin at
            return NO_PRACTICE

    def explore(self) -> None:
        """Flood the surface, then scout for what the flood could not reach."""
        self.take_in()
        self._flood()
        while self.steps < MOST_STEPS and self._scout() >= FEW_NEW:
            pass

    def take_in(self) -> bool:
        """Sense, learn, open goals; whether that was new."""
        new = super().take_in()
        if new:
            open_goals(self.frontier, self.draft, self.senses.percept)
            if self.is_crowded():
                self.coarsen()
        return new

    def coarsen(self) -> None:
        """A coarser grid, and goals that fit it."""
        super().coarsen()
        self.tried = new_draft(float(self.draft.spacing[0]), 1 << 15)

    def _flood(self) -> None:
        goal = np.zeros(9, np.float32)
        percept = self.senses.percept
        here = np.zeros(3, np.float32)
        while self.steps < MOST_STEPS:
            if percept[P.ON_OBJECT]:
                here = percept[P.LOCATION : P.LOCATION + 3].copy()
            if not next_goal(
                self.frontier, self.draft, self.tried, here[0], here[1], here[2], goal
            ):
                return
            target, origin, normal = goal[:3], goal[3:6], goal[6:]
            if self.senses.slides and np.abs(origin - here).max() < AT_IT:
                self.senses.slide_along(target - here)
            else:
                self.senses.jump_to(target + self.offset, normal)
            self.take_in()

    def _scout(self) -> int:
        """Approach from all around, aiming anywhere within; how many touches were new."""
        found = 0
        for _ in range(SCOUTS):
            outward = _direction(self.random)
            aim = self.centre + 0.7 * self.radius * self.random.random() * _direction(self.random)
            self.senses.jump_to(_entry(aim, outward, self.radius) + self.offset, outward)
            if self.take_in():
                found += 1
                self._flood()
        return found


def _direction(random: np.random.Generator) -> NDArray[np.float64]:
    """A random unit vector (3,)."""
    v = random.normal(size=3)
    return v / np.linalg.norm(v)


def _entry(
    aim: NDArray[np.float64], outward: NDArray[np.float64], radius: float
) -> NDArray[np.float64]:
    """A point a little outside the object on the line through `aim` along `outward`."""
    return aim + outward * 1.05 * radius
