"""A patch, ray by ray and pixel by pixel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from tests.naive.bvh import closest_hits

from colonnade_envs.objects import ObjectMesh


def cast_patch(
    mesh: ObjectMesh,
    sensor_pose: NDArray[np.float64],
    object_pose: NDArray[np.float64],
    resolution: int,
    fov_deg: float,
    max_range: float,
) -> dict[str, NDArray[Any]]:
    """depth, rgb, normal and face as `colonnade_envs.patch.cast_patch` gives them."""
    tangent = math.tan(math.radians(fov_deg) / 2)
    sensor = Rotation.from_quat(sensor_pose[3:])
    lies = Rotation.from_quat(object_pose[3:])
    vertices = lies.apply(mesh.vertices) + object_pose[:3]
    size = (resolution, resolution)
    depth = np.full(size, max_range)
    rgb, normal = np.zeros((*size, 3)), np.zeros((*size, 3))
    face = np.full(size, -1)
    steps = (2 * (np.arange(resolution) + 0.5) / resolution - 1) * tangent
    for i, y in enumerate(steps):
        for j, x in enumerate(steps):
            ray = sensor.apply([x, y, 1.0])
            distance, hit = closest_hits(vertices, mesh.faces, [sensor_pose[:3]], [ray])
            if hit[0] < 0 or distance[0] >= max_range:
                continue
            depth[i, j], face[i, j] = distance[0], hit[0]
            point = sensor_pose[:3] + distance[0] * ray
            a, b, c = vertices[mesh.faces[hit[0]]]
            across = np.cross(b - a, c - a)
            unit = across / np.linalg.norm(across)
            weights = np.linalg.solve(np.array([a, b, c]).T, point)
            facing = -unit if unit @ ray > 0 else unit
            normal[i, j] = sensor.inv().apply(facing)
            rgb[i, j] = colour(mesh, hit[0], weights)
    return {"depth": depth, "rgb": rgb, "normal": normal, "face": face}


def colour(mesh: ObjectMesh, face: int, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,) colour at barycentric weights of a face."""
    mixed = weights @ mesh.corner_colour[face].astype(np.float64)
    if mesh.face_texture[face] < 0:
        return mixed
    image = mesh.texture(int(mesh.face_texture[face])) / 255.0
    height, width = image.shape[:2]
    u, v = (weights @ mesh.corner_uv[face].astype(np.float64)) % 1.0
    x, y = u * width - 0.5, (1.0 - v) * height - 0.5
    total = np.zeros(3)
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            share = (1 - abs(x - column)) * (1 - abs(y - row))
            total += share * image[row % height, column % width]
    return mixed * total
