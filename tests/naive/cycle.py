"""The cycle of a recognition through `gymnasium` steps: dicts in, dicts out, one call a stage.

Independent of `colonnade.cycle` in looping, aiming, sliding and the order of random numbers; what a
stage does (sensing, the column, where to go) is the same kernel in both and has its own reference.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.noise import StandardNoise
from colonnade.policies.choose import MOST_MISSES, STRIDE, WALKED_FIRST
from colonnade.policies.distinguish import most_telling, new_rivals
from colonnade.policies.walk import new_walk, stroll
from colonnade_envs.camera import CameraEnv
from colonnade_envs.noise import RawNoise
from colonnade_envs.objects import ObjectMesh
from colonnade_envs.poses import matrix_of
from colonnade_envs.touch import TouchEnv
from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models.memory import Memory
from colonnade_models.sensing import make_eye, sense


def facing_pose(point: NDArray[Any], normal: NDArray[Any], distance: float) -> NDArray[np.float64]:
    """(7,) pose of a sensor `distance` metres above `point` (3,), looking against `normal` (3,)."""
    n = np.asarray(normal, np.float64)
    n = n / np.linalg.norm(n)
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


def recognise(
    memory: Memory,
    mesh: ObjectMesh,
    rotation: NDArray[np.float64],
    body: str,
    noise: str,
    seed: int,
    most_steps: int,
) -> tuple[int, NDArray[np.float32], list[bool], C.Column]:
    """Verdict, percepts (T, 18), which of them were jumped to, and the column at the end."""
    env: Any = TouchEnv([mesh]) if body == "touch" else CameraEnv([mesh])
    standoff = env.standoff if body == "touch" else env.distance
    eye = make_eye(env.resolution, np.radians(env.fov_deg), env.max_range)
    settings = C.default_settings()._replace(reach=eye.max_range)
    column = C.init(memory, settings, most_percepts=most_steps)
    if noise == "raw":
        env = RawNoise(env)
    disturb = StandardNoise()
    disturb.reset(seed)
    random = np.random.default_rng([seed, 2])
    walk = new_walk(random)
    rivals, goal, percept = new_rivals(), np.zeros(6, np.float32), np.zeros(18, np.float32)
    contact, frame = np.zeros((2, 3)), np.eye(3)
    percepts: list[NDArray[np.float32]] = []
    jumps: list[bool] = []
    jumped, missed = False, 0
    observation, _ = env.reset(seed=seed, options={"rotation": rotation})
    while True:
        pose = observation["pose"]
        sense(observation["depth"], observation["rgb"], pose.astype(np.float32), eye, percept)
        if noise == "standard":
            disturb(percept)
        on = percept[P.ON_OBJECT] > 0
        if on:
            contact = percept[:6].astype(np.float64).reshape(2, 3)
        elif not percepts:
            view = matrix_of(pose[3:])[:, 2]
            contact = np.array([pose[:3] + standoff * view, -view])
        if observation["on_object"] or not jumped:  # after a jump into the void it stays there
            frame = matrix_of(pose[3:])
        percepts.append(percept.copy())
        jumps.append(jumped)
        verdict = C.step(column, memory, percept)
        if verdict != C.OPEN or len(percepts) == most_steps:
            return verdict, np.array(percepts), jumps, column
        worth = -1.0
        numbers = random.standard_normal(4)
        missed = 0 if on else missed + 1
        if column.tally[C.MET] >= WALKED_FIRST and missed < MOST_MISSES:
            worth = most_telling(column, memory, rivals, len(percepts), goal)
        jumped = worth >= 0
        if jumped:
            action = {"jump": 1, "goal": facing_pose(goal[:3], goal[3:], standoff)}
        else:
            stroll(walk, percept, numbers, STRIDE / (1 + missed))
            step = walk.step
            if body == "touch":
                action = {"slide": (frame.T @ step)[:2]}
            else:
                target = facing_pose(contact[0] + step, contact[1], standoff)
                action = {"jump": 1, "goal": target}
        observation = env.step(action)[0]
