"""What a small square sensor sees of an object: depth, colour and normals, by one walk of the tree.

The rays of a patch share their origin, so the walk goes through the tree once with the whole
bundle: nodes outside the pyramid of the rays, or behind what already covers every pixel, are left
out, and the triangles that remain are intersected with just the rays inside their outline. The
intersection is the one of `bvh.closest_hit`, so a patch equals its rays cast one by one.
"""

from __future__ import annotations

import math
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray

from colonnade_envs.bvh import STACK_SIZE, Bvh, build_bvh
from colonnade_envs.kernel import kernel
from colonnade_envs.objects.mesh import ObjectMesh
from colonnade_envs.poses import matrix_of, pose_inverse, pose_product

__all__ = ["Canvas", "Patch", "Scene", "cast_patch", "scene_of"]


class Scene(NamedTuple):
    """An object as the kernels take it: its tree and its paint (fields as in ObjectMesh)."""

    bvh: Bvh
    corner_uv: NDArray[np.float32]
    corner_colour: NDArray[np.float32]
    face_texture: NDArray[np.int16]
    texels: NDArray[np.uint8]
    texture_table: NDArray[np.int32]


class Canvas(NamedTuple):
    """Scratch of one sensor with H x W pixels; never shared between threads."""

    depth: NDArray[np.float64]
    """(H, W) distance along z in metres."""
    triangle: NDArray[np.int32]
    """(H, W) triangle in the order of the tree, -1 where nothing was hit."""
    stack: NDArray[np.int32]
    """(STACK_SIZE,)"""

    @classmethod
    def of_size(cls, height: int, width: int) -> Canvas:
        """A canvas of height x width pixels."""
        return cls(
            np.empty((height, width)),
            np.empty((height, width), np.int32),
            np.empty(STACK_SIZE, np.int32),
        )


class Patch(NamedTuple):
    """One look at an object; rows run down, columns to the right of the sensor."""

    depth: NDArray[np.float32]
    """(P, P) metres along the view axis; the largest distance where nothing was hit."""
    rgb: NDArray[np.float32]
    """(P, P, 3) colour 0..1; 0 where nothing was hit."""
    normal: NDArray[np.float32]
    """(P, P, 3) unit normal of the triangle in the sensor's frame, facing the sensor (z <= 0)."""
    face: NDArray[np.int32]
    """(P, P) number of the triangle in the mesh, -1 where nothing was hit."""


_scenes: WeakKeyDictionary[ObjectMesh, Scene] = WeakKeyDictionary()


def scene_of(mesh: ObjectMesh) -> Scene:
    """The scene of an object; built once (about 20 ms for 16,000 triangles) while it is in use."""
    scene = _scenes.get(mesh)
    if scene is None:
        scene = Scene(
            build_bvh(mesh.vertices, mesh.faces),
            mesh.corner_uv.view(),
            mesh.corner_colour.view(),
            mesh.face_texture.view(),
            mesh.texels.view(),
            mesh.texture_table.view(),
        )
        for array in scene[1:]:  # one kind of array only, or numba compiles every kernel twice
            array.flags.writeable = False
        _scenes[mesh] = scene
    return scene


@kernel
def trace(bvh, canvas, frame, tan_x, tan_y, reach):  # type: ignore[no-untyped-def]
    """Fill the canvas: nearest triangle and depth of every pixel.

    frame: (4, 3) the sensor's x, y, z axes and its origin in the object's frame; tan_x, tan_y:
    tangents of half the angles of view; reach: largest depth in metres.
    """
    depth, triangle, stack = canvas.depth, canvas.triangle, canvas.stack
    height, width = depth.shape
    for i in range(height):
        for j in range(width):
            depth[i, j] = reach
            triangle[i, j] = -1
    xx, xy, xz = frame[0, 0], frame[0, 1], frame[0, 2]
    yx, yy, yz = frame[1, 0], frame[1, 1], frame[1, 2]
    zx, zy, zz = frame[2, 0], frame[2, 1], frame[2, 2]
    ox, oy, oz = frame[3, 0], frame[3, 1], frame[3, 2]
    # absolute normals of the four sides of the pyramid, to take the extent of a box along them
    rx, ry, rz = abs(tan_x * zx - xx), abs(tan_x * zy - xy), abs(tan_x * zz - xz)
    lx, ly, lz = abs(tan_x * zx + xx), abs(tan_x * zy + xy), abs(tan_x * zz + xz)
    bx_, by_, bz_ = abs(tan_y * zx - yx), abs(tan_y * zy - yy), abs(tan_y * zz - yz)
    tx_, ty_, tz_ = abs(tan_y * zx + yx), abs(tan_y * zy + yy), abs(tan_y * zz + yz)
    dx, dy, dz = abs(zx), abs(zy), abs(zz)
    step_x, step_y = 2.0 * tan_x / width, 2.0 * tan_y / height
    start_x, start_y = 0.5 * step_x - tan_x, 0.5 * step_y - tan_y
    scale_x, scale_y = 1.0 / step_x, 1.0 / step_y

    box, link, corner = bvh.box, bvh.link, bvh.corner
    far = reach  # nothing beyond this depth can still be seen
    small = height * width <= 4096  # in a large picture it is not worth keeping up to date
    stack[0] = 0
    top = 1
    while top > 0:
        top -= 1
        node = stack[top]
        # the box against the pyramid; a node on the stack may have been covered meanwhile
        cx, cy, cz = box[node, 0] - ox, box[node, 1] - oy, box[node, 2] - oz
        hx, hy, hz = np.float64(box[node, 3]), np.float64(box[node, 4]), np.float64(box[node, 5])
        z = cx * zx + cy * zy + cz * zz
        extent = hx * dx + hy * dy + hz * dz
        if z + extent < 0.0 or z - extent > far:
            continue
        x = cx * xx + cy * xy + cz * xz
        y = cx * yx + cy * yy + cz * yz
        if tan_x * z - x + (hx * rx + hy * ry + hz * rz) < 0.0:
            continue
        if tan_x * z + x + (hx * lx + hy * ly + hz * lz) < 0.0:
            continue
        if tan_y * z - y + (hx * bx_ + hy * by_ + hz * bz_) < 0.0:
            continue
        if tan_y * z + y + (hx * tx_ + hy * ty_ + hz * tz_) < 0.0:
            continue
        first, size = link[node, 0], link[node, 1]
        if size == 0:
            # the child whose middle is nearer is popped first
            other = first + 1
            ahead = (
                (box[other, 0] - box[first, 0]) * zx
                + (box[other, 1] - box[first, 1]) * zy
                + (box[other, 2] - box[first, 2]) * zz
            )
            if ahead >= 0.0:
                stack[top], stack[top + 1] = other, first
            else:
                stack[top], stack[top + 1] = first, other
            top += 2
            continue

        changed = False
        for t in range(first, first + size):
            px, py, pz = corner[t, 0, 0] - ox, corner[t, 0, 1] - oy, corner[t, 0, 2] - oz
            az = px * zx + py * zy + pz * zz
            ax = px * xx + py * xy + pz * xz
            ay = px * yx + py * yy + pz * yz
            px, py, pz = corner[t, 1, 0] - ox, corner[t, 1, 1] - oy, corner[t, 1, 2] - oz
            bz = px * zx + py * zy + pz * zz
            bx = px * xx + py * xy + pz * xz
            by = px * yx + py * yy + pz * yz
            px, py, pz = corner[t, 2, 0] - ox, corner[t, 2, 1] - oy, corner[t, 2, 2] - oz
            gz = px * zx + py * zy + pz * zz
            gx = px * xx + py * xy + pz * xz
            gy = px * yx + py * yy + pz * yz
            if min(az, min(bz, gz)) > far:
                continue
            j0, j1, i0, i1 = 0, width - 1, 0, height - 1
            if az > 1e-9 and bz > 1e-9 and gz > 1e-9:
                # pixels under the outline of the triangle
                inverse_a, inverse_b, inverse_c = 1.0 / az, 1.0 / bz, 1.0 / gz
                a, b, c = ax * inverse_a, bx * inverse_b, gx * inverse_c
                low = (min(a, min(b, c)) - start_x) * scale_x - 1e-6
                high = (max(a, max(b, c)) - start_x) * scale_x + 1e-6
                if low > j1 or high < 0.0:
                    continue
                if low > 0.0:
                    j0 = math.ceil(low)
                if high < j1:
                    j1 = math.floor(high)
                a, b, c = ay * inverse_a, by * inverse_b, gy * inverse_c
                low = (min(a, min(b, c)) - start_y) * scale_y - 1e-6
                high = (max(a, max(b, c)) - start_y) * scale_y + 1e-6
                if low > i1 or high < 0.0:
                    continue
                if low > 0.0:
                    i0 = math.ceil(low)
                if high < i1:
                    i1 = math.floor(high)
                if i0 > i1 or j0 > j1:
                    continue
            elif az <= 0.0 and bz <= 0.0 and gz <= 0.0:
                continue
            e1, e2, e3 = bx - ax, by - ay, bz - az
            f1, f2, f3 = gx - ax, gy - ay, gz - az
            nx, ny, nz = e2 * f3 - e3 * f2, e3 * f1 - e1 * f3, e1 * f2 - e2 * f1
            volume = ax * nx + ay * ny + az * nz
            for i in range(i0, i1 + 1):
                y = start_y + i * step_y
                a2, b2, c2, n0 = ay - y * az, by - y * bz, gy - y * gz, ny * y + nz
                for j in range(j0, j1 + 1):
                    # signed areas round the ray (x, y, 1)
                    x = start_x + j * step_x
                    a1, b1, c1 = ax - x * az, bx - x * bz, gx - x * gz
                    u, v, w = c1 * b2 - c2 * b1, a1 * c2 - a2 * c1, b1 * a2 - b2 * a1
                    if (u < 0.0 or v < 0.0 or w < 0.0) and (u > 0.0 or v > 0.0 or w > 0.0):
                        continue
                    slope = nx * x + n0
                    if slope == 0.0:
                        continue
                    d = volume / slope
                    if 0.0 < d < depth[i, j]:
                        depth[i, j] = d
                        triangle[i, j] = t
                        changed = True
        if changed and small:
            far = 0.0
            for i in range(height):
                for j in range(width):
                    far = max(far, depth[i, j])


@kernel
def _texel(scene, texture, u, v):  # type: ignore[no-untyped-def]
    """Red, green, blue (0..1) of a texture at (u, v): bilinear, repeating, v upwards."""
    start = scene.texture_table[texture, 0]
    height, width = scene.texture_table[texture, 1], scene.texture_table[texture, 2]
    x = (u - math.floor(u)) * width - 0.5
    y = (1.0 - (v - math.floor(v))) * height - 0.5
    x0, y0 = math.floor(x), math.floor(y)
    fx, fy = x - x0, y - y0
    j0, i0 = int(x0), int(y0)
    j1, i1 = j0 + 1, i0 + 1
    j0 = j0 + width if j0 < 0 else j0
    i0 = i0 + height if i0 < 0 else i0
    j1 = j1 - width if j1 >= width else j1
    i1 = i1 - height if i1 >= height else i1
    a, b = start + i0 * width + j0, start + i0 * width + j1
    c, d = start + i1 * width + j0, start + i1 * width + j1
    texels = scene.texels
    wa, wb = (1.0 - fx) * (1.0 - fy) / 255.0, fx * (1.0 - fy) / 255.0
    wc, wd = (1.0 - fx) * fy / 255.0, fx * fy / 255.0
    red = texels[a, 0] * wa + texels[b, 0] * wb + texels[c, 0] * wc + texels[d, 0] * wd
    green = texels[a, 1] * wa + texels[b, 1] * wb + texels[c, 1] * wc + texels[d, 1] * wd
    blue = texels[a, 2] * wa + texels[b, 2] * wb + texels[c, 2] * wc + texels[d, 2] * wd
    return min(red, 1.0), min(green, 1.0), min(blue, 1.0)


@kernel
def paint(scene, canvas, frame, tan_x, tan_y, depth, rgb):  # type: ignore[no-untyped-def]
    """Write depth (H, W) and rgb (H, W, 3), both float32, of a canvas that `trace` has filled."""
    bvh = scene.bvh
    corner = bvh.corner
    height, width = canvas.depth.shape
    ox, oy, oz = frame[3, 0], frame[3, 1], frame[3, 2]
    for i in range(height):
        y = (2.0 * (i + 0.5) / height - 1.0) * tan_y
        for j in range(width):
            d = canvas.depth[i, j]
            depth[i, j] = d
            t = canvas.triangle[i, j]
            if t < 0:
                rgb[i, j, 0] = rgb[i, j, 1] = rgb[i, j, 2] = 0.0
                continue
            # where the ray met the triangle, as weights of its corners
            x = (2.0 * (j + 0.5) / width - 1.0) * tan_x
            ax, ay, az = float(corner[t, 0, 0]), float(corner[t, 0, 1]), float(corner[t, 0, 2])
            px = ox + d * (frame[0, 0] * x + frame[1, 0] * y + frame[2, 0]) - ax
            py = oy + d * (frame[0, 1] * x + frame[1, 1] * y + frame[2, 1]) - ay
            pz = oz + d * (frame[0, 2] * x + frame[1, 2] * y + frame[2, 2]) - az
            ux, uy, uz = corner[t, 1, 0] - ax, corner[t, 1, 1] - ay, corner[t, 1, 2] - az
            vx, vy, vz = corner[t, 2, 0] - ax, corner[t, 2, 1] - ay, corner[t, 2, 2] - az
            uu, uv = ux * ux + uy * uy + uz * uz, ux * vx + uy * vy + uz * vz
            vv = vx * vx + vy * vy + vz * vz
            pu, pv = px * ux + py * uy + pz * uz, px * vx + py * vy + pz * vz
            area = uu * vv - uv * uv
            b, c = 0.0, 0.0
            if area > 0.0:
                b = min(max((vv * pu - uv * pv) / area, 0.0), 1.0)
                c = min(max((uu * pv - uv * pu) / area, 0.0), 1.0 - b)
            a = 1.0 - b - c
            f = bvh.face[t]
            for k in range(3):
                rgb[i, j, k] = (
                    a * scene.corner_colour[f, 0, k]
                    + b * scene.corner_colour[f, 1, k]
                    + c * scene.corner_colour[f, 2, k]
                )
            texture = scene.face_texture[f]
            if texture >= 0:
                uv_ = scene.corner_uv
                u = a * uv_[f, 0, 0] + b * uv_[f, 1, 0] + c * uv_[f, 2, 0]
                v = a * uv_[f, 0, 1] + b * uv_[f, 1, 1] + c * uv_[f, 2, 1]
                red, green, blue = _texel(scene, texture, u, v)
                rgb[i, j, 0] *= red
                rgb[i, j, 1] *= green
                rgb[i, j, 2] *= blue


@kernel
def normals(bvh, canvas, frame, tan_x, tan_y, normal, face):  # type: ignore[no-untyped-def]
    """Write normal (H, W, 3) float32 in the sensor's frame and face (H, W) int32 of a canvas."""
    height, width = canvas.depth.shape
    for i in range(height):
        y = (2.0 * (i + 0.5) / height - 1.0) * tan_y
        for j in range(width):
            x = (2.0 * (j + 0.5) / width - 1.0) * tan_x
            t = canvas.triangle[i, j]
            if t < 0:
                face[i, j] = -1
                normal[i, j, 0] = normal[i, j, 1] = normal[i, j, 2] = 0.0
                continue
            face[i, j] = bvh.face[t]
            nx, ny, nz = bvh.normal[t, 0], bvh.normal[t, 1], bvh.normal[t, 2]
            a = nx * frame[0, 0] + ny * frame[0, 1] + nz * frame[0, 2]
            b = nx * frame[1, 0] + ny * frame[1, 1] + nz * frame[1, 2]
            c = nx * frame[2, 0] + ny * frame[2, 1] + nz * frame[2, 2]
            sign = -1.0 if a * x + b * y + c > 0.0 else 1.0
            normal[i, j, 0], normal[i, j, 1], normal[i, j, 2] = sign * a, sign * b, sign * c


def frame_of(sensor_pose: ArrayLike, object_pose: ArrayLike | None = None) -> NDArray[np.float64]:
    """(4, 3) axes and origin of a sensor in the object's frame, from (7,) world poses."""
    pose = np.asarray(sensor_pose, np.float64)
    if object_pose is not None:
        pose = pose_product(pose_inverse(np.asarray(object_pose, np.float64)), pose)
    return frame_from(matrix_of(pose[3:]), pose[:3])


def frame_from(matrix: NDArray[np.float64], origin: NDArray[np.float64]) -> NDArray[np.float64]:
    """(4, 3) frame, always C-contiguous, of a matrix (3, 3) whose columns are its axes."""
    frame = np.empty((4, 3))
    frame[:3] = matrix.T
    frame[3] = origin
    return frame


def cast_patch(
    mesh: ObjectMesh,
    sensor_pose: ArrayLike,
    *,
    object_pose: ArrayLike | None = None,
    resolution: int = 16,
    fov_deg: float = 11.4,
    max_range: float = 0.5,
) -> Patch:
    """What a square sensor sees of an object.

    sensor_pose: (7,) position in metres and quaternion xyzw in the world; the sensor looks along
    its z, x is right and y is down in the patch. object_pose: (7,) of the object in the world,
    the origin unless given. fov_deg: angle of view of the whole patch. max_range: metres along
    the view axis beyond which nothing is seen. Both sides of a surface are seen. Raises
    ValueError for an angle outside 0..170 degrees or a resolution below 1.
    """
    if not 0.0 < fov_deg < 170.0:
        raise ValueError(f"fov_deg must be between 0 and 170 degrees, not {fov_deg}")
    if resolution < 1:
        raise ValueError(f"resolution must be at least 1 pixel, not {resolution}")
    scene = scene_of(mesh)
    frame = frame_of(sensor_pose, object_pose)
    tangent = math.tan(math.radians(fov_deg) / 2.0)
    canvas = Canvas.of_size(resolution, resolution)
    patch = Patch(
        np.empty((resolution, resolution), np.float32),
        np.empty((resolution, resolution, 3), np.float32),
        np.empty((resolution, resolution, 3), np.float32),
        np.empty((resolution, resolution), np.int32),
    )
    trace(scene.bvh, canvas, frame, tangent, tangent, float(max_range))
    paint(scene, canvas, frame, tangent, tangent, patch.depth, patch.rgb)
    normals(scene.bvh, canvas, frame, tangent, tangent, patch.normal, patch.face)
    return patch
