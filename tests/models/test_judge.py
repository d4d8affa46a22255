"""The judge decides what its manual says, whatever the percepts made of the hypotheses."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, ellipsoid, learned, pose_row
from tests.naive import judge as naive
from tests.naive.judge import Belief, Beliefs

from colonnade_models import column as C
from colonnade_models.agenda import CHALLENGE, IDLE, JOB, SEEK
from colonnade_models.column_state import CALM, MET, TWINNED_AT
from colonnade_models.evidence import default_tolerance
from colonnade_models.hypotheses import push
from colonnade_models.jobs import take_up
from colonnade_models.judge import judge
from colonnade_models.learned import LearnedObject
from colonnade_models.memory import ObjectMemory
from colonnade_models.twin import NATS, TWIN_SIZE, UNMEASURED

f = np.float32
SETTINGS = C.default_settings()._replace(
    fit=f(1.5), strange=f(1.0), unknown_percepts=10, patience=8, probes=8, challenge_every=3
)
"""Numbers that have few bits, so that what is just enough is just enough in float64, too."""
MEASURED = (
    (0.02, 0.02, 0.02, 0.02, 0.3),
    (0.1, 0.5, UNMEASURED),
    (0.05, 0.15, 0.15, 0.15, UNMEASURED),
    (0.25, 0.5, 1.0),
)
"""What may be known of a twin: nats, those of a turn, rate, worth."""
HALF_TURNS = [Rotation.from_rotvec(np.pi * axis) for axis in np.eye(3)]


@cache
def egg_and_blob() -> list[LearnedObject]:
    """An egg that has three twins, and a blob that is unlike itself all round."""
    twins = np.zeros((3, TWIN_SIZE), f)
    twins[:, :12] = [pose_row(turn, np.zeros(3)) for turn in HALF_TURNS]
    egg = learned("egg", ellipsoid(0.03, 0.02, 0.012), count=800)
    return [replace(egg, twins=twins), learned("blob", blob(1), count=800)]


def some_memory(random: np.random.Generator) -> ObjectMemory:
    """The two, where something or nothing was measured of the egg's twins."""
    egg, other = egg_and_blob()
    twins = egg.twins.copy()
    twins[:, NATS:] = [[random.choice(values) for values in MEASURED] for _ in twins]
    return ObjectMemory([replace(egg, twins=twins), other])


def some_beliefs(random: np.random.Generator, met: int) -> Beliefs:
    """Poses about as good as each other or not, whole nats apart."""
    beliefs, spread = [], random.choice([4, 8])
    for _ in range(random.integers(0, 7)):
        turn = random.choice(np.array([Rotation.identity(), *HALF_TURNS]))
        tilt = random.choice([0.0, 0.0, 0.1, 0.3, 0.6]) * random.choice(np.eye(3))
        pose = pose_row(Rotation.from_rotvec(tilt) * turn, random.choice([0, 0, 0, 0.004, 0.03], 3))
        evidence, cost = random.integers(0, spread), random.integers(0, spread)
        fit = met * random.choice([0.75, 1.0, 1.25, 1.5, 2.0], p=[0.1, 0.1, 0.1, 0.4, 0.3])
        o = int(random.random() < 0.2)
        beliefs.append(Belief(o, pose, 10.0 + evidence - 3 * o, fit, float(cost)))
    return beliefs


def an_episode(memory: ObjectMemory, met: int) -> naive.Episode:
    """One that was never challenged, in which nothing tied."""
    known, centre = [memory["egg"], memory["blob"]], memory.arrays.centre
    return naive.Episode(met, 0, 0, 1, False, known, centre, SETTINGS, default_tolerance())


def column_of(memory: ObjectMemory, beliefs: Beliefs, e: naive.Episode) -> C.Column:
    """A column that holds them: the sums over all of its percepts are done."""
    column = C.init(memory.arrays, e.settings, e.tolerance)
    h, t = column.hypotheses, column.tally
    for i, belief in enumerate(beliefs):
        push(h, belief.object, belief.pose, f(belief.evidence))
        h.fit[i], h.cost[i] = belief.fit, belief.cost
    t[MET], t[TWINNED_AT], t[CALM] = e.met, e.challenged, e.calm
    column.agenda[JOB] = SEEK if e.busy else IDLE
    return column


def beliefs_of(column: C.Column) -> Beliefs:
    h = column.hypotheses
    return [
        Belief(int(h.object[i]), h.pose[i], float(h.evidence[i]), float(h.fit[i]), float(h.cost[i]))
        for i in range(h.count[0])
    ]


def same(a: Belief, b: Belief) -> bool:
    return a.object == b.object and bool((a.pose == b.pose).all()) and a[2:] == b[2:]


def judged(seed: int) -> str:
    """Let both judge something; what came of it."""
    random = np.random.default_rng(seed)
    memory, met = some_memory(random), int(random.choice([3, 6, 7, 9, 10, 12, 19, 20, 30]))
    beliefs = some_beliefs(random, met)
    e = an_episode(memory, met)._replace(
        challenged=int(random.choice([0, met - 3, met - 2, met])),
        calm=int(random.choice([0, 5, 6, 7])),
        percepts=int(random.integers(1, 4)),
        busy=bool(random.random() < 0.05),
    )
    challenges = 0

    def challenge() -> Beliefs:
        nonlocal challenges
        challenges += 1
        column = column_of(memory, beliefs, e)
        assert take_up(column, memory.arrays, CHALLENGE)
        return beliefs_of(column)

    plain = naive.judge(beliefs, e, challenge)
    column = column_of(memory, beliefs, e)
    judge(column, memory.arrays, e.percepts)
    state, leader, rival, others = column.verdict.state
    got = beliefs_of(column)
    assert all(map(same, got, plain.beliefs)), seed
    assert (state, leader, rival, len(got), column.tally[CALM]) == (
        plain.state, plain.leader, plain.rival, len(plain.beliefs), plain.calm
    ), seed  # fmt: skip
    assert column.tally[TWINNED_AT] == (e.met if challenges else e.challenged), seed
    best = [max([b.evidence for b in got if b.object == o], default=-np.inf) for o in range(2)]
    assert column.verdict.best.tolist() == best, seed
    noted = int(column.past.object[1])
    assert noted == (plain.lay.object if plain.lay else -1), seed
    assert plain.lay is None or (column.past.pose[1] == plain.lay.pose).all(), seed
    if state == C.RECOGNISED:
        assert others == plain.others, seed
        assert set(np.flatnonzero(column.possible[: len(got)])) == plain.possible, seed
    return _outcome(plain, e, challenges)


def _outcome(plain: naive.Verdict, e: naive.Episode, challenges: int) -> str:
    if plain.state == C.RECOGNISED:
        strongest = max(b.evidence for b in plain.beliefs)
        if plain.beliefs[plain.leader].evidence < strongest:
            return "recognised, another pose ranks first"
        how = "patience ended" if plain.calm > e.calm else "alike" if plain.others else "settled"
        return f"recognised, {how}"
    if plain.state == C.UNKNOWN:
        return "unknown" if plain.beliefs else "unknown, nothing lives"
    if plain.calm > e.calm:
        return "open, poses tie"
    if challenges:
        return "open, challenged"
    return "open, leads" if plain.lay else "open"


def test_what_is_decided_is_plain() -> None:
    outcomes = Counter(judged(seed) for seed in range(500))
    assert len(outcomes) == 10
    assert min(outcomes.values()) >= 5


def test_a_step_that_spent_its_effort_leaves_the_verdict_to_the_next() -> None:
    memory = some_memory(np.random.default_rng(0))
    pose = pose_row(Rotation.identity(), np.zeros(3))
    e = an_episode(memory, 12)._replace(challenged=12)
    states = []
    for effort in (0, SETTINGS.effort):
        e = e._replace(settings=SETTINGS._replace(effort=effort))
        column = column_of(memory, [Belief(0, pose, 30.0, 30.0, 1.0)], e)
        judge(column, memory.arrays, 1)
        states.append(column.verdict.state[0])
    assert states == [C.OPEN, C.RECOGNISED]
