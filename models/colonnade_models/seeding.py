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
from colonnade_models.alignment import TURN_COSINE, TURN_SINE, TURNS, align, frame_of
from colonnade_models.anchor import plan_checks
from colonnade_models.evidence import BEND, VAR_BEND, Tolerance, colour_difference, score
from colonnade_models.familiarity import Shortlist, new_shortlist
from colonnade_models.hypotheses import Hypotheses, keep_winners, push, weakest_of
from colonnade_models.kernel import inlined, kernel
from colonnade_models.memory import Memory

__all__ = [
    "RESEMBLES",
    "UNLIMITED",
    "Search",
    "SeedPlan",
    "begin",
    "go_on",
    "is_done",
    "new_seed_plan",
    "seed",
]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)

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
    at[ANCHOR], at[CHECKS] = anchor, plan_checks(plan.order, features, count, anchor)
    at[LISTED], at[SURFEL], at[TRIED] = 0, -1, 0
    frame_of(features[anchor], plan.frame)
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
        align(plan.frame, f, s, TURN_COSINE[turn_index], TURN_SINE[turn_index], plan.pose)
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
