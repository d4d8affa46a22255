"""Refinement: a hypothesis' pose is moved to where all percepts so far fit best.

Gauss-Newton on point-to-plane distances (Chen & Medioni 1991), normals, and principal
directions, each divided by its standard deviation; wild ones are left out. A Gaussian prior
on the step keeps directions that nothing constrains, such as a can's own axis, where they are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.evidence import VAR_NORMAL, Tolerance
from colonnade_models.kernel import inlined, kernel
from colonnade_models.linear import cholesky, cholesky_solve
from colonnade_models.memory import Memory, lookup
from colonnade_models.numerics import turn
from colonnade_models.surfel import STEEPEST_BEND

__all__ = ["Normal", "new_normal_equations", "orthonormalise", "refine", "solve"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)
TWO = np.float32(2.0)
WILD = np.float32(16.0)
"""Squared normalised residual beyond which a percept does not pull."""
STEP_ANGLE = np.float32(0.15)
STEP_PLACE = np.float32(0.006)
"""Standard deviations of one step, rad and m."""


class Normal(NamedTuple):
    """Scratch for the normal equations."""

    matrix: Array
    """(6, 6)"""
    vector: Array
    """(6,)"""
    row: Array
    """(6,)"""


def new_normal_equations() -> Normal:
    """Scratch memory for `refine`."""
    return Normal(np.zeros((6, 6), np.float32), np.zeros(6, np.float32), np.zeros(6, np.float32))


@inlined
def _pull(normal: Normal, residual: np.float32, variance: np.float32) -> None:
    """Add one residual, whose Jacobian stands in normal.row, to the normal equations."""
    square = residual * residual / variance
    if square > WILD:
        return
    weight = ONE - square / WILD
    weight = weight * weight / variance
    for p in range(6):
        w = weight * normal.row[p]
        normal.vector[p] -= w * residual
        for q in range(p + 1):
            normal.matrix[p, q] += w * normal.row[q]


@kernel
def orthonormalise(pose: Array) -> None:
    """Make the rotation in a (12,) pose orthonormal again (Gram-Schmidt by rows)."""
    a, b = pose[0:3], pose[3:6]
    size = ONE / np.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2])
    for k in range(3):
        a[k] *= size
    along = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    for k in range(3):
        b[k] -= along * a[k]
    size = ONE / np.sqrt(b[0] * b[0] + b[1] * b[1] + b[2] * b[2])
    for k in range(3):
        b[k] *= size
    pose[6] = a[1] * b[2] - a[2] * b[1]
    pose[7] = a[2] * b[0] - a[0] * b[2]
    pose[8] = a[0] * b[1] - a[1] * b[0]


@kernel
def _gather(memory: Memory, o: int, pose: Array, f: Array, t: Tolerance, normal: Normal) -> None:
    """Add what one percept says of the pose to the normal equations."""
    c = memory.centre[o]
    qx, qy, qz = turn(pose, f[P.LOCATION], f[P.LOCATION + 1], f[P.LOCATION + 2])
    qx, qy, qz = qx + pose[9], qy + pose[10], qz + pose[11]
    nx, ny, nz = turn(pose, f[P.NORMAL], f[P.NORMAL + 1], f[P.NORMAL + 2])
    i = lookup(memory, o, qx, qy, qz, nx, ny, nz)
    if i < 0:
        return
    s = memory.surfels[i]
    mx, my, mz = s[S.NORMAL], s[S.NORMAL + 1], s[S.NORMAL + 2]
    if nx * mx + ny * my + nz * mz < HALF:
        return
    ex, ey, ez = s[S.DIRECTION], s[S.DIRECTION + 1], s[S.DIRECTION + 2]
    gx, gy, gz = my * ez - mz * ey, mz * ex - mx * ez, mx * ey - my * ex
    ox, oy, oz = qx - s[S.POSITION], qy - s[S.POSITION + 1], qz - s[S.POSITION + 2]
    u = ox * ex + oy * ey + oz * ez
    v = ox * gx + oy * gy + oz * gz
    k1 = min(max(s[S.CURVATURE], -STEEPEST_BEND), STEEPEST_BEND)
    k2 = min(max(s[S.CURVATURE + 1], -STEEPEST_BEND), STEEPEST_BEND)
    tu, tv = k1 * u, k2 * v
    px, py, pz = mx + tu * ex + tv * gx, my + tu * ey + tv * gy, mz + tu * ez + tv * gz
    size = ONE / np.sqrt(px * px + py * py + pz * pz)
    px, py, pz = px * size, py * size, pz * size
    height = ox * mx + oy * my + oz * mz + HALF * (k1 * u * u + k2 * v * v)
    lx, ly, lz = qx - c[0], qy - c[1], qz - c[2]
    row = normal.row

    row[0], row[1], row[2] = ly * pz - lz * py, lz * px - lx * pz, lx * py - ly * px
    row[3], row[4], row[5] = px, py, pz
    _pull(normal, height, t.place)

    steep = max(k1 * k1, k2 * k2) * t.place
    variance = t.normal + f[VAR_NORMAL] + s[S.SPREAD_NORMAL] + steep
    row[3], row[4], row[5] = ZERO, ZERO, ZERO
    # a turn by w moves n by w x n; its part along the tangents e and g must close the gap
    row[0], row[1], row[2] = ny * ez - nz * ey, nz * ex - nx * ez, nx * ey - ny * ex
    _pull(normal, (nx - px) * ex + (ny - py) * ey + (nz - pz) * ez, variance)
    row[0], row[1], row[2] = ny * gz - nz * gy, nz * gx - nx * gz, nx * gy - ny * gx
    _pull(normal, (nx - px) * gx + (ny - py) * gy + (nz - pz) * gz, variance)

    if f[P.DIRECTED] > ZERO and s[S.DIRECTED] > HALF:
        dx, dy, dz = turn(pose, f[P.DIRECTION], f[P.DIRECTION + 1], f[P.DIRECTION + 2])
        if dx * ex + dy * ey + dz * ez < ZERO:
            dx, dy, dz = -dx, -dy, -dz
        row[0], row[1], row[2] = mx, my, mz
        _pull(normal, dx * gx + dy * gy + dz * gz, t.direction + s[S.SPREAD_DIRECTION])


@kernel
def solve(centre: Array, pose: Array, normal: Normal) -> bool:
    """Move `pose` (12,) by what the normal equations and the prior on the step say.

    The turn is about the object's `centre` (3,). False if they could not be solved; the pose is
    then as it was.
    """
    for p in range(3):
        normal.matrix[p, p] += ONE / (STEP_ANGLE * STEP_ANGLE)
        normal.matrix[p + 3, p + 3] += ONE / (STEP_PLACE * STEP_PLACE)
    if not cholesky(normal.matrix, 6):
        return False
    cholesky_solve(normal.matrix, normal.vector, 6)
    wx, wy, wz = normal.vector[0], normal.vector[1], normal.vector[2]
    # turn by w about the object's centre, then shift: R <- (I + [w]) R, t likewise
    for k in range(3):
        a, b, d = pose[k], pose[3 + k], pose[6 + k]
        pose[k] = a + wy * d - wz * b
        pose[3 + k] = b + wz * a - wx * d
        pose[6 + k] = d + wx * b - wy * a
    a, b, d = pose[9] - centre[0], pose[10] - centre[1], pose[11] - centre[2]
    pose[9] = centre[0] + a + wy * d - wz * b + normal.vector[3]
    pose[10] = centre[1] + b + wz * a - wx * d + normal.vector[4]
    pose[11] = centre[2] + d + wx * b - wy * a + normal.vector[5]
    orthonormalise(pose)
    return True


@kernel
def refine(
    memory: Memory,
    o: int,
    pose: Array,
    features: Array,
    first: int,
    last: int,
    stride: int,
    t: Tolerance,
    normal: Normal,
) -> bool:
    """One Gauss-Newton step of `pose` (12,) in place over features[first:last:stride].

    False if the equations could not be solved; the pose is then as it was.
    """
    for p in range(6):
        normal.vector[p] = ZERO
        for q in range(6):
            normal.matrix[p, q] = ZERO
    for i in range(first, last, stride):
        if features[i, P.ON_OBJECT] > ZERO:
            _gather(memory, o, pose, features[i], t, normal)
    return solve(memory.centre[o], pose, normal)
