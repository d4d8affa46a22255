"""Crawling: a point of contact moves along a surface in a plane.

It feels its way with short rays only, as a finger would: forward (is there a wall?), down (does
the surface go on?), back (did it end in an edge?), and up (is it a thin sheet?). Each ray starts
where the one before it proved that there is room, so it goes round edges of any sharpness and over
sheets of any thickness, and never comes through a wall.
"""

from __future__ import annotations

import math

from colonnade_envs.bvh import closest_hit
from colonnade_envs.kernel import kernel

__all__ = ["crawl", "touch"]

_STRIDE = 0.001  # metres it goes before it feels for the surface again
_LIFT = 0.0002  # metres above the surface at which it feels forward
_SKIN = 1e-6  # metres kept from a surface where a ray starts on it


@kernel
def touch(bvh, contact, triangle, x, y, z, dx, dy, dz):  # type: ignore[no-untyped-def]
    """Set the contact to where a ray along (dx, dy, dz) met a triangle."""
    nx, ny, nz = bvh.normal[triangle, 0], bvh.normal[triangle, 1], bvh.normal[triangle, 2]
    sign = -1.0 if nx * dx + ny * dy + nz * dz > 0.0 else 1.0
    contact[0, 0], contact[0, 1], contact[0, 2] = x, y, z
    contact[1, 0], contact[1, 1], contact[1, 2] = sign * nx, sign * ny, sign * nz
    contact[2, 0], contact[2, 1], contact[2, 2] = -dx, -dy, -dz


@kernel
def crawl(bvh, stack, contact, sx, sy, sz, length):  # type: ignore[no-untyped-def]
    """Move the contact by a path of `length` metres in the plane with normal (sx, sy, sz).

    Forward is the side's normal x the surface's. Returns the length that is left where no way on
    was found.
    """
    stride = min(max(_STRIDE, 0.2 * length), 0.0025)
    fine = 1.0
    for _ in range(80):
        if length <= 1e-7:
            return 0.0
        cx, cy, cz = contact[0, 0], contact[0, 1], contact[0, 2]
        nx, ny, nz = contact[1, 0], contact[1, 1], contact[1, 2]
        # forward along the surface, in the plane of the slide
        tx, ty, tz = sy * nz - sz * ny, sz * nx - sx * nz, sx * ny - sy * nx
        size = math.sqrt(tx * tx + ty * ty + tz * tz)
        if size < 0.05:  # a triangle that faces sideways: go by the free direction
            nx, ny, nz = contact[2, 0], contact[2, 1], contact[2, 2]
            tx, ty, tz = sy * nz - sz * ny, sz * nx - sx * nz, sx * ny - sy * nx
            size = math.sqrt(tx * tx + ty * ty + tz * tz)
            if size < 0.05:
                return length
            tx, ty, tz = tx / size, ty / size, tz / size
            nx, ny, nz = ty * sz - tz * sy, tz * sx - tx * sz, tx * sy - ty * sx
        else:
            tx, ty, tz = tx / size, ty / size, tz / size
        step = min(stride, length) * fine

        # lift off as far as there is room
        ax, ay, az = contact[2, 0], contact[2, 1], contact[2, 2]
        px, py, pz = cx + ax * _SKIN, cy + ay * _SKIN, cz + az * _SKIN
        lift = min(_LIFT, 0.3 * step)
        h, hit, _u, _v = closest_hit(bvh, stack, px, py, pz, nx, ny, nz, lift)
        if hit >= 0:
            lift = 0.5 * h
        px, py, pz = px + nx * lift, py + ny * lift, pz + nz * lift
        # forward: a wall? down: does the surface go on? back: the far side of an edge? up: the
        # under side of a sheet?
        drop = lift + 1.2 * step
        hit, h, ex, ey, ez, reach = -1, 0.0, tx, ty, tz, step
        for leg in range(4):
            if leg > 0:
                px, py, pz = px + ex * reach, py + ey * reach, pz + ez * reach
            if leg == 1:
                ex, ey, ez, reach = -nx, -ny, -nz, drop
            elif leg == 2:
                ex, ey, ez, reach = -tx, -ty, -tz, 2.0 * step
            elif leg == 3:
                ex, ey, ez, reach = nx, ny, nz, drop + lift
            h, hit, _u, _v = closest_hit(bvh, stack, px, py, pz, ex, ey, ez, reach)
            if hit >= 0:
                break
        if hit < 0:
            if fine < 0.05:
                return length
            fine *= 0.3  # something thinner than the stride: feel more finely
            continue
        fine = 1.0
        px, py, pz = px + ex * h, py + ey * h, pz + ez * h
        touch(bvh, contact, hit, px, py, pz, ex, ey, ez)
        px, py, pz = px - cx, py - cy, pz - cz
        length -= max(math.sqrt(px * px + py * py + pz * pz), 0.25 * step)
    return max(length, 0.0)
