"""Stand-ins: sums over percepts or over hypotheses that the graph takes in one call.

Each method does what the kernel of its name does, to the same bits, for an `Interpreter` to put in
its place. None leaves work to the next step: the effort is unlimited here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.onnx.interpreter import Interpreter
from colonnade_bridge.onnx.laying import Laying
from colonnade_bridge.onnx.model import OnnxModel
from colonnade_bridge.onnx.near import drop_twins
from colonnade_bridge.onnx.weighing import Bound, Weighing
from colonnade_models import challenge, contest, hypotheses, proposing, ranking, seeding
from colonnade_models import column as flow
from colonnade_models import percept as P
from colonnade_models.agenda import LEFT_OUT
from colonnade_models.column_state import PERCEPTS, Column
from colonnade_models.evidence import Tolerance
from colonnade_models.hypotheses import Hypotheses, keep_winners, push, put
from colonnade_models.memory import Memory
from colonnade_models.past import before
from colonnade_models.refinement import solve

__all__ = ["StandIns"]

Array = NDArray[np.float32]
Ids = NDArray[np.int64]


class StandIns:
    """What the graph does for one column."""

    def __init__(self, model: OnnxModel, column: Column) -> None:
        reach = column.settings.reach
        self._weighing = Weighing(model, reach)
        self.bound = Bound(model, column.hypotheses, column.tolerance, reach)
        self.interpreter = Interpreter(self._table())
        """Kernels as plain Python, with these in their places."""
        self._before, self._solve = self.interpreter.of(before), self.interpreter.of(solve)
        self._keep_winners = self.interpreter.of(keep_winners)
        self._push, self._put = self.interpreter.of(push), self.interpreter.of(put)

    def _table(self) -> dict[Callable[..., Any], Callable[..., Any]]:
        return {
            flow._weigh_latest: self.weigh_latest,
            contest.total_evidence: self.total_evidence,
            contest.fit_of: self.fit_of,
            contest.refine_one: self.refine_one,
            ranking._weigh: self.weigh,
            seeding.go_on: Laying(self._weighing).go_on,
            proposing._weigh_misses: self.weigh_misses,
            proposing._refine_coarsely: self.refine_coarsely,
            proposing._refine_finely: self.refine_finely,
            challenge._try_twins: self.try_twins,
            hypotheses.drop_twins: drop_twins,
        }

    def weigh_latest(self, c: Column, memory: Memory, h: Hypotheses, count: int) -> None:
        """Let the latest percept tell of the first `count` hypotheses."""
        if count == 0:
            return
        assert h is c.hypotheses, "where effort is unlimited proposals enter within a step"
        latest = c.tally[PERCEPTS] - 1
        self.bound.run(c.features[latest])
        h.evidence[:count] = self.bound.carried[:count]
        known = np.flatnonzero(h.costed[:count] == latest)
        h.cost[known] += self.bound.lost[known, 0]
        h.costed[known] += 1

    def total_evidence(self, c: Column, memory: Memory, o: int, pose: Array) -> np.float32:
        """Evidence of a pose over all percepts of the episode, and of the past."""
        total: np.float32 = self._evidence(c, memory, np.array([o]), pose[None])[0]
        return total

    def fit_of(self, c: Column, memory: Memory, i: int) -> np.float32:
        """How well hypothesis `i` fits all percepts of the episode."""
        h, felt = c.hypotheses, c.features[: c.tally[PERCEPTS]]
        if int(h.fitted[i]) < len(felt):
            own, latest = slice(i, i + 1), felt[h.fitted[i] :]
            fit = self._weighing.weigh("fit", h.object[own], h.pose[own], latest, c.tolerance)
            h.fit[i], h.fitted[i] = _added(h.fit[own], fit)[0], len(felt)
        total: np.float32 = h.fit[i]
        return total

    def _evidence(self, c: Column, memory: Memory, objects: Ids, poses: Array) -> Array:
        """(K,) as `total_evidence` of poses (K, 12)."""
        felt = c.features[: c.tally[PERCEPTS]]
        start = np.array(
            [
                self._before(c.past, memory.centre[o], o, pose)
                for o, pose in zip(objects, poses, strict=True)
            ],
            np.float32,
        )
        return _added(start, self._weighing.weigh("nats", objects, poses, felt, c.tolerance))

    def refine_one(
        self, c: Column, memory: Memory, h: Hypotheses, i: int, passes: int, t: Tolerance
    ) -> None:
        """Refine one pose, whose evidence is known, and keep what scores best on all percepts."""
        self._refine(c, memory, h, slice(i, i + 1), passes, t)

    def _refine(
        self, c: Column, memory: Memory, h: Hypotheses, which: slice, passes: int, t: Tolerance
    ) -> None:
        """The same of several."""
        count, objects, moved = int(c.tally[PERCEPTS]), h.object[which], h.pose[which].copy()
        stride = 1 + count // 40
        for q in range(passes if len(moved) else 0):
            pulling = c.features[q % stride : count : stride]
            matrices, vectors = self._weighing.equations(objects, moved, pulling, t)
            for o, pose, matrix, vector in zip(objects, moved, matrices, vectors, strict=True):
                normal = c.normal._replace(matrix=matrix, vector=vector)
                self._solve(memory.centre[o], pose, normal)
            total = self._evidence(c, memory, objects, moved)
            for k in np.flatnonzero(total > h.evidence[which]):
                i = which.start + int(k)
                h.evidence[i] = total[k]
                self._put(h, i, moved[k])

    def refine_coarsely(self, c: Column, memory: Memory, t: Tolerance) -> bool:
        """Refine every proposal that was kept, and keep the best half."""
        s, n = c.seeds, int(c.seeds.count[0])
        s.evidence[:n] = self._evidence(c, memory, s.object[:n], s.pose[:n])
        self._refine(c, memory, s, slice(0, n), 2, t)
        drop_twins(c.seeds, memory.centre, np.float32(0.994), np.float32(0.004))
        self._keep_winners(c.seeds, c.settings.refined_seeds // 2, c.settings.slack)
        return True

    def refine_finely(self, c: Column, memory: Memory, t: Tolerance) -> bool:
        """Refine every proposal once more."""
        self._refine(c, memory, c.seeds, slice(0, int(c.seeds.count[0])), 2, t)
        return True

    def try_twins(self, c: Column, memory: Memory) -> bool:
        """Give every twin that was written down its chance."""
        h, s, n = c.hypotheses, c.seeds, int(c.seeds.count[0])
        hopeful = h.evidence[: h.count[0]].max() - c.settings.slack - c.settings.hope
        s.evidence[:n] = self._evidence(c, memory, s.object[:n], s.pose[:n])
        if (s.evidence[:n] >= hopeful).all():
            self._refine(c, memory, s, slice(0, n), 2, c.tolerance)
        else:
            for k in np.flatnonzero(s.evidence[:n] >= hopeful):
                self.refine_one(c, memory, s, int(k), 2, c.tolerance)
        self._keep_winners(s, len(h.object) - h.count[0], c.settings.slack)
        for i in range(s.count[0]):
            self._push(h, s.object[i], s.pose[i], s.evidence[i])
        return True

    def weigh_misses(self, c: Column, memory: Memory) -> bool:
        """Let looks that met nothing speak against proposals; keep the best."""
        s, n = c.seeds, int(c.seeds.count[0])
        felt = c.features[: c.tally[PERCEPTS]]
        misses = felt[felt[:, P.ON_OBJECT] == 0]
        told = self._weighing.weigh("nats", s.object[:n], s.pose[:n], misses, c.tolerance)
        s.evidence[:n] = _added(s.evidence[:n], told)
        c.agenda[LEFT_OUT] = max(0, n - c.settings.refined_seeds)
        self._keep_winners(s, c.settings.refined_seeds, c.settings.seed_slack)
        return True

    def weigh(self, c: Column, memory: Memory) -> bool:
        """Rank every pose of the leading object by what the percepts so far cost it."""
        h, family, felt = c.hypotheses, c.kin.family, int(c.tally[PERCEPTS])
        leading = family[h.object[c.verdict.state[1]]]
        own = np.flatnonzero(family[h.object[: h.count[0]]] == leading)
        cost, costed = h.cost[own], h.costed[own]
        first = int(costed.min())
        lost = self._weighing.weigh(
            "lost", h.object[own], h.pose[own], c.features[first:felt], c.tolerance
        )
        for p in range(first, felt):
            cost = np.where(costed <= p, cost + lost[:, p - first], cost)
        h.cost[own], h.costed[own] = cost, felt
        for i in own:
            o = h.object[i]
            c.ranked[i] = self._before(c.past, memory.centre[o], o, h.pose[i]) - h.cost[i]
        return True


def _added(start: Array, told: Array) -> Array:
    """(K,) what stands at the start and what M percepts tell, (K, M), one after the other."""
    total: Array = np.cumsum(np.column_stack([start, told]), axis=1, dtype=np.float32)[:, -1]
    return total
