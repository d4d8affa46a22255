"""Recognition: touch, step the column, go where it would learn most, until it is sure."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.cycle import CHOOSE, SENSE, THINK, Log, new_log, run
from colonnade.episode import Episode, StepTrace
from colonnade.episode_options import EpisodeOptions
from colonnade.motion import LEAST_BEFORE, MOST_BEFORE, WATCHED, Motion, draw_motion
from colonnade.policies import walk
from colonnade.policies.choose import Policy, new_policy
from colonnade.senses import DRAWN_AT_ONCE, Senses
from colonnade_envs.objects import ObjectMesh
from colonnade_envs.poses import matrix_of, quaternion_of
from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models.memory import Memory, ObjectMemory
from colonnade_models.sizes import Sized, at_all_sizes, fit_size, widened

__all__ = ["recognise", "think"]


def recognise(
    memory: ObjectMemory,
    mesh: ObjectMesh,
    rotation: NDArray[np.float64],
    options: EpisodeOptions,
    *,
    seed: int,
    trial: int = 0,
) -> Episode:
    """Meet `mesh`, turned by `rotation` (4,) object -> world, and say what it is.

    If it is moved meanwhile, the episode tells of how it lies in the end.
    Deterministic in its arguments but for the times it reports.
    Raises ValueError when the memory is empty.
    """
    return _Recognition(memory, mesh, options, seed).run(rotation, trial)


@lru_cache(maxsize=1)
def _at_all_sizes(memory: ObjectMemory) -> Sized:
    """Kept for the next episode."""
    return at_all_sizes(memory)


def think(
    senses: Senses,
    column: C.Column,
    memory: Memory,
    policy: Policy,
    log: Log,
    random: np.random.Generator,
    most: int | None = None,
    least: int = 0,
) -> int:
    """Cycle until the column decides or `most` steps are done: as many as the log holds, if None.

    `least` is as for `cycle.run`. Returns OPEN, RECOGNISED or UNKNOWN; the sensor stays where it
    was when the column decided.
    """
    most = len(log.percept) if most is None else most
    state = C.OPEN
    while state == C.OPEN and log.steps[0] < most:
        steps = min(DRAWN_AT_ONCE, most - int(log.steps[0]))
        numbers = random.standard_normal((steps, walk.NUMBERS))
        chance = senses.draw(steps)
        state = run(senses.robot, column, memory, policy, chance, numbers, log, least)
    return state


class _Recognition:
    """One episode."""

    def __init__(
        self,
        memory: ObjectMemory,
        mesh: ObjectMesh,
        options: EpisodeOptions,
        seed: int,
    ) -> None:
        self.memory, self.mesh, self.options, self.seed = memory, mesh, options, seed
        self.sized = sized = _at_all_sizes(memory) if options.any_size else None
        self.arrays = (memory if sized is None else sized.memory).arrays
        self.senses = Senses(mesh, options.body, options.noise, options.columns)
        settings = C.default_settings()._replace(reach=self.senses.eye.max_range)
        if options.motion is not None and options.motion.manner != "noticed":
            settings = settings._replace(alarm=np.float32(np.inf))
        if sized is not None:
            settings = widened(settings, len(sized.memory) // len(memory))
        kin = None if sized is None else sized.kin
        most = options.columns * options.max_steps
        self.column = C.init(self.arrays, settings, most_percepts=most, kin=kin)
        self.kin = self.column.kin
        self.scale = 1.0
        self.log = new_log(
            options.max_steps,
            len(self.kin.family),
            evidence=options.record_steps,
            patches=options.columns if options.record_percepts else 0,
        )
        self.random = np.random.default_rng([seed, 2])
        self.policy = new_policy(self.random, options.policy)
        self.poses: list[tuple[int, NDArray[np.float64]]] = []
        """From which step on the object lay how, (7,) in the world."""

    def run(self, rotation: NDArray[np.float64], trial: int) -> Episode:
        """Sense, think, choose and move until the column decides or the steps run out."""
        started = time.perf_counter()
        motion = self.options.motion
        try:
            self.poses = [(0, self.senses.reset(rotation, self.seed))]
            least = 0 if motion is None else self._until_moved(motion)
            state = self._think(self.options.max_steps, least)
            C.polish(self.column, self.arrays)
            self._measure()
        finally:
            self.senses.close()
        seconds = time.perf_counter() - started
        return self._episode(trial, state, int(self.log.steps[0]), seconds)

    def _think(self, most: int, least: int = 0) -> int:
        mind = self.column, self.arrays, self.policy, self.log, self.random
        return think(self.senses, *mind, most, least)

    def _measure(self) -> None:
        """Find the leader's size between those that are remembered."""
        column, leader = self.column, int(self.column.verdict.state[1])
        if self.sized is None or leader < 0:
            return
        h, o = column.hypotheses, int(column.hypotheses.object[leader])
        felt = column.features[: column.tally[C.PERCEPTS]]
        pose, larger = fit_size(self.arrays, o, h.pose[leader], felt, column.tolerance)
        h.pose[leader] = pose
        self.scale = float(self.kin.size[o]) * larger

    def _by_object(self, best: NDArray[np.float32]) -> NDArray[np.float32]:
        """(O,) evidence of the best hypothesis of each object at any size."""
        own = np.full(len(self.memory), -np.inf, np.float32)
        np.maximum.at(own, self.kin.family, best)
        return own

    def _until_moved(self, motion: Motion) -> int:
        """Recognise until the object was moved for the last time.

        Returns the step up to which it is touched on, though it be recognised already.
        """
        chance, least, most = np.random.default_rng([self.seed, 3]), 0, self.options.max_steps
        for _ in range(motion.times):
            wait = int(chance.integers(LEAST_BEFORE, MOST_BEFORE + 1))
            begun = int(self.log.steps[0])
            until = min(begun + wait, most) if motion.moment == "open" else most
            decided = self._think(until, least) != C.OPEN
            steps = int(self.log.steps[0])
            if steps == most:
                break
            self.poses.append((steps, self.senses.move_object(*draw_motion(motion, chance))))
            if motion.manner == "told":
                C.reset(self.column)
            least = steps + WATCHED if decided and motion.manner != "told" else 0
        return least

    def _episode(self, trial: int, state: int, steps: int, seconds: float) -> Episode:
        h, verdict = self.column.hypotheses, self.column.verdict
        leader = int(verdict.state[1])
        name = None if leader < 0 else self.memory.names[self.kin.family[h.object[leader]]]
        decision = "unknown" if state == C.UNKNOWN else name
        known = self.mesh.name in self.memory
        correct = decision == (self.mesh.name if known else "unknown")
        estimate = np.full(4, np.nan)
        errors, misplaced = (np.nan, np.nan), np.nan
        moved_at, pose = self.poses[-1]
        rotation = pose[3:]
        if decision == name and leader >= 0:
            estimate = quaternion_of(h.pose[leader, :9].reshape(3, 3).T.astype(np.float64))
        if correct and known:
            errors = self._rotation_errors(leader, rotation)
            misplaced = self._misplaced(leader, pose)
        best = self._by_object(verdict.best)
        best = np.sort(best[np.isfinite(best)])[::-1]
        margin = float(best[0] - max(best[1], 0.0)) if len(best) > 1 else float(best.sum())
        acted = self.log.seconds[: max(steps - 1, 1)]  # the last step decides and moves no more
        stages = np.median(acted, axis=0) * 1e6
        return Episode(
            object=self.mesh.name,
            trial=trial,
            seed=self.seed,
            rotation=rotation,
            decision=decision,
            correct=correct,
            unknown=decision == "unknown",
            timeout=state == C.OPEN,
            steps=steps,
            rotation_estimate=estimate,
            rotation_error_column_deg=errors[0],
            rotation_error_deg=errors[1],
            symmetric=bool(verdict.state[3]),
            margin=margin,
            seconds=seconds,
            sense_us=float(stages[SENSE]),
            infer_us=float(stages[THINK]),
            policy_us=float(stages[CHOOSE]),
            total_us=float(np.median(acted.sum(axis=1)) * 1e6),
            place_error_mm=1e3 * misplaced,
            moved_at=moved_at if len(self.poses) > 1 else -1,
            noticed=int(self.column.past.moves[0]),
            scale=self.scale,
            trace=[self._tell(k) for k in range(steps)] if self.options.record_steps else None,
            percepts=self.log.percepts[:steps] if self.options.record_percepts else None,
            reach=float(self.senses.eye.max_range) if self.options.record_percepts else np.nan,
        )

    def _rotation_errors(self, leader: int, rotation: NDArray[np.float64]) -> tuple[float, float]:
        """Degrees off: least over all possible poses, and the leader's up to true symmetry."""
        h = self.column.hypotheses
        true = matrix_of(rotation)
        symmetric = bool(self.column.verdict.state[3])
        angles = [
            _angle(h.pose[i, :9].reshape(3, 3) @ true)
            for i in range(int(h.count[0]))
            if i == leader
            or (symmetric and h.object[i] == h.object[leader] and self.column.possible[i])
        ]
        estimate = h.pose[leader, :9].reshape(3, 3).T.astype(np.float64)
        from colonnade_envs.objects.symmetry import symmetry_group

        group = symmetry_group(self.mesh)
        return float(np.degrees(min(angles))), float(
            np.degrees(group.rotation_error(estimate, true))
        )

    def _misplaced(self, leader: int, pose: NDArray[np.float64]) -> float:
        """Metres between where the leader puts the middle of the object and where it is."""
        h = self.column.hypotheses
        R, t = h.pose[leader, :9].reshape(3, 3), h.pose[leader, 9:]
        middle = pose[:3] + matrix_of(pose[3:]) @ self.mesh.centre
        own = self.mesh.centre if self.sized is None else self.arrays.centre[h.object[leader]]
        return float(np.linalg.norm(R.T @ (own - t) - middle))

    def _tell(self, k: int) -> StepTrace:
        """One step for the report, in the true object's frame."""
        log, names = self.log, self.memory.names
        percept, best, us = log.percept[k], self._by_object(log.best[k]), 1e6 * log.seconds[k]
        pose = next(pose for step, pose in reversed(self.poses) if step <= k)
        true = matrix_of(pose[3:])
        ranked = [i for i in np.argsort(-best)[:5] if np.isfinite(best[i])]
        evidence = {names[i]: float(best[i]) for i in ranked}
        if self.mesh.name in self.memory:
            own = float(best[names.index(self.mesh.name)])
            if np.isfinite(own):
                evidence.setdefault(self.mesh.name, own)
        return StepTrace(
            step=k + 1,
            location=((percept[:3] - pose[:3]) @ true).astype(np.float32),
            normal=(percept[P.NORMAL : P.NORMAL + 3] @ true).astype(np.float32),
            on_object=bool(percept[P.ON_OBJECT]),
            goal=bool(log.jumped[k]),
            evidence=evidence,
            hypotheses=int(log.hypotheses[k]),
            sense_us=float(us[SENSE]),
            infer_us=float(us[THINK]),
            policy_us=float(us[CHOOSE]),
        )


def _angle(R: NDArray[Any]) -> float:
    """Angle of a rotation matrix, rad."""
    return float(np.arccos(np.clip((np.trace(R) - 1) / 2, -1.0, 1.0)))
