"""Noise on what a sensor delivers, as a wrapper."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np

from colonnade_envs.body import Observation
from colonnade_envs.seeding import stream

__all__ = ["RawNoise"]


class RawNoise(
    gym.ObservationWrapper[Observation, Any, Observation], gym.utils.RecordConstructorArgs
):
    """Gaussian noise on every depth pixel that met something; the rest is left as it is.

    It stands for an imperfect depth sensor. The noise has its own stream, from the seed of
    `reset`: with and without noise the body does the same.
    """

    def __init__(self, env: gym.Env[Observation, Any], sigma: float = 0.001) -> None:
        """sigma: standard deviation in metres. Raises ValueError if it is negative."""
        if not 0.0 <= sigma < np.inf:
            raise ValueError(f"sigma must be a standard deviation in metres, not {sigma}")
        gym.utils.RecordConstructorArgs.__init__(self, sigma=sigma)
        gym.ObservationWrapper.__init__(self, env)
        self.sigma = sigma
        depth = env.observation_space["depth"]  # type: ignore[index]
        self._max_range = depth.high.flat[0]
        self._random = stream(None, "raw noise")

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Reset the environment; a seed starts the noise anew, None lets it run on."""
        if seed is not None:
            self._random = stream(seed, "raw noise")
        return super().reset(seed=seed, options=options)

    def observation(self, observation: Observation) -> Observation:
        """The observation with noise on its depth, which stays within its space."""
        depth = observation["depth"]
        noise = self._random.normal(scale=self.sigma, size=depth.shape).astype(np.float32)
        noisy = (depth + noise).clip(0.0, self._max_range)
        return {**observation, "depth": np.where(depth < self._max_range, noisy, depth)}
