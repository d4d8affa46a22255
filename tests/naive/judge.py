"""The judge as the manual tells it: lists of hypotheses, and one question after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tests.naive.likeness import compare_tied
from tests.naive.poses import is_near
from tests.naive.ranking import behind

from colonnade_models.column_state import OPEN, RECOGNISED, UNKNOWN, Settings
from colonnade_models.evidence import FEATURE_SIZE, Tolerance
from colonnade_models.learned import LearnedObject
from colonnade_models.likeness import AHEAD, UNSETTLED

COSINE_OF_20_DEGREES = 0.94
SAME_PLACE = 0.01
"""m"""


class Belief(NamedTuple):
    """A hypothesis, and what all percepts so far say of it, in nats."""

    object: int
    pose: NDArray[Any]
    """(12,)"""
    evidence: float
    fit: float
    """How well they fit it."""
    cost: float
    """What they cost it beside other poses of its object."""


Beliefs = list[Belief]


class Episode(NamedTuple):
    """What the judge knows beside the hypotheses."""

    met: int
    """Percepts on the object."""
    challenged: int
    """How many those were at the last challenge, 0 before the first."""
    calm: int
    """For how many percepts poses tied."""
    percepts: int
    """How many came with this step."""
    busy: bool
    """Whether new hypotheses are being sought."""
    known: list[LearnedObject]
    centre: NDArray[Any]
    """(O, 3)"""
    settings: Settings
    tolerance: Tolerance


class Verdict(NamedTuple):
    """What it decides."""

    state: int
    beliefs: Beliefs
    """They may be others after a challenge; what follows are numbers of these."""
    leader: int = -1
    rival: int = -1
    possible: frozenset[int] = frozenset()
    """Poses in which the object may lie, once it is recognised."""
    others: int = 0
    """How many of these differ from the leader's."""
    calm: int = 0
    lay: Belief | None = None
    """The leader that a motion would be noticed by, where this step found one."""


def judge(beliefs: Beliefs, e: Episode, challenge: Callable[[], Beliefs]) -> Verdict:
    """What is decided; `challenge` lets in what the leader must be told from."""
    s = e.settings
    leader = strongest(beliefs, range(len(beliefs)))
    open_yet = Verdict(OPEN, beliefs, leader, rival_of(beliefs, leader), calm=e.calm)
    if e.busy:
        return open_yet
    fit = beliefs[leader].fit if beliefs else 0.0
    if not beliefs or fit < s.fit * e.met:
        enough = s.unknown_percepts if fit < s.strange * e.met else 2 * s.unknown_percepts
        return open_yet._replace(state=UNKNOWN) if e.met >= enough else open_yet
    open_yet = open_yet._replace(lay=beliefs[leader])
    if not leads(beliefs, leader, s):
        return open_yet
    if is_due(e):
        beliefs = challenge()
        leader = strongest(beliefs, range(len(beliefs)))
        rival = rival_of(beliefs, leader)
        open_yet = open_yet._replace(beliefs=beliefs, leader=leader, rival=rival)
        if beliefs[leader].fit < s.fit * e.met or not leads(beliefs, leader, s):
            return open_yet
    if e.met < s.least_percepts:
        return open_yet
    leader = cheapest(beliefs, leader, s.fit * e.met)
    open_yet = open_yet._replace(leader=leader, lay=beliefs[leader])
    return settle(beliefs, leader, open_yet, e)


def strongest(beliefs: Beliefs, among: Any) -> int:
    """The first with most evidence, -1 for none."""
    return max(among, key=lambda i: beliefs[i].evidence, default=-1)


def rival_of(beliefs: Beliefs, leader: int) -> int:
    """The strongest of any other object than the leader's, -1 for none."""
    others = [i for i, b in enumerate(beliefs) if b.object != beliefs[leader].object]
    return strongest(beliefs, others)


def leads(beliefs: Beliefs, leader: int, s: Settings) -> bool:
    """Whether every other object is left behind."""
    rival = rival_of(beliefs, leader)
    return rival < 0 or beliefs[leader].evidence - beliefs[rival].evidence >= s.margin


def is_due(e: Episode) -> bool:
    """Whether it is time for a challenge: a first one, or one more."""
    s = e.settings
    if e.challenged == 0:
        return e.met >= s.first_challenge
    return e.met >= max(s.least_percepts, e.challenged + s.challenge_every)


def cheapest(beliefs: Beliefs, leader: int, needed: float) -> int:
    """Of the leader's object the pose that costs least and fits."""
    own = [i for i, b in enumerate(beliefs) if b.object == beliefs[leader].object]
    fitting = [leader, *(i for i in own if beliefs[i].fit >= needed)]
    return min(fitting, key=lambda i: beliefs[i].cost)


def settle(beliefs: Beliefs, leader: int, open_yet: Verdict, e: Episode) -> Verdict:
    """Recognised, if no other pose of the object is worth another touch."""
    s, first = e.settings, beliefs[leader]
    known, centre = e.known[first.object], e.centre[first.object]
    own = [i for i, b in enumerate(beliefs) if b.object == first.object]
    poses, costs = [beliefs[i].pose for i in own], [beliefs[i].cost for i in own]
    gaps = behind(known, centre, poses, costs, own.index(leader))
    none = np.zeros((0, FEATURE_SIZE))
    possible, differ, untold = {leader}, set[int](), []
    for i, pose, gap in zip(own, poses, gaps, strict=True):
        if i == leader or gap >= s.pose_margin:
            continue
        if is_near(pose, first.pose, centre, COSINE_OF_20_DEGREES, SAME_PLACE):
            possible.add(i)
            continue
        tie = compare_tied(known, centre, first.pose, pose, none, gap, s, e.tolerance)
        if tie == UNSETTLED:
            untold.append(i)
        if tie != AHEAD:
            differ.add(i)
    rival, calm = open_yet.rival, e.calm
    if untold:
        rival, calm = untold[0], e.calm + e.percepts
        if calm < s.patience:
            return open_yet._replace(rival=rival, calm=calm)
    return open_yet._replace(
        state=RECOGNISED,
        rival=rival,
        possible=frozenset(possible | differ),
        others=len(differ),
        calm=calm,
    )
