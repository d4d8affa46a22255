"""`Touch-v0`: a fingertip that rides the surface of an object."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from colonnade_envs import fingertip
from colonnade_envs.body import Action, Body, Observation, goal_pose, vector
from colonnade_envs.objects import ObjectMesh, ObjectSet
from colonnade_envs.patch import frame_from, frame_of
from colonnade_envs.poses import IDENTITY, look_along, rotate

__all__ = ["MAX_PUSH", "TouchEnv"]

MAX_PUSH = 0.05
"""Metres of the longest push of one step."""

_SEARCH = 0.15  # metres ahead of a goal pose in which the fingertip searches the surface


class TouchEnv(Body):
    """A sensor that keeps its distance to the surface and looks against its normal.

    Action: a dict of (parts left out are 0)

    - `slide` (2,) metres along the surface in the sensor's x and y, at most `max_slide` each:
      the fingertip follows the surface over edges, round thin things and into hollows;
    - `twist` (1,) radians about the view axis, after the slide;
    - `jump` 1 to go to `goal` instead: a sensor pose (7,) in the world, from which the fingertip
      moves along the view axis until it touches (at most 0.15 m ahead), then aligns;
    - `push` (1,) metres forward instead of all that (with physics only).

    The sensor stands `standoff` metres in front of the touched point, nearer where there is less
    room (down to 4 mm), and looks against the normal averaged over the patch. When a jump finds
    nothing, `on_object` is 0, `pose` is the goal where it looked, and the next slide starts from
    the last contact. A slide into a place too narrow for the fingertip goes past it, or gives way
    sideways or back.
    """

    def __init__(
        self,
        objects: str | Path | ObjectSet | Sequence[ObjectMesh] = "builtin",
        *,
        names: Sequence[str] | None = None,
        resolution: int = 16,
        fov_deg: float = 11.4,
        physics: bool = False,
        random_rotation: bool = True,
        render_mode: str | None = None,
        standoff: float = 0.025,
        max_slide: float = 0.02,
        max_range: float = 0.05,
    ) -> None:
        """objects: a set (see `open_object_set`) or meshes; names: which of them.

        resolution: pixels along a side of the patch. fov_deg: its angle of view. standoff,
        max_slide, max_range: metres. Raises ValueError if one of them makes no sense.
        """
        if not 0.005 <= standoff <= 0.2:
            raise ValueError(f"standoff must be 0.005 to 0.2 m, not {standoff}")
        if not 0.0 < max_slide <= 0.05:
            raise ValueError(f"max_slide must be above 0 and at most 0.05 m, not {max_slide}")
        if not standoff < max_range:
            raise ValueError(f"max_range {max_range} must be above standoff {standoff}")
        parts: dict[str, spaces.Space[Any]] = {
            "slide": spaces.Box(-max_slide, max_slide, (2,), np.float64),
            "twist": spaces.Box(-math.pi, math.pi, (1,), np.float64),
        }
        if physics:
            parts["push"] = spaces.Box(0.0, MAX_PUSH, (1,), np.float64)
        super().__init__(
            objects,
            names,
            resolution,
            fov_deg,
            max_range,
            physics,
            random_rotation,
            render_mode,
            parts,
        )
        self.standoff, self.max_slide = standoff, max_slide
        self._lens = fingertip.Lens(self._tangent, self.max_range, standoff, _SEARCH)

    def _start(self) -> Observation:
        self._hand.pose[:] = IDENTITY
        twist = 2.0 * math.pi * self.np_random.random()
        radius = float(np.linalg.norm(self.mesh.size)) + self.standoff
        lens = self._lens._replace(search=2.0 * radius)
        for _ in range(100):
            # from outside towards a point of the surface; what is met first is touched
            point, normal = self._surface_point()
            outward = normal + 0.5 * self.np_random.normal(size=3)
            axes = look_along(-outward, twist)
            goal = frame_from(axes, point - axes[:, 2] * radius)
            observation = self._touch(goal, lens)
            if observation["on_object"]:
                observation["movement"][:] = IDENTITY
                return observation
        raise RuntimeError(
            f"found no place on {self.mesh.name!r} that a fingertip can reach: check the mesh"
        )

    def _move(self, action: Action) -> Observation:
        if "push" in action:
            push = float(vector(action, "push", 0.0, MAX_PUSH, 1)[0])
            if push > 0.0:
                return self._touch(self._push(push), self._lens)
        if action.get("jump"):
            return self._touch(frame_of(goal_pose(action), self.object_pose), self._lens)
        slide_x = slide_y = twist = 0.0
        if "slide" in action:
            slide_x, slide_y = vector(action, "slide", -self.max_slide, self.max_slide, 2).tolist()
        if "twist" in action:
            twist = float(vector(action, "twist", -math.pi, math.pi, 1)[0])
        here = self._hand.frame
        return self._observe(fingertip.act, self._lens, False, here, slide_x, slide_y, twist)

    def _touch(self, goal: NDArray[np.float64], lens: fingertip.Lens) -> Observation:
        """Touch what is ahead of a goal (4, 3) in the object's frame."""
        return self._observe(fingertip.act, lens, True, goal, 0.0, 0.0, 0.0)

    def _push(self, distance: float) -> NDArray[np.float64]:
        """Push the object; returns the frame (4, 3) of the sensor in the object's new frame."""
        hand = self._hand
        touched = self.object_pose[:3] + rotate(self.object_pose[3:], hand.contact[0])
        ahead = rotate(self.object_pose[3:], hand.frame[2])
        sensor = fingertip.world_pose(hand)
        self._set_object_pose(self.world.push(touched, ahead, distance))
        return frame_of(sensor, self.object_pose)
