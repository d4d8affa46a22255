"""Seeding: the most telling percept so far proposes hypotheses at every place that resembles it.

Only places of the objects that seem familiar (`colonnade_models.familiarity`) are looked at.

At a compatible surfel the normal fixes two of three angles; the principal direction fixes the
third up to half a turn, and where the surface bends alike all round, rotations about the
normal are tried in equal steps. Each proposal is checked against the other percepts, the
farthest first, and given up once it is unlikely to reach the best.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.evidence import BEND, VAR_BEND, Tolerance, colour_difference, score
from colonnade_models.familiarity import LIKELIHOOD, Shortlist, new_shortlist, surprise_of
from colonnade_models.hypotheses import Hypotheses, keep_winners, push, weakest_of
from colonnade_models.kernel import inlined, kernel
from colonnade_models.memory import Memory

__all__ = [
    "RESEMBLES",
    "TURNS",
    "UNLIMITED",
    "Search",
    "SeedPlan",
    "begin",
    "choose_anchor",
    "go_on",
    "is_done",
    "new_seed_plan",
    "seed",
]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)

TURNS = 16
"""Rotations about the normal among which those that are tried are chosen."""
_ANGLES = 2 * np.pi * np.arange(TURNS) / TURNS
TURN_COSINE = np.cos(_ANGLES).astype(np.float32)
TURN_SINE = np.sin(_ANGLES).astype(np.float32)
RESEMBLES = np.float32(3.5)
"""Of a thorough search, see `Search`."""
RESEMBLING_BEND = np.float32(0.2)
"""What the squared normalised difference in bending weighs here."""
MOST_CHECKS = 12
LOWEST = np.float32(-1e9)
"""Evidence below any."""
SURFELS_A_LOOK = 6
"""Surfels that are compared with a percept's bending and colour as fast as one look is taken."""
UNLIMITED = 1 << 40
"""An effort that is never exceeded."""
ANCHOR, CHECKS, LISTED, SURFEL, TRIED = range(5)
BEST, LEAST, LEFT, STRIDE, COMPATIBLE, DUE = range(6)
DIRECTED_POSES = np.float32(0.25)
"""Of the poses that others propose, how many a percept with a principal direction does: some
surfels have none."""


class Search(NamedTuple):
    """How thorough a search for poses is."""

    budget: int
    """Poses that the listed objects share by their worth."""
    turns: int
    """Rotations tried about the normal where no principal direction is defined: TURNS, or a half or
    a quarter of that."""
    resembling: np.float32
    """What the differences in bending and colour may cost, nats, at a compatible surfel."""
    slack: np.float32
    """Nats behind the best at which a proposal is given up."""
    reach: np.float32
    """How far the sensor sees, m."""


class SeedPlan(NamedTuple):
    """Scratch for seeding."""

    order: NDArray[np.int64]
    """(MOST_CHECKS,) percepts to check proposals against."""
    pose: Array
    """(12,)"""
    frame: Array
    """(9,) that of the anchor."""
    at: NDArray[np.int64]
    """(5,) the anchor, how many checks there are, which listed object has its turn, its next
    surfel, -1 where it has not begun, and how many poses were tried."""
    standing: Array
    """(6,) the best evidence of a proposal, and the least that is still of use; the worth of the
    objects left; and of this one in how many surfels one has its turn, how many were compatible
    and how many may be before the next has."""
    listed: Shortlist
    """The objects to look at: list them before an anchor is chosen."""


def new_seed_plan(objects: int) -> SeedPlan:
    """Scratch memory for `seed` in a memory of `objects` objects."""
    return SeedPlan(
        np.zeros(MOST_CHECKS, np.int64),
        np.zeros(12, np.float32),
        np.zeros(9, np.float32),
        np.zeros(5, np.int64),
        np.zeros(6, np.float32),
        new_shortlist(objects),
    )


@inlined
def _resembles(f: Array, s: Array, t: Tolerance, most: np.float32) -> bool:
    """Whether a percept's bending and colour, by at `most` as many nats, are those of a surfel."""
    variance = t.bend + f[VAR_BEND] + s[S.SPREAD_BEND]
    b1 = f[BEND] - s[S.BEND]
    b2 = f[BEND + 1] - s[S.BEND + 1]
    total = RESEMBLING_BEND * (b1 * b1 + b2 * b2) / variance
    if total > most:
        return False
    coloured, _ = colour_difference(f, P.COLOUR, s, t)
    total = total + coloured
    return total <= most


@kernel
def choose_anchor(
    memory: Memory, features: Array, count: int, tried: NDArray[np.int64], plan: SeedPlan
) -> int:
    """The percept that should propose fewest poses of the listed objects; -1 if all were tried.

    `tried` (>= count,) is 0 for a percept that was an anchor before, and -1 else.
    """
    best, fewest = -1, ZERO
    for i in range(count):
        f = features[i]
        if f[P.ON_OBJECT] == ZERO or tried[i] == 0:
            continue
        poses = ZERO
        for k in range(plan.listed.count[0]):
            o = plan.listed.object[k]
            surfels = memory.surfel_end[o] - memory.surfel_start[o]
            likely = LIKELIHOOD[surprise_of(memory.surprise, f, o)]
            poses += plan.listed.worth[k] * np.float32(surfels) * likely
        if f[P.DIRECTED] > ZERO:
            poses = poses * DIRECTED_POSES
        if best < 0 or poses <= fewest:
            best, fewest = i, poses
    return best


@kernel
def _plan_checks(plan: SeedPlan, features: Array, count: int, anchor: int) -> int:
    """Choose up to MOST_CHECKS percepts, each the farthest from the anchor and those chosen."""
    chosen = 0
    while chosen < plan.order.shape[0]:
        best, farthest = -1, ZERO
        for i in range(count):
            if i == anchor or features[i, P.ON_OBJECT] == ZERO:
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


@inlined
def _frame(f: Array, frame: Array) -> None:
    """The percept's normal, tangent and their product, made orthogonal, into (9,)."""
    n = f[P.NORMAL : P.NORMAL + 3]
    d = f[P.DIRECTION : P.DIRECTION + 3]
    along = n[0] * d[0] + n[1] * d[1] + n[2] * d[2]
    d0, d1, d2 = d[0] - along * n[0], d[1] - along * n[1], d[2] - along * n[2]
    size = ONE / np.sqrt(max(d0 * d0 + d1 * d1 + d2 * d2, np.float32(1e-12)))
    d0, d1, d2 = d0 * size, d1 * size, d2 * size
    frame[0], frame[1], frame[2] = n[0], n[1], n[2]
    frame[3], frame[4], frame[5] = d0, d1, d2
    frame[6], frame[7], frame[8] = (
        n[1] * d2 - n[2] * d1,
        n[2] * d0 - n[0] * d2,
        n[0] * d1 - n[1] * d0,
    )


@inlined
def _align(
    frame: Array, f: Array, s: Array, cosine: np.float32, sine: np.float32, pose: Array
) -> None:
    """The pose that lays the percept's frame (9,) onto the surfel's, turned about the normal."""
    m = s[S.NORMAL : S.NORMAL + 3]
    e = s[S.DIRECTION : S.DIRECTION + 3]
    g0, g1, g2 = m[1] * e[2] - m[2] * e[1], m[2] * e[0] - m[0] * e[2], m[0] * e[1] - m[1] * e[0]
    x0, x1, x2 = cosine * e[0] + sine * g0, cosine * e[1] + sine * g1, cosine * e[2] + sine * g2
    y0, y1, y2 = cosine * g0 - sine * e[0], cosine * g1 - sine * e[1], cosine * g2 - sine * e[2]
    # R = m n^T + x d^T + y b^T
    for j in range(3):
        n, d, b = frame[j], frame[3 + j], frame[6 + j]
        pose[j] = m[0] * n + x0 * d + y0 * b
        pose[3 + j] = m[1] * n + x1 * d + y1 * b
        pose[6 + j] = m[2] * n + x2 * d + y2 * b
    for k in range(3):
        turned = ZERO
        for j in range(3):
            turned += pose[3 * k + j] * f[P.LOCATION + j]
        pose[9 + k] = s[S.POSITION + k] - turned


@inlined
def _turns(f: Array, s: Array, most: int) -> int:
    """How many rotations about the normal are tried at a surfel."""
    return 2 if f[P.DIRECTED] > ZERO and s[S.DIRECTED] > HALF else most


@kernel
def _poses(memory: Memory, o: int, f: Array, t: Tolerance, search: Search) -> int:
    """How many poses of one object a percept proposes."""
    count = 0
    for i in range(memory.surfel_start[o], memory.surfel_end[o]):
        if _resembles(f, memory.surfels[i], t, search.resembling):
            count += _turns(f, memory.surfels[i], search.turns)
    return count


@kernel
def begin(plan: SeedPlan, features: Array, count: int, anchor: int, out: Hypotheses) -> None:
    """Prepare to fill `out` with poses of `plan.listed` that features[anchor] proposes.

    Of the features (N, 22) the first `count` are there to check them.
    """
    out.count[0] = 0
    at, standing, listed = plan.at, plan.standing, plan.listed
    at[ANCHOR], at[CHECKS] = anchor, _plan_checks(plan, features, count, anchor)
    at[LISTED], at[SURFEL], at[TRIED] = 0, -1, 0
    _frame(features[anchor], plan.frame)
    standing[BEST] = standing[LEAST] = LOWEST
    standing[LEFT] = ZERO
    for k in range(listed.count[0]):
        standing[LEFT] += listed.worth[k]


@kernel
def _begin_object(plan: SeedPlan, memory: Memory, f: Array, t: Tolerance, search: Search) -> int:
    """Find out how many of an object's surfels have their turn; returns the looks that it took."""
    at, standing, listed = plan.at, plan.standing, plan.listed
    k = at[LISTED]
    o = listed.object[k]
    share = np.float32(search.budget - at[TRIED]) * listed.worth[k] / standing[LEFT]
    standing[LEFT] -= listed.worth[k]
    poses = _poses(memory, o, f, t, search)
    standing[STRIDE] = max(ONE, np.float32(poses) / max(share, ONE))
    standing[COMPATIBLE] = standing[DUE] = ZERO
    at[SURFEL] = memory.surfel_start[o]
    return int(memory.surfel_end[o] - memory.surfel_start[o]) // SURFELS_A_LOOK


@inlined
def _has_turn(standing: Array) -> bool:
    """Whether the next of the compatible surfels has its turn, if they share it evenly."""
    standing[COMPATIBLE] += ONE
    if standing[COMPATIBLE] <= standing[DUE]:
        return False
    standing[DUE] += standing[STRIDE]
    return True


@kernel
def _lay(
    memory: Memory,
    o: int,
    s: Array,
    features: Array,
    t: Tolerance,
    search: Search,
    plan: SeedPlan,
    out: Hypotheses,
) -> int:
    """Lay the anchor onto surfel row `s` in every turn; returns the looks that it took."""
    at, standing = plan.at, plan.standing
    f, checks, looks = features[at[ANCHOR]], at[CHECKS], 1
    own, reach, slack = ZERO, search.reach, search.slack
    step = TURNS // _turns(f, s, search.turns)
    for turn_index in range(0, TURNS, step):
        _align(plan.frame, f, s, TURN_COSINE[turn_index], TURN_SINE[turn_index], plan.pose)
        at[TRIED] += 1
        if turn_index == 0:  # turns about its own normal leave the anchor where it is
            own = score(memory, o, plan.pose, f, t, reach)
        total = own
        alive = True
        for c in range(checks):
            looks += 1
            total = total + score(memory, o, plan.pose, features[plan.order[c]], t, reach)
            hoped = total + t.gain * HALF * np.float32(checks - 1 - c)
            if hoped < standing[BEST] - slack or hoped < standing[LEAST]:
                alive = False
                break
        if not alive:
            continue
        standing[BEST] = max(standing[BEST], total)
        if not push(out, o, plan.pose, total):
            keep_winners(out, out.object.shape[0] // 2, slack)
            standing[LEAST] = weakest_of(out)
            push(out, o, plan.pose, total)
    return looks


@kernel
def go_on(
    memory: Memory,
    features: Array,
    t: Tolerance,
    search: Search,
    plan: SeedPlan,
    out: Hypotheses,
    effort: int,
) -> int:
    """Go on filling `out`, until `effort` looks were taken; returns how many were.

    The listed objects share a budget of poses by their worth: where an object would need more,
    surfels are skipped evenly; what it does not need the next may use. Proposals far behind the
    best, or behind as many others as `out` keeps, are given up. `t` should be loosened by what a
    coarse pose gets wrong.
    """
    at, listed, looks = plan.at, plan.listed, 0
    f = features[at[ANCHOR]]
    while at[LISTED] < listed.count[0] and looks < effort:
        o = listed.object[at[LISTED]]
        if at[SURFEL] < 0:
            looks += _begin_object(plan, memory, f, t, search)
        for i in range(at[SURFEL], memory.surfel_end[o]):
            at[SURFEL] = i + 1
            s = memory.surfels[i]
            if _resembles(f, s, t, search.resembling) and _has_turn(plan.standing):
                looks += _lay(memory, o, s, features, t, search, plan, out)
                if looks >= effort:
                    break
        if at[SURFEL] >= memory.surfel_end[o]:
            at[LISTED] += 1
            at[SURFEL] = -1
    return looks


@kernel
def is_done(plan: SeedPlan) -> bool:
    """Whether the listed objects all had their turn."""
    return bool(plan.at[LISTED] >= plan.listed.count[0])


@kernel
def seed(
    memory: Memory,
    features: Array,
    count: int,
    anchor: int,
    t: Tolerance,
    search: Search,
    plan: SeedPlan,
    out: Hypotheses,
) -> int:
    """Fill `out` at one go; see `begin` and `go_on`. Returns how many poses were tried."""
    begin(plan, features, count, anchor, out)
    go_on(memory, features, t, search, plan, out, UNLIMITED)
    return plan.at[TRIED]
