"""Exploration: the body covers the surface of an object, and percepts become a draft of it.

The draft's frame may lie in any pose that the body knows of: for a new object one that the body
chose, for a known one the pose in which it was recognised.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade.policies.cover import new_frontier, next_goal, open_goals
from colonnade.senses import Senses
from colonnade_models import percept as P
from colonnade_models.learning import Draft, coarsen, learn, new_draft

__all__ = ["FINEST_SPACING", "Explorer", "Learner", "at_origin"]

Array = NDArray[np.float32]

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


def at_origin(place: NDArray[np.floating]) -> Array:
    """The pose (12,) of a frame that lies as the body's does, with its origin at `place` (3,) m."""
    pose = np.zeros(12, np.float32)
    pose[[0, 4, 8]] = 1.0
    pose[9:] = -place.astype(np.float32)
    return pose


class Learner:
    """What is sensed of one object becoming a draft of it.

    Args:
        senses: the body, which has landed on the object.
        pose: (12,) maps the body's frame into the draft's: rows of R, then t in metres.
        draft: what is known so far; the learner goes on with it.
    """

    def __init__(self, senses: Senses, pose: Array, draft: Draft | None = None) -> None:
        self.senses = senses
        self.rotation, self.shift = pose[:9].reshape(3, 3), pose[9:]
        self.draft = new_draft(FINEST_SPACING) if draft is None else draft
        self.steps = 0
        self.touches: list[Array] = []
        """(18,) each: percepts in the draft's frame, on the object or off it."""

    def keep(self, percept: Array) -> bool:
        """Learn a percept (18,) in the body's frame; whether it was new."""
        if not P.is_valid(percept) or percept[P.SIGMA_NORMAL] >= VAGUE:
            return False  # neither a sensor's hiccup nor a guess becomes a surfel
        self.touches.append(self.carried(percept))
        return learn(self.draft, self.touches[-1]) > 0

    def carried(self, percept: Array) -> Array:
        """The percept (18,) in the draft's frame."""
        touch = percept.copy()
        for k in (P.LOCATION, P.NORMAL, P.DIRECTION):
            touch[k : k + 3] = self.rotation @ percept[k : k + 3]
        touch[P.LOCATION : P.LOCATION + 3] += self.shift
        return touch

    def is_crowded(self) -> bool:
        """Whether the object is larger than thought, so that a coarser grid would do."""
        return bool(self.draft.size[0] > MOST_SURFELS and self.draft.spacing[0] < COARSEST_SPACING)

    def coarsen(self) -> None:
        """Pour what was learned into a coarser grid."""
        spacing = min(float(self.draft.spacing[0]) * COARSENING, COARSEST_SPACING)
        coarse: Draft = new_draft(spacing)
        coarsen(self.draft, coarse)
        self.draft = coarse


class Explorer(Learner):
    """A learner that goes wherever there is something new.

    Args:
        senses, pose, draft: as for `Learner`.
        random: where scouts come from.
        ball: (centre (3,), radius) in metres within which the object lies, in the draft's frame;
            what was felt of it unless given.
    """

    def __init__(
        self,
        senses: Senses,
        pose: Array,
        random: np.random.Generator,
        draft: Draft | None = None,
        ball: tuple[NDArray[np.floating], float] | None = None,
    ) -> None:
        super().__init__(senses, pose, draft)
        self.random, self.ball = random, ball
        self.tried = new_draft(float(self.draft.spacing[0]), 1 << 15)
        self.frontier = new_frontier()
        self.here = np.zeros(3, np.float32)

    def explore(self) -> None:
        """Flood the surface, then scout for what the flood could not reach."""
        self.feel()
        self.flood()
        while self.steps < MOST_STEPS and self._scout() >= FEW_NEW:
            pass

    def feel(self) -> bool:
        """Sense, learn, open goals; whether that was new."""
        self.steps += 1
        return self.keep(self.senses.sense())

    def keep(self, percept: Array) -> bool:
        """Learn a percept (18,) in the body's frame and open goals; whether that was new."""
        before = len(self.touches)
        new = super().keep(percept)
        if len(self.touches) > before and percept[P.ON_OBJECT]:
            self.here = self.touches[-1][P.LOCATION : P.LOCATION + 3]
        if new:
            open_goals(self.frontier, self.draft, self.touches[-1])
            if self.is_crowded():
                self.coarsen()
        return new

    def coarsen(self) -> None:
        """A coarser grid, and goals that fit it."""
        super().coarsen()
        self.tried = new_draft(float(self.draft.spacing[0]), 1 << 15)

    def flood(self, most_steps: int = MOST_STEPS) -> None:
        """Visit goals, the nearest first, until none is left or `most_steps` touches were made."""
        goal = np.zeros(9, np.float32)
        while self.steps < most_steps:
            x, y, z = self.here
            if not next_goal(self.frontier, self.draft, self.tried, x, y, z, goal):
                return
            target, origin, normal = goal[:3], goal[3:6], goal[6:]
            if self.senses.slides and np.abs(origin - self.here).max() < AT_IT:
                self.senses.slide_along((target - self.here) @ self.rotation)
            else:
                self.visit(target, normal)
            self.feel()

    def visit(self, place: NDArray[np.floating], normal: NDArray[np.floating]) -> None:
        """Look at a place (3,) against a normal (3,), both in the draft's frame."""
        self.senses.jump_to((place - self.shift) @ self.rotation, normal @ self.rotation)

    def visits(self, aims: Array) -> Array:
        """(K, 18) percepts in the body's frame of visits to K places and normals (K, 6)."""
        percepts = np.zeros((len(aims), P.PERCEPT_SIZE), np.float32)
        for aim, percept in zip(aims, percepts, strict=True):
            self.visit(aim[:3], aim[3:])
            percept[:] = self.senses.sense()
        self.steps += len(aims)
        return percepts

    def _scout(self) -> int:
        """Approach from all around, aiming anywhere within; how many touches were new."""
        found = 0
        centre, radius = self.ball or self._felt_ball()
        for _ in range(SCOUTS):
            outward = _direction(self.random)
            aim = centre + 0.7 * radius * self.random.random() * _direction(self.random)
            self.visit(_entry(aim, outward, radius), outward)
            if self.feel():
                found += 1
                self.flood()
        return found

    def _felt_ball(self) -> tuple[NDArray[np.floating], float]:
        """The ball around the box around all touches, as (centre, radius)."""
        place = np.array(self.touches)[:, P.LOCATION : P.LOCATION + 3]
        low, high = place.min(axis=0), place.max(axis=0)
        return (low + high) / 2, float(np.linalg.norm(high - low)) / 2


def _direction(random: np.random.Generator) -> NDArray[np.float64]:
    """A random unit vector (3,)."""
    v = random.normal(size=3)
    return v / np.linalg.norm(v)


def _entry(
    aim: NDArray[np.floating], outward: NDArray[np.float64], radius: float
) -> NDArray[np.floating]:
    """A point a little outside the object on the line through `aim` along `outward`."""
    return aim + outward * 1.05 * radius
