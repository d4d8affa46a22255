"""Noise on the depth: how much, where, and from which seed."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from tests.envs import shapes

from colonnade_envs.noise import RawNoise
from colonnade_envs.touch import TouchEnv


def depths(sigma: float, seed: int, steps: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Depth patches with and without noise."""
    plain, noisy = TouchEnv([shapes.ring()]), RawNoise(TouchEnv([shapes.ring()]), sigma)
    clean, dirty = [plain.reset(seed=seed)[0]], [noisy.reset(seed=seed)[0]]
    for _ in range(steps):
        action = {"slide": np.array([0.004, 0.002])}
        clean.append(plain.step(action)[0])
        dirty.append(noisy.step(action)[0])
    for a, b in zip(clean, dirty, strict=True):
        assert b in noisy.observation_space
        for part in ("rgb", "pose", "movement"):
            np.testing.assert_array_equal(a[part], b[part])
    return np.array([a["depth"] for a in clean]), np.array([b["depth"] for b in dirty])


def test_statistics_and_only_where_something_is() -> None:
    clean, noisy = depths(0.001, 0)
    empty = clean == np.float32(0.05)
    assert empty.any()
    np.testing.assert_array_equal(noisy[empty], clean[empty])
    noise = (noisy - clean)[~empty]
    assert noise.mean() == pytest.approx(0.0, abs=5e-5)
    assert noise.std() == pytest.approx(0.001, rel=0.03)
    assert noisy.dtype == np.float32


def test_seed_repeats_and_differs() -> None:
    first, again, other = (depths(0.001, seed, 5) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[1] - first[0], other[1] - other[0])


def test_no_noise_is_no_change() -> None:
    clean, noisy = depths(0.0, 0, 5)
    np.testing.assert_array_equal(clean, noisy)


def test_the_stack_of_wrappers_can_be_rebuilt() -> None:
    env = RawNoise(gym.make("colonnade_envs:Touch-v0", objects=[shapes.ring()]), sigma=0.002)
    again = gym.make(env.spec)
    assert isinstance(again, RawNoise)
    assert again.sigma == 0.002


@pytest.mark.parametrize("sigma", [-0.001, float("nan")])
def test_senseless_sigma_is_told(sigma: float) -> None:
    with pytest.raises(ValueError, match="sigma"):
        RawNoise(TouchEnv([shapes.ring()]), sigma)
