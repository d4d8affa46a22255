"""Ranking: which pose of the leading object leads and by how much, by plain sums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, ellipsoid, learned, pose_row
from tests.naive import ranking as naive

from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.cost import MOST_MISSED
from colonnade_models.evidence import features_of
from colonnade_models.hypotheses import push, put
from colonnade_models.memory import ObjectMemory
from colonnade_models.past import before
from colonnade_models.ranking import behind, rank_poses
from colonnade_models.twin import MOST_COUNTED, TWIN_SIZE, UNMEASURED, WORTH

f = np.float32
EGG = ellipsoid(0.03, 0.02, 0.012)
COUNT = 15
HALF_TURN = Rotation.from_rotvec([0, 0, np.pi])
POSES = [
    pose_row(turn, np.zeros(3))
    for turn in (
        Rotation.identity(),
        HALF_TURN,
        Rotation.from_rotvec([0.1, 0, 0]),
        Rotation.from_rotvec([0, np.pi, 0]),
    )
]


def egg_and_blob(trust: tuple[float, float], worth: float) -> ObjectMemory:
    """An egg of two colours whose half turn is a twin, and something else."""
    twins = np.full((1, TWIN_SIZE), UNMEASURED, f)
    twins[0, :12], twins[0, WORTH] = pose_row(HALF_TURN, np.zeros(3)), worth
    egg = replace(learned("egg", EGG), trust=np.array(trust, f), twins=twins)
    egg.table[:, S.COLOUR : S.COLOUR + 3] = 0.1, 0.9, 0.8
    egg.table[:, S.HIT] = 1
    egg.table[egg.table[:, 0] < 0, S.COLOUR] = 0.6
    return ObjectMemory([egg, learned("blob", blob(1))])


def felt(memory: ObjectMemory) -> C.Column:
    """A column that met the egg as it lies, and to which by chance its half turn seems to lead."""
    column = C.init(memory.arrays)
    random = np.random.default_rng(5)
    percepts = EGG.percepts(EGG.sample(COUNT, random), random).astype(f)
    percepts[:, P.COLOUR : P.COLOUR + 3] = 0.1, 0.9, 0.8
    percepts[percepts[:, 0] < 0, P.COLOUR] = 0.6
    for row, percept in zip(column.features, percepts, strict=False):
        features_of(percept, row)
    column.features[3, P.ON_OBJECT] = 0  # a look that met nothing
    column.features[4, P.LOCATION] += 0.05  # a wild one
    column.tally[C.PERCEPTS] = column.tally[C.MET] = COUNT
    for pose, nats in zip(POSES, (30.0, 35.0, 20.0, 10.0), strict=True):
        push(column.hypotheses, 0, pose, f(nats))
    push(column.hypotheses, 1, POSES[0], f(999.0))  # of another object, which does not matter
    column.ranked[:5] = column.hypotheses.evidence[:5]
    column.verdict.state[1] = 1
    return column


@pytest.mark.parametrize("trust", [(1.0, 1.0), (0.2, 2.0), (0.5, 1.0)])
@pytest.mark.parametrize("worth", [0.0, 0.5, 1.0, UNMEASURED])
def test_poses_are_ranked_by_what_tells_them_apart(
    trust: tuple[float, float], worth: float
) -> None:
    memory = egg_and_blob(trust, worth)
    column = felt(memory)
    rank_poses(column, memory.arrays)
    known, rows = memory["egg"], column.features[:COUNT]
    cost = naive.costs(known, POSES, rows, column.tolerance, float(column.settings.reach))
    plain = naive.behind(known, memory.arrays.centre[0], POSES, cost, 0)
    assert column.verdict.state[1] == np.argmin(cost) == 0
    # on walls between cells another surfel answers
    assert [behind(column, i) for i in range(4)] == pytest.approx(plain, abs=3)
    assert plain[1] > 3 or worth == 0.0
    assert column.ranked[4] == 999.0


def test_one_wild_percept_costs_no_more_than_most() -> None:
    memory = egg_and_blob((1.0, 1.0), UNMEASURED)
    calm, wild = felt(memory), felt(memory)
    calm.tally[C.PERCEPTS] = 4
    wild.tally[C.PERCEPTS] = 5
    rank_poses(calm, memory.arrays)
    rank_poses(wild, memory.arrays)
    assert calm.ranked[0] - wild.ranked[0] == pytest.approx(MOST_COUNTED, abs=1e-5)


def test_a_look_that_met_nothing_costs_no_more_than_most() -> None:
    memory = egg_and_blob((1.0, 1.0), UNMEASURED)
    column = felt(memory)
    column.tally[C.PERCEPTS] = 1
    look = column.features[0]
    look[:] = 0
    look[P.LOCATION : P.LOCATION + 3] = 0, 0, 0.05  # from above, through the middle
    look[P.NORMAL : P.NORMAL + 3] = 0, 0, 1
    beside = pose_row(Rotation.identity(), np.array([0.2, 0.0, 0.0]))
    push(column.hypotheses, 0, beside, f(0.0))
    rank_poses(column, memory.arrays)
    assert column.ranked[0] == pytest.approx(-MOST_MISSED)
    assert column.ranked[5] == 0.0


def test_what_is_ranked_again_is_what_would_be_ranked_at_once() -> None:
    """Percepts that came since are added, and all of them after a pose was refined."""
    memory = egg_and_blob((0.5, 2.0), UNMEASURED)
    at_once, bit_by_bit = felt(memory), felt(memory)
    rank_poses(at_once, memory.arrays)
    for count in (2, 5, 6, COUNT):
        bit_by_bit.tally[C.PERCEPTS] = count
        bit_by_bit.verdict.state[1] = 1
        if count == 6:
            put(bit_by_bit.hypotheses, 2, POSES[2])
        rank_poses(bit_by_bit, memory.arrays)
    assert (at_once.ranked[:4] == bit_by_bit.ranked[:4]).all()


def test_where_it_lay_before_it_moved_counts_in_full() -> None:
    memory = egg_and_blob((1.0, 1.0), 0.5)
    unmoved, moved = felt(memory), felt(memory)
    moved.past.moves[0], moved.past.object[0] = 1, 0
    moved.past.pose[0] = POSES[1]  # the half turn
    rank_poses(unmoved, memory.arrays)
    rank_poses(moved, memory.arrays)
    prior = [before(moved.past, memory.arrays.centre[0], 0, pose) for pose in POSES]
    assert prior[0] < prior[1] - 2
    assert moved.ranked[:4] - unmoved.ranked[:4] == pytest.approx(prior, abs=1e-4)


@pytest.mark.parametrize("met", [COUNT, 2 * COUNT, 10 * COUNT])
def test_only_what_fits_leads_however_it_ranks(met: int) -> None:
    memory = egg_and_blob((0.1, 1.0), UNMEASURED)
    column = felt(memory)
    column.tally[C.MET] = met  # as if so many had to be explained
    rank_poses(column, memory.arrays)
    t, reach, rows = column.tolerance, float(column.settings.reach), column.features[:COUNT]
    cost = naive.costs(memory["egg"], POSES, rows, t, reach)
    needed = float(column.settings.fit) * met
    plain = naive.leader(memory["egg"], POSES, [-c for c in cost], 1, rows, t, reach, needed)
    assert column.verdict.state[1] == plain == (0 if met == COUNT else 1)


def test_behind_is_by_rank_within_an_object_and_by_evidence_between_objects() -> None:
    memory = ObjectMemory([learned("egg", EGG), learned("blob", blob(1))]).arrays
    column = C.init(memory)
    pose = pose_row(Rotation.identity(), np.zeros(3))
    for o, nats in ((0, 30.0), (0, 32.0), (1, 25.0), (1, 40.0)):
        push(column.hypotheses, o, pose, f(nats))
    column.ranked[:4] = 9, 4, 25, 40
    column.verdict.best[:] = 32, 40
    column.verdict.state[1] = 0
    assert [behind(column, i) for i in range(4)] == [0, 5, 7, 0]
