"""Sensing: a patch of depth and colour becomes one percept.

A quadric ``h = a + b u + c v + d u^2/2 + e u v + f v^2/2`` is fitted to the depth patch by
iteratively re-weighted least squares (Tukey's biweight), so that an edge or a far background
in the patch does not bend the surface under its centre. The depth noise is measured from the
patch itself by second differences; it sets the weights, a Gaussian prior on the bending, and
the standard deviations that the percept reports. Curvatures are those of a Monge patch
(do Carmo, Differential Geometry of Curves and Surfaces, section 3-3).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models.kernel import inlined, kernel
from colonnade_models.linear import cholesky, cholesky_solve
from colonnade_models.numerics import quaternion_matrix, rgb_to_hsv
from colonnade_models.percept import (
    COLOUR,
    CURVATURE,
    DIRECTED,
    DIRECTED_CURVATURE_GAP,
    DIRECTION,
    LOCATION,
    NORMAL,
    ON_OBJECT,
    PERCEPT_SIZE,
    SIGMA_BEND,
    SIGMA_NORMAL,
)

__all__ = ["Eye", "make_eye", "sense"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)
TWO = np.float32(2.0)
NOISE_FLOOR = np.float32(2e-5)
"""No depth sensor is better than 20 um; keeps the normal equations sane on perfect planes."""
SECOND_DIFFERENCE_GAIN = np.float32(1.0 / (0.7978846 * 2.4494897))
"""E|z[-1] - 2 z[0] + z[1]| = sqrt(2/pi) sqrt(6) sigma for white noise."""
BEND_PRIOR = np.float32(120.0)
"""Standard deviation of surface curvatures met on household things, 1/m."""
OUTLIER_DEPTH = np.float32(1.5)
"""Depth from the centre, in patch half-widths, beyond which a pixel is another surface."""
ROUGHNESS = np.float32(0.03)
"""Least residual scale, in patch half-widths: real surfaces are no quadrics."""
COLOUR_RADIUS = np.float32(0.0025)
"""m, around the centre, of which the colour is taken: about as far as a place is uncertain."""
FEW_PIXELS = np.float32(7.0)


class Eye(NamedTuple):
    """What `sense` must know of the sensor, and its scratch memory."""

    slope: np.float32
    """tan(field of view / 2)."""
    max_range: np.float32
    """Depth from which on `nothing is there`, m."""
    weights: Array
    """(P, P) scratch."""
    normal_matrix: Array
    """(6, 6) scratch."""
    solution: Array
    """(3, 6) scratch: coefficients and two columns of the covariance."""
    rotation: Array
    """(9,) scratch."""


def make_eye(resolution: int, fov: float, max_range: float) -> Eye:
    """An `Eye` for square patches of `resolution` pixels (>= 4) and `fov` radians.

    `max_range` is the depth, m, from which on nothing is there.
    Raises ValueError for a resolution below 4, a field of view outside 0..pi or a range that
    is not positive.
    """
    if resolution < 4:
        raise ValueError(f"a patch needs at least 4 x 4 pixels, not {resolution}")
    if not 0.0 < fov < np.pi:
        raise ValueError(f"a field of view lies between 0 and pi radians, not {fov}")
    if not max_range > 0.0:
        raise ValueError(f"the range of a sensor must be positive, not {max_range} m")
    return Eye(
        np.float32(np.tan(fov / 2)),
        np.float32(max_range),
        np.zeros((resolution, resolution), np.float32),
        np.zeros((6, 6), np.float32),
        np.zeros((3, 6), np.float32),
        np.zeros(9, np.float32),
    )


@inlined
def met(depth: np.float32, max_range: np.float32) -> bool:
    """Whether a pixel met a surface: depth cameras give 0 or NaN where nothing came back."""
    return bool(depth > ZERO and depth < max_range)


@kernel
def _depth_noise(depth: Array, max_range: np.float32) -> np.float32:
    """Standard deviation of the white noise in a depth patch, m, from second differences."""
    size = depth.shape[0]
    cap = max_range
    scale = ZERO
    for _ in range(3):
        total = ZERO
        count = ZERO
        for i in range(size):
            for j in range(1, size - 1):
                left, here, right = depth[i, j - 1], depth[i, j], depth[i, j + 1]
                if met(left, max_range) and met(here, max_range) and met(right, max_range):
                    bend = abs(left - TWO * here + right)
                    if bend <= cap:
                        total = total + bend
                        count = count + ONE
        if count < ONE:
            return NOISE_FLOOR
        scale = total / count
        cap = np.float32(4.0) * scale  # a step in depth is no noise: drop what sticks out
    return max(scale * SECOND_DIFFERENCE_GAIN, NOISE_FLOOR)


@kernel
def _centre_depth(depth: Array, max_range: np.float32) -> np.float32:
    """Mean depth of the central pixels that hit, or `max_range` where most of them missed."""
    size = depth.shape[0]
    first = (size - 1) // 2
    last = size // 2
    total = ZERO
    hits = ZERO
    pixels = ZERO
    for i in range(first, last + 1):
        for j in range(first, last + 1):
            pixels = pixels + ONE
            if met(depth[i, j], max_range):
                total = total + depth[i, j]
                hits = hits + ONE
    if hits + hits < pixels or hits < ONE:
        return max_range
    return total / hits


@kernel
def _fit(
    depth: Array, eye: Eye, zc: np.float32, noise: np.float32, terms: int, scale: np.float32
) -> bool:
    """One weighted least-squares pass; `scale` is Tukey's cut-off in patch half-widths.

    Residuals are taken from the surface in `eye.solution[0]`, which is then overwritten.
    """
    size = depth.shape[0]
    radius = zc * eye.slope
    inverse = ONE / radius
    A, x = eye.normal_matrix, eye.solution[0]
    a0, a1, a2, a3, a4, a5 = x[0], x[1], x[2], x[3], x[4], x[5]
    m = np.float32(size)
    for p in range(6):
        x[p] = ZERO
        for q in range(6):
            A[p, q] = ZERO
    pixels = ZERO
    for i in range(size):
        row = (TWO * np.float32(i) + ONE) / m - ONE
        for j in range(size):
            z = depth[i, j]
            eye.weights[i, j] = ZERO
            if not met(z, eye.max_range):
                continue
            h = (z - zc) * inverse
            if abs(h) > OUTLIER_DEPTH:
                continue
            # the pixel's place on the last fit, not on its own noisy depth: the product of the
            # two would bend every noisy surface by noise^2 / (depth * radius)
            u = (TWO * np.float32(j) + ONE) / m - ONE
            v = row
            fitted = a0 + a1 * u + a2 * v + HALF * (a3 * u * u + a5 * v * v) + a4 * u * v
            stretch = ONE + eye.slope * min(max(fitted, -ONE), ONE)
            u = u * stretch
            v = v * stretch
            uu = HALF * u * u
            uv = u * v
            vv = HALF * v * v
            r = (h - (a0 + a1 * u + a2 * v + a3 * uu + a4 * uv + a5 * vv)) / scale
            r = r * r
            if r >= ONE:
                continue
            w = (ONE - r) * (ONE - r) * (ONE - np.float32(0.4) * (uu + vv))
            if w <= ZERO:
                continue
            eye.weights[i, j] = w
            pixels = pixels + ONE
            wu, wv, wuu, wuv, wvv = w * u, w * v, w * uu, w * uv, w * vv
            A[0, 0] += w
            A[1, 0] += wu
            A[2, 0] += wv
            A[1, 1] += wu * u
            A[2, 1] += wu * v
            A[2, 2] += wv * v
            x[0] += w * h
            x[1] += wu * h
            x[2] += wv * h
            if terms == 6:
                A[3, 0] += wuu
                A[4, 0] += wuv
                A[5, 0] += wvv
                A[3, 1] += wuu * u
                A[4, 1] += wuv * u
                A[5, 1] += wvv * u
                A[3, 2] += wuu * v
                A[4, 2] += wuv * v
                A[5, 2] += wvv * v
                A[3, 3] += wuu * uu
                A[4, 3] += wuv * uu
                A[5, 3] += wvv * uu
                A[4, 4] += wuv * uv
                A[5, 4] += wvv * uv
                A[5, 5] += wvv * vv
                x[3] += wuu * h
                x[4] += wuv * h
                x[5] += wvv * h
    if pixels < FEW_PIXELS:
        return False
    if terms == 6:
        prior = noise / (BEND_PRIOR * radius * radius)  # noise / R against bend * R
        for p in range(3, 6):
            A[p, p] += prior * prior
    if not cholesky(A, terms):
        return False
    cholesky_solve(A, x, terms)
    return True


@kernel
def _fit_robustly(depth: Array, eye: Eye, zc: np.float32, noise: np.float32) -> bool:
    """A plane first, wide, then the quadric with a narrowing cut-off."""
    radius = zc * eye.slope
    floor = max(ROUGHNESS, np.float32(4.0) * noise / radius)
    for p in range(6):
        eye.solution[0, p] = ZERO
    if not _fit(depth, eye, zc, noise, 3, np.float32(0.8) + floor):
        return False
    if not _fit(depth, eye, zc, noise, 3, np.float32(0.4) + floor):
        return False
    for cut in (np.float32(0.35), np.float32(0.15), ZERO, ZERO):
        if not _fit(depth, eye, zc, noise, 6, max(cut, floor) + floor):
            return False
    return True


@kernel
def _deviations(eye: Eye, noise: np.float32, radius: np.float32, out: Array) -> None:
    """Standard deviations of slope and bending from the last pass's normal matrix."""
    relative = noise / radius
    for row, term in ((1, 1), (2, 3)):
        column = eye.solution[row]
        for p in range(6):
            column[p] = ZERO
        column[term] = ONE
        cholesky_solve(eye.normal_matrix, column, 6)
        deviation = relative * np.sqrt(max(column[term], ZERO))
        if term == 1:
            out[SIGMA_NORMAL] = deviation
        else:
            out[SIGMA_BEND] = deviation / radius


@kernel
def _surface_frame(eye: Eye, radius: np.float32, out: Array) -> None:
    """Normal, principal direction and curvatures in the sensor's frame from the quadric."""
    x = eye.solution[0]
    b, c = x[1], x[2]
    d, e, f = x[3] / radius, x[4] / radius, x[5] / radius
    E = ONE + b * b
    F = b * c
    G = ONE + c * c
    area = E * G - F * F
    length = np.sqrt(area)
    L, M, N = d / length, e / length, f / length
    mean = HALF * (E * N - TWO * F * M + G * L) / area
    gauss = (L * N - M * M) / area
    gap = np.sqrt(max(mean * mean - gauss, ZERO))
    k1 = mean + gap
    du, dv = -(M - k1 * F), L - k1 * E
    du2, dv2 = N - k1 * G, -(M - k1 * F)
    if du2 * du2 + dv2 * dv2 > du * du + dv * dv:
        du, dv = du2, dv2
    if du * du + dv * dv <= np.float32(1e-12):
        du, dv = ONE, ZERO
    t = b * du + c * dv
    size = np.sqrt(du * du + dv * dv + t * t)
    out[NORMAL] = b / length
    out[NORMAL + 1] = c / length
    out[NORMAL + 2] = -ONE / length
    out[DIRECTION] = du / size
    out[DIRECTION + 1] = dv / size
    out[DIRECTION + 2] = t / size
    out[CURVATURE] = k1
    out[CURVATURE + 1] = mean - gap
    # noise alone tears k1 and k2 apart by about two of its standard deviations
    if TWO * gap >= max(DIRECTED_CURVATURE_GAP, np.float32(3.0) * out[SIGMA_BEND]):
        out[DIRECTED] = ONE


@kernel
def _facing_frame(out: Array) -> None:
    """Too few pixels for a fit: a flat surface that faces the sensor, and no trust in it."""
    out[NORMAL + 2] = -ONE
    out[DIRECTION] = ONE
    out[SIGMA_NORMAL] = HALF
    out[SIGMA_BEND] = np.float32(1e4)


@kernel
def _colour(rgb: Array, weights: Array, radius: np.float32, out: Array) -> None:
    """Mean colour of the pixels around the centre that carry the surface under it.

    `radius` (m) is half the width of the patch. Shape needs all of it, however wide it is; a colour
    is that of a place, and prints are finer than shapes.
    """
    size = rgb.shape[0]
    margin = int(HALF * np.float32(size) * max(ONE - COLOUR_RADIUS / radius, ZERO))
    total, r, g, b = ZERO, ZERO, ZERO, ZERO
    for i in range(margin, size - margin):
        for j in range(margin, size - margin):
            w = weights[i, j]
            total = total + w
            r = r + w * rgb[i, j, 0]
            g = g + w * rgb[i, j, 1]
            b = b + w * rgb[i, j, 2]
    if total <= ZERO:
        middle = size // 2
        total, r, g, b = ONE, rgb[middle, middle, 0], rgb[middle, middle, 1], rgb[middle, middle, 2]
    hue, saturation, value = rgb_to_hsv(r / total, g / total, b / total)
    out[COLOUR] = hue
    out[COLOUR + 1] = saturation
    out[COLOUR + 2] = value


@kernel
def _into_body_frame(pose: Array, R: Array, reach: np.float32, out: Array) -> None:
    """Turn the frame into the body's and place the point `reach` along the view axis."""
    for k in (NORMAL, DIRECTION):
        a, b, c = out[k], out[k + 1], out[k + 2]
        out[k] = R[0] * a + R[1] * b + R[2] * c
        out[k + 1] = R[3] * a + R[4] * b + R[5] * c
        out[k + 2] = R[6] * a + R[7] * b + R[8] * c
    out[LOCATION] = pose[0] + R[2] * reach
    out[LOCATION + 1] = pose[1] + R[5] * reach
    out[LOCATION + 2] = pose[2] + R[8] * reach


@kernel
def sense(depth: Array, rgb: Array, pose: Array, eye: Eye, out: Array) -> None:
    """The percept of one patch, into `out` (18,), in the body's frame.

    `depth` (P, P) m along the view axis; where nothing was met it is `eye.max_range` or more,
    or, as real depth cameras say it, 0 or NaN. `rgb` (P, P, 3) in 0..1, `pose` (7,) of the
    sensor: position m, quaternion x y z w. Off the object LOCATION is the eye itself, NORMAL
    points against the view axis, DIRECTION along the sensor's x, and SIGMA_NORMAL and SIGMA_BEND
    are as large as where nothing could be fitted; all else is 0.
    """
    for k in range(PERCEPT_SIZE):
        out[k] = ZERO
    quaternion_matrix(pose[3:], eye.rotation)
    zc = _centre_depth(depth, eye.max_range)
    if zc >= eye.max_range:
        _facing_frame(out)
        _into_body_frame(pose, eye.rotation, ZERO, out)
        return
    out[ON_OBJECT] = ONE
    noise = _depth_noise(depth, eye.max_range)
    radius = zc * eye.slope
    reach = zc
    if _fit_robustly(depth, eye, zc, noise):
        reach = zc + eye.solution[0, 0] * radius
        _deviations(eye, noise, radius, out)
        _surface_frame(eye, radius, out)
    else:
        for i in range(depth.shape[0]):
            for j in range(depth.shape[0]):
                eye.weights[i, j] = ZERO
        _facing_frame(out)
    _colour(rgb, eye.weights, radius, out)
    _into_body_frame(pose, eye.rotation, reach, out)
