"""Standard noise: what the field adds to percepts before its systems may see them.

Location 2 mm per axis; the whole surface frame turned by 2 degrees per axis; hue, saturation
and value 0.1 each; sign(k) ln(|k| + 1) of each principal curvature 0.1; and the flag that says
whether principal directions are defined flipped once in a hundred. Gaussian, these being the
standard deviations (the published benchmark's noise). `raw` noise, on the depth patch, is an
environment wrapper: `colonnade_envs.noise.RawNoise`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models.kernel import kernel
from colonnade_models.standard_noise import (
    BEND_SIGMA,
    COLOUR_SIGMA,
    FRAME_SIGMA,
    LOCATION_SIGMA,
)

__all__ = ["NUMBERS", "StandardNoise", "disturb"]

FLIPS_ABOVE = 2.3263479
"""A standard normal number is larger once in a hundred."""
NUMBERS = 12
"""Standard normal numbers that one percept takes, on the object or off it."""


@kernel
def disturb(p: NDArray[np.float32], white: NDArray[np.float64]) -> None:
    """Add noise to a percept (18,) in place; `white` (12,) are standard normal numbers."""
    for k in range(3):
        p[P.LOCATION + k] += LOCATION_SIGMA * white[k]
    if p[P.ON_OBJECT] == 0.0:
        return
    w0, w1, w2 = FRAME_SIGMA * white[3], FRAME_SIGMA * white[4], FRAME_SIGMA * white[5]
    angle = np.sqrt(w0 * w0 + w1 * w1 + w2 * w2) + 1e-12
    s, c = np.sin(angle) / angle, (1.0 - np.cos(angle)) / (angle * angle)
    for k in (P.NORMAL, P.DIRECTION):  # Rodrigues' formula
        x, y, z = p[k], p[k + 1], p[k + 2]
        a, b, d = w1 * z - w2 * y, w2 * x - w0 * z, w0 * y - w1 * x
        p[k] = x + s * a + c * (w1 * d - w2 * b)
        p[k + 1] = y + s * b + c * (w2 * a - w0 * d)
        p[k + 2] = z + s * d + c * (w0 * b - w1 * a)
    for k in range(2):
        curvature = p[P.CURVATURE + k]
        bend = np.sign(curvature) * np.log(abs(curvature) + 1.0) + BEND_SIGMA * white[6 + k]
        p[P.CURVATURE + k] = np.sign(bend) * (np.exp(abs(bend)) - 1.0)
    if white[11] > FLIPS_ABOVE:
        p[P.DIRECTED] = 1.0 - p[P.DIRECTED]
    p[P.COLOUR] = (p[P.COLOUR] + COLOUR_SIGMA * white[8]) % 1.0
    p[P.COLOUR + 1] += COLOUR_SIGMA * white[9]
    p[P.COLOUR + 2] += COLOUR_SIGMA * white[10]


class StandardNoise:
    """Disturbs percepts in place, reproducibly in the seed."""

    def __init__(self) -> None:
        self.reset(0)

    def reset(self, seed: int) -> None:
        """Start the stream of noise anew; it is independent of the environment's own numbers."""
        self._random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 7919])))

    def draw(self, percepts: int) -> NDArray[np.float64]:
        """(percepts, 12) numbers for the next percepts."""
        return self._random.standard_normal((percepts, NUMBERS))

    def __call__(self, percept: NDArray[np.float32]) -> None:
        """Disturb a percept (18,)."""
        disturb(percept, self.draw(1)[0])
