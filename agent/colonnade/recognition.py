"""Recognition: touch, step the column, go where it would learn most, until it is sure."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.episode import Episode, StepTrace
from colonnade.policies.distinguish import most_telling, new_rivals
from colonnade.policies.walk import CurvatureWalk
from colonnade.senses import BodyName, NoiseName, Senses
from colonnade_envs.objects import ObjectMesh
from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models.memory import ObjectMemory

__all__ = ["recognise"]

STRIDE = 0.015
"""Metres that the walk slides a step."""
WALKED_FIRST = 4
"""Percepts gathered by walking before hypotheses may steer."""


def recognise(
    memory: ObjectMemory,
    mesh: ObjectMesh,
    rotation: NDArray[np.float64],
    *,
    body: BodyName,
    noise: NoiseName,
    seed: int,
    max_steps: int,
    record_steps: bool = False,
    trial: int = 0,
) -> Episode:
    """Meet `mesh`, turned by `rotation` (4,) object -> world, and say what it is.

    Deterministic in its arguments but for the times it reports.
    Raises ValueError when the memory is empty.
    """
    return _Recognition(memory, mesh, body, noise, max_steps, record_steps).run(
        rotation, seed, trial
    )


class _Recognition:
    """One episode."""

    def __init__(
        self,
        memory: ObjectMemory,
        mesh: ObjectMesh,
        body: BodyName,
        noise: NoiseName,
        max_steps: int,
        record_steps: bool,
    ) -> None:
        self.memory, self.arrays, self.mesh = memory, memory.arrays, mesh
        self.senses = Senses(mesh, body, noise)
        settings = C.default_settings()._replace(reach=self.senses.eye.max_range)
        self.column = C.init(self.arrays, settings, most_percepts=max_steps)
        self.max_steps = max_steps
        self.trace: list[StepTrace] | None = [] if record_steps else None
        self.times: list[tuple[float, float, float, float]] = []
        self.goal = np.zeros(6, np.float32)
        self.rivals = new_rivals()
        self.jumped = False

    def run(self, rotation: NDArray[np.float64], seed: int, trial: int) -> Episode:
        """Act, sense and think until the column decides or the steps run out."""
        started = time.perf_counter()
        senses, column = self.senses, self.column
        self.object_pose = senses.reset(rotation, seed)
        self.walk = CurvatureWalk(STRIDE, np.random.default_rng([seed, 2]))
        state, steps = C.OPEN, 0
        while True:
            t0 = time.perf_counter()
            percept = senses.sense()
            t1 = time.perf_counter()
            state = C.step(column, self.arrays, percept)
            t2 = time.perf_counter()
            steps += 1
            done = state != C.OPEN or steps >= self.max_steps
            if self.trace is not None:
                self.trace.append(self._tell(steps, percept, t1 - t0, t2 - t1))
            if done:
                break
            thinking = self._act(percept, steps)
            t3 = time.perf_counter()
            self.times.append((t1 - t0, t2 - t1, thinking, t3 - t0))
        C.polish(column, self.arrays)
        senses.close()
        return self._episode(rotation, seed, trial, state, steps, time.perf_counter() - started)

    def _act(self, percept: NDArray[np.float32], steps: int) -> float:
        """Choose and do the next move; returns the seconds that choosing took."""
        started = time.perf_counter()
        met = self.column.tally[C.MET]
        missed = self.jumped and not percept[P.ON_OBJECT]
        worth = -1.0
        if met >= WALKED_FIRST and not missed:
            worth = float(most_telling(self.column, self.arrays, self.rivals, steps, self.goal))
        self.jumped = bool(worth >= 0.0)
        step = None if self.jumped else self.walk(percept)
        thinking = time.perf_counter() - started
        if step is None:
            self.senses.jump_to(self.goal[:3], self.goal[3:])
        else:
            self.senses.slide_along(step)
        return thinking

    def _episode(
        self,
        rotation: NDArray[np.float64],
        seed: int,
        trial: int,
        state: int,
        steps: int,
        seconds: float,
    ) -> Episode:
        h, verdict = self.column.hypotheses, self.column.verdict
        leader = int(verdict.state[1])
        name = None if leader < 0 else self.memory.names[h.object[leader]]
        decision = "unknown" if state == C.UNKNOWN else name
        known = self.mesh.name in self.memory
        correct = decision == (self.mesh.name if known else "unknown")
        estimate = np.full(4, np.nan)
        errors = (np.nan, np.nan)
        if decision == name and leader >= 0:
            estimate = quaternion_of(h.pose[leader, :9].reshape(3, 3).T.astype(np.float64))
        if correct and known:
            errors = self._rotation_errors(leader, rotation)
        best = np.sort(verdict.best[np.isfinite(verdict.best)])[::-1]
        margin = float(best[0] - max(best[1], 0.0)) if len(best) > 1 else float(best.sum())
        medians = np.median(self.times, axis=0) * 1e6 if self.times else np.full(4, np.nan)
        return Episode(
            object=self.mesh.name,
            trial=trial,
            seed=seed,
            rotation=np.asarray(rotation, np.float64),
            decision=decision,
            correct=correct,
            unknown=decision == "unknown",
            timeout=state == C.OPEN,
            steps=steps,
            rotation_estimate=estimate,
            rotation_error_deg=errors[0],
            rotation_error_symmetric_deg=errors[1],
            symmetric=bool(verdict.state[3]),
            margin=margin,
            seconds=seconds,
            sense_us=float(medians[0]),
            infer_us=float(medians[1]),
            policy_us=float(medians[2]),
            total_us=float(medians[3]),
            trace=self.trace,
        )

    def _rotation_errors(self, leader: int, rotation: NDArray[np.float64]) -> tuple[float, float]:
        """Degrees off: least over the poses that tie, and the leader's up to true symmetry."""
        h = self.column.hypotheses
        true = matrix_of(rotation)
        tie = h.evidence[leader] - self.column.settings.pose_margin
        symmetric = bool(self.column.verdict.state[3])
        angles = [
            _angle(h.pose[i, :9].reshape(3, 3) @ true)
            for i in range(int(h.count[0]))
            if i == leader
            or (symmetric and h.object[i] == h.object[leader] and h.evidence[i] > tie)
        ]
        estimate = h.pose[leader, :9].reshape(3, 3).T.astype(np.float64)
        from colonnade_envs.objects.symmetry import symmetry_group

        group = symmetry_group(self.mesh)
        return float(np.degrees(min(angles))), float(
            np.degrees(group.rotation_error(estimate, true))
        )

    def _tell(
        self, steps: int, percept: NDArray[np.float32], sense_s: float, infer_s: float
    ) -> StepTrace:
        """One step for the report, in the true object's frame."""
        true = matrix_of(self.object_pose[3:])
        best = self.column.verdict.best
        ranked = [i for i in np.argsort(-best)[:5] if np.isfinite(best[i])]
        names = self.memory.names
        evidence = {names[i]: float(best[i]) for i in ranked}
        if self.mesh.name in self.memory:
            own = float(best[names.index(self.mesh.name)])
            if np.isfinite(own):
                evidence.setdefault(self.mesh.name, own)
        return StepTrace(
            step=steps,
            location=((percept[:3] - self.object_pose[:3]) @ true).astype(np.float32),
            normal=(percept[P.NORMAL : P.NORMAL + 3] @ true).astype(np.float32),
            on_object=bool(percept[P.ON_OBJECT]),
            goal=self.jumped,
            evidence=evidence,
            hypotheses=int(self.column.hypotheses.count[0]),
            sense_us=sense_s * 1e6,
            infer_us=infer_s * 1e6,
            policy_us=self.times[-1][2] * 1e6 if self.times else 0.0,
        )


def matrix_of(q: NDArray[Any]) -> NDArray[np.float64]:
    """(3, 3) rotation matrix of a quaternion x, y, z, w."""
    x, y, z, w = np.asarray(q, np.float64) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def quaternion_of(R: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quaternion x, y, z, w of a rotation matrix (3, 3)."""
    from scipy.spatial.transform import Rotation

    q: NDArray[np.float64] = Rotation.from_matrix(R).as_quat()
    return q


def _angle(R: NDArray[Any]) -> float:
    """Angle of a rotation matrix, rad."""
    return float(np.arccos(np.clip((np.trace(R) - 1) / 2, -1.0, 1.0)))
