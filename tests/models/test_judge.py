"""The judge: which pose of the leading object leads, by plain sums over the percepts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, ellipsoid, learned, pose_row
from tests.naive import evidence as naive

from colonnade_models import column as C
from colonnade_models.evidence import features_of
from colonnade_models.hypotheses import push
from colonnade_models.judge import _rank_poses
from colonnade_models.memory import ObjectMemory

f = np.float32
EGG = ellipsoid(0.03, 0.02, 0.012)
COUNT = 15


@pytest.mark.parametrize("trust", [(1.0, 1.0), (0.2, 2.0), (0.5, 1.0)])
def test_poses_of_the_leader_are_ranked_by_what_tells_them_apart(
    trust: tuple[float, float],
) -> None:
    egg = replace(learned("egg", EGG), trust=np.array(trust, f))
    things = [egg, learned("blob", blob(1))]
    column = C.init(ObjectMemory(things).arrays)
    random = np.random.default_rng(5)
    for row, percept in zip(
        column.features, EGG.percepts(EGG.sample(COUNT, random), random), strict=False
    ):
        features_of(percept.astype(f), row)
    column.features[3, 14] = 0  # a look that met nothing
    column.tally[C.PERCEPTS] = COUNT
    turns = [
        Rotation.from_rotvec(v) for v in ([0, 0, 0], [0, 0, np.pi], [0.1, 0, 0], [np.pi, 0, 0])
    ]
    poses = [pose_row(turn, np.zeros(3)) for turn in turns]
    evidence = [20.0, 21.0, 19.0, 20.5]
    for pose, nats in zip(poses, evidence, strict=True):
        push(column.hypotheses, 0, pose, f(nats))
    push(column.hypotheses, 1, poses[0], f(99.0))  # of another object, which does not matter
    column.verdict.state[1] = 1
    memory = ObjectMemory(things)
    _rank_poses(column, memory.arrays)

    known, reach = memory["egg"], float(column.settings.reach)
    for i, pose in enumerate(poses):
        expected = evidence[i]
        for row in column.features[:COUNT].astype(np.float64):
            nats, colour = naive.score_parts(known, pose, row, column.tolerance, reach)
            expected += (trust[0] - 1) * (nats + colour) - (trust[1] - 1) * colour
        assert column.ranked[i] == pytest.approx(expected, abs=2.0)  # walls between cells
    assert column.verdict.state[1] == int(np.argmax(column.ranked[:4]))
