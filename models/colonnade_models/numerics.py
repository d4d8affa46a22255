"""Small float32 functions that give the same bits in numba, numpy and C.

Only + - * / sqrt and comparisons are used: a logarithm from libm differs between targets.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models.kernel import inlined, kernel

__all__ = [
    "FLAT",
    "compress",
    "hsv_to_rgb",
    "log_positive",
    "quaternion_matrix",
    "rgb_to_hsv",
    "tilted",
    "turn",
]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
TWO = np.float32(2.0)
HALF = np.float32(0.5)
THIRD = np.float32(1.0 / 3.0)
FIFTH = np.float32(0.2)
SEVENTH = np.float32(1.0 / 7.0)
SIXTH = np.float32(1.0 / 6.0)
SIX = np.float32(6.0)
LN2 = np.float32(0.6931472)
SQRT2 = np.float32(1.4142135)
FLAT = np.float32(10.0)
"""1/m: a touch cannot tell the curvature of a radius much above 10 cm from that of a plane."""


@inlined
def log_positive(x: np.float32) -> np.float32:
    """Natural logarithm of a float32 >= 1, error below 2e-6 up to 1e6.

    Halve into [1/sqrt 2, sqrt 2], then the series of 2 artanh((m - 1) / (m + 1)).
    """
    halvings = ZERO
    while x > SQRT2:
        x = x * HALF
        halvings = halvings + ONE
    s = (x - ONE) / (x + ONE)
    s2 = s * s
    series = ONE + s2 * (THIRD + s2 * (FIFTH + s2 * SEVENTH))
    return halvings * LN2 + TWO * s * series


@inlined
def compress(curvature: np.float32) -> np.float32:
    """sign(k) ln(|k| / FLAT + 1) of a curvature in 1/m: the scale on which curvatures are compared.

    Curvatures well below FLAT are all flat; above it their ratio counts.
    """
    if curvature < ZERO:
        return -log_positive(ONE - curvature / FLAT)
    return log_positive(ONE + curvature / FLAT)


@kernel
def quaternion_matrix(q: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Row-major rotation matrix of a unit quaternion x, y, z, w into the first nine of `out`."""
    x, y, z, w = q[0], q[1], q[2], q[3]
    out[0] = ONE - TWO * (y * y + z * z)
    out[1] = TWO * (x * y - z * w)
    out[2] = TWO * (x * z + y * w)
    out[3] = TWO * (x * y + z * w)
    out[4] = ONE - TWO * (x * x + z * z)
    out[5] = TWO * (y * z - x * w)
    out[6] = TWO * (x * z - y * w)
    out[7] = TWO * (y * z + x * w)
    out[8] = ONE - TWO * (x * x + y * y)


@inlined
def turn(pose: NDArray[np.float32], v0: np.float32, v1: np.float32, v2: np.float32):  # type: ignore[no-untyped-def]
    """Rotate a vector by the rotation of a (12,) pose: nine row-major matrix entries, then t."""
    return (
        pose[0] * v0 + pose[1] * v1 + pose[2] * v2,
        pose[3] * v0 + pose[4] * v1 + pose[5] * v2,
        pose[6] * v0 + pose[7] * v1 + pose[8] * v2,
    )


@inlined
def tilted(  # type: ignore[no-untyped-def]
    x: np.float32, y: np.float32, z: np.float32, a: np.float32, b: np.float32, c: np.float32
):
    """A vector turned by the small angles a, b, c (rad) about the axes, to the first order."""
    return x + b * z - c * y, y + c * x - a * z, z + a * y - b * x


@inlined
def rgb_to_hsv(r: np.float32, g: np.float32, b: np.float32):  # type: ignore[no-untyped-def]
    """Hue, saturation, value in 0..1 of red, green, blue in 0..1 (A. R. Smith 1978)."""
    value = max(r, max(g, b))
    spread = value - min(r, min(g, b))
    if spread <= ZERO:
        return ZERO, ZERO, value
    if value == r:
        hue = (g - b) / spread * SIXTH
        if hue < ZERO:
            hue = hue + ONE
    elif value == g:
        hue = (b - r) / spread * SIXTH + THIRD
    else:
        hue = (r - g) / spread * SIXTH + TWO * THIRD
    return hue, spread / value, value


@inlined
def hsv_to_rgb(h: np.float32, s: np.float32, v: np.float32):  # type: ignore[no-untyped-def]
    """Red, green, blue of a colour given as hue, saturation, value in 0..1."""
    sector = h * SIX
    k = int(sector)
    f = sector - np.float32(k)
    low = v * (ONE - s)
    falling = v * (ONE - s * f)
    rising = v * (ONE - s * (ONE - f))
    k = k % 6
    if k == 0:
        return v, rising, low
    if k == 1:
        return falling, v, low
    if k == 2:
        return low, v, rising
    if k == 3:
        return low, falling, v
    if k == 4:
        return rising, low, v
    return v, low, falling
