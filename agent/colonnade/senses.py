"""Senses: a simulated body together with the eye that turns its patches into percepts."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from colonnade.noise import StandardNoise
from colonnade_envs.body import Body
from colonnade_envs.camera import CameraEnv
from colonnade_envs.noise import RawNoise
from colonnade_envs.objects import ObjectMesh
from colonnade_envs.touch import TouchEnv
from colonnade_models.percept import LOCATION, NORMAL, ON_OBJECT, PERCEPT_SIZE
from colonnade_models.sensing import make_eye, sense

__all__ = ["BodyName", "NoiseName", "Senses"]

BodyName = Literal["touch", "camera"]
NoiseName = Literal["none", "standard", "raw"]


class Senses:
    """One body in a world with one object, giving percepts in the world's frame."""

    def __init__(self, mesh: ObjectMesh, body: BodyName, noise: NoiseName = "none") -> None:
        env = TouchEnv([mesh]) if body == "touch" else CameraEnv([mesh])
        self.body: Body = env
        self.env: Any = RawNoise(env) if noise == "raw" else env
        self.standoff: float = env.standoff if isinstance(env, TouchEnv) else env.distance
        self.slides = isinstance(env, TouchEnv)
        self.eye = make_eye(env.resolution, np.radians(env.fov_deg), env.max_range)
        self.percept = np.zeros(PERCEPT_SIZE, np.float32)
        self.noise = StandardNoise() if noise == "standard" else None
        self.observation: dict[str, Any] = {}
        self.contact = np.zeros((2, 3))
        """Point and normal of the last percept on the object, world frame."""

    def reset(self, rotation: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
        """Lay the object turned by `rotation` (4,) and land on it; returns its pose (7,)."""
        self.observation, info = self.env.reset(seed=seed, options={"rotation": rotation})
        if self.noise:
            self.noise.reset(seed)
        pose: NDArray[np.float64] = info["object_pose"]
        return pose

    def sense(self) -> NDArray[np.float32]:
        """The percept (18,) of the latest observation; the same array every time."""
        o = self.observation
        sense(o["depth"], o["rgb"], o["pose"].astype(np.float32), self.eye, self.percept)
        if self.noise:
            self.noise(self.percept)
        if self.percept[ON_OBJECT]:
            self.contact[0] = self.percept[LOCATION : LOCATION + 3]
            self.contact[1] = self.percept[NORMAL : NORMAL + 3]
        return self.percept

    def act(self, action: dict[str, Any]) -> None:
        """Move the body; the next `sense` perceives from where it got to."""
        self.observation = self.env.step(action)[0]

    def jump_to(self, point: NDArray[Any], normal: NDArray[Any]) -> None:
        """Lift off and look at `point` (3,) from outside, against `normal` (3,), world frame."""
        self.act({"jump": 1, "goal": facing_pose(point, normal, self.standoff)})

    def slide_along(self, step: NDArray[Any]) -> None:
        """Go on by `step` (3,) metres, world frame, along the surface.

        A fingertip slides by the part that lies in its patch's plane; a camera moves until it
        faces the place.
        """
        if not self.slides:
            self.jump_to(self.contact[0] + step, self.contact[1])
            return
        x, y, z, w = self.observation["pose"][3:]
        a, b, c = step
        # rows of the transposed rotation matrix: the patch's x and y axes in the world
        right = (1 - 2 * (y * y + z * z)) * a + 2 * (x * y + z * w) * b + 2 * (x * z - y * w) * c
        down = 2 * (x * y - z * w) * a + (1 - 2 * (x * x + z * z)) * b + 2 * (y * z + x * w) * c
        self.act({"slide": np.array([right, down])})

    def close(self) -> None:
        """Close the environment."""
        self.env.close()


def facing_pose(point: NDArray[Any], normal: NDArray[Any], distance: float) -> NDArray[np.float64]:
    """(7,) pose of a sensor `distance` metres above `point` (3,), looking against `normal` (3,)."""
    n = np.asarray(normal, np.float64)
    pose = np.empty(7)
    pose[:3] = np.asarray(point, np.float64) + distance * n
    # the shortest turn of +z onto -n: axis z x -n = (n_y, -n_x, 0), cosine -n_z
    w = 1.0 - n[2]
    if w > 1e-6:
        pose[3:] = n[1], -n[0], 0.0, w
        pose[3:] /= np.linalg.norm(pose[3:])
    else:
        pose[3:] = 1.0, 0.0, 0.0, 0.0
    return pose
