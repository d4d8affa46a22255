"""Sizes: copies on a ladder, kin that do not compete, and the size between two rungs."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.episodes import SHAPES, memory_objects
from tests.models.synthetic import moved
from tests.naive.sizes import similarity

from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.evidence import FEATURE_SIZE, default_tolerance, features_of
from colonnade_models.kin import strangers
from colonnade_models.memory import ObjectMemory, lookup
from colonnade_models.sizes import LADDER, Sized, at_all_sizes, at_size, fit_size, widened

f = np.float32


@cache
def sized() -> Sized:
    return at_all_sizes(memory_objects())


def touches(
    name: str, size: float, seed: int, count: int = 40, noise: float = 1.0
) -> tuple[np.ndarray, Rotation, np.ndarray]:
    """(count, 18) percepts of an object `size` times as large, how and where it lies."""
    random = np.random.default_rng([seed, *name.encode()])
    shape = SHAPES[name]
    turn, shift = Rotation.random(random_state=seed), random.normal(0, 0.3, 3)
    rows = shape.percepts(shape.sample(count, random), random)
    rows[:, P.LOCATION : P.LOCATION + 3] *= size
    rows[:, P.CURVATURE : P.CURVATURE + 2] /= size
    rows = moved(rows, turn, shift)
    rows[:, :3] += noise * random.normal(0, 0.002, (count, 3))
    rows[:, P.COLOUR : P.COLOUR + 3] += noise * random.normal(0, 0.1, (count, 3))
    return rows, turn, shift


def test_the_ladder_goes_from_07_to_14_in_even_steps() -> None:
    assert LADDER[0] < 0.71
    assert LADDER[-1] > 1.4
    assert 1.0 in LADDER
    assert np.allclose(np.diff(np.log(LADDER)), np.log(2) / 8)


@pytest.mark.parametrize("size", [0.7, 1.0, 1.4])
def test_a_copy_is_the_object_at_that_size(size: float) -> None:
    own = next(iter(memory_objects()))
    copy = at_size(own, size)
    assert np.allclose(copy.surfels.position, size * own.surfels.position, rtol=1e-5)
    assert np.allclose(copy.surfels.curvature * size, own.surfels.curvature, rtol=1e-4)
    features = np.zeros(FEATURE_SIZE, f)
    percept = np.zeros(P.PERCEPT_SIZE, f)
    percept[P.CURVATURE : P.CURVATURE + 2] = copy.surfels.curvature[0]
    features_of(percept, features)
    assert np.allclose(copy.table[0, S.BEND : S.BEND + 2], features[18:20], atol=1e-5)
    ours, theirs = ObjectMemory([own]).arrays, ObjectMemory([copy]).arrays
    assert theirs.cell[0] == pytest.approx(size * ours.cell[0], rel=1e-5)
    for p, n in zip(*own.surfels[:2], strict=True):
        ids = lookup(ours, 0, *p, *n), lookup(theirs, 0, *(p * f(size)), *n)
        here, there = own.surfels.position[list(ids)]  # the same one, or a neighbour
        assert np.linalg.norm(here - there) < 2 * own.spacing


def test_kin_are_told_by_family_and_size() -> None:
    kin, names = sized().kin, sized().memory.names
    assert len(names) == len(SHAPES) * len(LADDER) == len(kin.family)
    assert names[1] == f"first x {LADDER[1]:.3g}"
    assert kin.family.tolist() == sorted(kin.family.tolist())
    assert np.allclose(kin.size[: len(LADDER)], LADDER)
    alone = strangers(3)
    assert alone.family.tolist() == [0, 1, 2]
    assert (alone.size == 1).all()


@pytest.mark.parametrize("size", [0.7, 0.8, 1.0, 1.13, 1.4])
@pytest.mark.parametrize("name", ["first", "third"])
def test_recognised_at_another_size(name: str, size: float) -> None:
    rows, turn, _ = touches(name, size, 5)
    arrays = sized().memory.arrays
    settings = widened(C.default_settings(), len(LADDER))
    column = C.init(arrays, settings, kin=sized().kin)
    state = C.OPEN
    for row in rows:
        state = C.step(column, arrays, row)
        if state != C.OPEN:
            break
    assert state == C.RECOGNISED
    C.polish(column, arrays)
    h, leader = column.hypotheses, int(column.verdict.state[1])
    o = int(h.object[leader])
    assert list(SHAPES)[sized().kin.family[o]] == name
    felt = column.features[: column.tally[C.PERCEPTS]]
    pose, larger = fit_size(arrays, o, h.pose[leader], felt, column.tolerance)
    assert sized().kin.size[o] * larger == pytest.approx(size, rel=0.05)
    off = Rotation.from_matrix(pose[:9].reshape(3, 3)) * turn
    # the same noise turns a smaller thing farther
    assert np.degrees(off.magnitude()) < 8 / min(size, 1.0)


@pytest.mark.parametrize("size", [0.96, 1.0, 1.04])
def test_the_size_between_two_rungs_equals_naive(size: float) -> None:
    rows, turn, shift = touches("first", size, 2, count=80, noise=0.0)
    features = np.zeros((len(rows), FEATURE_SIZE), f)
    for row, out in zip(rows, features, strict=True):
        features_of(row, out)
    arrays = memory_objects().arrays
    start = Rotation.from_rotvec([0.02, -0.03, 0.01]) * turn.inv()
    pose = np.zeros(12, f)
    pose[:9] = start.as_matrix().ravel()
    pose[9:] = -start.apply(shift) + [0.001, -0.001, 0.002]
    found, larger = fit_size(arrays, 0, pose, features, default_tolerance())
    R, place, naive = similarity(SHAPES["first"].field, rows[:, :3].astype(float), start, shift)
    assert naive == pytest.approx(size, rel=1e-3)  # it fits the very surface
    assert larger == pytest.approx(naive, rel=0.006)
    off = Rotation.from_matrix(found[:9].reshape(3, 3)) * R.inv()
    assert np.degrees(off.magnitude()) < 1.0
    middle = arrays.centre[0]
    where = found[:9].reshape(3, 3).T @ (middle - found[9:])
    assert np.allclose(where, place + naive * R.inv().apply(middle), atol=0.001)


def test_too_little_on_the_object_leaves_the_size_as_it_was() -> None:
    arrays = memory_objects().arrays
    pose = np.eye(3, 4, dtype=f).ravel()
    pose[:9], pose[9:] = np.eye(3).ravel(), 5.0
    found, larger = fit_size(arrays, 0, pose, np.zeros((3, FEATURE_SIZE), f), default_tolerance())
    assert larger == 1.0
    assert np.allclose(found, pose)
