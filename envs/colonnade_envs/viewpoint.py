"""How a camera moves in free space: kernels that turn it, keep it out of the object, and look."""

from __future__ import annotations

import math

from colonnade_envs.bvh import closest_hit
from colonnade_envs.fingertip import look
from colonnade_envs.kernel import kernel

__all__ = ["look_from", "spin"]

_ACROSS = 10.0  # metres: farther than any object is wide


@kernel
def spin(frame, across, angle, cx, cy, cz):  # type: ignore[no-untyped-def]
    """Turn a frame (4, 3) by an angle about its own x (across = 0) or y (1) through a centre."""
    c, s = math.cos(angle), math.sin(angle)
    kx, ky, kz = frame[across, 0], frame[across, 1], frame[across, 2]
    for row in range(4):  # Rodrigues' formula
        x, y, z = frame[row, 0], frame[row, 1], frame[row, 2]
        if row == 3:
            x, y, z = x - cx, y - cy, z - cz
        along = (kx * x + ky * y + kz * z) * (1.0 - c)
        px = c * x + s * (ky * z - kz * y) + along * kx
        py = c * y + s * (kz * x - kx * z) + along * ky
        pz = c * z + s * (kx * y - ky * x) + along * kz
        size = math.sqrt(px * px + py * py + pz * pz)
        if row == 3:
            frame[3, 0], frame[3, 1], frame[3, 2] = px + cx, py + cy, pz + cz
        else:
            frame[row, 0], frame[row, 1], frame[row, 2] = px / size, py / size, pz / size


@kernel
def _draw_back(bvh, stack, frame, distance):  # type: ignore[no-untyped-def]
    """Move a frame (4, 3) that is inside the object back to `distance` in front of its surface."""
    ox, oy, oz = frame[3, 0], frame[3, 1], frame[3, 2]
    dx, dy, dz = frame[2, 0], frame[2, 1], frame[2, 2]
    _h, ahead, _u, _v = closest_hit(bvh, stack, ox, oy, oz, dx, dy, dz, _ACROSS)
    if ahead < 0:
        return
    h, behind, _u, _v = closest_hit(bvh, stack, ox, oy, oz, -dx, -dy, -dz, _ACROSS)
    if behind < 0:
        return
    out = bvh.normal[ahead, 0] * dx + bvh.normal[ahead, 1] * dy + bvh.normal[ahead, 2] * dz
    into = bvh.normal[behind, 0] * dx + bvh.normal[behind, 1] * dy + bvh.normal[behind, 2] * dz
    if out > 0.0 and into < 0.0:
        back = h + distance
        frame[3, 0], frame[3, 1], frame[3, 2] = ox - dx * back, oy - dy * back, oz - dz * back


@kernel
def look_from(scene, canvas, hand, lens, goal, depth, rgb, pose, movement):  # type: ignore[no-untyped-def]
    """Go to the goal (4, 3) in the object's frame, but not into the object, and look.

    The last four are written: see `Body`. Returns whether the middle ray met the object.
    """
    for i in range(4):
        for k in range(3):
            hand.frame[i, k] = goal[i, k]
    _draw_back(scene.bvh, canvas.stack, hand.frame, lens.standoff)
    return look(scene, canvas, hand, lens, hand.frame, depth, rgb, pose, movement)
