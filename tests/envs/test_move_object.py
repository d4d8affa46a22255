"""Somebody moves the object: where it lies then, and what the sensor sees from where it is."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.envs import shapes

from colonnade_envs.camera import CameraEnv
from colonnade_envs.objects import ObjectMesh
from colonnade_envs.poses import IDENTITY, rotate
from colonnade_envs.touch import TouchEnv

SIZE = (0.20, 0.16, 0.12)


def brick() -> ObjectMesh:
    return shapes.box(*SIZE)


@pytest.mark.parametrize("body", [TouchEnv, CameraEnv])
def test_turns_about_its_middle_and_is_shifted(body: type) -> None:
    env = body([brick()])
    env.reset(seed=1)
    before = env.object_pose.copy()
    middle = before[:3] + rotate(before[3:], env.mesh.centre)
    turn = Rotation.from_rotvec([0.3, -0.5, 0.2])
    shift = np.array([0.01, -0.03, 0.02])
    observation, info = env.move_object(shift, turn.as_quat())
    after = info["object_pose"]
    assert np.allclose(after, env.object_pose)
    assert np.allclose(after[:3] + rotate(after[3:], env.mesh.centre), middle + shift)
    difference = Rotation.from_quat(after[3:]) * Rotation.from_quat(before[3:]).inv()
    assert (difference * turn.inv()).magnitude() < 1e-9
    assert env.observation_space.contains(observation)
    env.close()


def test_a_camera_stays_where_it_is_and_sees_the_object_farther_off() -> None:
    env = CameraEnv([brick()])
    observation, _ = env.reset(seed=3, options={"rotation": IDENTITY[3:]})
    goal = np.array([0.0, 0.0, 0.3, 1.0, 0.0, 0.0, 0.0])  # looks down on the middle of a face
    observation = env.step({"jump": 1, "goal": goal})[0]
    depth = observation["depth"].mean()
    later, _ = env.move_object(np.array([0.0, 0.0, -0.04]), IDENTITY[3:])
    assert np.allclose(later["pose"], observation["pose"], atol=1e-6)
    assert later["depth"].mean() - depth == pytest.approx(0.04, abs=1e-4)
    env.close()


def test_a_fingertip_touches_what_is_ahead_of_it_now() -> None:
    env = TouchEnv([brick()])
    env.reset(seed=3, options={"rotation": IDENTITY[3:]})
    goal = np.array([0.0, 0.0, 0.10, 1.0, 0.0, 0.0, 0.0])
    env.step({"jump": 1, "goal": goal})
    for lower in (0.03, -0.06):  # away from it, then beyond where it is
        before = env.object_pose[2]
        observation, _ = env.move_object(np.array([0.0, 0.0, -lower]), IDENTITY[3:])
        assert env.object_pose[2] == pytest.approx(before - lower)
        assert observation["on_object"] == 1
        top = env.object_pose[2] + SIZE[2] / 2
        assert observation["pose"][2] - top == pytest.approx(env.standoff, abs=1e-4)
    env.close()


def test_what_is_moved_aside_is_missed() -> None:
    env = TouchEnv([brick()])
    env.reset(seed=3, options={"rotation": IDENTITY[3:]})
    env.step({"jump": 1, "goal": np.array([0.09, 0.0, 0.10, 1.0, 0.0, 0.0, 0.0])})
    observation, _ = env.move_object(np.array([-0.05, 0.0, 0.0]), IDENTITY[3:])
    assert observation["on_object"] == 0
    env.close()


def test_senseless_motions_are_told() -> None:
    env = TouchEnv([brick()])
    with pytest.raises(gym.error.ResetNeeded):
        env.move_object(np.zeros(3), IDENTITY[3:])
    env.reset(seed=0)
    with pytest.raises(ValueError, match="3 finite numbers"):
        env.move_object(np.array([0.0, np.nan, 0.0]), IDENTITY[3:])
    with pytest.raises(ValueError, match="quaternion"):
        env.move_object(np.zeros(3), np.zeros(4))
    env.close()
