"""Light on a picture, ray by ray with vectors; and the normals that it falls on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

KEY, FILL = np.array([-0.45, -0.55, -0.70]), np.array([0.75, 0.05, -0.66])
"""From where the lights come, in the camera's frame: x right, y down, z ahead."""
GLOSS = np.array([-0.244, -0.298, -0.923])


def light(normal: Array, colour: Array) -> Array:
    """(3,) what the eye gets from a surface of a colour that faces along a unit normal."""
    strength = 0.42 - 0.08 * normal[1]
    strength += 0.52 * max(0.0, KEY @ normal) + 0.18 * max(0.0, FILL @ normal)
    return np.minimum(1.0, colour * strength + 0.12 * max(0.0, GLOSS @ normal) ** 40)


def shade(
    bvh: Any, canvas: Any, frame: Array, tangent: float, smooth: NDArray[Any], rgb: NDArray[Any],
    size: int,
) -> Array:  # fmt: skip
    """(size, size, 4) what `colonnade_envs.render._shade` makes of a canvas."""
    fine = len(canvas.depth)
    out = np.zeros((fine, fine, 4))
    across = (2 * (np.arange(fine) + 0.5) / fine - 1) * tangent
    for i in range(fine):
        for j in range(fine):
            t = canvas.triangle[i, j]
            if t < 0:
                continue
            ray = np.array([across[j], across[i], 1.0])
            point = frame[3] + canvas.depth[i, j] * (ray @ frame[:3])
            a, b, c = bvh.corner[t].astype(np.float64)
            weights = np.linalg.lstsq(np.column_stack([b - a, c - a]), point - a, rcond=None)[0]
            corners = smooth[bvh.face[t]].astype(np.float64)
            normal = frame[:3] @ (np.r_[1 - weights.sum(), weights] @ corners)
            length = np.linalg.norm(normal)
            normal = np.array([0, 0, -1.0]) if length == 0 else normal / length
            normal = -normal if normal @ ray > 0 else normal
            out[i, j] = np.r_[light(normal, rgb[i, j].astype(np.float64)), 1.0]
    k = fine // size
    return out.reshape(size, k, size, k, 4).mean(axis=(1, 3))


def corner_normals(
    vertices: NDArray[Any], faces: NDArray[Any], crease: float, crowd: int = 1000
) -> Array:
    """(F, 3, 3) what `colonnade_envs.shading.corner_normals` makes of a mesh."""
    corners = vertices[faces].astype(np.float64)
    at = np.round(vertices * 1e6)[faces]
    out = np.zeros_like(corners)
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(flat, axis=1)
    flat /= area[:, None]
    flattest = np.cos(np.radians(crease))

    def weighed(g: int, m: int) -> Array:
        a = corners[g, (m + 1) % 3] - corners[g, m]
        b = corners[g, (m + 2) % 3] - corners[g, m]
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        weighed: Array = area[g] * np.arccos(np.clip(cosine, -1, 1)) * flat[g]
        return weighed

    for place in np.unique(at.reshape(-1, 3), axis=0):
        here = list(zip(*np.nonzero((at == place).all(axis=2)), strict=True))
        if len(here) > crowd:
            every = np.sum([weighed(g, m) for g, m in here], axis=0)
            every /= np.linalg.norm(every)
            for f, k in here:
                out[f, k] = every if flat[f] @ every > flattest else flat[f]
            continue
        for f, k in here:
            for g, m in here:
                if flat[f] @ flat[g] > flattest:
                    out[f, k] += weighed(g, m)
    return out / np.linalg.norm(out, axis=2, keepdims=True)
