"""Hardware in the loop: the body is simulated here, and the mind is on a controller.

The controller gets the percepts and says where it wants to touch next. This computer's column gets
the same percepts, only to be compared with it: both must say the same, bit for bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from colonnade.episode_options import EpisodeOptions
from colonnade.policies.choose import (
    MOST_MISSES,
    WALKED_FIRST,
    Policy,
    new_policy,
    stride_after,
)
from colonnade.policies.distinguish import most_telling
from colonnade.policies.walk import NUMBERS, stroll
from colonnade.senses import Senses
from colonnade_bridge.blob import EdgeModel
from colonnade_bridge.wire.messages import StepDecision, StepVerdict
from colonnade_envs.objects import ObjectMesh
from colonnade_envs.objects.symmetry import symmetry_group
from colonnade_envs.poses import matrix_of
from colonnade_models import column as C
from colonnade_models import percept as P

__all__ = ["HardwareEpisode", "Mind", "recognise_on"]

UNKNOWN = "unknown"
MOST_POSES = 255
"""As many as a decision can tell of."""


class Mind(Protocol):
    """What says what is felt and where to touch next: `wire.link.Link` to a controller, or
    `native_mind.NativeMind`."""

    def reset(self) -> object: ...
    def send_step(self, percepts: NDArray[np.float32], *, goal: bool = ...) -> StepDecision: ...


@dataclass
class HardwareEpisode:
    """What came of one episode."""

    object: str
    decision: str | None = None
    """Name of the recognised object, `unknown`, or None if nothing led."""
    correct: bool = False
    timeout: bool = False
    """The step limit came first; `decision` is then what led."""
    steps: int = 0
    steps_equal: int = 0
    """Steps after which both columns said the same, bit for bit."""
    goals: int = 0
    goals_equal: int = 0
    """Places where either mind wanted to go, and those where both did."""
    work: list[int] = field(default_factory=list)
    """Of each step, in the controller's ticks."""
    rotation_error_deg: float = math.nan
    """Up to the object's true symmetry; NaN if it is wrong."""
    sought: list[bool] = field(default_factory=list)
    """Of each step, whether a goal was asked for as well."""
    percepts: list[NDArray[np.float32]] = field(default_factory=list)
    """(C, 18) of each step, what entered the column."""

    @property
    def equal(self) -> bool:
        """Whether both decided the same all the way."""
        return self.steps_equal == self.steps


class _Shadow:
    """This computer's column, which is told what the controller is told."""

    def __init__(self, model: EdgeModel) -> None:
        self.arrays = model.memory.arrays
        self.column = C.init(
            self.arrays, model.settings, model.tolerance, most_percepts=model.percepts
        )
        self.goal = np.zeros(6, np.float32)

    def step(self, percepts: NDArray[np.float32]) -> None:
        if C.vote(self.column, self.arrays, percepts) == C.RECOGNISED:
            C.polish(self.column, self.arrays)

    def agrees(self, decision: StepDecision) -> bool:
        """Whether it would say the same, bit for bit: all that a decision tells but its goal."""
        return decision.same(replace(decision, skipped=False, **self._held()))

    def _held(self) -> dict[str, Any]:
        """What it holds true, as a decision tells it."""
        h, verdict, met = self.column.hypotheses, self.column.verdict, self.column.tally[C.MET]
        state, leader, _, others = verdict.state
        held: dict[str, Any] = {"object": -1, "evidence": 0.0, "rival": 0.0, "fit": 0.0}
        pose = np.zeros(12, np.float32)
        if leader >= 0:
            who, pose = int(h.object[leader]), h.pose[leader]
            rival = np.delete(verdict.best, who).max(initial=-np.inf)
            held |= {
                "object": who,
                "evidence": h.evidence[leader],
                "rival": rival if rival > -np.inf else 0.0,
                "fit": h.fit[leader] / np.float32(max(met, 1)),
            }
        where = {"rotation": pose[:9].reshape(3, 3), "translation": pose[9:]}
        return held | where | {"verdict": state, "poses": min(others, MOST_POSES)}

    def wants(self, policy: Policy, turn: int) -> NDArray[np.float32] | None:
        """(6,) where it would touch next; None where nothing leads."""
        worth = most_telling(self.column, self.arrays, policy.rivals, turn, self.goal)
        return self.goal if worth >= 0 else None


def recognise_on(
    mind: Mind,
    model: EdgeModel,
    mesh: ObjectMesh,
    rotation: NDArray[np.float64],
    options: EpisodeOptions,
    seed: int,
) -> HardwareEpisode:
    """Meet `mesh`, turned by `rotation` (4,) object -> world; the controller says what it is.

    Args:
        mind: the controller's.
        model: what it thinks with.

    Raises:
        WireError: the controller fell silent.
    """
    episode = HardwareEpisode(mesh.name)
    shadow = _Shadow(model)
    senses = Senses(mesh, options.body, options.noise, options.columns)
    random = np.random.default_rng([seed, 2])
    policy = new_policy(random, options.policy)
    met = missed = 0
    decision = None
    try:
        senses.reset(rotation, seed)
        mind.reset()
        while episode.steps < options.max_steps:
            percept, percepts = senses.sense(), senses.robot.percepts
            met += int((percepts[:, P.ON_OBJECT] > 0).sum())
            missed = 0 if percept[P.ON_OBJECT] > 0 else missed + 1
            asks = policy.tests and missed < MOST_MISSES and met >= WALKED_FIRST
            decision = mind.send_step(percepts, goal=asks)
            shadow.step(percepts)
            episode.percepts.append(percepts.copy())
            episode.sought.append(asks)
            episode.steps += 1
            episode.steps_equal += shadow.agrees(decision)
            episode.work.append(decision.work)
            if decision.verdict != StepVerdict.OPEN:
                break
            white = random.standard_normal(NUMBERS)
            wanted = shadow.wants(policy, episode.steps) if asks else None
            if wanted is not None or decision.goal is not None:
                episode.goals += 1
                episode.goals_equal += _same_goal(wanted, decision.goal)
            if decision.goal is not None:
                senses.jump_to(decision.goal[:3], decision.goal[3:])
            else:
                stroll(policy.walk, percept, white, stride_after(missed))
                senses.slide_along(policy.walk.step)
    finally:
        senses.close()
    return _judged(episode, decision, model, mesh, rotation)


def _same_goal(a: NDArray[np.float32] | None, b: NDArray[np.float32] | None) -> bool:
    return a is not None and b is not None and a.tobytes() == b.tobytes()


def _judged(
    episode: HardwareEpisode,
    decision: StepDecision | None,
    model: EdgeModel,
    mesh: ObjectMesh,
    rotation: NDArray[np.float64],
) -> HardwareEpisode:
    """The episode with what its last decision comes to."""
    names = model.memory.names
    if decision is None:
        return episode
    episode.timeout = decision.verdict == StepVerdict.OPEN
    if decision.verdict == StepVerdict.UNKNOWN:
        episode.decision = UNKNOWN
    elif decision.object >= 0:
        episode.decision = names[decision.object]
    episode.correct = episode.decision == (mesh.name if mesh.name in names else UNKNOWN)
    if episode.correct and mesh.name in names:
        estimate = decision.rotation.T.astype(np.float64)
        error = symmetry_group(mesh).rotation_error(estimate, matrix_of(rotation))
        episode.rotation_error_deg = float(np.degrees(error))
    return episode
