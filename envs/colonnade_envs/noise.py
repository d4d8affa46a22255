"""Noise on what a sensor delivers, as a wrapper."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np

from colonnade_envs.body import Observation
from colonnade_envs.kernel import kernel
from colonnade_envs.seeding import stream

__all__ = ["RAW_SIGMA", "RawNoise", "disturb_depth", "raw_stream"]

RAW_SIGMA = 0.001
"""Standard deviation of every depth pixel, m."""


@kernel
def disturb_depth(depth, white, sigma, max_range):  # type: ignore[no-untyped-def]
    """Add noise in place to the pixels of depth (P, P) that met something.

    white: (P, P) standard normal numbers; sigma, max_range: metres.
    """
    height, width = depth.shape
    for i in range(height):
        for j in range(width):
            if depth[i, j] < max_range:
                depth[i, j] = min(max(depth[i, j] + sigma * white[i, j], 0.0), max_range)


def raw_stream(seed: int | None) -> np.random.Generator:
    """Where the numbers of raw noise come from."""
    return stream(seed, "raw noise")


class RawNoise(
    gym.ObservationWrapper[Observation, Any, Observation], gym.utils.RecordConstructorArgs
):
    """Gaussian noise on every depth pixel that met something; the rest is left as it is.

    It stands for an imperfect depth sensor. The noise has its own stream, from the seed of
    `reset`: with and without noise the body does the same.
    """

    def __init__(self, env: gym.Env[Observation, Any], sigma: float = RAW_SIGMA) -> None:
        """sigma: standard deviation in metres. Raises ValueError if it is negative."""
        if not 0.0 <= sigma < np.inf:
            raise ValueError(f"sigma must be a standard deviation in metres, not {sigma}")
        gym.utils.RecordConstructorArgs.__init__(self, sigma=sigma)
        gym.ObservationWrapper.__init__(self, env)
        self.sigma = sigma
        depth = env.observation_space["depth"]  # type: ignore[index]
        self._max_range = float(depth.high.flat[0])
        self._random = raw_stream(None)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Reset the environment; a seed starts the noise anew, None lets it run on."""
        if seed is not None:
            self._random = raw_stream(seed)
        return super().reset(seed=seed, options=options)

    def observation(self, observation: Observation) -> Observation:
        """The observation with noise on its depth, which stays within its space."""
        depth = observation["depth"].copy()
        white = self._random.standard_normal(depth.shape)
        disturb_depth(depth, white, self.sigma, self._max_range)
        return {**observation, "depth": depth}
