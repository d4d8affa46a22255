"""Twins in 24 bytes: hardly moved, the same once and for all, and read by C to the same bits."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from tests.bridge.c_memory import CMemory
from tests.bridge.fuzz_models import models
from tests.bridge.hostile import changed
from tests.bridge.tools import GCC, needs

from colonnade_bridge.blob import read_blob
from colonnade_bridge.rounding import TWIN, rounded_twins, twins_of
from colonnade_models.twin import UNMEASURED, sound

Array = NDArray[np.float32]


def twins(seed: int, count: int = 8, size: float = 0.3) -> Array:
    """Any poses, their nats measured or not."""
    random = np.random.default_rng(seed)
    out = np.zeros((count, 16), np.float32)
    out[:, :9] = Rotation.random(count, random_state=seed).as_matrix().reshape(-1, 9)
    out[:, 9:12] = random.normal(0, size, (count, 3))
    out[:, 12:15] = random.exponential(2, (count, 3))
    out[:, 15] = random.uniform(0, 1, count)
    out[:, 12:][random.random((count, 4)) < 0.3] = UNMEASURED
    return out


@given(st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_rounding_moves_hardly_anything(seed: int) -> None:
    before = twins(seed)
    after = twins_of(rounded_twins(before))
    assert TWIN.itemsize == 24
    assert sound(after)
    turns = [Rotation.from_matrix(t[:, :9].reshape(-1, 3, 3)) for t in (before, after)]
    assert np.degrees((turns[0].inv() * turns[1]).magnitude()).max() < 0.005
    within = np.clip(before[:, 9:12], -32767 / 32768, 32767 / 32768)
    assert np.abs(within - after[:, 9:12]).max() <= 2**-16
    known = np.isfinite(before[:, 12:])
    assert (known == np.isfinite(after[:, 12:])).all()
    gap = before[:, 12:][known] - after[:, 12:][known]
    assert np.abs(gap).max(initial=0) <= 1 / 2048


@given(st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_what_was_rounded_stays_as_it_is(seed: int) -> None:
    once = rounded_twins(twins(seed))
    assert rounded_twins(twins_of(once)).tobytes() == once.tobytes()


def test_turns_by_half_and_by_nothing_are_exact() -> None:
    """Where the trace is least, as of symmetries, other formulas divide by nothing."""
    turns = Rotation.from_euler("xyz", [[0, 0, 0], [180, 0, 0], [0, 180, 0], [0, 0, 180]], True)
    before = np.zeros((4, 16), np.float32)
    before[:, :9] = turns.as_matrix().reshape(-1, 9)
    assert (twins_of(rounded_twins(before))[:, :9] == np.rint(before[:, :9])).all()


def test_what_is_too_large_is_cut() -> None:
    before = twins(1, 1)
    before[0, 9:12], before[0, 12] = (5.0, -5.0, 0.0), 1000.0
    after = twins_of(rounded_twins(before))
    assert after[0, 9:12].tolist() == [32767 / 32768, -32767 / 32768, 0.0]
    assert after[0, 12] == 65534 / 1024
    assert rounded_twins(before[:0]).shape == (0,)


@needs(*GCC)
def test_c_reads_the_same_bits() -> None:
    rows = rounded_twins(twins(7, 4))
    data = changed(models()["two"], "twins", 0, rows.tobytes())
    read = read_blob(data).memory.packed()[0].twins
    assert read.tobytes() == twins_of(rows).tobytes()
    c_memory = CMemory(data)
    assert np.stack([c_memory.twin(w) for w in range(4)]).tobytes() == read.tobytes()
