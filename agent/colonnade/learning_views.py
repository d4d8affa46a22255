"""Learning from a few views: only what a camera sees of an object from some sides is learned.

A view is one of the field's training orientations. The camera stays on the side of the world's
+z and scans the silhouette on a grid of about one voxel: from outside it looks along -z, and
where it meets the surface it comes as near as in recognition, on the same line of sight. So no
surface that another part hides from that side is ever sensed.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from colonnade.exploration import Learner
from colonnade.learning import laid, sketched
from colonnade.orientations import BASE, euler_quaternion
from colonnade.practice import NO_PRACTICE
from colonnade.senses import BodyName, Chance, Robot, Senses, jump, perceive
from colonnade_envs.objects import ObjectMesh
from colonnade_envs.poses import look_along, matrix_of
from colonnade_models import percept as P
from colonnade_models.consolidation import consolidate
from colonnade_models.kernel import kernel
from colonnade_models.learned import LearnedObject
from colonnade_models.learning import new_draft

__all__ = ["learn_views", "view_directions"]

CLEARANCE = 0.01
"""Metres in front of the nearest point of the object at which the first look is aimed."""
SPACING = 0.003
"""Voxels to begin with, m: finer than that a whole silhouette takes long."""


def view_directions(views: int) -> NDArray[np.float64]:
    """(views, 3) unit vectors, object frame, towards the camera in the first orientations.

    Raises ValueError unless there are so many of them.
    """
    if not 0 < views <= len(BASE):
        raise ValueError(f"there are 1 to {len(BASE)} views, not {views}")
    return np.array([matrix_of(euler_quaternion(*angles))[2] for angles in BASE[:views]])


def learn_views(mesh: ObjectMesh, views: int, *, body: BodyName, seed: int) -> LearnedObject:
    """Scan `mesh` from the first `views` orientations and return what was learned.

    Raises:
        ValueError: there are no so many views, or the body cannot look from a distance.
        UnlearnableError: nothing was seen.
    """
    if body != "camera":
        raise ValueError(f"only a camera has views, not the {body} body")
    started = time.perf_counter()
    with laid(mesh, body, seed) as (senses, pose):
        viewer = _Viewer(senses, pose, mesh)
        for direction in view_directions(views):
            viewer.scan(direction)
    known = sketched(mesh, body, viewer)
    touches = np.array(viewer.touches)
    learned = consolidate(known, touches, NO_PRACTICE.aimed, NO_PRACTICE.met, seed)
    return replace(learned, seconds=time.perf_counter() - started)


@kernel
def _scan(
    robot: Robot, chance: Chance, places: NDArray[np.float32], percepts: NDArray[np.float32]
) -> int:
    """Look past each of `places` (N, 6), then from near at what is met there.

    A place is a point and the direction towards the camera, as for `senses.jump`. The percepts
    (M, 18) are written in their order; returns M, at most N.
    """
    met = 0
    for i in range(places.shape[0]):
        place = places[i]
        jump(robot, place)
        perceive(robot, chance, 0)
        if robot.percept[P.ON_OBJECT] == 0.0:
            continue
        for k in range(3):
            place[k] = robot.percept[P.LOCATION + k]
        jump(robot, place)
        perceive(robot, chance, 0)
        for k in range(percepts.shape[1]):
            percepts[met, k] = robot.percept[k]
        met += 1
    return met


class _Viewer(Learner):
    """Looks at one object from one side after the other."""

    def __init__(self, senses: Senses, pose: NDArray[np.float32], mesh: ObjectMesh) -> None:
        super().__init__(senses, pose, new_draft(SPACING))
        self.mesh = mesh

    def scan(self, towards: NDArray[np.float64]) -> None:
        """Look at every cell of the silhouette as seen from `towards`, (3,) of unit length."""
        right, down, ahead = look_along(-towards).T
        vertices = self.mesh.vertices.astype(np.float64)
        step = float(self.draft.spacing[0])
        front = (vertices @ ahead).min() - CLEARANCE
        x, y = np.meshgrid(_cells(vertices @ right, step), _cells(vertices @ down, step))
        places = np.empty((x.size, 6), np.float32)
        places[:, :3] = x.reshape(-1, 1) * right + y.reshape(-1, 1) * down + front * ahead
        places[:, :3] -= self.shift
        places[:, 3:] = towards
        percepts = np.empty((x.size, P.PERCEPT_SIZE), np.float32)
        met = _scan(self.senses.robot, self.senses.draw(0), places, percepts)
        self.steps += met
        for percept in percepts[:met]:
            if self.keep(percept) and self.is_crowded():
                self.coarsen()


def _cells(along: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Middles of the cells of width `step` that cover the numbers `along`."""
    low, high = float(along.min()), float(along.max())
    count = max(1, int(np.ceil((high - low) / step)))
    middle = (low + high) / 2
    return np.array([middle + step * (i - (count - 1) / 2) for i in range(count)])
