"""Poses as plain arrays of seven numbers: position in metres, quaternion x, y, z, w."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "IDENTITY",
    "look_along",
    "matrix_of",
    "pose_inverse",
    "pose_product",
    "quaternion_of",
    "random_quaternion",
    "rotate",
]

Vector = NDArray[np.float64]

IDENTITY: Vector = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
"""The pose that changes nothing."""
IDENTITY.flags.writeable = False


def matrix_of(quaternion: Vector) -> Vector:
    """(3, 3) rotation matrix of a quaternion xyzw, which need not be of unit length."""
    x, y, z, w = (float(q) for q in quaternion)
    s = 2.0 / (x * x + y * y + z * z + w * w)
    return np.array(
        [
            [1.0 - s * (y * y + z * z), s * (x * y - z * w), s * (x * z + y * w)],
            [s * (x * y + z * w), 1.0 - s * (x * x + z * z), s * (y * z - x * w)],
            [s * (x * z - y * w), s * (y * z + x * w), 1.0 - s * (x * x + y * y)],
        ]
    )


def quaternion_of(matrix: Vector) -> Vector:
    """(4,) unit quaternion xyzw with w >= 0 of a rotation matrix (Shepperd's method, 1978)."""
    (a, b, c), (d, e, f), (g, h, i) = ((float(x) for x in row) for row in matrix)
    trace = a + e + i
    if trace > 0.0:
        q = (h - f, c - g, d - b, 1.0 + trace)
    elif a >= e and a >= i:
        q = (1.0 + a - e - i, b + d, c + g, h - f)
    elif e >= i:
        q = (b + d, 1.0 - a + e - i, f + h, c - g)
    else:
        q = (c + g, f + h, 1.0 - a - e + i, d - b)
    length = math.sqrt(sum(x * x for x in q)) * (1.0 if q[3] >= 0.0 else -1.0)
    return np.array(q) / length


def rotate(quaternion: Vector, vector: Vector) -> Vector:
    """(3,) vector turned by a quaternion."""
    turned: Vector = matrix_of(quaternion) @ vector
    return turned


def pose_product(first: Vector, second: Vector) -> Vector:
    """(7,) pose `second`, which is given in the frame of `first`, in the world; its w is >= 0."""
    ax, ay, az, aw = (float(q) for q in first[3:])
    bx, by, bz, bw = (float(q) for q in second[3:])
    out = np.empty(7)
    out[:3] = first[:3] + matrix_of(first[3:]) @ second[:3]
    out[3] = aw * bx + ax * bw + ay * bz - az * by
    out[4] = aw * by - ax * bz + ay * bw + az * bx
    out[5] = aw * bz + ax * by - ay * bx + az * bw
    out[6] = aw * bw - ax * bx - ay * by - az * bz
    out[3:] /= math.copysign(math.sqrt(float(out[3:] @ out[3:])), out[6])
    return out


def pose_inverse(pose: Vector) -> Vector:
    """(7,) pose of the world in the frame of `pose`."""
    out = np.empty(7)
    out[3:6] = -pose[3:6]
    out[6] = pose[6]
    out[3:] /= math.sqrt(float(pose[3:] @ pose[3:]))
    out[:3] = -(matrix_of(out[3:]) @ pose[:3])
    return out


def random_quaternion(random: np.random.Generator) -> Vector:
    """(4,) uniformly random rotation, w >= 0 (Shoemake, "Uniform random rotations", 1992)."""
    a, b, c = random.random(3)
    b, c = 2.0 * math.pi * b, 2.0 * math.pi * c
    p, q = math.sqrt(1.0 - a), math.sqrt(a)
    w = q * math.cos(c)
    sign = math.copysign(1.0, w)
    return sign * np.array([p * math.sin(b), p * math.cos(b), q * math.sin(c), w])


def look_along(direction: Vector, twist: float = 0.0) -> Vector:
    """(3, 3) matrix whose columns are the axes of a sensor that looks along a direction.

    direction: (3,) not zero; twist: radians that the sensor is turned about it.
    """
    z = np.asarray(direction, np.float64)
    z = z / math.sqrt(float(z @ z))
    side = np.zeros(3)
    side[int(np.argmin(np.abs(z)))] = 1.0
    x = np.cross(side, z)
    x /= math.sqrt(float(x @ x))
    y = np.cross(z, x)
    c, s = math.cos(twist), math.sin(twist)
    return np.column_stack([c * x + s * y, c * y - s * x, z])
