"""How a fingertip moves over a surface: kernels that slide, jump, turn to the normal, and look.

All of it happens in the object's frame.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_envs.bvh import closest_hit
from colonnade_envs.crawl import crawl, touch
from colonnade_envs.kernel import kernel
from colonnade_envs.patch import paint, trace

__all__ = ["Hand", "Lens", "act", "look", "world_pose"]

_ROOM = 0.004  # metres of free space that the fingertip needs in front of the surface
_DETOUR = 0.015  # metres that it crawls on to find that room
_SAMPLES = 5  # rays along a side of the square over which the normal is averaged


class Lens(NamedTuple):
    """What a sensor is like; constant over its life."""

    tangent: float
    """Tangent of half the angle of view."""
    reach: float
    """Metres along the view axis beyond which nothing is seen."""
    standoff: float
    """Metres between the sensor and the touched point."""
    search: float
    """Metres ahead of a goal in which the surface is searched."""


class Hand(NamedTuple):
    """Where a fingertip is, in the object's frame; written in place by the kernels."""

    frame: NDArray[np.float64]
    """(4, 3) x, y, z axes and origin of the sensor, as it was at the last contact."""
    contact: NDArray[np.float64]
    """(3, 3) point touched, normal of its triangle on the touched side, and the direction in
    which there is free space at the point."""
    object: NDArray[np.float64]
    """(4, 3) the object's x, y, z axes and origin in the world."""
    floor: NDArray[np.float64]
    """(4,) normal and offset of a plane below which the sensor must not be; 0 for none."""
    pose: NDArray[np.float64]
    """(7,) of the sensor in the world at the last observation."""
    spare: NDArray[np.float64]
    """(7, 3) scratch."""

    @classmethod
    def new(cls) -> Hand:
        """A hand that touches nothing yet."""
        return cls(
            np.eye(4, 3), np.zeros((3, 3)), np.eye(4, 3), np.zeros(4), np.zeros(7), np.zeros((7, 3))
        )


@kernel
def _copy(source, target):  # type: ignore[no-untyped-def]
    """Copy (3, 3); a slice assignment would bring numba's string formatting into the kernel."""
    for i in range(3):
        for k in range(3):
            target[i, k] = source[i, k]


@kernel
def _free(bvh, stack, x, y, z, nx, ny, nz, reach):  # type: ignore[no-untyped-def]
    """Metres of free space in front of a point of the surface, at most `reach`."""
    near = 0.0005
    h, hit, _u, _v = closest_hit(
        bvh, stack, x + nx * near, y + ny * near, z + nz * near, nx, ny, nz, reach
    )
    return reach if hit < 0 else min(reach, 0.9 * (h + near))


@kernel
def _mean_normal(bvh, stack, x, y, z, nx, ny, nz, distance, tangent):  # type: ignore[no-untyped-def]
    """Normal averaged over what a square of rays sees from (nx, ny, nz) * distance in front."""
    ax, ay, az = 0.0, 0.0, 0.0  # any two directions across
    if abs(nx) <= abs(ny) and abs(nx) <= abs(nz):
        ax = 1.0
    elif abs(ny) <= abs(nz):
        ay = 1.0
    else:
        az = 1.0
    ux, uy, uz = ay * nz - az * ny, az * nx - ax * nz, ax * ny - ay * nx
    size = math.sqrt(ux * ux + uy * uy + uz * uz)
    ux, uy, uz = ux / size, uy / size, uz / size
    vx, vy, vz = ny * uz - nz * uy, nz * ux - nx * uz, nx * uy - ny * ux
    ox, oy, oz = x + nx * distance, y + ny * distance, z + nz * distance
    tx, ty, tz = 0.0, 0.0, 0.0
    for i in range(_SAMPLES):
        p = tangent * (2.0 * (i + 0.5) / _SAMPLES - 1.0)
        for j in range(_SAMPLES):
            q = tangent * (2.0 * (j + 0.5) / _SAMPLES - 1.0)
            dx, dy, dz = p * ux + q * vx - nx, p * uy + q * vy - ny, p * uz + q * vz - nz
            h, hit, _u, _v = closest_hit(bvh, stack, ox, oy, oz, dx, dy, dz, distance + 0.006)
            if hit < 0 or h < distance - 0.006:
                continue
            mx, my, mz = bvh.normal[hit, 0], bvh.normal[hit, 1], bvh.normal[hit, 2]
            sign = -1.0 if mx * dx + my * dy + mz * dz > 0.0 else 1.0
            tx, ty, tz = tx + sign * mx, ty + sign * my, tz + sign * mz
    size = math.sqrt(tx * tx + ty * ty + tz * tz)
    if size < 1e-3:
        return nx, ny, nz
    return tx / size, ty / size, tz / size


@kernel
def _settle(bvh, stack, hand, lens, axis):  # type: ignore[no-untyped-def]
    """Put the sensor in front of the contact, looking against the averaged normal.

    axis: (3,) direction that the sensor's x shall have as nearly as it can. Returns False, and
    leaves the frame as it was, where there is no room for the sensor.
    """
    contact, frame, floor = hand.contact, hand.frame, hand.floor
    standoff, tangent = lens.standoff, lens.tangent
    x, y, z = contact[0, 0], contact[0, 1], contact[0, 2]
    nx, ny, nz = contact[1, 0], contact[1, 1], contact[1, 2]
    room = _free(bvh, stack, x, y, z, nx, ny, nz, standoff)
    if room < _ROOM:  # a triangle in a fold: look from where there is room
        nx, ny, nz = contact[2, 0], contact[2, 1], contact[2, 2]
        room = _free(bvh, stack, x, y, z, nx, ny, nz, standoff)
        if room < _ROOM:
            return False
    for _ in range(2):
        mx, my, mz = _mean_normal(bvh, stack, x, y, z, nx, ny, nz, room, tangent)
        wide = _free(bvh, stack, x, y, z, mx, my, mz, standoff)
        if wide < _ROOM:
            break
        nx, ny, nz, room = mx, my, mz, wide
    ox, oy, oz = x + nx * room, y + ny * room, z + nz * room
    if floor[0] * ox + floor[1] * oy + floor[2] * oz < floor[3]:
        return False
    # x: what is left of the wanted direction across the view
    ax, ay, az = axis[0], axis[1], axis[2]
    along = ax * nx + ay * ny + az * nz
    ax, ay, az = ax - along * nx, ay - along * ny, az - along * nz
    size = math.sqrt(ax * ax + ay * ay + az * az)
    if size < 1e-6:
        ax, ay, az = frame[1, 0], frame[1, 1], frame[1, 2]
        along = ax * nx + ay * ny + az * nz
        ax, ay, az = ax - along * nx, ay - along * ny, az - along * nz
        size = math.sqrt(ax * ax + ay * ay + az * az)
    ax, ay, az = ax / size, ay / size, az / size
    frame[0, 0], frame[0, 1], frame[0, 2] = ax, ay, az
    frame[1, 0], frame[1, 1], frame[1, 2] = ay * nz - az * ny, az * nx - ax * nz, ax * ny - ay * nx
    frame[2, 0], frame[2, 1], frame[2, 2] = -nx, -ny, -nz
    frame[3, 0], frame[3, 1], frame[3, 2] = ox, oy, oz
    return True


@kernel
def _turn(frame, angle):  # type: ignore[no-untyped-def]
    """Turn a frame about its z."""
    c, s = math.cos(angle), math.sin(angle)
    for k in range(3):
        x, y = frame[0, k], frame[1, k]
        frame[0, k] = c * x + s * y
        frame[1, k] = c * y - s * x


@kernel
def _slide(bvh, stack, hand, lens, slide_x, slide_y):  # type: ignore[no-untyped-def]
    """Slide along the surface; where there is no way or no room, sideways or back instead.

    The hand stays where it was if there is none in any of these directions.
    """
    frame, contact = hand.frame, hand.contact
    before, axis = hand.spare[:3], hand.spare[3]
    length = math.sqrt(slide_x * slide_x + slide_y * slide_y)
    angle = math.atan2(slide_y, slide_x)
    _turn(frame, angle)  # x is forward now
    _copy(contact, before)
    for attempt in range(6):
        # forward, 60 degrees to either side, 120, straight back
        turn = (-1.0 if attempt % 2 == 0 else 1.0) * attempt * (math.pi / 3.0)
        angle += turn
        _turn(frame, turn)
        sx, sy, sz = -frame[1, 0], -frame[1, 1], -frame[1, 2]
        way = length
        for _ in range(6):
            left = crawl(bvh, stack, contact, sx, sy, sz, way)
            # x stays forward, carried round the edges
            nx, ny, nz = contact[1, 0], contact[1, 1], contact[1, 2]
            axis[0], axis[1], axis[2] = sy * nz - sz * ny, sz * nx - sx * nz, sx * ny - sy * nx
            if axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2] < 0.01:
                axis[0], axis[1], axis[2] = frame[0, 0], frame[0, 1], frame[0, 2]
            if _settle(bvh, stack, hand, lens, axis):
                _turn(frame, -angle)
                return
            if left > 0.0:
                break
            way = _DETOUR / 5.0
        _copy(before, contact)
    _turn(frame, -angle)


@kernel
def _approach(bvh, stack, hand, lens, goal):  # type: ignore[no-untyped-def]
    """Touch what is ahead of a frame (4, 3); False if there is nothing within the search.

    A goal inside the object (a closed one: the ray meets the inner side of a surface) is
    approached from behind itself, where the fingertip comes from.
    """
    ox, oy, oz = goal[3, 0], goal[3, 1], goal[3, 2]
    dx, dy, dz = goal[2, 0], goal[2, 1], goal[2, 2]
    sign, reach, distance, hit = 1.0, lens.search, 0.0, -1
    for attempt in range(2):
        h, i, _u, _v = closest_hit(bvh, stack, ox, oy, oz, sign * dx, sign * dy, sign * dz, reach)
        if i < 0:
            break
        slope = bvh.normal[i, 0] * dx + bvh.normal[i, 1] * dy + bvh.normal[i, 2] * dz
        if attempt == 0 or slope < 0.0:
            distance, hit = sign * h, i
        if slope <= 0.0:
            break
        sign, reach = -1.0, 10.0
    if hit < 0:
        return False
    before = hand.spare[:3]
    _copy(hand.contact, before)
    touch(
        bvh,
        hand.contact,
        hit,
        ox + dx * distance,
        oy + dy * distance,
        oz + dz * distance,
        dx,
        dy,
        dz,
    )
    if _settle(bvh, stack, hand, lens, goal[0]):
        return True
    _copy(before, hand.contact)
    return False


@kernel
def _pose(frame, body, m, pose):  # type: ignore[no-untyped-def]
    """World pose (7,) of a frame (4, 3) given in the frame of a body (4, 3) in the world.

    m: (3, 3) scratch; its columns become the frame's axes in the world.
    """
    for i in range(3):
        for k in range(3):
            m[k, i] = frame[i, 0] * body[0, k] + frame[i, 1] * body[1, k] + frame[i, 2] * body[2, k]
        pose[i] = body[3, i] + (
            frame[3, 0] * body[0, i] + frame[3, 1] * body[1, i] + frame[3, 2] * body[2, i]
        )
    a, e, i_ = m[0, 0], m[1, 1], m[2, 2]
    if a + e + i_ > 0.0:
        x, y, z, w = m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], 1.0 + a + e + i_
    elif a >= e and a >= i_:
        x, y, z, w = 1.0 + a - e - i_, m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[2, 1] - m[1, 2]
    elif e >= i_:
        x, y, z, w = m[0, 1] + m[1, 0], 1.0 - a + e - i_, m[1, 2] + m[2, 1], m[0, 2] - m[2, 0]
    else:
        x, y, z, w = m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], 1.0 - a - e + i_, m[1, 0] - m[0, 1]
    size = math.sqrt(x * x + y * y + z * z + w * w)
    size = size if w >= 0.0 else -size
    pose[3], pose[4], pose[5], pose[6] = x / size, y / size, z / size, w / size
    for k in range(3, 7):
        pose[k] = min(max(pose[k], -1.0), 1.0)


@kernel
def _movement(before, after, movement):  # type: ignore[no-untyped-def]
    """The pose `after` in the frame of the pose `before`, all (7,)."""
    x, y, z, w = -before[3], -before[4], -before[5], before[6]
    px, py, pz = after[0] - before[0], after[1] - before[1], after[2] - before[2]
    # p + 2 w (v x p) + 2 v x (v x p)
    cx, cy, cz = y * pz - z * py, z * px - x * pz, x * py - y * px
    movement[0] = px + 2.0 * (w * cx + y * cz - z * cy)
    movement[1] = py + 2.0 * (w * cy + z * cx - x * cz)
    movement[2] = pz + 2.0 * (w * cz + x * cy - y * cx)
    bx, by, bz, bw = after[3], after[4], after[5], after[6]
    a = w * bx + x * bw + y * bz - z * by
    b = w * by - x * bz + y * bw + z * bx
    c = w * bz + x * by - y * bx + z * bw
    d = w * bw - x * bx - y * by - z * bz
    size = math.sqrt(a * a + b * b + c * c + d * d)
    size = size if d >= 0.0 else -size
    movement[3] = min(max(a / size, -1.0), 1.0)
    movement[4] = min(max(b / size, -1.0), 1.0)
    movement[5] = min(max(c / size, -1.0), 1.0)
    movement[6] = min(max(d / size, -1.0), 1.0)


def world_pose(hand: Hand) -> NDArray[np.float64]:
    """(7,) of the hand's frame in the world."""
    pose = np.empty(7)
    _pose(hand.frame, hand.object, hand.spare[:3], pose)
    return pose


@kernel
def look(scene, canvas, hand, lens, frame, depth, rgb, pose, movement):  # type: ignore[no-untyped-def]
    """Take an observation from a frame (4, 3); returns whether the middle ray met the object."""
    trace(scene.bvh, canvas, frame, lens.tangent, lens.tangent, lens.reach)
    paint(scene, canvas, frame, lens.tangent, lens.tangent, depth, rgb)
    _pose(frame, hand.object, hand.spare[:3], pose)
    _movement(hand.pose, pose, movement)
    for k in range(7):
        hand.pose[k] = pose[k]
    _h, hit, _u, _v = closest_hit(
        scene.bvh,
        canvas.stack,
        frame[3, 0],
        frame[3, 1],
        frame[3, 2],
        frame[2, 0],
        frame[2, 1],
        frame[2, 2],
        lens.reach,
    )
    return hit >= 0


@kernel
def act(scene, canvas, hand, lens, jump, goal, slide_x, slide_y, twist, depth, rgb, pose, movement):  # type: ignore[no-untyped-def]
    """One step of the fingertip: jump or slide, twist, look.

    jump: whether to go to the goal (4, 3), a frame in the object's frame; otherwise slide_x and
    slide_y in metres, twist in radians. The last four are written: see `Body`. Returns whether
    the fingertip feels the object; after a jump that failed the hand stays at its last contact.
    """
    frame = hand.frame
    if jump:
        if not _approach(scene.bvh, canvas.stack, hand, lens, goal):
            look(scene, canvas, hand, lens, goal, depth, rgb, pose, movement)
            return False
    elif slide_x != 0.0 or slide_y != 0.0:
        _slide(scene.bvh, canvas.stack, hand, lens, slide_x, slide_y)
    if twist != 0.0:
        _turn(frame, twist)
    return look(scene, canvas, hand, lens, frame, depth, rgb, pose, movement)
