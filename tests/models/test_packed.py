"""Packed surfels: what packing loses is bounded, and packing again loses nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, learned, random_table
from tests.models.test_refinement import T, angle_and_place, lying

from colonnade_models import packed as K
from colonnade_models import surfel as S
from colonnade_models.learned import LearnedObject
from colonnade_models.learning import draft_surfels, learn, new_draft
from colonnade_models.memory import ObjectMemory
from colonnade_models.packed import Packed, join, pack, part, unpack
from colonnade_models.refinement import new_normal_equations, refine

f = np.float32


def again(table: np.ndarray) -> np.ndarray:
    out = np.full_like(table, np.nan)
    unpack(pack(table), 0, out)
    return out


def raw_table(seed: int, count: int = 400) -> np.ndarray:
    """Rows as learning makes them: not packed before."""
    random = np.random.default_rng(seed)
    table = random_table(count, seed)
    frames = Rotation.random(count, random_state=seed).as_matrix()
    table[:, 0:3] = random.normal(0, 0.05, (count, 3)) + random.normal(0, 1, 3)
    table[:, 3:6], table[:, 6:9] = frames[:, :, 0], frames[:, :, 1]
    table[:, 9:11] = random.normal(0, 100, (count, 2))
    table[:, 11:13] = random.uniform(-4.6, 4.6, (count, 2))
    table[:, 13:17] = random.random((count, 4))
    table[:, S.HIT] = random.random(count)
    for k, field in enumerate(K.SPREAD_FIELDS):
        table[:, field] = random.uniform(0, K.SPREADS[k, -1], count)
    return table


@pytest.mark.parametrize("seed", range(4))
def test_what_packing_loses_is_bounded(seed: int) -> None:
    table = raw_table(seed)
    kept = again(table)
    step = pack(table).step[0]
    assert np.ptp(table[:, :3], axis=0).max() / K.STEPS < step < 0.001
    assert np.abs(kept[:, :3] - table[:, :3]).max() <= 0.5001 * step
    tilt = np.degrees(np.arccos(np.clip((kept[:, 3:6] * table[:, 3:6]).sum(axis=1), -1, 1)))
    assert tilt.max() < 1.0
    turned = np.degrees(np.arccos(np.clip(np.abs((kept[:, 6:9] * table[:, 6:9]).sum(1)), 0, 1)))
    assert turned.max() < 1.4
    curved = np.clip(table[:, 9:11], -150, 150)
    assert (np.abs(kept[:, 9:11] - curved) <= 0.0115 * (np.abs(curved) + 10)).all()
    assert np.abs(kept[:, 11:13] - table[:, 11:13]).max() < 0.019
    hue = np.abs(kept[:, 13] - table[:, 13])
    assert np.minimum(hue, 1 - hue).max() < 0.002
    assert np.abs(kept[:, 14:16] - table[:, 14:16]).max() < 0.002
    assert (kept[:, 16] == (table[:, 16] > 0.5)).all()
    for k, field in enumerate(K.SPREAD_FIELDS):
        fine = float(K._FINE_AND_MOST[k, 0])
        ratio = (kept[:, field] + fine) / (table[:, field] + fine)
        assert 0.78 < ratio.min() <= ratio.max() < 1.29
    miss = (1 - kept[:, S.HIT]) / np.maximum(1 - table[:, S.HIT], K.LEAST_MISS)
    assert 0.7 < miss.min() <= miss.max() < 1.4


@pytest.mark.parametrize("seed", range(4))
def test_frames_stay_orthonormal(seed: int) -> None:
    kept = again(raw_table(seed)).astype(np.float64)
    normal, direction = kept[:, 3:6], kept[:, 6:9]
    assert np.abs((normal**2).sum(axis=1) - 1).max() < 1e-6
    assert np.abs((direction**2).sum(axis=1) - 1).max() < 1e-6
    assert np.abs((normal * direction).sum(axis=1)).max() < 1e-6


@pytest.mark.parametrize("seed", range(4))
def test_what_was_packed_before_loses_nothing(seed: int) -> None:
    once = again(raw_table(seed))
    assert again(once).tobytes() == once.tobytes()


def test_every_normal_of_the_map_is_found_again() -> None:
    """Its rim and its folds too, where a place has two or four names."""
    count = (2 * K.SIDE + 1) ** 2
    look = np.full((count, K.LOOKS), 128, np.uint8)
    grid = np.meshgrid(np.arange(1, 256), np.arange(1, 256))
    look[:, 0], look[:, 1] = grid[0].ravel(), grid[1].ravel()
    look[:, 2] = np.arange(count) % 256
    zeros = np.zeros(count, np.uint32)
    start = np.array([0, count], np.int32)
    corner, step = np.zeros((1, 3), np.int32), np.array([2.0**-12], f)
    table = np.zeros((count, S.SURFEL_SIZE), f)
    unpack(Packed(zeros, look, zeros, start, corner, step), 0, table)
    once = again(table)
    assert np.abs(once[:, 3:6] - table[:, 3:6]).max() < 1e-6
    assert again(once).tobytes() == once.tobytes()


@given(st.floats(-9, 9), st.floats(1e-6, 9), st.integers(1, 40), st.integers(0, 99))
def test_places_of_any_size_and_anywhere(far: float, size: float, count: int, seed: int) -> None:
    table = random_table(count, seed)
    table[:, :3] = np.random.default_rng(seed).uniform(far - size / 2, far + size / 2, (count, 3))
    once = again(table)
    bound = max(size / K.STEPS, 2.0**K.FINEST_STEP / 2)
    assert np.abs(once[:, :3] - table[:, :3]).max() <= bound * 1.01 + 1e-6
    assert again(once).tobytes() == once.tobytes()


def test_many_are_joined_and_taken_apart() -> None:
    tables = [random_table(count, count) for count in (5, 1, 9)]
    packed = join([pack(table) for table in tables])
    assert packed.start.tolist() == [0, 5, 6, 15]
    for o, table in enumerate(tables):
        whole, alone = np.zeros((2, *table.shape), f)
        unpack(packed, o, whole)
        unpack(part(packed, o), 0, alone)
        assert whole.tobytes() == alone.tobytes() == again(table).tobytes()
    assert len(join([]).place) == 0


def test_a_surfel_takes_eighteen_bytes() -> None:
    packed = pack(learned("blob", blob(1)).table)
    size = packed.place.nbytes + packed.look.nbytes + packed.spread.nbytes
    assert size == 18 * len(packed.place)


def test_poses_are_found_nearly_as_exactly_as_on_surfels_that_were_not_packed() -> None:
    """From percepts without noise: with it, what packing loses cannot be told."""
    random, draft = np.random.default_rng(5), new_draft(0.004)
    for row in blob(1).percepts(blob(1).sample(3000, random), random):
        learn(draft, row)
    table, normal = draft_surfels(draft), new_normal_equations()
    packed = ObjectMemory([LearnedObject("blob", table, 0.004)]).arrays
    off = []
    for memory in (packed, packed._replace(surfels=table)):
        angles = []
        for seed in range(100):
            rows, pose, turn, shift = lying(seed, 60)
            for _ in range(15):
                refine(memory, 0, pose, rows, 0, len(rows), 1, T, normal)
            angles.append(angle_and_place(pose, turn, shift)[0])
        off.append(np.mean(angles))
    assert off[0] < 1.1 * off[1]
