"""`Camera-v0`: an eye that looks at an object from a distance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from gymnasium import spaces

from colonnade_envs import fingertip, viewpoint
from colonnade_envs.body import Action, Body, Observation, goal_pose, vector
from colonnade_envs.bvh import cast_rays
from colonnade_envs.objects import ObjectMesh, ObjectSet
from colonnade_envs.patch import frame_from, frame_of
from colonnade_envs.poses import IDENTITY, look_along

__all__ = ["CameraEnv"]

_MAX_TURN = 0.2  # radians
_MAX_ORBIT = 0.5  # radians


class CameraEnv(Body):
    """A camera in free space whose narrow patch is 13 mm wide on the object.

    Action: a dict of (parts left out are 0)

    - `turn` (2,) radians, at most 0.2: the view axis turns towards the sensor's x, then y;
    - `orbit` (2,) radians, at most 0.5: before that, the camera goes round the centre of the
      object's bounding box towards its x, then y; its distance and its view of the centre stay;
    - `jump` 1 to go to `goal` instead: a sensor pose (7,) in the world. A goal inside the object is
      drawn back along the view axis until `distance` in front of the surface.

    When the camera looks past the object `on_object` is 0 and nothing else happens. It starts
    `distance` metres in front of a random place of the surface. With physics the object lies on a
    table; the camera never touches it.
    """

    def __init__(
        self,
        objects: str | Path | ObjectSet | Sequence[ObjectMesh] = "builtin",
        *,
        names: Sequence[str] | None = None,
        resolution: int = 16,
        fov_deg: float = 2.9,
        physics: bool = False,
        random_rotation: bool = True,
        render_mode: str | None = None,
        distance: float = 0.25,
        max_range: float = 1.0,
    ) -> None:
        """objects: a set (see `open_object_set`) or meshes; names: which of them.

        resolution: pixels along a side of the patch. fov_deg: its angle of view. distance,
        max_range: metres. Raises ValueError if one of them makes no sense.
        """
        if not 0.02 <= distance <= 2.0:
            raise ValueError(f"distance must be 0.02 to 2 m, not {distance}")
        if not distance < max_range:
            raise ValueError(f"max_range {max_range} must be above distance {distance}")
        super().__init__(
            objects,
            names,
            resolution,
            fov_deg,
            max_range,
            physics,
            random_rotation,
            render_mode,
            {
                "turn": spaces.Box(-_MAX_TURN, _MAX_TURN, (2,), np.float64),
                "orbit": spaces.Box(-_MAX_ORBIT, _MAX_ORBIT, (2,), np.float64),
            },
        )
        self.distance = distance
        self._lens = fingertip.Lens(self._tangent, self.max_range, distance, self.max_range)

    def _start(self) -> Observation:
        twist = 2.0 * math.pi * self.np_random.random()
        point, normal = self._surface_point()
        axes = look_along(-(normal + 0.3 * self.np_random.normal(size=3)), twist)
        radius = float(np.linalg.norm(self.mesh.size)) + self.distance
        outside = point - axes[:, 2] * radius
        hit = cast_rays(self._scene.bvh, outside, axes[:, 2], 2.0 * radius)[0][0]
        hit = radius if not math.isfinite(hit) else hit
        self._hand.frame[:] = frame_from(axes, outside + axes[:, 2] * (hit - self.distance))
        self._hand.pose[:] = IDENTITY
        observation = self._observe(fingertip.look, self._lens, self._hand.frame)
        observation["movement"][:] = IDENTITY
        return observation

    def _move(self, action: Action) -> Observation:
        frame = self._hand.frame
        if action.get("jump"):
            goal = frame_of(goal_pose(action), self.object_pose)
            return self._observe(viewpoint.look_from, self._lens, goal)
        if "orbit" in action:
            x, y = vector(action, "orbit", -_MAX_ORBIT, _MAX_ORBIT, 2).tolist()
            cx, cy, cz = self.mesh.centre.tolist()
            viewpoint.spin(frame, 1, -x, cx, cy, cz)
            viewpoint.spin(frame, 0, y, cx, cy, cz)
        if "turn" in action:
            x, y = vector(action, "turn", -_MAX_TURN, _MAX_TURN, 2).tolist()
            cx, cy, cz = frame[3].tolist()
            viewpoint.spin(frame, 1, x, cx, cy, cz)
            viewpoint.spin(frame, 0, -y, cx, cy, cz)
        return self._observe(fingertip.look, self._lens, frame)
