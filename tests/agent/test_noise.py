"""Standard noise is as strong as the field says, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from colonnade.noise import StandardNoise
from colonnade_models import percept as P

COUNT = 4000


def exact() -> np.ndarray:
    row = np.zeros(P.PERCEPT_SIZE, np.float32)
    row[:3] = 0.1, 0.2, 0.3
    row[3:6], row[6:9] = (0, 0.6, 0.8), (1, 0, 0)
    row[9:11], row[11:14] = (40, -20), (0.5, 0.4, 0.6)
    row[P.ON_OBJECT] = row[P.DIRECTED] = 1
    row[P.SIGMA_NORMAL], row[P.SIGMA_BEND] = 0.01, 2
    return row


def disturbed(seed: int = 0, count: int = COUNT) -> np.ndarray:
    noise = StandardNoise()
    noise.reset(seed)
    rows = np.repeat(exact()[None], count, axis=0)
    for row in rows:
        noise(row)
    return rows


def assert_deviation(samples: np.ndarray, expected: float) -> None:
    """A standard deviation of n draws is known to 1 / sqrt(2 n); a mean to 1 / sqrt(n)."""
    n = len(samples)
    assert samples.std() == pytest.approx(expected, rel=4.5 / np.sqrt(2 * n))
    assert abs(samples.mean()) < 4.5 * expected / np.sqrt(n)


def test_strength_of_each_field() -> None:
    rows, e = disturbed().astype(float), exact().astype(float)
    for k in range(3):
        assert_deviation(rows[:, k] - e[k], 0.002)
        assert_deviation(rows[:, P.COLOUR + k] - e[P.COLOUR + k], 0.1)
    bend = np.sign(rows[:, 9:11]) * np.log(np.abs(rows[:, 9:11]) + 1)
    for k in range(2):
        assert_deviation(bend[:, k] - np.sign(e[9 + k]) * np.log(abs(e[9 + k]) + 1), 0.1)
    n, d = rows[:, 3:6], rows[:, 6:9]
    b = np.cross(e[3:6], e[6:9])
    # turned by 2 degrees an axis: each tangent sees the turn about the other
    assert_deviation(np.arcsin(n @ e[6:9]), np.radians(2))
    assert_deviation(np.arcsin(n @ b), np.radians(2))
    assert_deviation(np.arcsin(d @ b), np.radians(2))
    share = (rows[:, P.DIRECTED] == 0).mean()
    assert abs(share - 0.01) < 4.5 * np.sqrt(0.01 / COUNT)
    assert (rows[:, P.SIGMA_NORMAL :] == e[P.SIGMA_NORMAL :]).all()


def test_the_frame_is_turned_as_a_whole() -> None:
    rows = disturbed(count=300).astype(float)
    n, d = rows[:, 3:6], rows[:, 6:9]
    assert np.allclose(np.linalg.norm(n, axis=1), 1, atol=1e-6)
    assert np.allclose(np.linalg.norm(d, axis=1), 1, atol=1e-6)
    assert np.allclose((n * d).sum(axis=1), 0, atol=1e-6)


def test_hue_stays_on_its_circle() -> None:
    noise = StandardNoise()
    for _ in range(500):
        row = exact()
        row[P.COLOUR] = 0.98
        noise(row)
        assert 0 <= row[P.COLOUR] <= 1


def test_off_the_object_only_the_place_is_disturbed() -> None:
    row = exact()
    row[P.ON_OBJECT] = 0
    before = row.copy()
    StandardNoise()(row)
    assert (row[3:] == before[3:]).all()
    assert (row[:3] != before[:3]).all()


def test_reproducible_in_the_seed() -> None:
    a, b, c = disturbed(1, 20), disturbed(1, 20), disturbed(2, 20)
    assert a.tobytes() == b.tobytes()
    assert not np.isclose(a[:, :3], c[:, :3], atol=1e-7).any()


def test_what_happens_off_the_object_does_not_shift_the_stream() -> None:
    """The same number of draws a percept, so that one miss leaves later noise as it was."""
    a, b = StandardNoise(), StandardNoise()
    on, off = exact(), exact()
    off[P.ON_OBJECT] = 0
    a(on)
    b(off)
    x, y = exact(), exact()
    a(x)
    b(y)
    assert x.tobytes() == y.tobytes()
