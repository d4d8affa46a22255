"""Seeding: the most telling percept so far proposes hypotheses at every place that resembles it.

At a compatible surfel the normal fixes two of three angles; the principal direction fixes the
third up to half a turn, and where the surface bends alike all round, rotations about the
normal are tried in equal steps. Each proposal is checked against the other percepts, the
farthest first, and given up as soon as it can no longer reach the best.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.evidence import (
    BEND,
    VAR_BEND,
    Tolerance,
    colour_difference,
    score,
    surfel_score,
)
from colonnade_models.hypotheses import Hypotheses, keep_winners, push
from colonnade_models.kernel import inlined, kernel
from colonnade_models.memory import Memory

__all__ = ["TURNS", "SeedPlan", "choose_anchor", "new_seed_plan", "seed"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)

TURNS = 16
"""Rotations tried about the normal where no principal direction is defined."""
_ANGLES = 2 * np.pi * np.arange(TURNS) / TURNS
TURN_COSINE = np.cos(_ANGLES).astype(np.float32)
TURN_SINE = np.sin(_ANGLES).astype(np.float32)
RESEMBLES = np.float32(3.2)
"""What the differences in bending and colour may cost, nats, at a compatible surfel."""
RESEMBLING_BEND = np.float32(0.2)
"""What the squared normalised difference in bending weighs here."""
MOST_CHECKS = 12
MOST_COUNTED = 4


class SeedPlan(NamedTuple):
    """Scratch for seeding."""

    order: NDArray[np.int64]
    """(MOST_CHECKS,) percepts to check proposals against."""
    pose: Array
    """(12,)"""


def new_seed_plan() -> SeedPlan:
    """Scratch memory for `seed`."""
    return SeedPlan(np.zeros(MOST_CHECKS, np.int64), np.zeros(12, np.float32))


@inlined
def _resembles(f: Array, s: Array, t: Tolerance) -> bool:
    """Whether a percept's bending and colour could be those of a surfel."""
    variance = t.bend + f[VAR_BEND] + s[S.SPREAD_BEND]
    b1 = f[BEND] - s[S.BEND]
    b2 = f[BEND + 1] - s[S.BEND + 1]
    total = RESEMBLING_BEND * (b1 * b1 + b2 * b2) / variance
    if total > RESEMBLES:
        return False
    coloured, _ = colour_difference(f, P.COLOUR, s, t)
    total = total + coloured
    return total <= RESEMBLES


@kernel
def _proposals(memory: Memory, f: Array, t: Tolerance) -> int:
    """How many poses a percept would propose."""
    count = 0
    for i in range(memory.surfel_start[0], memory.surfel_start[-1]):
        s = memory.surfels[i]
        if _resembles(f, s, t):
            count += 2 if f[P.DIRECTED] > ZERO and s[S.DIRECTED] > HALF else TURNS
    return count


@kernel
def choose_anchor(
    memory: Memory, features: Array, count: int, t: Tolerance, proposals: NDArray[np.int64]
) -> int:
    """The percept that proposes fewest poses, but some; -1 if there is none left untried.

    `proposals` (>= count,) remembers what was counted before: -1 not yet, 0 none or tried.
    Only the latest few are counted anew, for each costs a pass over the memory.
    """
    counted = 0
    best = -1
    for i in range(count - 1, -1, -1):
        if features[i, P.ON_OBJECT] < ONE:
            continue
        if proposals[i] < 0:
            if counted == MOST_COUNTED:
                continue
            proposals[i] = _proposals(memory, features[i], t)
            counted += 1
        if proposals[i] > 0 and (best < 0 or proposals[i] < proposals[best]):
            best = i
    return best


@kernel
def _plan_checks(plan: SeedPlan, features: Array, count: int, anchor: int) -> int:
    """Choose up to MOST_CHECKS percepts, each the farthest from the anchor and those chosen."""
    chosen = 0
    while chosen < plan.order.shape[0]:
        best, farthest = -1, ZERO
        for i in range(count):
            if i == anchor or features[i, P.ON_OBJECT] < ONE:
                continue
            nearest = np.float32(1e9)
            for c in range(-1, chosen):
                j = anchor if c < 0 else plan.order[c]
                d = ZERO
                for k in range(3):
                    step = features[i, P.LOCATION + k] - features[j, P.LOCATION + k]
                    d += step * step
                if i == j:
                    d = -ONE
                nearest = min(nearest, d)
            if nearest > farthest:
                best, farthest = i, nearest
        if best < 0:
            break
        plan.order[chosen] = best
        chosen += 1
    return chosen


@kernel
def _align(f: Array, s: Array, cosine: np.float32, sine: np.float32, pose: Array) -> None:
    """The pose that lays the percept's frame onto the surfel's, turned about the normal."""
    n = f[P.NORMAL : P.NORMAL + 3]
    d = f[P.DIRECTION : P.DIRECTION + 3]
    m = s[S.NORMAL : S.NORMAL + 3]
    e = s[S.DIRECTION : S.DIRECTION + 3]
    # tangents, made orthogonal to the (noisy) normals
    along = n[0] * d[0] + n[1] * d[1] + n[2] * d[2]
    d0, d1, d2 = d[0] - along * n[0], d[1] - along * n[1], d[2] - along * n[2]
    size = ONE / np.sqrt(max(d0 * d0 + d1 * d1 + d2 * d2, np.float32(1e-12)))
    d0, d1, d2 = d0 * size, d1 * size, d2 * size
    b0, b1, b2 = n[1] * d2 - n[2] * d1, n[2] * d0 - n[0] * d2, n[0] * d1 - n[1] * d0
    g0, g1, g2 = m[1] * e[2] - m[2] * e[1], m[2] * e[0] - m[0] * e[2], m[0] * e[1] - m[1] * e[0]
    x0, x1, x2 = cosine * e[0] + sine * g0, cosine * e[1] + sine * g1, cosine * e[2] + sine * g2
    y0, y1, y2 = cosine * g0 - sine * e[0], cosine * g1 - sine * e[1], cosine * g2 - sine * e[2]
    # R = m n^T + x d^T + y b^T
    pose[0] = m[0] * n[0] + x0 * d0 + y0 * b0
    pose[1] = m[0] * n[1] + x0 * d1 + y0 * b1
    pose[2] = m[0] * n[2] + x0 * d2 + y0 * b2
    pose[3] = m[1] * n[0] + x1 * d0 + y1 * b0
    pose[4] = m[1] * n[1] + x1 * d1 + y1 * b1
    pose[5] = m[1] * n[2] + x1 * d2 + y1 * b2
    pose[6] = m[2] * n[0] + x2 * d0 + y2 * b0
    pose[7] = m[2] * n[1] + x2 * d1 + y2 * b1
    pose[8] = m[2] * n[2] + x2 * d2 + y2 * b2
    for k in range(3):
        turned = ZERO
        for j in range(3):
            turned += pose[3 * k + j] * f[P.LOCATION + j]
        pose[9 + k] = s[S.POSITION + k] - turned


@inlined
def _score_there(f: Array, s: Array, t: Tolerance) -> np.float32:
    """Nats of features laid onto a surfel row; how they are turned about its normal counts not."""
    return surfel_score(
        f, s[S.POSITION], s[S.POSITION + 1], s[S.POSITION + 2],
        s[S.NORMAL], s[S.NORMAL + 1], s[S.NORMAL + 2],
        s[S.DIRECTION], s[S.DIRECTION + 1], s[S.DIRECTION + 2], s, t,
    )  # fmt: skip


@kernel
def seed(
    memory: Memory,
    features: Array,
    count: int,
    anchor: int,
    t: Tolerance,
    budget: int,
    reach: np.float32,
    slack: np.float32,
    plan: SeedPlan,
    out: Hypotheses,
) -> int:
    """Fill `out` with the best poses that features[anchor] proposes; returns how many were tried.

    No more than about `budget` poses are tried: when more are compatible, surfels are skipped
    evenly. Proposals `slack` nats behind the best are given up. `t` should be loosened by what
    a coarse pose gets wrong.
    """
    out.count[0] = 0
    f = features[anchor]
    proposals = _proposals(memory, f, t)
    stride = max(ONE, np.float32(proposals) / np.float32(budget))
    checks = _plan_checks(plan, features, count, anchor)
    best = np.float32(-1e9)
    tried = 0
    compatible = ZERO
    due = ZERO
    for o in range(memory.surfel_start.shape[0] - 1):
        for i in range(memory.surfel_start[o], memory.surfel_start[o + 1]):
            s = memory.surfels[i]
            if not _resembles(f, s, t):
                continue
            compatible = compatible + ONE
            if compatible <= due:
                continue
            due = due + stride
            directed = f[P.DIRECTED] > ZERO and s[S.DIRECTED] > HALF
            step = TURNS // 2 if directed else 1
            home = _score_there(f, s, t)
            for turn_index in range(0, TURNS, step):
                _align(f, s, TURN_COSINE[turn_index], TURN_SINE[turn_index], plan.pose)
                tried += 1
                total = home
                alive = True
                for c in range(checks):
                    total = total + score(memory, o, plan.pose, features[plan.order[c]], t, reach)
                    if total + t.gain * HALF * np.float32(checks - 1 - c) < best - slack:
                        alive = False
                        break
                if not alive:
                    continue
                best = max(best, total)
                if not push(out, o, plan.pose, total):
                    keep_winners(out, out.object.shape[0] // 2, slack)
                    push(out, o, plan.pose, total)
    return tried
