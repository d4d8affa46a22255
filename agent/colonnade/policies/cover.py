"""Cover: the policy for learning, a flood fill over the surface.

Every touch that brings something new opens six goals around it, one voxel away along the
surface. The nearest goal that nothing covers yet is next: by a slide when it is around the
place touched now, else by lifting off and landing there. When no goal is left, touches from
all around look for parts that no path along the surface leads to.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models.kernel import kernel
from colonnade_models.learning import Draft, covers, find_or_add

__all__ = ["Frontier", "new_frontier", "next_goal", "open_goals"]

Array = NDArray[np.float32]

NEIGHBOURS = 6
_ANGLES = 2 * np.pi * np.arange(NEIGHBOURS) / NEIGHBOURS
COSINE = np.cos(_ANGLES).astype(np.float32)
SINE = np.sin(_ANGLES).astype(np.float32)
STRIDE = np.float32(1.15)
"""Distance of a goal in voxels: just far enough to lie in the next."""


class Frontier(NamedTuple):
    """Goals not yet visited."""

    goal: Array
    """(capacity, 9): the goal, the place it was opened from, the normal there."""
    size: NDArray[np.int64]
    """(1,)"""


def new_frontier(capacity: int = 1 << 15) -> Frontier:
    """A frontier without goals."""
    return Frontier(np.zeros((capacity, 9), np.float32), np.zeros(1, np.int64))


@kernel
def open_goals(frontier: Frontier, draft: Draft, percept: Array) -> None:
    """Open the goals around one percept (18,) that nothing covers yet."""
    x, y, z = percept[P.LOCATION], percept[P.LOCATION + 1], percept[P.LOCATION + 2]
    nx, ny, nz = percept[P.NORMAL], percept[P.NORMAL + 1], percept[P.NORMAL + 2]
    ex, ey, ez = percept[P.DIRECTION], percept[P.DIRECTION + 1], percept[P.DIRECTION + 2]
    gx, gy, gz = ny * ez - nz * ey, nz * ex - nx * ez, nx * ey - ny * ex
    step = STRIDE * draft.spacing[0]
    for k in range(NEIGHBOURS):
        i = frontier.size[0]
        if i >= frontier.goal.shape[0]:
            return
        a, b = COSINE[k] * step, SINE[k] * step
        tx, ty, tz = x + a * ex + b * gx, y + a * ey + b * gy, z + a * ez + b * gz
        if covers(draft, tx, ty, tz, nx, ny, nz):
            continue
        g = frontier.goal[i]
        g[0], g[1], g[2] = tx, ty, tz
        g[3], g[4], g[5] = x, y, z
        g[6], g[7], g[8] = nx, ny, nz
        frontier.size[0] = i + 1


@kernel
def next_goal(
    frontier: Frontier, draft: Draft, tried: Draft, x: float, y: float, z: float, out: Array
) -> bool:
    """Take the goal nearest to the place (x, y, z) into `out` (9,); False if none is left.

    Goals that have been covered meanwhile, or lie in a voxel that was `tried`, are dropped.
    """
    while frontier.size[0] > 0:
        nearest, distance = -1, np.float32(1e9)
        for i in range(frontier.size[0]):
            g = frontier.goal[i]
            # its origin counts too: best are goals around the place touched now
            d = abs(g[3] - x) + abs(g[4] - y) + abs(g[5] - z)
            d = d + abs(g[0] - x) + abs(g[1] - y) + abs(g[2] - z)
            if d < distance:
                nearest, distance = i, d
        g = frontier.goal[nearest]
        for k in range(9):
            out[k] = g[k]
        frontier.size[0] -= 1
        last = frontier.goal[frontier.size[0]]
        for k in range(9):
            g[k] = last[k]
        if covers(draft, out[0], out[1], out[2], out[6], out[7], out[8]):
            continue
        s, new = find_or_add(
            tried,
            int(np.floor(out[0] / tried.spacing[0])),
            int(np.floor(out[1] / tried.spacing[0])),
            int(np.floor(out[2] / tried.spacing[0])),
            out[6],
            out[7],
            out[8],
        )
        if not new:
            continue
        for k in range(3):
            tried.sums[s, 3 + k] = out[6 + k]
        return True
    return False
