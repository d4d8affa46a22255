"""Bounding volume hierarchy over a triangle mesh, and the closest hit of a ray.

The tree is built by binned surface-area splits (Wald, "On fast construction of SAH-based
bounding volume hierarchies", 2007). Triangles are tested as in Woop, Benthin & Wald, "Watertight
ray/triangle intersection", 2013: sheared so that the ray is an axis, an edge that two triangles
share gives both the same number with the opposite sign, so that no ray slips through between
them. Both sides of a triangle are met.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from colonnade_envs.kernel import kernel

__all__ = ["STACK_SIZE", "Bvh", "build_bvh", "cast_rays", "closest_hit"]

STACK_SIZE = 128
"""Entries of the stack that a traversal needs; the depth of a tree is kept below it."""

_LEAF = 4  # triangles in a leaf, at most (unless the tree would become too deep)
_BINS = 16
_DEPTH = 96  # beyond it nodes are halved by number, which adds at most log2(T) levels


class Bvh(NamedTuple):
    """A tree over T triangles; triangles stand in the order of its leaves.

    A NamedTuple of plain arrays, because numba takes it as it is and npz stores it.
    """

    box: NDArray[np.float32]
    """(N, 6) centre and half size of each node's box in metres, rounded outward."""
    link: NDArray[np.int32]
    """(N, 2) inner node: [left child, 0], the right one follows it; leaf: [first, count]."""
    corner: NDArray[np.float32]
    """(T, 3, 3) corners of each triangle in metres."""
    normal: NDArray[np.float32]
    """(T, 3) unit normal, counter-clockwise is outward; 0 for a triangle without area."""
    face: NDArray[np.int32]
    """(T,) number of each triangle in the mesh it came from."""


@kernel
def _half_area(lo, hi):  # type: ignore[no-untyped-def]
    x, y, z = hi[0] - lo[0], hi[1] - lo[1], hi[2] - lo[2]
    return x * y + y * z + z * x


@njit(cache=True, error_model="numpy")
def _build(corner, order, box, link):  # type: ignore[no-untyped-def]
    """Fill order, box and link in place; return the number of nodes."""
    count = corner.shape[0]
    low = np.empty((count, 3))
    high = np.empty((count, 3))
    middle = np.empty((count, 3))
    for i in range(count):
        order[i] = i
        for k in range(3):
            a, b, c = corner[i, 0, k], corner[i, 1, k], corner[i, 2, k]
            low[i, k] = min(a, min(b, c))
            high[i, k] = max(a, max(b, c))
            middle[i, k] = 0.5 * (low[i, k] + high[i, k])

    todo = np.empty((STACK_SIZE, 4), np.int64)  # node, first, count, depth
    todo[0, 0], todo[0, 1], todo[0, 2], todo[0, 3] = 0, 0, count, 0
    top, nodes = 1, 1
    bin_low = np.empty((3, _BINS, 3))
    bin_high = np.empty((3, _BINS, 3))
    bin_count = np.empty((3, _BINS), np.int64)
    right_area = np.empty(_BINS)
    right_count = np.empty(_BINS, np.int64)
    lo, hi = np.empty(3), np.empty(3)
    mid_lo, mid_hi, scale = np.empty(3), np.empty(3), np.empty(3)
    while top > 0:
        top -= 1
        node, first, size, depth = todo[top, 0], todo[top, 1], todo[top, 2], todo[top, 3]

        # bounds of the node and of the triangles' middles
        lo[:] = np.inf
        hi[:] = -np.inf
        mid_lo[:] = np.inf
        mid_hi[:] = -np.inf
        for i in range(first, first + size):
            t = order[i]
            for k in range(3):
                lo[k] = min(lo[k], low[t, k])
                hi[k] = max(hi[k], high[t, k])
                mid_lo[k] = min(mid_lo[k], middle[t, k])
                mid_hi[k] = max(mid_hi[k], middle[t, k])
        for k in range(3):
            c = np.float32(0.5 * (lo[k] + hi[k]))
            box[node, k] = c
            box[node, 3 + k] = max(hi[k] - c, c - lo[k]) * (1.0 + 1e-6) + 1e-9
        link[node, 0] = first
        link[node, 1] = size
        if size == 1:
            continue

        # the cheapest of the planes between bins, on the three axes
        best, best_axis, best_bin = np.inf, -1, 0
        if depth < _DEPTH:
            bin_low[:] = np.inf
            bin_high[:] = -np.inf
            bin_count[:] = 0
            for k in range(3):
                width = mid_hi[k] - mid_lo[k]
                scale[k] = _BINS * (1.0 - 1e-9) / width if width > 1e-12 else 0.0
            for i in range(first, first + size):
                t = order[i]
                for axis in range(3):
                    if scale[axis] == 0.0:
                        continue
                    b = int((middle[t, axis] - mid_lo[axis]) * scale[axis])
                    bin_count[axis, b] += 1
                    for k in range(3):
                        bin_low[axis, b, k] = min(bin_low[axis, b, k], low[t, k])
                        bin_high[axis, b, k] = max(bin_high[axis, b, k], high[t, k])
            whole = _half_area(lo, hi)
            for axis in range(3):
                if scale[axis] == 0.0:
                    continue
                lo[:] = np.inf
                hi[:] = -np.inf
                n = 0
                for b in range(_BINS - 1, 0, -1):
                    n += bin_count[axis, b]
                    for k in range(3):
                        lo[k] = min(lo[k], bin_low[axis, b, k])
                        hi[k] = max(hi[k], bin_high[axis, b, k])
                    right_count[b] = n
                    right_area[b] = _half_area(lo, hi) if n > 0 else 0.0
                lo[:] = np.inf
                hi[:] = -np.inf
                n = 0
                for b in range(_BINS - 1):
                    n += bin_count[axis, b]
                    for k in range(3):
                        lo[k] = min(lo[k], bin_low[axis, b, k])
                        hi[k] = max(hi[k], bin_high[axis, b, k])
                    if n == 0 or right_count[b + 1] == 0:
                        continue
                    cost = _half_area(lo, hi) * n + right_area[b + 1] * right_count[b + 1]
                    if cost < best:
                        best, best_axis, best_bin = cost, axis, b
            if size <= _LEAF and (best_axis < 0 or best + whole >= whole * size):
                continue
        elif size <= _LEAF:
            continue

        # the triangles left of the plane come first
        if best_axis < 0:
            split = first + size // 2
        else:
            i, j = first, first + size - 1
            while i <= j:
                t = order[i]
                b = int((middle[t, best_axis] - mid_lo[best_axis]) * scale[best_axis])
                if b <= best_bin:
                    i += 1
                else:
                    order[i] = order[j]
                    order[j] = t
                    j -= 1
            split = i
        link[node, 0] = nodes
        link[node, 1] = 0
        for side in range(2):
            todo[top + side, 0] = nodes + side
            todo[top + side, 1] = split if side else first
            todo[top + side, 2] = first + size - split if side else split - first
            todo[top + side, 3] = depth + 1
        top += 2
        nodes += 2
    return nodes


@kernel
def _normals(corner, normal):  # type: ignore[no-untyped-def]
    for i in range(corner.shape[0]):
        ax, ay, az = float(corner[i, 0, 0]), float(corner[i, 0, 1]), float(corner[i, 0, 2])
        ux, uy, uz = corner[i, 1, 0] - ax, corner[i, 1, 1] - ay, corner[i, 1, 2] - az
        vx, vy, vz = corner[i, 2, 0] - ax, corner[i, 2, 1] - ay, corner[i, 2, 2] - az
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        length = math.sqrt(x * x + y * y + z * z)
        if length > 0.0:
            normal[i, 0], normal[i, 1], normal[i, 2] = x / length, y / length, z / length


@kernel
def closest_hit(bvh, stack, ox, oy, oz, dx, dy, dz, reach):  # type: ignore[no-untyped-def]
    """The nearest triangle that a ray meets, from either side.

    For use in kernels: origin (ox, oy, oz) in metres; the direction need not be of unit length;
    reach: largest distance in lengths of the direction; stack: (STACK_SIZE,) int32 scratch.
    Returns (distance in lengths of the direction, triangle in the order of the tree, barycentric
    weights of its second and third corner); the triangle is -1 and distance == reach if nothing
    was hit.
    """
    tiny = 1e-30
    ix = 1.0 / (dx if abs(dx) > tiny else tiny)
    iy = 1.0 / (dy if abs(dy) > tiny else tiny)
    iz = 1.0 / (dz if abs(dz) > tiny else tiny)
    aix, aiy, aiz = abs(ix), abs(iy), abs(iz)
    kz = 0
    if aiy < aix:
        kz = 1
    if aiz < min(aix, aiy):
        kz = 2
    kx, ky = (kz + 1) % 3, (kz + 2) % 3
    if kz == 0:
        ox_, oy_, oz_, shear_x, shear_y = oy, oz, ox, dy / dx, dz / dx
    elif kz == 1:
        ox_, oy_, oz_, shear_x, shear_y = oz, ox, oy, dz / dy, dx / dy
    else:
        ox_, oy_, oz_, shear_x, shear_y = ox, oy, oz, dx / dz, dy / dz
    box, link, corner = bvh.box, bvh.link, bvh.corner
    best, triangle, second, third = reach, -1, 0.0, 0.0
    node, top = 0, 0
    while True:
        first, size = link[node, 0], link[node, 1]
        if size > 0:
            for i in range(first, first + size):
                # corners sheared until the ray is the axis, then signed areas round it
                z = corner[i, 0, kz] - oz_
                ax, ay = corner[i, 0, kx] - ox_ - shear_x * z, corner[i, 0, ky] - oy_ - shear_y * z
                z = corner[i, 1, kz] - oz_
                bx, by = corner[i, 1, kx] - ox_ - shear_x * z, corner[i, 1, ky] - oy_ - shear_y * z
                z = corner[i, 2, kz] - oz_
                cx, cy = corner[i, 2, kx] - ox_ - shear_x * z, corner[i, 2, ky] - oy_ - shear_y * z
                u, v, w = cx * by - cy * bx, ax * cy - ay * cx, bx * ay - by * ax
                if (u < 0.0 or v < 0.0 or w < 0.0) and (u > 0.0 or v > 0.0 or w > 0.0):
                    continue
                # along the ray to the plane of the triangle
                ax, ay, az = corner[i, 0, 0] - ox, corner[i, 0, 1] - oy, corner[i, 0, 2] - oz
                bx, by, bz = corner[i, 1, 0] - ox, corner[i, 1, 1] - oy, corner[i, 1, 2] - oz
                cx, cy, cz = corner[i, 2, 0] - ox, corner[i, 2, 1] - oy, corner[i, 2, 2] - oz
                bx, by, bz = bx - ax, by - ay, bz - az
                cx, cy, cz = cx - ax, cy - ay, cz - az
                nx, ny, nz = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
                slope = dx * nx + dy * ny + dz * nz
                total = u + v + w
                if slope == 0.0 or total == 0.0:
                    continue
                distance = (ax * nx + ay * ny + az * nz) / slope
                if 0.0 <= distance < best:
                    best, triangle = distance, i
                    second, third = v / total, w / total
        else:
            # enter the nearer child first, keep the other for later
            t = (box[first, 0] - ox) * ix
            h = box[first, 3] * aix
            near, far = t - h, t + h
            t = (box[first, 1] - oy) * iy
            h = box[first, 4] * aiy
            near, far = max(near, t - h), min(far, t + h)
            t = (box[first, 2] - oz) * iz
            h = box[first, 5] * aiz
            near, far = max(near, t - h), min(far, t + h)
            left = near if (far >= max(near, 0.0) and near <= best) else np.inf
            other = first + 1
            t = (box[other, 0] - ox) * ix
            h = box[other, 3] * aix
            near, far = t - h, t + h
            t = (box[other, 1] - oy) * iy
            h = box[other, 4] * aiy
            near, far = max(near, t - h), min(far, t + h)
            t = (box[other, 2] - oz) * iz
            h = box[other, 5] * aiz
            near, far = max(near, t - h), min(far, t + h)
            right = near if (far >= max(near, 0.0) and near <= best) else np.inf
            if left <= right:
                if left < np.inf:
                    if right < np.inf:
                        stack[top] = other
                        top += 1
                    node = first
                    continue
            else:
                if left < np.inf:
                    stack[top] = first
                    top += 1
                node = other
                continue
        if top == 0:
            return best, triangle, second, third
        top -= 1
        node = stack[top]


@kernel
def _cast(bvh, stack, origins, directions, reach, distance, face, weights):  # type: ignore[no-untyped-def]
    for r in range(origins.shape[0]):
        t, i, b, c = closest_hit(
            bvh,
            stack,
            origins[r, 0],
            origins[r, 1],
            origins[r, 2],
            directions[r, 0],
            directions[r, 1],
            directions[r, 2],
            reach,
        )
        distance[r] = t if i >= 0 else np.inf
        face[r] = bvh.face[i] if i >= 0 else -1
        weights[r, 0] = 1.0 - b - c if i >= 0 else 0.0
        weights[r, 1], weights[r, 2] = b, c


def build_bvh(vertices: ArrayLike, faces: ArrayLike) -> Bvh:
    """Build the tree of a mesh.

    vertices: (V, 3) metres. faces: (F, 3) numbers of vertices, counter-clockwise seen from
    outside. The same mesh always gives the same tree. Raises ValueError for a mesh without
    triangles, with wrong shapes, or with faces that name vertices which do not exist.
    """
    points = np.ascontiguousarray(vertices, np.float32)
    triangles = np.ascontiguousarray(faces, np.int32)
    if points.ndim != 2 or points.shape[1] != 3 or triangles.ndim != 2 or triangles.shape[1] != 3:
        raise ValueError(
            f"a tree needs vertices (V, 3) and faces (F, 3), not {points.shape} and "
            f"{triangles.shape}"
        )
    if len(triangles) == 0:
        raise ValueError("the mesh has no triangles: check the file it came from")
    if triangles.min() < 0 or triangles.max() >= len(points):
        raise ValueError(
            f"faces name vertex {int(triangles.max())}, but there are {len(points)} vertices"
        )
    corner = points[triangles]
    if not np.isfinite(corner).all():
        raise ValueError("the mesh has vertices that are NaN or infinite: repair it first")
    order = np.empty(len(triangles), np.int32)
    box = np.empty((2 * len(triangles), 6), np.float32)
    link = np.empty((2 * len(triangles), 2), np.int32)
    nodes = _build(corner, order, box, link)
    corner = np.ascontiguousarray(corner[order])
    normal = np.zeros((len(order), 3), np.float32)
    _normals(corner, normal)
    tree = Bvh(box[:nodes].copy(), link[:nodes].copy(), corner, normal, order)
    for array in tree:
        array.flags.writeable = False
    return tree


def cast_rays(
    bvh: Bvh, origins: ArrayLike, directions: ArrayLike, reach: float = np.inf
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.float64]]:
    """Closest hits of R rays, each from either side of the surface.

    origins, directions: (R, 3) in the mesh's frame; directions need not be of unit length.
    reach: largest distance, in lengths of the direction. Returns distance (R,) in lengths of
    the direction (inf where nothing was hit), face (R,) the triangle's number in the mesh (-1),
    and weights (R, 3) the barycentric weights of its corners (0).
    """
    start = np.ascontiguousarray(np.atleast_2d(np.asarray(origins, np.float64)))
    ahead = np.ascontiguousarray(np.atleast_2d(np.asarray(directions, np.float64)))
    if start.shape != ahead.shape or start.shape[-1] != 3:
        raise ValueError(
            f"origins and directions must both be (R, 3), not {start.shape} and {ahead.shape}"
        )
    distance = np.empty(len(start))
    face = np.empty(len(start), np.int32)
    weights = np.empty((len(start), 3))
    stack = np.empty(STACK_SIZE, np.int32)
    _cast(bvh, stack, start, ahead, float(reach), distance, face, weights)
    return distance, face, weights
