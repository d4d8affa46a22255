"""What every simulated body shares: the object in the world, spaces, observations, checks."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from colonnade_envs import fingertip
from colonnade_envs.objects import ObjectMesh, ObjectSet, open_object_set
from colonnade_envs.objects.object_set import suggestion
from colonnade_envs.patch import Canvas, Scene, scene_of
from colonnade_envs.poses import (
    IDENTITY,
    matrix_of,
    pose_product,
    random_quaternion,
    rotate,
)
from colonnade_envs.probe import Probe

__all__ = ["WORKSPACE", "Body", "Observation", "pose_space"]

Observation = dict[str, Any]
Action = Mapping[str, Any]

WORKSPACE = 10.0
"""Half side in metres of the cube round the world's origin that bodies stay in."""

_FARTHEST = 8.0  # metres from the origin to a goal; one farther off is drawn in to it


def pose_space(half_side: float) -> spaces.Box:
    """(7,) float64 poses: position within +-half_side metres, quaternion xyzw."""
    high = np.array([half_side] * 3 + [1.0] * 4)
    return spaces.Box(-high, high, dtype=np.float64)


class Body(gym.Env[Observation, Action]):
    """A sensor and one object; subclasses say how the sensor moves.

    Observation: a dict of

    - `depth` (P, P) float32, metres along the view axis, `max_range` where nothing is;
    - `rgb` (P, P, 3) float32, 0..1, 0 where nothing is;
    - `pose` (7,) float64, the sensor in the world: metres, quaternion xyzw (z is the view axis,
      x runs along the patch's rows to the right, y down);
    - `movement` (7,) float64, the same pose in the frame of the previous observation's sensor;
    - `on_object` 0 or 1, whether the middle ray meets the object within reach.

    The reward is always 0 and no step ends an episode. With physics off the object lies with the
    centre of its bounding box at the world's origin, and moves only by `move_object`.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012

    objects: Mapping[str, ObjectMesh]
    """The objects that `reset` chooses from."""
    max_range: float
    """Metres along the view axis beyond which nothing is seen."""
    max_slide: float = 0.0
    """Metres that one slide may go along each of the sensor's axes; 0 where it cannot slide."""
    mesh: ObjectMesh
    """The object of this episode."""
    object_pose: NDArray[np.float64]
    """(7,) of the object's own frame in the world."""

    def __init__(
        self,
        objects: str | Path | ObjectSet | Sequence[ObjectMesh],
        names: Sequence[str] | None,
        resolution: int,
        fov_deg: float,
        max_range: float,
        physics: bool,
        random_rotation: bool,
        render_mode: str | None,
        action_parts: dict[str, spaces.Space[Any]],
    ) -> None:
        if not 4 <= resolution <= 256:
            raise ValueError(f"resolution must be 4 to 256 pixels a side, not {resolution}")
        if not 0.0 < fov_deg <= 120.0:
            raise ValueError(f"fov_deg must be above 0 and at most 120 degrees, not {fov_deg}")
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ValueError(f"render_mode must be None or 'rgb_array', not {render_mode!r}")
        self.objects = _open(objects, names)
        self._names = tuple(self.objects)
        self.resolution, self.fov_deg, self.max_range = resolution, fov_deg, float(max_range)
        self.physics, self.random_rotation, self.render_mode = physics, random_rotation, render_mode
        self._tangent = math.tan(math.radians(fov_deg) / 2.0)
        self._canvas = Canvas.of_size(resolution, resolution)
        self._hand = fingertip.Hand.new()
        self._lens: fingertip.Lens
        self._path: list[NDArray[np.float64]] = []
        self._world: Any = None
        self._ready = False
        size = (resolution, resolution)
        self.observation_space = spaces.Dict(
            depth=spaces.Box(0.0, self.max_range, size, np.float32),
            rgb=spaces.Box(0.0, 1.0, (*size, 3), np.float32),
            pose=pose_space(WORKSPACE),
            movement=pose_space(4.0 * WORKSPACE),
            on_object=spaces.Discrete(2),
        )
        self.action_space = spaces.Dict(
            action_parts | {"jump": spaces.Discrete(2), "goal": pose_space(WORKSPACE)}
        )
        self._parts = frozenset(self.action_space.keys())

    @property
    def world(self) -> Any:
        """The PyBullet world with the object at its pose, opened when it is first asked for.

        Rays never ask PyBullet, so with physics off nothing but this property needs it: training
        pays neither for its import nor for a body a reset, and runs where there is no wheel.
        Once open it follows every `reset`. Raises RuntimeError where PyBullet is missing.
        """
        if self._world is None:
            from colonnade_envs.world import World

            self._world = World(physics=self.physics)
            if self._ready:
                self._world.place(self.mesh, self.object_pose)
        return self._world

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Put an object into the world and the sensor to a random place on it.

        options: `object` a name of the set, `rotation` (4,) quaternion xyzw; what is not given is
        drawn. info: `object` the name, `object_pose` (7,) in the world. Raises ValueError for
        other options and for an object that is not in the set.
        """
        super().reset(seed=seed)
        options = {} if options is None else options
        unknown = set(options) - {"object", "rotation"}
        if unknown:
            raise ValueError(
                f"reset takes the options 'object' and 'rotation', not {sorted(unknown)}"
            )
        # always the same draws, so that naming the object does not change where it is touched
        name = self._names[int(self.np_random.integers(len(self._names)))]
        rotation = random_quaternion(self.np_random)
        if not self.random_rotation:
            rotation = IDENTITY[3:].copy()
        if options.get("object") is not None:
            name = options["object"]
            if name not in self._names:
                raise ValueError(
                    f"there is no object {name!r}: {suggestion(str(name), self._names)}"
                )
        if options.get("rotation") is not None:
            rotation = _unit_quaternion(options["rotation"], "the option 'rotation'")
        self.mesh = self.objects[name]
        self._scene: Scene = scene_of(self.mesh)
        pose = np.concatenate([-(matrix_of(rotation) @ self.mesh.centre), rotation])
        if self.physics:
            self._ready = False  # or a world that opens now would place the object before
        if self._world is not None or self.physics:
            pose = self.world.place(self.mesh, pose)
        self._set_object_pose(pose)
        self._ready = True
        self._path.clear()
        observation = self._start()
        self._path.append(observation["pose"])
        return observation, {"object": name, "object_pose": self.object_pose.copy()}

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Move the sensor and look. Parts of the action that are left out are 0."""
        if not self._ready:
            raise gym.error.ResetNeeded("call reset() before the first step()")
        if not isinstance(action, Mapping) or not self._parts.issuperset(action):
            raise ValueError(
                f"an action is a dict with (some of) the parts {sorted(self._parts)}, not "
                f"{sorted(action) if isinstance(action, Mapping) else type(action).__name__}"
            )
        observation = self._move(action)
        if self.render_mode is not None:
            self._path.append(observation["pose"])
        return observation, 0.0, False, False, {}

    def move_object(
        self, shift: NDArray[Any], turn: NDArray[Any]
    ) -> tuple[Observation, dict[str, Any]]:
        """Somebody moves the object, then the sensor looks again from where it is in the world.

        shift: (3,) metres; turn: (4,) quaternion xyzw about the centre of its bounding box. A
        fingertip touches what is ahead of it now; one that finds nothing there slides on, as after
        any jump into the void, from its last place on the object. Returns what `step` observes
        and an info with the `object_pose` (7,). Raises ResetNeeded before the first `reset`,
        ValueError if the motion makes no sense.
        """
        if not self._ready:
            raise gym.error.ResetNeeded("call reset() before move_object()")
        turn = _unit_quaternion(turn, "the turn of the object")
        way = np.asarray(shift, np.float64)
        if way.shape != (3,) or not np.isfinite(way).all():
            raise ValueError(f"the object is shifted by 3 finite numbers, not {shift!r}")
        before = self.object_pose
        middle = before[:3] + rotate(before[3:], self.mesh.centre)
        pose = pose_product(np.append(np.zeros(3), turn), before)
        pose[:3] = middle + way - rotate(pose[3:], self.mesh.centre)
        if self._world is not None:
            pose = self.world.place(self.mesh, pose)
        self._set_object_pose(pose)
        observation = self.step({"jump": 1, "goal": self._hand.pose.copy()})[0]
        return observation, {"object_pose": self.object_pose.copy()}

    def render(self) -> Any:
        """(H, W, 3) uint8 picture of the object with the sensor, its view axis and its path."""
        if self.render_mode is None:
            raise ValueError("make the environment with render_mode='rgb_array' to render it")
        if not self._ready:
            raise gym.error.ResetNeeded("call reset() before render()")
        from colonnade_envs.render import episode_picture

        return episode_picture(
            self.mesh, self.object_pose, self._hand.pose, self._path, math.radians(self.fov_deg)
        )

    def close(self) -> None:
        """Disconnect from PyBullet if the world was opened; may be called twice."""
        if self._world is not None:
            self._world.close()
            self._world = None

    def probe(self) -> Probe:
        """The sensor and the object of this episode as kernels drive them, after `reset`.

        It shares the hand with the environment: what one of them moves the other finds moved.
        What it saw stands in arrays of its own, which are 0 until it moves; its moves are not in
        the path that `render` draws. Another `reset` makes it worthless. Raises ResetNeeded before
        the first one.
        """
        if not self._ready:
            raise gym.error.ResetNeeded("call reset() before probe()")
        side = self.resolution
        return Probe(
            self._scene,
            self._canvas,
            self._hand,
            self._lens,
            self.max_slide > 0.0,
            self.max_slide,
            np.zeros((4, 3)),
            np.zeros((side, side), np.float32),
            np.zeros((side, side, 3), np.float32),
            np.zeros(7),
            np.zeros(7),
            np.zeros(7),
            np.zeros(7),
        )

    @abstractmethod
    def _start(self) -> Observation:
        """Put the sensor to its first place; self._scene and self.object_pose are set."""

    @abstractmethod
    def _move(self, action: Action) -> Observation:
        """Do an action."""

    def _observe(self, move: Callable[..., bool], *arguments: Any) -> Observation:
        """What the sensor sees after `move`, a kernel of this scene, canvas, hand and arguments."""
        side = self.resolution
        depth = np.empty((side, side), np.float32)
        rgb = np.empty((side, side, 3), np.float32)
        pose, movement = np.empty(7), np.empty(7)
        felt = move(self._scene, self._canvas, self._hand, *arguments, depth, rgb, pose, movement)
        return {
            "depth": depth,
            "rgb": rgb,
            "pose": pose,
            "movement": movement,
            "on_object": int(felt),
        }

    def _set_object_pose(self, pose: NDArray[np.float64]) -> None:
        """Tell the kernels where the object lies; with physics also where the table is."""
        self.object_pose = pose
        rotation = matrix_of(pose[3:])
        self._hand.object[:3] = rotation.T
        self._hand.object[3] = pose[:3]
        if self.physics:  # the sensor stays above the table
            self._hand.floor[:3] = rotation[2]
            self._hand.floor[3] = 0.005 - pose[2]

    def _surface_point(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """A random point of the object and the normal of its triangle, (3,) in its frame."""
        bvh = self._scene.bvh
        area = np.cumsum(self.mesh.face_areas[bvh.face])
        a, b, c = self.np_random.random(3)
        triangle = min(int(np.searchsorted(area, a * area[-1], side="right")), len(area) - 1)
        corner = bvh.corner[triangle].astype(np.float64)
        if b + c > 1.0:
            b, c = 1.0 - b, 1.0 - c
        point = corner[0] + b * (corner[1] - corner[0]) + c * (corner[2] - corner[0])
        return point, bvh.normal[triangle].astype(np.float64)


def vector(action: Action, part: str, low: float, high: float, size: int) -> NDArray[np.float64]:
    """(size,) part of an action, clipped to its bounds. Raises ValueError if it makes no sense."""
    try:
        value = np.array(action[part], np.float64)
    except (TypeError, ValueError):
        value = np.empty(0)
    if value.shape != (size,):
        raise ValueError(f"the action's {part!r} must be {size} numbers, not {action[part]!r}")
    if not np.isfinite(value).all():
        raise ValueError(f"the action's {part!r} must be finite, not {value.tolist()}")
    clipped: NDArray[np.float64] = value.clip(low, high)
    return clipped


def goal_pose(action: Action) -> NDArray[np.float64]:
    """(7,) goal of an action, its quaternion of unit length. Raises ValueError if it has none."""
    if "goal" not in action:
        raise ValueError("an action with 'jump' needs a 'goal': a pose (7,) in the world")
    pose = vector(action, "goal", -math.inf, math.inf, 7)
    pose[:3] *= min(1.0, _FARTHEST / max(float(np.linalg.norm(pose[:3])), 1e-9))
    pose[3:] = _unit_quaternion(pose[3:], "the action's 'goal'")
    return pose


def _unit_quaternion(values: Any, what: str) -> NDArray[np.float64]:
    try:
        quaternion = np.array(values, np.float64)
    except (TypeError, ValueError):
        quaternion = np.empty(0)
    if quaternion.shape != (4,) or not np.isfinite(quaternion).all():
        raise ValueError(f"{what} needs a quaternion x, y, z, w of finite numbers, not {values!r}")
    length = float(np.linalg.norm(quaternion))
    if length < 1e-6:
        raise ValueError(f"{what} has a quaternion of length 0: no turning is 0, 0, 0, 1")
    return quaternion / length


def _open(
    objects: str | Path | ObjectSet | Sequence[ObjectMesh], names: Sequence[str] | None
) -> Mapping[str, ObjectMesh]:
    if isinstance(objects, (str, Path)):
        return open_object_set(objects, names)
    if isinstance(objects, Mapping):
        chosen: Mapping[str, ObjectMesh] = objects
    else:
        chosen = {mesh.name: mesh for mesh in objects}
        if len(chosen) != len(objects):
            raise ValueError("two of the objects have the same name: give each its own")
    if names is not None:
        missing = [name for name in names if name not in chosen]
        if missing:
            raise ValueError(f"there is no object {missing[0]!r}, only {', '.join(chosen)}")
        chosen = {name: chosen[name] for name in names}
    if not chosen:
        raise ValueError("there are no objects: give at least one")
    return chosen
