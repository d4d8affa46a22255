"""Twins: the ways an object, laid onto itself, nearly looks the same.

A box turned end over end differs from itself by its print alone, a mug turned about its axis
by its handle. Such poses are what a recognition gets wrong: once the object is sure, each
twin of the leading pose must have had its chance. They are found when an object is learned,
by letting it recognise itself: places spread over its surface are imagined as percepts, and
every pose that explains most of them is kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models import surfel as S
from colonnade_models.alignment import TURNS
from colonnade_models.distinction import at_home, imagine, laid_into
from colonnade_models.evidence import FEATURE_SIZE, Tolerance, default_tolerance, loosened
from colonnade_models.familiarity import list_only
from colonnade_models.hypotheses import (
    Hypotheses,
    drop_twins,
    is_near,
    keep_winners,
    new_hypotheses,
    push,
)
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.refinement import Normal, new_normal_equations, refine
from colonnade_models.seeding import RESEMBLES, Search, SeedPlan, new_seed_plan, seed
from colonnade_models.twin import POSE_SIZE, SAME_ANGLE, SAME_PLACE, TWIN_SIZE, UNMEASURED

__all__ = ["find_twins"]

Array = NDArray[np.float32]

PLACES = 24
"""Imagined percepts, spread over the object."""
ANCHORS = 8
BUDGET = 20_000
MOST_TWINS = 40
PROBES = 200
LARGEST_LOSS = np.float32(6.0)
MOST_LOST = np.float32(3.0)
"""Nats a touch that may tell a twin from the object itself, on average over the surface."""


def _spread(position: Array, count: int) -> NDArray[np.int64]:
    """`count` indices, each the farthest from those before it (Gonzalez 1985)."""
    chosen = [int(np.argmax(np.linalg.norm(position - position.mean(axis=0), axis=1)))]
    nearest = np.full(len(position), np.inf)
    while len(chosen) < min(count, len(position)):
        nearest = np.minimum(nearest, np.linalg.norm(position - position[chosen[-1]], axis=1))
        chosen.append(int(np.argmax(nearest)))
    return np.array(chosen)


@kernel
def _mean_loss(memory: Memory, pose: Array, t: Tolerance, f: Array) -> np.float32:
    """Nats a touch loses on average where `pose` lays the object, each LARGEST_LOSS at most."""
    n = memory.surfels.shape[0]
    stride = max(1, n // PROBES)
    lost, probes = np.float32(0.0), np.float32(0.0)
    for i in range(0, n, stride):
        s = memory.surfels[i]
        imagine(s, f)
        loss = at_home(s, f, t) - laid_into(memory, f, 0, pose, t)
        lost = lost + min(max(loss, np.float32(0.0)), LARGEST_LOSS)
        probes = probes + np.float32(1.0)
    return lost / probes


@kernel
def _collect(
    memory: Memory,
    identity: Array,
    features: Array,
    t: Tolerance,
    plan: SeedPlan,
    normal: Normal,
    seeds: Hypotheses,
    out: Hypotheses,
    f: Array,
) -> None:
    """Poses of object 0 that explain most of the imagined percepts of itself."""
    count = features.shape[0]
    list_only(0, plan.listed)
    loose = np.float32(5.0) * np.float32(count)
    search = Search(BUDGET, TURNS, RESEMBLES, loose, np.float32(0.0))
    for anchor in range(0, count, max(1, count // ANCHORS)):
        seed(memory, features, count, anchor, t, search, plan, seeds)
        keep_winners(seeds, 256, loose)
        drop_twins(seeds, memory.centre, SAME_ANGLE, SAME_PLACE)
        for i in range(seeds.count[0]):
            for _ in range(3):
                refine(memory, 0, seeds.pose[i], features, 0, count, 1, t, normal)
            loss = _mean_loss(memory, seeds.pose[i], t, f)
            if loss > MOST_LOST:
                continue
            if is_near(seeds.pose[i], identity, memory.centre[0], SAME_ANGLE, SAME_PLACE):
                continue
            if not push(out, 0, seeds.pose[i], -loss):
                break
        drop_twins(out, memory.centre, SAME_ANGLE, SAME_PLACE)


def find_twins(memory: Memory) -> Array:
    """(W, 16) poses that map object 0 of a one-object memory nearly onto itself, best first.

    The identity is left out. At most MOST_TWINS; none for an object unlike itself all round.
    """
    places = _spread(memory.surfels[:, S.POSITION : S.POSITION + 3], PLACES)
    features = np.zeros((len(places), FEATURE_SIZE), np.float32)
    for row, i in zip(features, places, strict=True):
        imagine(memory.surfels[i], row)
    t = loosened(default_tolerance(), np.float32(0.002), np.float32(0.08))
    t = t._replace(colour=np.float32(9.0) * t.colour)
    identity = np.zeros(POSE_SIZE, np.float32)
    identity[[0, 4, 8]] = 1.0
    found = new_hypotheses(512)
    _collect(
        memory, identity, features, t, new_seed_plan(1), new_normal_equations(),
        new_hypotheses(1024), found, np.zeros(FEATURE_SIZE, np.float32),
    )  # fmt: skip
    count = int(found.count[0])
    order = np.argsort(-found.evidence[:count], kind="stable")[:MOST_TWINS]
    twins = np.full((len(order), TWIN_SIZE), UNMEASURED, np.float32)
    twins[:, :POSE_SIZE] = found.pose[:count][order]
    return twins
