"""The flood fill: its frontier is a plain list of goals, and it covers a surface."""

from __future__ import annotations

import numpy as np
import pytest
from tests.models.synthetic import blob
from tests.naive import cover as naive

from colonnade.policies.cover import new_frontier, next_goal, open_goals
from colonnade_models import percept as P
from colonnade_models.learning import learn, new_draft

f = np.float32


def known(draft) -> list:  # type: ignore[no-untyped-def]
    n = int(draft.size[0])
    voxels = [tuple(v) for v in draft.voxel[:n].tolist()]
    return list(zip(voxels, draft.sums[:n, 3:6].astype(float), strict=True))


@pytest.mark.parametrize("seed", range(4))
def test_frontier_is_a_plain_list(seed: int) -> None:
    random = np.random.default_rng(seed)
    spacing = float(f(0.006))
    draft, tried, frontier = new_draft(spacing), new_draft(spacing), new_frontier()
    plain = naive.Frontier(spacing)
    rows = blob(seed).percepts(blob(seed).sample(60, random), random)
    goal = np.zeros(9, f)
    for row in rows:
        if learn(draft, row) > 0:
            open_goals(frontier, draft, row)
            plain.open(known(draft), row)
        assert frontier.size[0] == len(plain.goals)
        # aside of every goal: opposite ones would be equally near
        here = row[:3] + random.normal(0, 0.003, 3).astype(f)
        if random.random() < 0.5:
            found = next_goal(frontier, draft, tried, *here, goal)
            expected = plain.next(known(draft), here.astype(float))
            assert found == (expected is not None)
            assert np.allclose(goal, expected, atol=1e-7)
    here = np.array([0.05, 0.041, 0.033], f)
    while next_goal(frontier, draft, tried, *here, goal):
        expected = plain.next(known(draft), here.astype(float))
        assert expected is not None
        assert np.allclose(goal, expected, atol=1e-7)
    assert plain.next(known(draft), np.zeros(3)) is None
    assert frontier.size[0] == 0


def test_a_full_frontier_takes_no_more() -> None:
    draft, frontier = new_draft(0.005), new_frontier(capacity=4)
    row = np.zeros(P.PERCEPT_SIZE, f)
    row[P.ON_OBJECT] = row[P.NORMAL + 2] = row[P.DIRECTION] = 1
    open_goals(frontier, draft, row)
    assert frontier.size[0] == 4


def test_a_flood_over_a_sphere_leaves_no_gap() -> None:
    """Played without a body: every goal is met where the sphere is nearest to it."""
    radius, spacing = 0.03, 0.005
    draft, tried, frontier = new_draft(spacing), new_draft(spacing), new_frontier()
    goal, here = np.zeros(9, f), np.array([0, 0, radius])
    for _ in range(3000):
        n = here / np.linalg.norm(here)
        row = np.zeros(P.PERCEPT_SIZE, f)
        row[:3], row[3:6], row[P.ON_OBJECT] = radius * n, n, 1
        e = np.cross(n, [1, 0, 0] if abs(n[0]) < 0.7 else [0, 1, 0])
        row[6:9] = e / np.linalg.norm(e)
        if learn(draft, row) > 0:
            open_goals(frontier, draft, row)
        if not next_goal(frontier, draft, tried, *row[:3], goal):
            break
        here = goal[:3].astype(float)
    else:
        pytest.fail("the flood never ends")
    n = int(draft.size[0])
    met = draft.sums[:n, :3] / draft.sums[:n, 20:21]
    way = np.random.default_rng(0).normal(size=(2000, 3))
    points = radius * way / np.linalg.norm(way, axis=1)[:, None]
    gaps = np.linalg.norm(points[:, None] - met[None], axis=2).min(axis=1)
    assert gaps.max() < 1.7 * spacing
