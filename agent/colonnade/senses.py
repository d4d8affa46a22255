"""Senses: a simulated body together with the eye that turns its patches into percepts.

`Robot` is the same as arrays, for the kernel in which an episode runs; `Senses` sets it up and
drives it step by step from Python.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade.noise import NUMBERS, StandardNoise, disturb
from colonnade_envs.body import Body, Observation
from colonnade_envs.camera import CameraEnv
from colonnade_envs.noise import RAW_SIGMA, disturb_depth, raw_stream
from colonnade_envs.objects import ObjectMesh
from colonnade_envs.poses import matrix_of
from colonnade_envs.probe import Probe, jump_to, look_beside, slide_along
from colonnade_envs.touch import TouchEnv
from colonnade_models.kernel import kernel
from colonnade_models.percept import LOCATION, NORMAL, ON_OBJECT, PERCEPT_SIZE
from colonnade_models.sensing import Eye, make_eye, sense

__all__ = ["BodyName", "Chance", "NoiseName", "Robot", "Senses", "go", "jump", "perceive"]

BodyName = Literal["touch", "camera"]
NoiseName = Literal["none", "standard", "raw"]

CROSS = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
SPACING = 0.012
"""Metres from the middle patch to the others: near enough for small things, far enough to tell."""
DRAWN_AT_ONCE = 32
"""Steps for which numbers are drawn together."""


class Robot(NamedTuple):
    """A body and an eye, as kernels drive them."""

    probe: Probe
    eye: Eye
    pose: NDArray[np.float32]
    """(7,) scratch."""
    percepts: NDArray[np.float32]
    """(C, 18) the latest, one of each patch."""
    percept: NDArray[np.float32]
    """(18,) that of the first patch: the first row of `percepts`."""
    beside: NDArray[np.float64]
    """(C, 2) metres of each patch from the first along the sensor's x and y."""
    contact: NDArray[np.float64]
    """(2, 3) point and normal of the last percept on the object, world frame; before the first,
    what the sensor looks at."""


class Chance(NamedTuple):
    """Standard normal numbers for the next steps; empty for a noise that is not asked for."""

    depth: NDArray[np.float64]
    """(N, P, P) for raw noise."""
    percept: NDArray[np.float64]
    """(N, 12) for standard noise."""


@kernel
def _sense_patch(
    robot: Robot, chance: Chance, k: int, pose: NDArray[np.float64], percept: NDArray[np.float32]
) -> None:
    """The percept of what the probe saw last from `pose`, with the k-th of the numbers as noise."""
    probe = robot.probe
    if chance.depth.shape[0] > 0:
        disturb_depth(probe.depth, chance.depth[k], RAW_SIGMA, probe.lens.reach)
    for i in range(7):
        robot.pose[i] = pose[i]
    sense(probe.depth, probe.rgb, robot.pose, robot.eye, percept)
    if chance.percept.shape[0] > 0:
        disturb(percept, chance.percept[k])


@kernel
def perceive(robot: Robot, chance: Chance, k: int) -> None:
    """The percepts of all patches where the sensor is, with the k-th share of numbers as noise."""
    patches = robot.percepts.shape[0]
    _sense_patch(robot, chance, k * patches, robot.probe.pose, robot.percept)
    for j in range(1, patches):
        look_beside(robot.probe, robot.beside[j, 0], robot.beside[j, 1])
        _sense_patch(robot, chance, k * patches + j, robot.probe.aside, robot.percepts[j])
    if robot.percept[ON_OBJECT] > 0.0:
        for i in range(3):
            robot.contact[0, i] = robot.percept[LOCATION + i]
            robot.contact[1, i] = robot.percept[NORMAL + i]


@kernel
def jump(robot: Robot, target: NDArray[Any]) -> None:
    """Lift off and look at a point from outside, against a normal: (6,), world frame."""
    jump_to(robot.probe, target[0], target[1], target[2], target[3], target[4], target[5])


@kernel
def go(robot: Robot, step: NDArray[np.float64]) -> None:
    """Go on by `step` (3,) metres, world frame, along the surface.

    A fingertip slides by the part that lies in its patch's plane; a camera moves until it faces
    the place.
    """
    if robot.probe.touches:
        slide_along(robot.probe, step[0], step[1], step[2])
    else:
        at, n = robot.contact[0], robot.contact[1]
        jump_to(robot.probe, at[0] + step[0], at[1] + step[1], at[2] + step[2], n[0], n[1], n[2])


def _show(probe: Probe, observation: Observation) -> None:
    """What the environment observed becomes what the probe saw last."""
    for part in ("depth", "rgb", "pose", "movement"):
        getattr(probe, part)[:] = observation[part]


class Senses:
    """One body in a world with one object, giving percepts in the world's frame."""

    def __init__(
        self, mesh: ObjectMesh, body: BodyName, noise: NoiseName = "none", columns: int = 1
    ) -> None:
        """`columns` is the number of patches side by side, 1 to 5: a cross."""
        self.env: Body = TouchEnv([mesh]) if body == "touch" else CameraEnv([mesh])
        env = self.env
        self.eye = make_eye(env.resolution, np.radians(env.fov_deg), env.max_range)
        self.slides = env.max_slide > 0.0
        self.noise = noise
        self.beside = SPACING * CROSS[:columns]
        self.robot: Robot

    def reset(self, rotation: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
        """Lay the object turned by `rotation` (4,) and land on it; returns its pose (7,)."""
        observation, info = self.env.reset(seed=seed, options={"rotation": rotation})
        probe = self.env.probe()
        _show(probe, observation)
        percepts = np.zeros((len(self.beside), PERCEPT_SIZE), np.float32)
        self.robot = Robot(
            probe,
            self.eye,
            np.zeros(7, np.float32),
            percepts,
            percepts[0],
            self.beside,
            self._ahead(observation["pose"]),
        )
        self._raw = raw_stream(seed)
        self._standard = StandardNoise()
        self._standard.reset(seed)
        self._chance = self.draw(0)
        self._drawn = 0
        pose: NDArray[np.float64] = info["object_pose"]
        return pose

    def _ahead(self, pose: NDArray[np.float64]) -> NDArray[np.float64]:
        """(2, 3) the point that the sensor looks at and a normal towards it: a first contact."""
        view = matrix_of(pose[3:])[:, 2]
        return np.stack([pose[:3] + self.env.probe().lens.standoff * view, -view])

    def draw(self, steps: int = DRAWN_AT_ONCE) -> Chance:
        """Numbers for the noise of the next steps."""
        side, steps = self.env.resolution, steps * len(self.beside)
        raw, standard = self.noise == "raw", self.noise == "standard"
        return Chance(
            self._raw.standard_normal((steps, side, side)) if raw else np.zeros((0, side, side)),
            self._standard.draw(steps) if standard else np.zeros((0, NUMBERS)),
        )

    def move_object(
        self, shift: NDArray[np.float64], turn: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Shift the object (3,), metres, and turn it (4,), then look again; its new pose (7,)."""
        observation, info = self.env.move_object(shift, turn)
        _show(self.robot.probe, observation)
        pose: NDArray[np.float64] = info["object_pose"]
        return pose

    @property
    def percept(self) -> NDArray[np.float32]:
        """(18,) the latest; the same array every time."""
        return self.robot.percept

    def sense(self) -> NDArray[np.float32]:
        """The percept (18,) of what the sensor sees; the same array every time."""
        if self.noise != "none" and self._drawn * len(self.beside) == max(map(len, self._chance)):
            self._chance, self._drawn = self.draw(), 0
        perceive(self.robot, self._chance, self._drawn)
        self._drawn += 1
        return self.robot.percept

    def jump_to(self, point: NDArray[Any], normal: NDArray[Any]) -> None:
        """Lift off and look at `point` (3,) from outside, against `normal` (3,), world frame."""
        jump(self.robot, np.concatenate([point, normal]).astype(np.float32))

    def slide_along(self, step: NDArray[Any]) -> None:
        """Go on by `step` (3,) metres, world frame, along the surface."""
        go(self.robot, np.asarray(step, np.float64))

    def close(self) -> None:
        """Close the environment."""
        self.env.close()
