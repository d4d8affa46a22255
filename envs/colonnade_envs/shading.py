"""Normals at the corners of triangles, for pictures: round where faces bend little, else sharp."""

from __future__ import annotations

import math
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from colonnade_envs.kernel import kernel
from colonnade_envs.objects import ObjectMesh

__all__ = ["corner_normals"]

_CREASE = math.cos(math.radians(40.0))  # sharper edges than this are drawn sharp

_CROWD = 1000
"""Corners at one place up to which each asks every other, in time quadratic in their number."""

_known: WeakKeyDictionary[ObjectMesh, NDArray[np.float32]] = WeakKeyDictionary()


def corner_normals(mesh: ObjectMesh) -> NDArray[np.float32]:
    """(F, 3, 3) normals at the corners, averaged over faces that meet at less than the crease.

    Each face asks those at its corner that bend away from it itself: a side is flat up to its
    edges, whatever lies behind them. They count by their angle at the corner, so that a square
    counts the same however it is cut into triangles (Thuermer & Wuethrich, "Computing vertex
    normals from polygonal facets", 1998), and by their area, so that the side of a die is flat up
    to the pips and round edges in it. Where a crowd of faces meets, as in a fan, all that bend away
    from its average by less than the crease take that.
    """
    normals = _known.get(mesh)
    if normals is None:
        corners = mesh.vertices[mesh.faces].astype(np.float64)
        flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        area = np.linalg.norm(flat, axis=1, keepdims=True)
        flat /= area.clip(1e-30)
        place = _places(mesh.vertices)[mesh.faces].reshape(-1)
        first = np.concatenate([[0], np.cumsum(np.bincount(place))])
        normals = np.empty(corners.shape, np.float32)
        order = np.argsort(place, kind="stable")
        _average(first, order, flat, area * _corner_angles(corners), normals)
        _known[mesh] = normals
    return normals


def _places(vertices: NDArray[np.float32]) -> NDArray[np.int64]:
    """(V,) numbers from 0 that are the same where vertices (V, 3) are, to a micrometre."""
    at = np.round(vertices * 1e6).astype(np.int64)
    key = (at[:, 0] * 4_000_037 + at[:, 1]) * 4_000_037 + at[:, 2]
    return np.unique(key, return_inverse=True)[1].astype(np.int64)


def _corner_angles(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """(F, 3) radians at the corners of triangles (F, 3, 3)."""
    ahead = np.roll(corners, -1, axis=1) - corners
    behind = np.roll(corners, 1, axis=1) - corners
    along = np.einsum("fck,fck->fc", ahead, behind)
    size = np.linalg.norm(ahead, axis=2) * np.linalg.norm(behind, axis=2)
    angles: NDArray[np.float64] = np.arccos(np.clip(along / size.clip(1e-30), -1.0, 1.0))
    return angles


@kernel
def _average_crowd(order, first, end, flat, weight, out):  # type: ignore[no-untyped-def]
    """What `_average` does, for the place of order[first:end], in time linear in its corners."""
    x, y, z = 0.0, 0.0, 0.0
    for j in range(first, end):
        g, w = order[j] // 3, weight[order[j] // 3, order[j] % 3]
        x, y, z = x + w * flat[g, 0], y + w * flat[g, 1], z + w * flat[g, 2]
    length = max(math.sqrt(x * x + y * y + z * z), 1e-30)
    x, y, z = x / length, y / length, z / length
    for i in range(first, end):
        f, k = order[i] // 3, order[i] % 3
        if flat[f, 0] * x + flat[f, 1] * y + flat[f, 2] * z > _CREASE:
            out[f, k, 0], out[f, k, 1], out[f, k, 2] = x, y, z
        else:
            out[f, k, 0], out[f, k, 1], out[f, k, 2] = flat[f, 0], flat[f, 1], flat[f, 2]


@kernel
def _average(first, order, flat, weight, out):  # type: ignore[no-untyped-def]
    """Normals out (F, 3, 3) of corners 3 f + k that `order` (3 F,) lists place by place.

    first: (P + 1,) where each place begins in it. flat: (F, 3) normals of faces. weight: (F, 3).
    """
    for p in range(len(first) - 1):
        if first[p + 1] - first[p] > _CROWD:
            _average_crowd(order, first[p], first[p + 1], flat, weight, out)
            continue
        for i in range(first[p], first[p + 1]):
            f, k = order[i] // 3, order[i] % 3
            x, y, z = 0.0, 0.0, 0.0
            for j in range(first[p], first[p + 1]):
                g, w = order[j] // 3, weight[order[j] // 3, order[j] % 3]
                u, v, n = flat[g, 0], flat[g, 1], flat[g, 2]
                if flat[f, 0] * u + flat[f, 1] * v + flat[f, 2] * n > _CREASE:
                    x, y, z = x + w * u, y + w * v, z + w * n
            length = math.sqrt(x * x + y * y + z * z)
            if length == 0.0:  # a sliver without an angle, alone
                x, y, z, length = flat[f, 0], flat[f, 1], flat[f, 2], 1.0
            out[f, k, 0], out[f, k, 1], out[f, k, 2] = x / length, y / length, z / length
