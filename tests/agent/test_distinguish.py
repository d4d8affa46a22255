"""The hypothesis-testing policy: the most telling place is that of plain loops over all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, learned, moved, pose_row
from tests.naive import distinguish as naive

from colonnade.policies.distinguish import most_telling, new_rivals
from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models.column_state import default_settings
from colonnade_models.evidence import features_of
from colonnade_models.hypotheses import push
from colonnade_models.judge import _look_up
from colonnade_models.memory import ObjectMemory

f = np.float32
THINGS = [
    replace(learned("a", blob(1), count=2500), trust=np.array([0.6, 2.0], f)),
    learned("b", blob(2), count=2500),
]
MEMORY = ObjectMemory(THINGS).arrays


def column_with(hypotheses: list, rows: np.ndarray) -> C.Column:
    column = C.init(MEMORY)
    for o, pose, evidence in hypotheses:
        push(column.hypotheses, o, pose, f(evidence))
    for k, row in enumerate(rows):
        features_of(row, column.features[k])
    column.tally[C.PERCEPTS] = len(rows)
    _look_up(column)
    return column


def scene(seed: int, rivals: int, touches: int = 6) -> tuple[list, np.ndarray]:
    """A leader among rivals of both objects, and some touches, one of them a miss."""
    random = np.random.default_rng(seed)
    turn, shift = Rotation.random(random_state=seed), random.normal(0, 0.1, 3)
    rows = moved(blob(1).percepts(blob(1).sample(touches, random), random), turn, shift)
    if touches > 2:
        rows[2, P.ON_OBJECT] = 0
    these = [(0, pose_row(turn, shift), 50.0)]
    for k in range(rivals):
        angle = 0.1 if k % 3 == 0 else 1.5  # some too near the leader to be another
        other = Rotation.from_rotvec(random.normal(0, angle, 3)) * turn
        place = shift + random.normal(0, 0.004, 3)
        these.append((k % 2, pose_row(other, place), float(random.uniform(20, 50))))
    order = random.permutation(len(these))
    return [these[i] for i in order], rows


@pytest.mark.parametrize("rivals", [0, 1, 3, 12])
@pytest.mark.parametrize("seed", range(3))
def test_the_most_telling_place_is_that_of_plain_loops(seed: int, rivals: int) -> None:
    these, rows = scene(seed, rivals)
    column = column_with(these, rows)
    best = max(these, key=lambda one: one[2])
    of_a = [i for i, (o, _, _) in enumerate(these) if o == 0]
    column.ranked[of_a] = np.random.default_rng(seed).uniform(5, 15, len(of_a))  # as by print
    leader = max(of_a, key=lambda i: column.ranked[i])
    column.verdict.state[1] = leader
    behind = [
        float(column.ranked[leader] - column.ranked[i]) if o == 0 else best[2] - evidence
        for i, (o, _, evidence) in enumerate(these)
    ]
    out = np.zeros(6, f)
    worth = most_telling(column, MEMORY, new_rivals(), seed, out)
    known = THINGS, these, leader, behind, column.features[: len(rows)]
    candidates = naive.worths(*known, MEMORY.centre, column.tolerance, seed)
    worths = np.array([w for w, _ in candidates])
    # the place found is a candidate, worth what it says, and none is worth more; a surfel laid
    # onto the wall between two cells may be compared with another one
    gaps = [np.abs(out - place).max() for _, place in candidates]
    chosen = int(np.argmin(gaps))
    assert gaps[chosen] < 2e-6
    wild = 0.5 if rivals else 1e-3
    assert worth == pytest.approx(worths[chosen], abs=wild)
    assert worths[chosen] > worths.max() - wild


def test_without_a_hypothesis_there_is_nothing_to_test() -> None:
    out = np.zeros(6, f)
    assert most_telling(C.init(MEMORY), MEMORY, new_rivals(), 0, out) == -1
    assert (out == 0).all()


def test_without_a_rival_it_goes_where_nothing_was_touched() -> None:
    these, rows = scene(1, 0, touches=1)
    column = column_with(these, rows)
    out = np.zeros(6, f)
    most_telling(column, MEMORY, new_rivals(), 0, out)
    reach = 2 * float(MEMORY.radius[0])
    assert np.linalg.norm(out[:3] - rows[0, :3]) > 0.6 * reach


def test_successive_calls_look_at_other_surfels() -> None:
    these, rows = scene(2, 0)
    column = column_with(these, rows)
    places = set()
    for offset in range(4):
        out = np.zeros(6, f)
        most_telling(column, MEMORY, new_rivals(), offset, out)
        places.add(out.tobytes())
    assert len(THINGS[0].table) >= 2 * default_settings().candidates  # else there are no others
    assert len(places) > 1


def test_nothing_of_the_column_is_changed() -> None:
    these, rows = scene(0, 6)
    column = column_with(these, rows)
    h = column.hypotheses
    parts = [h.object, h.pose, h.evidence, h.cost, h.costed, h.count, *h.rivalry]
    parts += [*column.verdict, column.features]
    before = [part.copy() for part in parts]
    most_telling(column, MEMORY, new_rivals(), 0, np.zeros(6, f))
    for was, part in zip(before, parts, strict=True):
        assert (was == part).all()
