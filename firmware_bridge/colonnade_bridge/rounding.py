"""Twins rounded to 24 bytes: how a blob keeps the poses that an object is mistaken in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade_models.numerics import quaternion_matrix
from colonnade_models.twin import POSE_SIZE, TWIN_SIZE, UNMEASURED

__all__ = ["TWIN", "rounded_twins", "twins_of"]

Array = NDArray[np.float32]

TWIN = np.dtype(
    [("quaternion", "<i2", 4), ("shift", "<i2", 3), ("reserved", "<u2"), ("nats", "<u2", 4)]
)
QUATERNION_STEPS = 32767
SHIFT_STEPS = 32768
"""A metre."""
NAT_STEPS = 1024
NOT_MEASURED = 0xFFFF


def _quaternions(rotations: NDArray[np.float64]) -> NDArray[np.float64]:
    """(W, 4) x y z w of rotation matrices (W, 3, 3), the largest of the four 1 (Shepperd 1978).

    So rounded they stay as they are when they are rounded again.
    """
    R = rotations
    trace = R[:, 0, 0] + R[:, 1, 1] + R[:, 2, 2]
    diagonal = np.stack([R[:, 0, 0], R[:, 1, 1], R[:, 2, 2], trace], axis=1)
    out = np.empty((len(R), 4))
    for q, m, largest, tr in zip(out, R, diagonal.argmax(axis=1), trace, strict=True):
        if largest == 3:
            q[:] = m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], 1 + tr
        else:
            i, j, k = largest, (largest + 1) % 3, (largest + 2) % 3
            q[i], q[3] = 1 - tr + 2 * m[i, i], m[k, j] - m[j, k]
            q[j], q[k] = m[j, i] + m[i, j], m[k, i] + m[i, k]
        q /= q[largest]
    return out


def rounded_twins(twins: NDArray[Any]) -> NDArray[Any]:
    """(W,) rows of TWIN for (W, 16) twins; what was rounded before stays as it is."""
    rows = np.zeros(len(twins), TWIN)
    poses = np.asarray(twins[:, :POSE_SIZE], np.float64)
    rows["quaternion"] = np.rint(_quaternions(poses[:, :9].reshape(-1, 3, 3)) * QUATERNION_STEPS)
    limit = SHIFT_STEPS - 1
    rows["shift"] = np.clip(np.rint(poses[:, 9:] * SHIFT_STEPS), -limit, limit)
    nats = np.asarray(twins[:, POSE_SIZE:], np.float64)
    known = np.clip(np.rint(np.nan_to_num(nats, posinf=0.0) * NAT_STEPS), 0, NOT_MEASURED - 1)
    rows["nats"] = np.where(np.isinf(nats), NOT_MEASURED, known)
    return rows


def twins_of(rows: NDArray[Any]) -> Array:
    """(W, 16) the twins that rows of TWIN mean, by the arithmetic of the C runtime."""
    twins = np.zeros((len(rows), TWIN_SIZE), np.float32)
    for twin, row in zip(twins, rows, strict=True):
        q = row["quaternion"].astype(np.float32)
        square = np.float32(0)
        for part in q:
            square = square + part * part
        quaternion_matrix(q * (np.float32(1) / np.sqrt(square)), twin)
        twin[9:POSE_SIZE] = row["shift"].astype(np.float32) * np.float32(1 / SHIFT_STEPS)
        nats = row["nats"].astype(np.float32) * np.float32(1 / NAT_STEPS)
        twin[POSE_SIZE:] = np.where(row["nats"] == NOT_MEASURED, UNMEASURED, nats)
    return twins
