"""The fingertip's crawl in plain vectors, every ray against every triangle."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from tests.naive.bvh import closest_hits

from colonnade_envs.objects import ObjectMesh

Vector = NDArray[np.float64]


class Finger:
    """A contact (point, facing normal, free direction) that crawls in a plane."""

    def __init__(self, mesh: ObjectMesh, contact: NDArray[np.float64]) -> None:
        self.mesh = mesh
        self.point, self.normal, self.free = (row.copy() for row in contact)

    def feel(self, start: Vector, way: Vector, reach: float) -> tuple[float, int]:
        """Distance and face of the first hit within reach; face -1 without one."""
        distance, face = closest_hits(self.mesh.vertices, self.mesh.faces, [start], [way])
        if face[0] < 0 or distance[0] >= reach:
            return reach, -1
        return float(distance[0]), int(face[0])

    def crawl(self, side: Vector, length: float) -> float:
        """Crawl in the plane with normal `side`; returns the length that is left."""
        stride = min(max(0.001, 0.2 * length), 0.0025)
        fine = 1.0
        for _ in range(80):
            if length <= 1e-7:
                return 0.0
            up = self.normal
            forward = np.cross(side, up)
            if np.linalg.norm(forward) < 0.05:
                up = self.free
                forward = np.cross(side, up)
                if np.linalg.norm(forward) < 0.05:
                    return length
                forward /= np.linalg.norm(forward)
                up = np.cross(forward, side)
            else:
                forward = forward / np.linalg.norm(forward)
            step = min(stride, length) * fine
            lift = min(0.0002, 0.3 * step)
            start = self.point + self.free * 1e-6
            distance, face = self.feel(start, up, lift)
            if face >= 0:
                lift = 0.5 * distance
            start = start + up * lift
            drop = lift + 1.2 * step
            legs = ((forward, step), (-up, drop), (-forward, 2 * step), (up, drop + lift))
            for way, reach in legs:
                distance, face = self.feel(start, way, reach)
                if face >= 0:
                    break
                start = start + way * reach
            if face < 0:
                if fine < 0.05:
                    return length
                fine *= 0.3
                continue
            fine = 1.0
            point = start + way * distance
            length -= max(float(np.linalg.norm(point - self.point)), 0.25 * step)
            a, b, c = self.mesh.vertices[self.mesh.faces[face]].astype(np.float64)
            normal = np.cross(b - a, c - a)
            normal /= math.sqrt(normal @ normal)
            self.point, self.free = point, -way
            self.normal = -normal if normal @ way > 0 else normal
        return max(length, 0.0)


def mean_normal(
    mesh: ObjectMesh, point: Vector, normal: Vector, distance: float, tangent: float, across: Vector
) -> Vector:
    """Normal averaged over 5 x 5 rays from `distance` in front of a point, turned like `across`."""
    finger = Finger(mesh, np.zeros((3, 3)))
    side = np.cross(across, normal)
    side /= np.linalg.norm(side)
    other = np.cross(normal, side)
    total = np.zeros(3)
    steps = tangent * (2 * (np.arange(5) + 0.5) / 5 - 1)
    for p in steps:
        for q in steps:
            way = p * side + q * other - normal
            depth, face = finger.feel(point + normal * distance, way, distance + 0.006)
            if face < 0 or depth < distance - 0.006:
                continue
            a, b, c = mesh.vertices[mesh.faces[face]].astype(np.float64)
            unit = np.cross(b - a, c - a)
            unit /= np.linalg.norm(unit)
            total += -unit if unit @ way > 0 else unit
    length = np.linalg.norm(total)
    return normal if length < 1e-3 else total / length
