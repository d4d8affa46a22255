"""A column looks for new hypotheses when its manual says, to the percept."""

from __future__ import annotations

from collections import Counter

import numpy as np
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, learned, pose_row
from tests.naive import column as naive

from colonnade_models import column as C
from colonnade_models.column_state import CUT, MET, SEEDED_AT, SEEDINGS
from colonnade_models.hypotheses import push
from colonnade_models.memory import ObjectMemory

f = np.float32
MEMORY = ObjectMemory([learned(name, blob(1), count=500) for name in "ab"]).arrays


def some_standing(random: np.random.Generator) -> naive.Standing:
    met = int(random.integers(0, 16))
    per_percept = random.choice([0.5, 1.25, 1.5, 2.0, 2.5, 3.0])
    return naive.Standing(
        met=met,
        seeded_at=int(random.choice([0, max(met - 4, 0), max(met - 3, 0), max(met - 2, 0), met])),
        seedings=int(random.integers(0, 5)),
        left_out=int(random.choice([0, 0, 7])),
        familiar=2,  # without a percept all objects are as familiar
        fit=None if random.random() < 0.1 else float(met * per_percept),
    )


def column_of(a: naive.Standing, settings: C.Settings) -> C.Column:
    column = C.init(MEMORY, settings)
    column.tally[MET], column.tally[SEEDED_AT] = a.met, a.seeded_at
    column.tally[SEEDINGS], column.tally[CUT] = a.seedings, a.left_out
    if a.fit is not None:
        pose = pose_row(Rotation.identity(), np.zeros(3))
        for evidence, fit in ((1.0, a.fit + 100), (2.0, a.fit)):  # not the best fit, the best's
            push(column.hypotheses, 0, pose, f(evidence))
            column.hypotheses.fit[column.hypotheses.count[0] - 1] = fit
        column.verdict.state[1] = 1
    return column


def test_when_to_seed_and_when_to_wait_is_plain() -> None:
    counts = Counter[tuple[bool, bool]]()
    for seed in range(600):
        random = np.random.default_rng(seed)
        a, few = some_standing(random), int(random.integers(1, 3))
        settings = C.default_settings()._replace(poor=f(1.5), sure=f(2.5), few=few)
        column = column_of(a, settings)
        told = C._doubts(column, MEMORY), C._hasty(column, MEMORY)
        assert told == (naive.doubts(a, settings), naive.hasty(a, settings)), (seed, a)
        counts[told] += 1
    assert len(counts) == 4
    assert min(counts.values()) > 10
