"""Laying out proposals with the graph: as `seeding.go_on`, all poses of an anchor at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.onnx.interpreter import Interpreter
from colonnade_bridge.onnx.weighing import Weighing
from colonnade_models import evidence as E
from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.alignment import TURN_COSINE, TURN_SINE, TURNS, align
from colonnade_models.evidence import Tolerance
from colonnade_models.hypotheses import Hypotheses, keep_winners, push, weakest_of
from colonnade_models.memory import Memory
from colonnade_models.seeding import (
    ANCHOR,
    BEST,
    CHECKS,
    LEAST,
    LEFT,
    LISTED,
    RESEMBLING_BEND,
    TRIED,
    Search,
    SeedPlan,
)

__all__ = ["Laying", "resembling"]

Array = NDArray[np.float32]
Ids = NDArray[np.int64]

ONE = np.float32(1.0)
HALF = np.float32(0.5)


def resembling(f: Array, surfels: Array, t: Tolerance, most: np.float32) -> NDArray[np.bool_]:
    """(N,) as `seeding._resembles` of features (22,) and surfel rows (N, 25)."""
    s = surfels.T
    variance = t.bend + f[E.VAR_BEND] + s[S.SPREAD_BEND]
    b1, b2 = f[E.BEND] - s[S.BEND], f[E.BEND + 1] - s[S.BEND + 1]
    total = RESEMBLING_BEND * (b1 * b1 + b2 * b2) / variance
    hue, saturation, value = (f[P.COLOUR + k] - s[S.COLOUR + k] for k in range(3))
    hue = np.where(hue > HALF, hue - ONE, np.where(hue < -HALF, hue + ONE, hue))
    square = (
        hue * hue / (t.colour + s[S.SPREAD_COLOUR])
        + saturation * saturation / (t.colour + s[S.SPREAD_COLOUR + 1])
        + value * value / (t.colour + s[S.SPREAD_COLOUR + 2])
    )
    square = np.minimum(square, E.HUGE)
    coloured = E.COLOURED * (square / (ONE + square / E.MOST_COLOURED))
    alike: NDArray[np.bool_] = (total <= most) & (total + coloured <= most)
    return alike


class Laying:
    """What lays an anchor onto all surfels that resemble it."""

    def __init__(self, weighing: Weighing) -> None:
        self._weighing = weighing
        plain = Interpreter()
        self._align = plain.of(align)
        self._push, self._keep_winners = plain.of(push), plain.of(keep_winners)
        self._weakest_of = plain.of(weakest_of)

    def go_on(
        self,
        memory: Memory,
        features: Array,
        t: Tolerance,
        search: Search,
        plan: SeedPlan,
        out: Hypotheses,
        effort: int,
    ) -> int:
        """Fill `out` at one go. Arguments and result are those of `seeding.go_on`."""
        at = plan.at
        f, checks = features[at[ANCHOR]], plan.order[: at[CHECKS]]
        objects, rows, turn = self._choose(memory, f, t, search, plan)
        at[LISTED], at[TRIED] = plan.listed.count[0], len(rows)
        if len(rows) == 0:
            return 0
        pose = np.zeros((12, len(rows)), np.float32)
        self._align(plan.frame, f, memory.surfels[rows].T, TURN_COSINE[turn], TURN_SINE[turn], pose)
        poses = np.ascontiguousarray(pose.T)
        first = turn == 0  # turns about its own normal leave the anchor where it is
        own = self._weighing.weigh("nats", objects[first], poses[first], f[None], t)
        own = own[np.cumsum(first) - 1]
        nats = self._weighing.weigh("nats", objects, poses, features[checks], t)
        self._admit(objects, poses, np.concatenate([own, nats], axis=1), t, search.slack, plan, out)
        return int(nats.size + own.size)

    def _choose(
        self, memory: Memory, f: Array, t: Tolerance, search: Search, plan: SeedPlan
    ) -> tuple[Ids, Ids, Ids]:
        """(N,) objects, their surfels onto which the anchor is laid, and the turns."""
        listed, left, tried = plan.listed, plan.standing[LEFT], 0
        chosen = [np.zeros((3, 0), np.int64)]
        for o, worth in zip(
            listed.object[: listed.count[0]], listed.worth[: listed.count[0]], strict=True
        ):
            share = np.float32(search.budget - tried) * worth / left
            left = left - worth
            start, end = memory.surfel_start[o], memory.surfel_end[o]
            rows = memory.surfels[start:end]
            alike = start + np.flatnonzero(resembling(f, rows, t, search.resembling))
            directed = (f[P.DIRECTED] > 0) & (memory.surfels[alike, S.DIRECTED] > HALF)
            step = np.where(directed, TURNS // 2, TURNS // search.turns)
            stride = max(ONE, np.float32((TURNS // step).sum()) / max(share, ONE))
            turned = _evenly(len(alike), stride)
            turns = [np.arange(0, TURNS, int(step[k])) for k in turned]
            rows = np.repeat(alike[turned], [len(each) for each in turns])
            turn = np.concatenate([np.zeros(0, np.int64), *turns])
            chosen.append(np.stack([np.full(len(rows), o), rows, turn]))
            tried += len(rows)
        objects, rows, turn = np.concatenate(chosen, axis=1)
        return objects, rows, turn

    def _admit(
        self,
        objects: Ids,
        poses: Array,
        nats: Array,
        t: Tolerance,
        slack: np.float32,
        plan: SeedPlan,
        out: Hypotheses,
    ) -> None:
        """Let those enter, in their order, that no check gave up: `nats` (K, 1 + checks)."""
        totals = np.cumsum(nats, axis=1, dtype=np.float32)
        checks = nats.shape[1] - 1
        to_come = t.gain * HALF * np.arange(checks - 1, -1, -1, dtype=np.float32)
        hoped = (totals[:, 1:] + to_come).min(axis=1, initial=np.float32(np.inf))
        best, least = plan.standing[BEST], plan.standing[LEAST]
        for o, pose, total, hope in zip(objects, poses, totals[:, -1], hoped, strict=True):
            if hope < best - slack or hope < least:
                continue
            best = max(best, total)
            if not self._push(out, o, pose, total):
                self._keep_winners(out, out.object.shape[0] // 2, slack)
                least = self._weakest_of(out)
                self._push(out, o, pose, total)
        plan.standing[BEST], plan.standing[LEAST] = best, least


def _evenly(count: int, stride: np.float32) -> Ids:
    """Which of `count` have their turn, as `seeding._has_turn` says."""
    due, having = np.float32(0), []
    for k in range(count):
        if np.float32(k + 1) > due:
            having.append(k)
            due = due + stride
    return np.array(having, np.int64)
