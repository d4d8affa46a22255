"""Made-up episodes, and what the column of numba and the one in C say to each step of them.

What is said is a line of text, which parity_driver.c prints as well: what the step returned, the
numbers of `cln_decision`, and where to touch next, floats by their bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from tests.bridge.bits import bits_of
from tests.models.episodes import episode, memory_objects
from tests.models.synthetic import blob, learned, moved

from colonnade.policies.distinguish import most_telling, new_rivals
from colonnade_bridge.blob import EdgeModel, in_order, read_blob, write_blob
from colonnade_bridge.native import Limits, NativeColumn
from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models.agenda import SPENT
from colonnade_models.column_state import PERCEPTS
from colonnade_models.evidence import default_tolerance, fit
from colonnade_models.learned import PackedObject
from colonnade_models.memory import ObjectMemory
from colonnade_models.twin import NATS, NATS_OF_A_TURN, RATE, UNMEASURED, WORTH

Array = NDArray[np.float32]
Steps = list[Array]
"""(C, 18) the percepts of each."""

f = np.float32
MODELS: dict[str, dict[str, Any]] = {
    "default": {},
    "hurried": {
        "effort": 800, "winners": 32, "refined_seeds": 8, "proposals": 64, "seed_budget": 300,
        "seed_share": 50,
    },
    "small": {"effort": 3000, "winners": 24, "refined_seeds": 16, "proposals": 64},
    "eager": {
        "least_percepts": 4, "margin": f(2), "pose_margin": f(1), "patience": 6,
        "unknown_percepts": 8, "refine_every": 1, "alarm": f(3), "reach": f(0.05),
    },
    "measured": {"patience": 12, "refuted": f(60)},
    "crowd": {"effort": 20000},
    "tiny": {
        "seed_budget": 60, "seed_share": 10, "refined_seeds": 4, "winners": 8, "proposals": 48,
        "least_percepts": 5, "unknown_percepts": 8, "patience": 4, "refine_every": 2,
        "alarm": f(3), "reach": f(0.05), "probes": 16,
    },
}  # fmt: skip
"""Settings of the column in each model, where they are not the defaults."""
PERCEPTS_KEPT = {"small": 40}
ABSURD = (np.nan, np.inf, -np.inf, 3e38, -3e38, 1e30, 1e10, -1e4, 1e-40, 0.5, -1.0, 2.0, 0.0)


@cache
def blob_of(model: str) -> bytes:
    """The blob of one of `MODELS`."""
    things = _crowd() if model == "crowd" else memory_objects().packed()
    if model in ("measured", "tiny"):
        things = [_measured(thing) for thing in things]
    how = C.default_settings()._replace(**MODELS[model])
    memory = ObjectMemory([in_order(thing) for thing in things])
    return write_blob(EdgeModel(memory, how, default_tolerance(), PERCEPTS_KEPT.get(model, 512)))


def _measured(thing: PackedObject) -> PackedObject:
    """The object as if learning had found what tells its twins apart, and how far to trust it."""
    random = np.random.default_rng(len(thing.name))
    twins = thing.twins.copy()
    for field in (NATS, NATS_OF_A_TURN, RATE):
        twins[:, field] = random.choice([0.0, 0.03, 0.1, 0.5, UNMEASURED], len(twins))
    twins[:, WORTH] = random.uniform(0.3, 1.0, len(twins))
    return replace(thing, twins=twins, trust=np.array([0.7, 1.4], np.float32))


def _crowd() -> list[PackedObject]:
    """More objects than a seeding looks at, the first three of `SHAPES` among them."""
    things = [learned(f"number {n}", blob(n), count=250, spacing=0.008) for n in range(1, 46)]
    return ObjectMemory(things).packed()


class Episode(NamedTuple):
    """What happens in one."""

    name: str
    seed: int = 0
    patches: int = 1
    misses: float = 0.0
    """Share of percepts that looked past the object."""
    absurd: float = 0.0
    """Share of percepts in which some number is absurd."""
    late: int = 0
    """Steps before the first that may meet anything."""
    moved_at: int = 0
    """Percept from which on the object lies elsewhere; 0: it lies still."""


def steps_of(what: Episode, count: int = 60) -> Steps:
    """The percepts of an episode, step by step."""
    random = np.random.default_rng([what.seed, what.patches, what.late, what.moved_at])
    rows = episode(what.name, what.seed, count)[0].copy()
    if what.moved_at:
        turn = Rotation.from_rotvec(random.normal(0, 0.4, 3))
        middle = rows[: what.moved_at, :3].mean(axis=0)
        later = rows[what.moved_at :].copy()
        later[:, :3] -= middle
        rows[what.moved_at :] = moved(later, turn, middle + random.normal(0, 0.03, 3))
    for i, row in enumerate(rows):
        if i < what.late * what.patches or random.random() < what.misses:
            aside = 0.05 * row[P.NORMAL : P.NORMAL + 3] + random.normal(0, 0.02, 3)
            row[P.LOCATION : P.LOCATION + 3] += aside
            row[P.ON_OBJECT] = 0
        if random.random() < what.absurd:
            wrong = random.integers(0, P.PERCEPT_SIZE, random.integers(1, 4))
            row[wrong] = random.choice(np.array(ABSURD, f), len(wrong))
    return [rows[i : i + what.patches] for i in range(0, count, what.patches)]


def by_numba(blob: bytes, steps: Steps, limits: Limits | None = None) -> list[str]:
    """What the kernels of numba say to each step, and at the end after `polish`."""
    model = read_blob(blob) if limits is None else _limited(read_blob(blob), limits)
    memory = model.memory.arrays
    column = C.init(memory, model.settings, model.tolerance, model.percepts)
    said = []
    for turn, percepts in enumerate(steps):
        state = C.vote(column, memory, percepts)
        said.append(line_of(column, memory, state, turn))
    C.polish(column, memory)
    said.append(line_of(column, memory, column.verdict.state[0], len(steps)))
    return said


def _limited(model: EdgeModel, limits: Limits) -> EdgeModel:
    """The model as if its settings were these, where they are not 0."""
    given = limits._asdict() | {"refined_seeds": limits.refined}
    names = ("winners", "refined_seeds", "proposals", "effort")
    changed = {name: given[name] for name in names if given[name]}
    settings = model.settings._replace(**changed)
    return replace(model, settings=settings, percepts=limits.percepts or model.percepts)


def line_of(
    column: C.Column, memory: C.Memory, state: int, turn: int, fit: Callable[..., np.float32] = fit
) -> str:
    """What a column of the kernels says after a step; `fit` may be the kernel interpreted."""
    h, leader, tally = column.hypotheses, int(column.verdict.state[1]), column.tally
    who, evidence, rival, fitting, pose = -1, f(0), f(0), f(0), np.zeros(12, f)
    if leader >= 0:
        who, evidence, pose = int(h.object[leader]), h.evidence[leader], h.pose[leader]
        others = np.delete(column.verdict.best, who).max(initial=-np.inf)
        rival = others if others > -np.inf else f(0)
        for features in column.features[: tally[PERCEPTS]]:
            fitting += fit(memory, who, pose, features, column.tolerance, column.settings.reach)
        fitting = fitting / f(max(tally[C.MET], 1))
    goal = np.zeros(6, f)
    there = most_telling(column, memory, new_rivals(), turn, goal) >= 0
    counts = state, who, column.verdict.state[3], tally[PERCEPTS], column.past.moves[0]
    return _line((*counts, column.agenda[SPENT]), [evidence, rival, fitting, *pose], goal, there)


def by_c(blob: bytes, steps: Steps, limits: Limits | None = None) -> list[str]:
    """What the C code says."""
    column = NativeColumn(blob, limits)
    said = []
    for turn, percepts in enumerate(steps):
        state = column.step(percepts)
        said.append(native_line(column, state, turn))
    column.polish()
    said.append(native_line(column, column.decide().state, len(steps)))
    return said


def native_line(column: NativeColumn, state: int, turn: int) -> str:
    """The same of the column in C."""
    d, goal = column.decide(), column.goal(turn)
    assert d.state == state
    return _line(
        (state, d.object, d.others, d.percepts, d.moves, d.looks),
        [d.evidence, d.rival, d.fit, *d.pose],
        np.zeros(6, f) if goal is None else goal,
        goal is not None,
    )


def _line(counts: tuple[int, ...], floats: list[float], goal: Array, there: bool) -> str:
    return " ".join([*map(str, counts), *bits_of(floats), *(bits_of(goal) if there else ["-"])])
