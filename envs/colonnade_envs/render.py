"""Pictures of objects with our own rays: for reports, contact sheets and `render()`.

Light is a key from over the camera's left shoulder, a fill from the right and a little of the sky;
edges are smoothed by casting four rays a pixel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from colonnade_envs.kernel import kernel
from colonnade_envs.objects import ObjectMesh
from colonnade_envs.patch import Canvas, frame_of, paint, scene_of, trace
from colonnade_envs.poses import IDENTITY, matrix_of, quaternion_of
from colonnade_envs.shading import corner_normals

__all__ = ["View", "episode_picture", "snapshot", "view_from"]

_FINE = 2  # rays along a side of a pixel
_TANGENT = math.tan(math.radians(15.0))  # of half the angle of view, before framing


class View(NamedTuple):
    """A camera for pictures."""

    pose: NDArray[np.float64]
    """(7,) in the world; z is the view axis, x right, y down."""
    tangent: float
    """Tangent of half the angle of view of the square picture."""


def snapshot(
    mesh: ObjectMesh,
    object_pose: ArrayLike | None = None,
    camera_pose: ArrayLike | None = None,
    *,
    azimuth: float = 0.6,
    elevation: float = 0.5,
    fov_deg: float | None = None,
    size: int = 256,
    background: Sequence[float] | None = (1.0, 1.0, 1.0),
) -> NDArray[np.uint8]:
    """A shaded picture (size, size, 3) of an object; (size, size, 4) with transparency.

    object_pose: (7,) in the world, the origin unless given. camera_pose: (7,) in the world; or
    azimuth and elevation in radians, from which the whole object is looked at, upright along the
    world's z. fov_deg: angle of view of camera_pose (30). background: RGB 0..1, None for
    transparent. Raises ValueError for a size outside 8..4096.
    """
    if not 8 <= size <= 4096:
        raise ValueError(f"size must be 8 to 4096 pixels, not {size}")
    pose = IDENTITY if object_pose is None else np.asarray(object_pose, np.float64)
    if camera_pose is None:
        view = view_from(_corners(mesh, pose), azimuth, elevation)
    else:
        tangent = _TANGENT if fov_deg is None else math.tan(math.radians(fov_deg) / 2.0)
        view = View(np.asarray(camera_pose, np.float64), tangent)
    picture, _ = _draw(mesh, pose, view, size)
    return _finish(picture, background)


def view_from(points: NDArray[np.float64], azimuth: float, elevation: float) -> View:
    """The view that just frames points (N, 3) of the world, from an azimuth and elevation."""
    centre = 0.5 * (points.min(axis=0) + points.max(axis=0))
    radius = float(np.linalg.norm(points - centre, axis=1).max()) + 1e-6
    c = math.cos(elevation)
    towards = np.array([c * math.cos(azimuth), c * math.sin(azimuth), math.sin(elevation)])
    right = np.array([-math.sin(azimuth), math.cos(azimuth), 0.0])
    axes = np.column_stack([right, np.cross(-towards, right), -towards])
    eye = centre + towards * (radius / math.sin(math.atan(_TANGENT)))
    # shift across and zoom until the outline fills the picture
    for _ in range(2):
        seen = (points - eye) @ axes
        across = seen[:, :2] / seen[:, 2:]
        middle = 0.5 * (across.min(axis=0) + across.max(axis=0))
        eye = eye + axes[:, :2] @ middle * float(np.linalg.norm(centre - eye))
    seen = (points - eye) @ axes
    tangent = 1.06 * float(np.abs(seen[:, :2] / seen[:, 2:]).max())
    return View(np.concatenate([eye, quaternion_of(axes)]), tangent)


def episode_picture(
    mesh: ObjectMesh,
    object_pose: NDArray[np.float64],
    sensor_pose: NDArray[np.float64],
    path: Sequence[NDArray[np.float64]],
    fov: float,
    size: int = 384,
) -> NDArray[np.uint8]:
    """(size, size, 3) picture of an object with the sensor, its view axis and its path.

    Poses (7,) in the world; fov: the sensor's angle of view in radians. The path is blue, paler
    where the object hides it; the sensor is the red pyramid of its rays.
    """
    from PIL import Image, ImageDraw

    corners = _corners(mesh, object_pose)
    centre = 0.5 * (corners.min(axis=0) + corners.max(axis=0))
    away = sensor_pose[:3] - centre
    azimuth = math.atan2(away[1], away[0]) + 0.7
    # a sensor far off (a jump into nowhere) must not make the object a dot
    limit = 2.5 * float(np.linalg.norm(mesh.size)) + 0.3
    places = np.array([pose[:3] for pose in path] or [sensor_pose[:3]])
    near = places[np.linalg.norm(places - centre, axis=1) < limit]
    here = sensor_pose[:3] if float(np.linalg.norm(away)) < limit else centre
    view = view_from(np.vstack([corners, near, here]), azimuth, 0.5)
    picture, depth = _draw(mesh, object_pose, view, size)
    image = Image.fromarray(_finish(picture, (1.0, 1.0, 1.0)))
    pen = ImageDraw.Draw(image, "RGBA")

    spots, deep = _project(places, view, size)
    hidden = _hidden(spots, deep, depth)
    for k in range(1, len(spots)):
        colour = (60, 110, 220, 70 if hidden[k] else 210)
        pen.line([tuple(spots[k - 1]), tuple(spots[k])], fill=colour, width=2)
    # the pyramid of the sensor's rays as far as they go, and its axis
    ahead = matrix_of(sensor_pose[3:])
    reach = _reach(mesh, object_pose, sensor_pose)
    wide = math.tan(fov / 2.0) * reach
    ends = [
        sensor_pose[:3] + ahead @ np.array([x * wide, y * wide, reach])
        for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (0, 0))
    ]
    drawn, _ = _project(np.array([sensor_pose[:3], *ends]), view, size)
    apex, axis = tuple(drawn[0]), tuple(drawn[5])
    square = [tuple(spot) for spot in drawn[1:5]]
    pen.polygon(square, outline=(200, 30, 30, 200), fill=(230, 60, 50, 60))
    for corner in square:
        pen.line([apex, corner], fill=(200, 30, 30, 130), width=1)
    pen.line([apex, axis], fill=(200, 30, 30, 255), width=2)
    x, y = apex
    pen.ellipse([x - 4, y - 4, x + 4, y + 4], fill=(200, 30, 30, 255), outline=(255, 255, 255, 255))
    return np.asarray(image.convert("RGB"))


def _draw(
    mesh: ObjectMesh, object_pose: NDArray[np.float64], view: View, size: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """RGB times alpha and alpha (size, size, 4), and the depth (fine, fine) behind them."""
    fine = _FINE * size
    scene = scene_of(mesh)
    canvas = Canvas.of_size(fine, fine)
    frame = frame_of(view.pose, object_pose)
    depth = np.empty((fine, fine), np.float32)
    rgb = np.empty((fine, fine, 3), np.float32)
    reach = float(np.linalg.norm(frame[3] - mesh.centre) + np.linalg.norm(mesh.size))
    trace(scene.bvh, canvas, frame, view.tangent, view.tangent, reach)
    paint(scene, canvas, frame, view.tangent, view.tangent, depth, rgb)
    out = np.zeros((size, size, 4), np.float32)
    _shade(scene.bvh, canvas, frame, view.tangent, corner_normals(mesh), rgb, out)
    return out, depth


@kernel
def _shade(bvh, canvas, frame, tangent, smooth, rgb, out):  # type: ignore[no-untyped-def]
    """Add light to the colours of a canvas and average it down into out (H, W, 4)."""
    size = canvas.depth.shape[0]
    fine = size // out.shape[0]
    part = 1.0 / (fine * fine)
    corner = bvh.corner
    for i in range(size):
        y = (2.0 * (i + 0.5) / size - 1.0) * tangent
        for j in range(size):
            t = canvas.triangle[i, j]
            if t < 0:
                continue
            x = (2.0 * (j + 0.5) / size - 1.0) * tangent
            # weights of the corners: areas of the projection along the triangle's main axis
            d = canvas.depth[i, j]
            k = 0
            if abs(bvh.normal[t, 1]) > abs(bvh.normal[t, k]):
                k = 1
            if abs(bvh.normal[t, 2]) > abs(bvh.normal[t, k]):
                k = 2
            p, q = (k + 1) % 3, (k + 2) % 3
            hp = frame[3, p] + d * (frame[0, p] * x + frame[1, p] * y + frame[2, p])
            hq = frame[3, q] + d * (frame[0, q] * x + frame[1, q] * y + frame[2, q])
            hp, hq = hp - corner[t, 0, p], hq - corner[t, 0, q]
            up, uq = corner[t, 1, p] - corner[t, 0, p], corner[t, 1, q] - corner[t, 0, q]
            vp, vq = corner[t, 2, p] - corner[t, 0, p], corner[t, 2, q] - corner[t, 0, q]
            area = up * vq - uq * vp
            b = (hp * vq - hq * vp) / area if area != 0.0 else 0.0
            c = (up * hq - uq * hp) / area if area != 0.0 else 0.0
            a = 1.0 - b - c
            f = bvh.face[t]
            nx = a * smooth[f, 0, 0] + b * smooth[f, 1, 0] + c * smooth[f, 2, 0]
            ny = a * smooth[f, 0, 1] + b * smooth[f, 1, 1] + c * smooth[f, 2, 1]
            nz = a * smooth[f, 0, 2] + b * smooth[f, 1, 2] + c * smooth[f, 2, 2]
            sx = nx * frame[0, 0] + ny * frame[0, 1] + nz * frame[0, 2]
            sy = nx * frame[1, 0] + ny * frame[1, 1] + nz * frame[1, 2]
            sz = nx * frame[2, 0] + ny * frame[2, 1] + nz * frame[2, 2]
            length = math.sqrt(sx * sx + sy * sy + sz * sz)
            if length == 0.0:
                sx, sy, sz, length = 0.0, 0.0, -1.0, 1.0
            if sx * x + sy * y + sz > 0.0:
                length = -length
            sx, sy, sz = sx / length, sy / length, sz / length
            key = max(0.0, -0.45 * sx - 0.55 * sy - 0.70 * sz)
            fill = max(0.0, 0.75 * sx + 0.05 * sy - 0.66 * sz)
            light = 0.42 - 0.08 * sy + 0.52 * key + 0.18 * fill
            # a soft highlight half-way between the key light and the eye
            gloss = max(0.0, -0.244 * sx - 0.298 * sy - 0.923 * sz) ** 40 * 0.12
            oi, oj = i // fine, j // fine
            for k in range(3):
                out[oi, oj, k] += part * min(1.0, rgb[i, j, k] * light + gloss)
            out[oi, oj, 3] += part


def _finish(picture: NDArray[np.float32], background: Sequence[float] | None) -> NDArray[np.uint8]:
    """8-bit picture of premultiplied RGBA, over a background or with its alpha."""
    alpha = picture[..., 3:]
    pixels: NDArray[Any]
    if background is None:
        colour = picture[..., :3] / np.maximum(alpha, np.float32(1e-6))
        pixels = np.concatenate([colour, alpha], axis=2, dtype=np.float32)
    else:
        pixels = picture[..., :3] + (np.float32(1.0) - alpha) * np.asarray(background, np.float32)
    eight: NDArray[np.uint8] = (pixels.clip(0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    return eight


def _corners(mesh: ObjectMesh, pose: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vertices (V, 3) in the world, thinned out: enough to frame a picture."""
    step = max(1, len(mesh.vertices) // 4000)
    points: NDArray[np.float64] = mesh.vertices[::step] @ matrix_of(pose[3:]).T + pose[:3]
    return points


def _project(
    points: NDArray[np.float64], view: View, size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixel (N, 2) as column, row, and depth (N,) of points (N, 3) of the world."""
    seen = (points - view.pose[:3]) @ matrix_of(view.pose[3:])
    deep = np.maximum(seen[:, 2], 1e-6)
    return (seen[:, :2] / deep[:, None] / view.tangent + 1.0) * (0.5 * size), deep


def _hidden(
    spots: NDArray[np.float64], deep: NDArray[np.float64], depth: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Which spots (N, 2) lie behind a depth picture."""
    column, row = np.clip((spots * _FINE).astype(int), 0, len(depth) - 1).T
    behind: NDArray[np.bool_] = deep > depth[row, column] + 1e-3
    return behind


def _reach(
    mesh: ObjectMesh, object_pose: NDArray[np.float64], sensor_pose: NDArray[np.float64]
) -> float:
    """Metres from the sensor to the object along its view axis; 5 cm if there is none."""
    from colonnade_envs.bvh import cast_rays

    frame = frame_of(sensor_pose, object_pose)
    distance = float(cast_rays(scene_of(mesh).bvh, frame[3], frame[2])[0][0])
    return distance if math.isfinite(distance) else 0.05
