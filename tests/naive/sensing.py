"""Sensing by plain weighted least squares in float64, pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.spatial.transform import Rotation
from tests.naive.numerics import hsv

from colonnade_models import percept as P
from colonnade_models import sensing

Array = NDArray[np.float64]


def depth_noise(depth: Array, max_range: float) -> float:
    """White noise from second differences along rows, steps left out in three rounds."""
    bends = [
        abs(row[j - 1] - 2 * row[j] + row[j + 1])
        for row in depth
        for j in range(1, len(row) - 1)
        if all(0 < z < max_range for z in row[j - 1 : j + 2])
    ]
    floor = float(sensing.NOISE_FLOOR)
    cap, scale = max_range, 0.0
    for _ in range(3):
        kept = [bend for bend in bends if bend <= cap]
        if not kept:
            return floor
        scale = sum(kept) / len(kept)
        cap = 4 * scale
    return max(scale / (math.sqrt(2 / math.pi) * math.sqrt(6)), floor)


def centre_depth(depth: Array, max_range: float) -> float:
    """Mean of the central two by two (or one) pixels that hit, if at least half of them did."""
    size = len(depth)
    middle = depth[(size - 1) // 2 : size // 2 + 1, (size - 1) // 2 : size // 2 + 1].ravel()
    hits = middle[(middle > 0) & (middle < max_range)]
    if len(hits) == 0 or 2 * len(hits) < len(middle):
        return max_range
    return float(hits.mean())


class Quadric:
    """The surface in patch half-widths: coefficients, normal matrix and weights of the last fit."""

    def __init__(self, depth: Array, slope: float, max_range: float) -> None:
        self.depth, self.slope, self.max_range = depth, slope, max_range
        self.zc = centre_depth(depth, max_range)
        self.radius = self.zc * slope
        self.noise = depth_noise(depth, max_range)
        self.x = np.zeros(6)
        self.A = np.zeros((6, 6))
        self.weights = np.zeros_like(depth)

    def one_pass(self, terms: int, scale: float) -> bool:
        """One weighted least-squares fit; False with too few pixels."""
        size = len(self.depth)
        self.weights[:] = 0
        rows, heights, weights = [], [], []
        for i in range(size):
            for j in range(size):
                z = self.depth[i, j]
                h = (z - self.zc) / self.radius
                if not 0 < z < self.max_range or abs(h) > sensing.OUTLIER_DEPTH:
                    continue
                u, v = (2 * j + 1) / size - 1, (2 * i + 1) / size - 1
                fitted = self.x @ [1, u, v, u * u / 2, u * v, v * v / 2]
                stretch = 1 + self.slope * min(max(fitted, -1), 1)
                u, v = u * stretch, v * stretch
                row = np.array([1, u, v, u * u / 2, u * v, v * v / 2])
                r = (h - self.x @ row) / scale
                if r * r >= 1:
                    continue
                w = (1 - r * r) ** 2 * (1 - 0.4 * (u * u / 2 + v * v / 2))
                if w <= 0:
                    continue
                self.weights[i, j] = w
                rows.append(row[:terms])
                heights.append(h)
                weights.append(w)
        if len(rows) < 7:
            return False
        X, W = np.array(rows), np.diag(weights)
        A = X.T @ W @ X
        if terms == 6:
            prior = self.noise / (float(sensing.BEND_PRIOR) * self.radius**2)
            A[[3, 4, 5], [3, 4, 5]] += prior**2
        self.A = A
        self.x = np.zeros(6)
        self.x[:terms] = np.linalg.solve(A, X.T @ W @ np.array(heights))
        return True

    def fit(self) -> bool:
        """A plane twice, then the quadric four times with narrowing cut-offs."""
        floor = max(float(sensing.ROUGHNESS), 4 * self.noise / self.radius)
        passes = [(3, 0.8 + floor), (3, 0.4 + floor)]
        passes += [(6, max(cut, floor) + floor) for cut in (0.35, 0.15, 0.0, 0.0)]
        return all(self.one_pass(terms, scale) for terms, scale in passes)


def sense(depth: Array, rgb: Array, pose: Array, slope: float, max_range: float) -> Array:
    """The percept (18,) as `colonnade_models.sensing.sense` gives it."""
    out = np.zeros(P.PERCEPT_SIZE)
    R = Rotation.from_quat(pose[3:]).as_matrix()
    normal, direction, reach = np.array([0.0, 0, -1]), np.array([1.0, 0, 0]), 0.0
    out[P.SIGMA_NORMAL], out[P.SIGMA_BEND] = 0.5, 1e4
    surface = Quadric(np.asarray(depth, float), slope, max_range)
    if surface.zc < max_range:
        out[P.ON_OBJECT] = 1
        reach = surface.zc
        weights = np.zeros_like(surface.weights)
        if surface.fit():
            weights = surface.weights
            reach += surface.x[0] * surface.radius
            normal, direction = _frame(surface, out)
        share = min(float(sensing.COLOUR_RADIUS) / surface.radius, 1.0)
        margin = int(len(rgb) / 2 * (1 - share))
        middle = slice(margin, len(rgb) - margin)
        inner = weights[middle, middle]
        if inner.sum() > 0:
            colour = np.einsum("ij,ijk->k", inner, rgb[middle, middle]) / inner.sum()
        else:
            colour = rgb[len(rgb) // 2, len(rgb) // 2]
        out[P.COLOUR : P.COLOUR + 3] = hsv(*colour)
    out[P.LOCATION : P.LOCATION + 3] = pose[:3] + R[:, 2] * reach
    out[P.NORMAL : P.NORMAL + 3] = R @ normal
    out[P.DIRECTION : P.DIRECTION + 3] = R @ direction
    return out


def _frame(surface: Quadric, out: Array) -> tuple[Array, Array]:
    """Normal and principal direction; curvatures and deviations go into `out`.

    Principal curvatures are the eigenvalues of the second fundamental form in the first.
    """
    _, b, c, d, e, f = surface.x
    length = math.sqrt(1 + b * b + c * c)
    first = np.array([[1 + b * b, b * c], [b * c, 1 + c * c]])
    second = np.array([[d, e], [e, f]]) / surface.radius / length
    curvatures, tangents = eigh(second, first)
    du, dv = tangents[:, 1]
    direction = np.array([du, dv, b * du + c * dv])
    covariance = (surface.noise / surface.radius) ** 2 * np.linalg.inv(surface.A)
    out[P.SIGMA_NORMAL] = math.sqrt(covariance[1, 1])
    out[P.SIGMA_BEND] = math.sqrt(covariance[3, 3]) / surface.radius
    out[P.CURVATURE : P.CURVATURE + 2] = curvatures[::-1]
    gap = curvatures[1] - curvatures[0]
    out[P.DIRECTED] = gap >= max(float(P.DIRECTED_CURVATURE_GAP), 3 * out[P.SIGMA_BEND])
    return np.array([b, c, -1]) / length, direction / np.linalg.norm(direction)
