"""The state of a column: its settings, its hypotheses, the percepts of the episode, its verdict."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models.agenda import AGENDA_SIZE
from colonnade_models.alignment import TURNS
from colonnade_models.evidence import FEATURE_SIZE, Tolerance, default_tolerance
from colonnade_models.hypotheses import Hypotheses, new_hypotheses
from colonnade_models.kin import Kin, strangers
from colonnade_models.memory import Memory
from colonnade_models.past import Past, forget, new_past
from colonnade_models.refinement import Normal, new_normal_equations
from colonnade_models.seeding import RESEMBLES, UNLIMITED, SeedPlan, new_seed_plan

__all__ = [
    "CALM",
    "CUT",
    "LOOKS",
    "MET",
    "OPEN",
    "PERCEPTS",
    "RECOGNISED",
    "RECONSIDERED",
    "SEEDED_AT",
    "SEEDINGS",
    "TWINNED_AT",
    "UNKNOWN",
    "Column",
    "Settings",
    "Verdict",
    "default_settings",
    "init",
    "reset",
]

Array = NDArray[np.float32]

OPEN, RECOGNISED, UNKNOWN = 0, 1, 2

# what `tally` counts
PERCEPTS, MET, SEEDED_AT, SEEDINGS, CALM, TWINNED_AT, RECONSIDERED, CUT, LOOKS = range(9)


class Settings(NamedTuple):
    """When to seed, how many to keep, when to decide. Evidence in nats."""

    first_seeding: int
    """Percepts on the object before the first hypotheses."""
    second_seeding: int
    """Percepts after which another anchor gets its chance, whatever the first brought."""
    most_seedings: int
    """Seedings as long as the last one brought more than there was room for."""
    seed_budget: int
    """Poses tried per seeding, or"""
    seed_share: int
    """as many for each familiar object, where that is more."""
    refined_seeds: int
    """Proposals that are refined and enter the contest."""
    winners: int
    """Hypotheses that stay after a step."""
    slack: np.float32
    """How far behind the best a hypothesis may fall before it goes."""
    refine_every: int
    """Steps in which each leader is refined once."""
    refined: int
    """Leaders that are refined."""
    poor: np.float32
    """Fit per percept below which the column doubts all of its hypotheses."""
    sure: np.float32
    """Fit per percept below which it looks for others once more before its verdict;"""
    few: int
    """so it does where more objects than this are familiar."""
    least_percepts: int
    """Percepts on the object before anything is decided."""
    first_challenge: int
    """Percepts on the object before a leader is challenged, and"""
    challenge_every: int
    """how many later it is challenged again."""
    margin: np.float32
    """Lead over every other object that decides."""
    pose_margin: np.float32
    """Lead over every pose that differs, nats as they are borne out, if a touch brings one nat."""
    symmetric_below: np.float32
    """Nats a touch that learning found a pose to differ by, below which it is the same, or"""
    faint_below: np.float32
    """as many, where a small turn about the same axis differs by no more either."""
    slow: np.float32
    """Nats that a touch is worth, below which no further one is spent on telling a twin."""
    refuted: np.float32
    """Nats that touches should have told poses apart by, which tie all the same: they are alike."""
    fit: np.float32
    """Fit per percept, nats, that a recognised object must reach."""
    strange: np.float32
    """Fit per percept below which an object is called unknown soon."""
    unknown_percepts: int
    """Percepts on the object before that; twice as many where it falls between the two."""
    patience: int
    """Further percepts that met the object, and steps that did not, after which the best of several
    poses is taken."""
    reach: np.float32
    """How far the sensor sees, m."""
    alarm: np.float32
    """Nats that the latest percepts must fit too poorly for an object that lies still; inf: it does
    in any case."""
    effort: int
    """Looks, percepts weighed against hypotheses, after which a step leaves the rest to the next,
    see `agenda`."""
    hope: np.float32
    """Nats that refining may bring a twin: one that is farther behind is left as it is."""
    proposals: int
    """Proposals of a seeding that there is room for at a time."""
    candidates: int
    """Places of the leader's surface among which the next goal is chosen, and"""
    rivals: int
    """hypotheses that a touch there should tell it from, see `colonnade.policies.distinguish`."""
    probes: int
    """Places of an object that are touched in mind to find by how much two poses differ."""
    seed_slack: np.float32
    """How far behind the best a proposal may fall before it is given up."""
    turns: int
    """Rotations about the normal that are tried; and"""
    resembling: np.float32
    """what differences may cost at a surfel that is, see `seeding.Search`."""


def default_settings() -> Settings:
    """Settings for percepts with the standard noise."""
    f = np.float32
    return Settings(
        first_seeding=3,
        second_seeding=8,
        most_seedings=3,
        seed_budget=6000,
        seed_share=800,
        refined_seeds=48,
        winners=128,
        slack=f(12.0),
        refine_every=8,
        refined=12,
        poor=f(1.6),
        sure=f(2.6),
        few=16,
        least_percepts=7,
        first_challenge=0,
        challenge_every=4,
        margin=f(6.0),
        pose_margin=f(4.0),
        symmetric_below=f(0.04),
        faint_below=f(0.16),
        slow=f(0.1),
        refuted=f(6.0),
        fit=f(1.6),
        strange=f(1.1),
        unknown_percepts=18,
        patience=80,
        reach=f(0.1),
        alarm=f(7.0),
        effort=UNLIMITED,
        hope=f(np.inf),
        proposals=512,
        candidates=48,
        rivals=6,
        probes=128,
        seed_slack=f(14.0),
        turns=TURNS,
        resembling=RESEMBLES,
    )


class Verdict(NamedTuple):
    """What the column holds true after a step; all arrays, written in place."""

    state: NDArray[np.int64]
    """(4,) OPEN, RECOGNISED or UNKNOWN; leading hypothesis; its best rival; other poses
    that are possible."""
    best: Array
    """(O,) evidence of the best hypothesis of each object; -inf where none lives."""


class Column(NamedTuple):
    """The state of one column."""

    features: Array
    """(N, 22) the percepts of this episode as scored."""
    proposals: NDArray[np.int64]
    """(N,) 0 for percepts that proposed poses, -1 for the others."""
    own_proposals: NDArray[np.int64]
    """(N,) the same within the object that is reconsidered."""
    tally: NDArray[np.int64]
    """(9,) percepts, those on the object, when last seeded, seedings, percepts while ready but
    tied, when last given twins, which object is reconsidered, at least how many proposals the last
    seeding left out, the looks that it takes to weigh all percepts."""
    hypotheses: Hypotheses
    seeds: Hypotheses
    """Scratch for proposals."""
    verdict: Verdict
    tolerance: Tolerance
    settings: Settings
    plan: SeedPlan
    normal: Normal
    imagined: Array
    """(22,) scratch"""
    relative: Array
    """(12,) scratch"""
    moved: Array
    """(12,) scratch"""
    ranked: Array
    """(H,) how well each hypothesis stands among the poses of its object, nats."""
    possible: NDArray[np.bool_]
    """(H,) whether the leader's object may lie in it as well, once it is recognised."""
    past: Past
    kin: Kin
    agenda: NDArray[np.int64]
    """(8,) what is in hand, see `agenda`."""


def init(
    memory: Memory,
    settings: Settings | None = None,
    tolerance: Tolerance | None = None,
    most_percepts: int = 512,
    kin: Kin | None = None,
) -> Column:
    """A fresh column that has felt nothing yet, and all the memory that its steps will need.

    `memory` is what it may recognise; with other objects it takes another column. Of an episode
    the first `most_percepts` percepts count; later ones change nothing. `settings` and
    `tolerance` are the defaults unless given, and no objects are `kin`.
    Raises ValueError for a limited effort where objects may fall asleep between two steps.
    """
    settings = settings or default_settings()
    objects = len(memory.origin)
    if settings.effort < UNLIMITED and len(memory.wakefulness.object) < objects:
        raise ValueError("a column with a limited effort needs a memory that is awake as a whole")
    column = Column(
        np.zeros((most_percepts, FEATURE_SIZE), np.float32),
        np.full(most_percepts, -1, np.int64),
        np.full(most_percepts, -1, np.int64),
        np.zeros(9, np.int64),
        new_hypotheses(settings.winners + settings.refined_seeds),
        new_hypotheses(settings.proposals),
        Verdict(np.zeros(4, np.int64), np.full(objects, -np.inf, np.float32)),
        tolerance or default_tolerance(),
        settings,
        new_seed_plan(objects),
        new_normal_equations(),
        np.zeros(FEATURE_SIZE, np.float32),
        np.zeros(12, np.float32),
        np.zeros(12, np.float32),
        np.zeros(settings.winners + settings.refined_seeds, np.float32),
        np.zeros(settings.winners + settings.refined_seeds, np.bool_),
        new_past(objects),
        kin or strangers(objects),
        np.zeros(AGENDA_SIZE, np.int64),
    )
    reset(column)
    return column


def reset(column: Column) -> None:
    """Forget the episode, not the memory."""
    column.tally[:] = 0
    column.tally[RECONSIDERED] = -1
    column.proposals[:] = -1
    column.hypotheses.count[0] = 0
    column.hypotheses.rivalry.object[0] = -1
    column.verdict.state[:] = (OPEN, -1, -1, 0)
    column.verdict.best[:] = -np.inf
    column.agenda[:] = 0
    forget(column.past)
