"""The small float32 functions against the standard library."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.naive.numerics import hsv, rgb

from colonnade_models.linear import cholesky, cholesky_solve
from colonnade_models.numerics import (
    compress,
    hsv_to_rgb,
    log_positive,
    quaternion_matrix,
    rgb_to_hsv,
    turn,
)

channel = st.floats(0, 1, width=32)


@given(st.floats(1, 2.0**19, width=32))
def test_log_is_the_logarithm(x: float) -> None:
    result = log_positive(np.float32(x))
    # the promised 2e-6, and the rounding of a result of up to 13
    assert abs(result - math.log(x)) < 2e-6 + 2e-7 * math.log(x)


def test_log_is_monotonous_across_its_halvings() -> None:
    xs = np.concatenate(
        [2.0**k * np.sqrt(2) * (1 + np.linspace(-1e-5, 1e-5, 41)) for k in range(9)]
    )
    logs = [log_positive(x) for x in np.sort(xs.astype(np.float32))]
    assert np.diff(logs).min() > -2e-6


@given(st.floats(-1e5, 1e5, width=32))
def test_compress_is_odd_and_logarithmic(k: float) -> None:
    expected = math.copysign(math.log(abs(k) / 10 + 1), k)
    assert compress(np.float32(k)) == pytest.approx(expected, abs=5e-6)
    assert compress(np.float32(-k)) == -compress(np.float32(k))


@given(channel, channel, channel)
def test_rgb_to_hsv_is_colorsys(r: float, g: float, b: float) -> None:
    result = np.array(rgb_to_hsv(np.float32(r), np.float32(g), np.float32(b)))
    expected = np.array(hsv(r, g, b))
    off = np.abs(result - expected)
    off[0] = min(off[0], 1 - off[0])  # hue is a circle
    # three roundings, and what is lost where all channels nearly agree
    spread = max(r, g, b) - min(r, g, b)
    assert off[1:].max() < 1e-6
    assert off[0] < 1e-6 or off[0] * spread < 1e-6
    assert ((result >= 0) & (result <= 1 + 1e-6)).all()


@given(channel, channel, channel)
def test_hsv_to_rgb_is_colorsys(h: float, s: float, v: float) -> None:
    result = hsv_to_rgb(np.float32(h), np.float32(s), np.float32(v))
    # at the six corners of the hue circle rounding may choose the other, equal, branch
    assert np.allclose(result, rgb(h, s, v), atol=2e-6)


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.1))
def test_quaternion_matrix_is_scipys(q: list[float]) -> None:
    unit = np.array(q) / np.linalg.norm(q)
    out = np.zeros(12, np.float32)
    quaternion_matrix(unit.astype(np.float32), out)
    R = Rotation.from_quat(unit).as_matrix()
    assert np.allclose(out[:9].reshape(3, 3), R, atol=5e-7)
    v = np.array([0.3, -0.2, 0.9], np.float32)
    assert np.allclose(turn(out, *v), R @ v, atol=1e-6)


@pytest.mark.parametrize("n", [3, 6])
@pytest.mark.parametrize("seed", range(5))
def test_cholesky_solves_as_numpy_does(n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    X = random.normal(size=(40, n))
    A, b = (X.T @ X).astype(np.float32), random.normal(size=n).astype(np.float32)
    factor, x = A.copy(), b.copy()
    assert cholesky(factor, n)
    cholesky_solve(factor, x, n)
    expected = np.linalg.solve(A.astype(float), b.astype(float))
    condition = np.linalg.cond(A)
    assert np.allclose(x, expected, rtol=0, atol=4e-7 * condition * np.abs(expected).max())
    assert np.allclose(np.tril(factor), np.linalg.cholesky(A.astype(float)), atol=1e-5)


@pytest.mark.parametrize(
    "bad",
    [np.zeros((3, 3)), -np.eye(3), np.full((3, 3), np.nan), np.ones((3, 3)), np.diag([1, 1, -1])],
)
def test_cholesky_refuses_what_is_not_positive_definite(bad: np.ndarray) -> None:
    assert not cholesky(bad.astype(np.float32), 3)
