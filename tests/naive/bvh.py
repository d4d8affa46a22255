"""Closest hits by trying every triangle with every ray (Möller & Trumbore, 1997)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def closest_hits(
    vertices: ArrayLike, faces: ArrayLike, origins: ArrayLike, directions: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Distance (R,) in lengths of the direction (inf) and face (R,) (-1) of every ray."""
    corners = np.asarray(vertices, np.float64)[np.asarray(faces)]
    a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    distances, hits = [], []
    with np.errstate(divide="ignore", invalid="ignore"):
        for origin, direction in zip(
            np.asarray(origins, np.float64), np.asarray(directions, np.float64), strict=True
        ):
            p = np.cross(direction, ac)
            determinant = np.einsum("ij,ij->i", ab, p)
            to_origin = origin - a
            u = np.einsum("ij,ij->i", to_origin, p) / determinant
            q = np.cross(to_origin, ab)
            v = (q @ direction) / determinant
            t = np.einsum("ij,ij->i", ac, q) / determinant
            met = (determinant != 0) & (u >= 0) & (v >= 0) & (u + v <= 1) & (t >= 0)
            t = np.where(met, t, np.inf)
            nearest = int(np.argmin(t))
            distances.append(t[nearest])
            hits.append(nearest if np.isfinite(t[nearest]) else -1)
    return np.array(distances), np.array(hits)
