"""The judge: which pose of the leading object leads, by plain sums over the percepts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, ellipsoid, learned, pose_row
from tests.naive import evidence as naive_evidence
from tests.naive import judge as naive

from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.evidence import features_of
from colonnade_models.hypotheses import push
from colonnade_models.judge import _rank_poses, behind
from colonnade_models.memory import ObjectMemory

f = np.float32
EGG = ellipsoid(0.03, 0.02, 0.012)
COUNT = 15


@pytest.mark.parametrize("trust", [(1.0, 1.0), (0.2, 2.0), (0.5, 1.0)])
def test_poses_of_the_leader_are_ranked_by_what_tells_them_apart(
    trust: tuple[float, float],
) -> None:
    egg = replace(learned("egg", EGG), trust=np.array(trust, f))
    egg.table[:, S.COLOUR : S.COLOUR + 3] = 0.1, 0.9, 0.8
    egg.table[egg.table[:, 0] < 0, S.COLOUR] = 0.6  # half of it is of another colour
    memory = ObjectMemory([egg, learned("blob", blob(1))])
    known = memory["egg"]
    column = C.init(memory.arrays)
    random = np.random.default_rng(5)
    percepts = EGG.percepts(EGG.sample(COUNT, random), random).astype(f)
    percepts[:, P.COLOUR : P.COLOUR + 3] = 0.1, 0.9, 0.8
    percepts[percepts[:, 0] < 0, P.COLOUR] = 0.6
    for row, percept in zip(column.features, percepts, strict=False):
        features_of(percept, row)
    column.features[3, P.ON_OBJECT] = 0  # a look that met nothing
    column.tally[C.PERCEPTS] = column.tally[C.MET] = COUNT
    turns = [
        Rotation.from_rotvec(v) for v in ([0, 0, 0], [0, 0, np.pi], [0.1, 0, 0], [0, np.pi, 0])
    ]
    poses = [pose_row(turn, np.zeros(3)) for turn in turns]
    reach = float(column.settings.reach)
    rows = column.features[:COUNT]
    evidence = [
        sum(naive_evidence.score(known, p, r.astype(float), column.tolerance, reach) for r in rows)
        for p in poses
    ]
    evidence[1] = evidence[0] + 5.0  # by chance, say, the half turn leads
    for pose, nats in zip(poses, evidence, strict=True):
        push(column.hypotheses, 0, pose, f(nats))
    push(column.hypotheses, 1, poses[0], f(999.0))  # of another object, which does not matter
    column.ranked[:5] = [*evidence, 999.0]
    column.verdict.state[1] = 1
    _rank_poses(column, memory.arrays)

    plain = naive.ranks(known, poses, evidence, rows, column.tolerance, reach)
    assert np.abs(column.ranked[:4] - plain).max() < 3  # on walls between cells another answers
    assert column.ranked[4] == 999.0
    assert int(np.argmax(plain)) == (0 if trust == (0.2, 2.0) else 1)
    assert column.verdict.state[1] == int(np.argmax(plain))


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
