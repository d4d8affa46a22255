"""Learning: percepts merge as a dictionary of voxels would merge them; order does not matter."""

from __future__ import annotations

import numpy as np
import pytest
from tests.models.synthetic import blob, random_table
from tests.naive import learning as naive
from tests.naive import spread as naive_spread

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.learning import (
    Draft,
    coarsen,
    covers,
    draft_surfels,
    find_or_add,
    learn,
    new_draft,
)
from colonnade_models.spread import widen_spreads

f = np.float32


def touches(seed: int, count: int = 600) -> np.ndarray:
    """Percepts of a blob with noise, misses, flipped directions and doubtful curvatures."""
    random = np.random.default_rng(seed)
    rows = blob(seed).percepts(blob(seed).sample(count, random), random)
    rows[:, 3:6] += random.normal(0, 0.05, (count, 3))
    rows[:, 3:6] /= np.linalg.norm(rows[:, 3:6], axis=1)[:, None]
    rows[:, P.CURVATURE : P.CURVATURE + 2] += random.normal(0, 3, (count, 2))
    rows[random.random(count) < 0.05, P.ON_OBJECT] = 0
    rows[random.random(count) < 0.1, P.SIGMA_BEND] = 500
    return rows


def drafted(rows: np.ndarray, spacing: float = 0.006) -> Draft:
    draft = new_draft(spacing)
    for row in rows:
        learn(draft, row)
    return draft


def raw_table(draft: Draft) -> np.ndarray:
    """Surfels before their spreads are widened."""
    from colonnade_models.learning import _surfels

    out = np.zeros((int(draft.size[0]), S.SURFEL_SIZE), f)
    _surfels(draft, out)
    return out


def colours_off(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Differences of HSV rows, hue round its circle and weighed by how coloured it is."""
    off = np.abs(a - b)
    off[:, 0] = np.minimum(off[:, 0], 1 - off[:, 0]) * b[:, 1] * b[:, 2]
    return off


def assert_alike(a: np.ndarray, b: np.ndarray, atol: float) -> None:
    colour = slice(S.COLOUR, S.COLOUR + 3)
    assert colours_off(a[:, colour], b[:, colour]).max() < atol
    direction = slice(S.DIRECTION, S.DIRECTION + 3)
    sure = np.minimum(a[:, S.DIRECTED], b[:, S.DIRECTED]) > 0.3  # else it may cancel out
    along = (a[:, direction] * b[:, direction]).sum(axis=1)
    assert (np.abs(along[sure]) > 1 - atol).all()
    curvature = slice(S.CURVATURE, S.CURVATURE + 2)
    assert np.allclose(a[:, curvature], b[:, curvature], atol=1e-3, rtol=1e-5)
    rest = [0, 1, 2, 3, 4, 5, 11, 12, *range(S.DIRECTED, S.SURFEL_SIZE)]
    assert np.allclose(a[:, rest], b[:, rest], atol=atol)


@pytest.mark.parametrize("seed", range(5))
def test_learning_is_a_dictionary_of_voxels(seed: int) -> None:
    rows = touches(seed)
    plain, draft = naive.Voxels(0.006), new_draft(0.006)
    for row in rows:
        assert learn(draft, row) == plain.learn(row)
    expected, result = plain.table(), raw_table(draft)
    assert result.shape == expected.shape
    # sums of up to a hundred float32 numbers near 1; variances are small differences of those
    assert_alike(result, expected, 3e-5)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_touches_does_not_matter(seed: int) -> None:
    """On a surface of one face a voxel: only rounding may differ."""
    rows = touches(seed)
    rows[:, 3:6] = [0, 0, 1]
    rows[:, 6:9] -= rows[:, 8:9] * np.array([0, 0, 1], f)
    a = raw_table(drafted(rows))
    b = raw_table(drafted(rows[np.random.default_rng(seed).permutation(len(rows))]))
    a, b = (t[np.lexsort(np.floor(t[:, :3].T / 0.006))] for t in (a, b))
    # which of two opposite directions a sum starts with may let weak ones cancel differently
    for t in (a, b):
        t[:, S.DIRECTION : S.DIRECTION + 3] = 0
        t[:, S.DIRECTED] = 0
    assert_alike(a, b, 3e-5)


def test_a_principal_direction_has_no_sign() -> None:
    rows = touches(1, 40)
    rows[:] = rows[rows[:, P.ON_OBJECT] > 0][0]
    rows[:, P.DIRECTED], rows[:, P.SIGMA_BEND] = 1, 1
    rows[::2, P.DIRECTION : P.DIRECTION + 3] *= -1
    table = raw_table(drafted(rows))
    assert len(table) == 1
    assert table[0, S.DIRECTED] > 0.99  # exact directions, noisy normals
    expected = rows[0, P.DIRECTION : P.DIRECTION + 3]
    assert abs(table[0, S.DIRECTION : S.DIRECTION + 3] @ expected) > 0.99


def test_a_thin_wall_keeps_both_faces() -> None:
    draft = new_draft(0.006)
    row = np.zeros(P.PERCEPT_SIZE, f)
    row[P.ON_OBJECT], row[P.DIRECTION] = 1, 1
    for z, side in ((0.0031, 1), (0.0029, -1), (0.0031, 1), (0.0029, -1)):
        row[:3], row[3:6] = (0.001, 0.001, z), (0, 0, side)
        learn(draft, row)
    table = draft_surfels(draft)
    assert len(table) == 2
    assert sorted(table[:, 5]) == [-1, 1]
    assert covers(draft, f(0.001), f(0.001), f(0.003), f(0), f(0), f(1))
    assert covers(draft, f(0.001), f(0.001), f(0.003), f(0), f(0), f(-1))
    assert not covers(draft, f(0.001), f(0.001), f(0.003), f(1), f(0), f(0))
    assert not covers(draft, f(0.001), f(0.001), f(0.007), f(0), f(0), f(1))
    assert not covers(draft, f(-0.001), f(0.001), f(0.003), f(0), f(0), f(1))


def test_off_the_object_nothing_is_learned() -> None:
    draft = new_draft(0.005)
    assert learn(draft, np.zeros(P.PERCEPT_SIZE, f)) == 0
    assert draft.size[0] == 0


def test_a_full_draft_says_so_and_keeps_what_it_has() -> None:
    draft = new_draft(0.001, capacity=3)
    row = np.zeros(P.PERCEPT_SIZE, f)
    row[P.ON_OBJECT], row[P.NORMAL] = 1, 1
    results = []
    for k in range(5):
        row[0] = 0.0005 + 0.001 * k
        results.append(learn(draft, row))
    assert results == [1, 1, 1, -1, -1]
    row[0] = 0.0005
    assert learn(draft, row) == 0
    assert draft.size[0] == 3


def test_many_voxels_in_few_buckets_are_still_told_apart() -> None:
    draft = new_draft(0.001, capacity=512)
    where = np.random.default_rng(0).integers(-50, 50, (400, 3))
    first = {}
    for v in where:
        i, new = find_or_add(draft, *v, f(0), f(0), f(1))
        draft.sums[i, 3:6] = 0, 0, 1
        assert new == (tuple(v) not in first)
        assert first.setdefault(tuple(v), i) == i


@pytest.mark.parametrize("seed", range(3))
def test_coarsening_keeps_every_touch(seed: int) -> None:
    rows = touches(seed)
    fine, coarse = drafted(rows, 0.003), new_draft(0.0045)
    coarsen(fine, coarse)
    assert 0 < coarse.size[0] < fine.size[0]
    totals = fine.sums.sum(axis=0), coarse.sums.sum(axis=0)
    rest = [k for k in range(22) if not 6 <= k < 9]  # directions have no sign
    assert np.allclose(totals[0][rest], totals[1][rest], rtol=1e-4, atol=1e-4)
    on = (rows[:, P.ON_OBJECT] > 0).sum()
    assert coarse.sums[:, 20].sum() == on
    table = draft_surfels(coarse)
    assert np.isfinite(table).all()
    assert np.allclose(np.linalg.norm(table[:, 3:6], axis=1), 1, atol=1e-5)
    assert np.allclose((table[:, 3:6] * table[:, 6:9]).sum(axis=1), 0, atol=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_coarsening_is_pouring_lists_into_larger_voxels(seed: int) -> None:
    rows = touches(seed)
    plain, fine, coarse = naive.Voxels(0.004), new_draft(0.004), new_draft(0.007)
    for row in rows:
        plain.learn(row)
        learn(fine, row)
    coarsen(fine, coarse)
    _, expected = plain.coarsened(0.007)
    result = raw_table(coarse)
    assert result.shape == expected.shape
    assert_alike(result, expected, 3e-5)


@pytest.mark.parametrize(("degrees", "faces"), [(75, 2), (62, 2), (58, 1)])
def test_coarsening_merges_faces_no_sooner_than_learning(degrees: float, faces: int) -> None:
    """However often each was touched: ten touches must not make a face reach further."""
    row = np.zeros(P.PERCEPT_SIZE, f)
    row[P.ON_OBJECT], row[P.DIRECTION + 1] = 1, 1
    fine, coarse = new_draft(0.004), new_draft(0.008)
    for x, lean in ((0.001, 0.0), (0.006, np.radians(degrees))):
        row[:3], row[3:6] = (x, 0.001, 0.001), (np.sin(lean), 0, np.cos(lean))
        for _ in range(10):
            learn(fine, row)
    coarsen(fine, coarse)
    assert fine.size[0] == 2
    assert coarse.size[0] == faces
    assert coarse.sums[:, 20].sum() == 20
    for row in draft_surfels(coarse):
        assert row[S.SPREAD_NORMAL] < (0.01 if faces == 2 else 0.2)


@pytest.mark.parametrize("seed", range(3))
def test_spreads_are_those_of_all_pairs(seed: int) -> None:
    table = random_table(120, seed, 0.008)
    expected = naive_spread.widen_spreads(table, 0.004)
    result = table.copy()
    widen_spreads(result, 0.004)
    assert np.allclose(result, expected, atol=2e-6, rtol=2e-5)
    assert (result != table).any(axis=1).mean() > 0.5


def test_an_edge_widens_what_a_flat_face_does_not() -> None:
    """Two faces that meet at 40 degrees: surfels near the fold expect surprises."""
    x = np.arange(-10, 10) * 0.004 + 0.002
    table = random_table(len(x), 0)
    table[:, 9:13], table[:, 17:21] = 0, 0
    lean = np.where(x > 0, np.radians(40), 0)
    table[:, :3] = np.c_[x * np.cos(lean), 0 * x, -x * np.sin(lean)]
    table[:, 3:6] = np.c_[np.sin(lean), 0 * x, np.cos(lean)]
    table[:, 6:9] = [0, 1, 0]
    widen_spreads(table, 0.004)
    fold = np.abs(x) < 0.004
    assert (table[fold, S.SPREAD_NORMAL] > 0.05).all()
    assert (table[~fold, S.SPREAD_NORMAL] < 1e-6).all()


@pytest.mark.parametrize("spacing", [0.0, -1.0, np.nan])
def test_a_spacing_is_positive(spacing: float) -> None:
    with pytest.raises(ValueError, match="spacing must be positive"):
        new_draft(spacing)
