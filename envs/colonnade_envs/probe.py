"""A body as kernels drive it: the moves of the environment's steps, without their dicts.

`Body.probe` hands it out, so that a whole episode can run in one kernel. Every move looks and
writes what it saw into the probe.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_envs.fingertip import Hand, Lens, act, look
from colonnade_envs.kernel import kernel
from colonnade_envs.patch import Canvas, Scene
from colonnade_envs.viewpoint import look_from

__all__ = ["Probe", "jump_to", "look_beside", "slide_along"]


class Probe(NamedTuple):
    """A sensor in front of an object, and what it saw last."""

    scene: Scene
    canvas: Canvas
    hand: Hand
    lens: Lens
    touches: bool
    """Whether it rides the surface; otherwise it looks from a distance."""
    max_slide: float
    """Metres that one slide may go along each of the sensor's axes."""
    goal: NDArray[np.float64]
    """(4, 3) scratch."""
    depth: NDArray[np.float32]
    """(P, P) metres along the view axis."""
    rgb: NDArray[np.float32]
    """(P, P, 3) colour 0..1."""
    pose: NDArray[np.float64]
    """(7,) of the sensor in the world."""
    movement: NDArray[np.float64]
    """(7,) the same in the frame of the sensor before the last move."""
    aside: NDArray[np.float64]
    """(7,) pose in the world from which `look_beside` looked last."""
    spare: NDArray[np.float64]
    """(7,) scratch."""


@kernel
def _aim(probe, x, y, z, nx, ny, nz):  # type: ignore[no-untyped-def]
    """Set the goal to a sensor in front of a point in the world that looks against a normal.

    Where the normal has no length the sensor keeps the direction that it looks in.
    """
    goal, body = probe.goal, probe.hand.object
    size = math.sqrt(nx * nx + ny * ny + nz * nz)
    if size < 1e-9:
        view = probe.hand.frame[2]
        nx = -(body[0, 0] * view[0] + body[1, 0] * view[1] + body[2, 0] * view[2])
        ny = -(body[0, 1] * view[0] + body[1, 1] * view[1] + body[2, 1] * view[2])
        nz = -(body[0, 2] * view[0] + body[1, 2] * view[1] + body[2, 2] * view[2])
        size = 1.0
    nx, ny, nz = nx / size, ny / size, nz / size
    # in the world first: the shortest turn that brings +z onto -n
    w = 1.0 - nz
    if w > 1e-6:
        goal[0, 0], goal[0, 1], goal[0, 2] = 1.0 - nx * nx / w, -nx * ny / w, nx
        goal[1, 0], goal[1, 1], goal[1, 2] = -nx * ny / w, 1.0 - ny * ny / w, ny
    else:
        goal[0, 0], goal[0, 1], goal[0, 2] = 1.0, 0.0, 0.0
        goal[1, 0], goal[1, 1], goal[1, 2] = 0.0, -1.0, 0.0
    goal[2, 0], goal[2, 1], goal[2, 2] = -nx, -ny, -nz
    off = probe.lens.standoff
    goal[3, 0] = x + off * nx - body[3, 0]
    goal[3, 1] = y + off * ny - body[3, 1]
    goal[3, 2] = z + off * nz - body[3, 2]
    for row in range(4):
        a, b, c = goal[row, 0], goal[row, 1], goal[row, 2]
        for k in range(3):
            goal[row, k] = body[k, 0] * a + body[k, 1] * b + body[k, 2] * c


@kernel
def jump_to(probe, x, y, z, nx, ny, nz):  # type: ignore[no-untyped-def]
    """Lift off and look at a point from outside, against a normal, both in the world.

    Returns whether the sensor met the object.
    """
    _aim(probe, x, y, z, nx, ny, nz)
    if probe.touches:
        return act(
            probe.scene, probe.canvas, probe.hand, probe.lens, True, probe.goal, 0.0, 0.0, 0.0,
            probe.depth, probe.rgb, probe.pose, probe.movement,
        )  # fmt: skip
    return look_from(
        probe.scene, probe.canvas, probe.hand, probe.lens, probe.goal,
        probe.depth, probe.rgb, probe.pose, probe.movement,
    )  # fmt: skip


@kernel
def slide_along(probe, x, y, z):  # type: ignore[no-untyped-def]
    """Slide a fingertip by the part of a step, in the world, that lies in its patch's plane.

    Returns whether the sensor met the object.
    """
    frame, body, most = probe.hand.frame, probe.hand.object, probe.max_slide
    right, down = 0.0, 0.0
    for k in range(3):
        along = body[k, 0] * x + body[k, 1] * y + body[k, 2] * z
        right += along * frame[0, k]
        down += along * frame[1, k]
    right = min(max(right, -most), most)
    down = min(max(down, -most), most)
    return act(
        probe.scene, probe.canvas, probe.hand, probe.lens, False, probe.goal, right, down, 0.0,
        probe.depth, probe.rgb, probe.pose, probe.movement,
    )  # fmt: skip


@kernel
def look_beside(probe, right, down):  # type: ignore[no-untyped-def]
    """Look through another patch of the same sensor: `right` and `down` metres beside the first.

    It looks in the same direction, along the sensor's z, from a place displaced along its x and y.
    What it sees stands in `depth` and `rgb`, where from in `aside`; the sensor stays where it is.
    Returns whether the patch's middle ray met the object.
    """
    goal, body = probe.goal, probe.hand.object
    x, y, z, w = probe.pose[3], probe.pose[4], probe.pose[5], probe.pose[6]
    goal[0, 0], goal[0, 1], goal[0, 2] = (
        1 - 2 * (y * y + z * z),
        2 * (x * y + z * w),
        2 * (x * z - y * w),
    )
    goal[1, 0], goal[1, 1], goal[1, 2] = (
        2 * (x * y - z * w),
        1 - 2 * (x * x + z * z),
        2 * (y * z + x * w),
    )
    goal[2, 0], goal[2, 1], goal[2, 2] = (
        2 * (x * z + y * w),
        2 * (y * z - x * w),
        1 - 2 * (x * x + y * y),
    )
    for k in range(3):
        there = probe.pose[k] + right * goal[0, k] + down * goal[1, k]
        goal[3, k] = there - body[3, k]
    for row in range(4):
        a, b, c = goal[row, 0], goal[row, 1], goal[row, 2]
        for k in range(3):
            goal[row, k] = body[k, 0] * a + body[k, 1] * b + body[k, 2] * c
    met = look(
        probe.scene, probe.canvas, probe.hand, probe.lens, goal,
        probe.depth, probe.rgb, probe.aside, probe.spare,
    )  # fmt: skip
    for k in range(7):
        probe.hand.pose[k] = probe.pose[k]
    return met
