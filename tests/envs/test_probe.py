"""A probe does what the environment's steps do: one move from the same state, both ways."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from tests.agent.meshes import wedge
from tests.naive.cycle import facing_pose

from colonnade_envs.camera import CameraEnv
from colonnade_envs.patch import cast_patch
from colonnade_envs.poses import matrix_of
from colonnade_envs.probe import Probe, jump_to, look_beside, slide_along
from colonnade_envs.touch import TouchEnv

ROTATION = np.array([0.3, -0.5, 0.1, 0.8]) / np.linalg.norm([0.3, -0.5, 0.1, 0.8])


def at_start(body: str, seed: int) -> tuple[Any, dict[str, Any]]:
    env: Any = TouchEnv([wedge()]) if body == "touch" else CameraEnv([wedge()])
    observation, _ = env.reset(seed=seed, options={"rotation": ROTATION})
    return env, observation


def assert_alike(probe: Probe, felt: bool, observation: dict[str, Any]) -> None:
    assert felt == bool(observation["on_object"])
    assert np.allclose(probe.pose[:3], observation["pose"][:3], atol=1e-7)
    assert abs(probe.pose[3:] @ observation["pose"][3:]) == pytest.approx(1, abs=1e-9)
    assert np.allclose(probe.movement[:3], observation["movement"][:3], atol=1e-7)
    # a ray on the very rim of a triangle may pass it on either side
    apart = np.abs(probe.depth - observation["depth"]) > 1e-6
    assert apart.mean() < 0.02
    assert (np.abs(probe.rgb - observation["rgb"]).max(axis=2) > 1e-3).mean() < 0.02


@pytest.mark.parametrize("body", ["touch", "camera"])
@pytest.mark.parametrize("seed", range(12))
def test_jumps(body: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    normal = random.normal(size=3) if seed > 2 else np.array([0, 1e-4 * (seed == 2), 1 - 2 * seed])
    point = random.uniform(-0.02, 0.02, 3) + (0.5 * (seed == 5))  # one of them into the void
    env, _ = at_start(body, seed)
    probe = env.probe()
    felt = jump_to(probe, *point, *(3.0 * normal))
    other, _ = at_start(body, seed)
    standoff = other.standoff if body == "touch" else other.distance
    goal = facing_pose(point, normal, standoff)
    assert_alike(probe, felt, other.step({"jump": 1, "goal": goal})[0])


@pytest.mark.parametrize("seed", range(12))
def test_slides(seed: int) -> None:
    step = np.random.default_rng(seed).normal(0, 0.003 if seed % 2 else 0.04, 3)
    env, observation = at_start("touch", seed)
    probe = env.probe()
    felt = slide_along(probe, *step)
    other, _ = at_start("touch", seed)
    slide = (matrix_of(observation["pose"][3:]).T @ step)[:2]
    bound = np.clip(slide, -other.max_slide, other.max_slide)
    assert_alike(probe, felt, other.step({"slide": bound})[0])


@pytest.mark.parametrize("body", ["touch", "camera"])
@pytest.mark.parametrize("seed", range(6))
def test_another_patch_sees_what_a_sensor_there_would(body: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    env, _ = at_start(body, seed)
    probe = env.probe()
    jump_to(probe, *random.uniform(-0.02, 0.02, 3), *random.normal(size=3))
    here, hand = probe.pose.copy(), probe.hand.pose.copy()
    right, down = random.normal(0, 0.01, 2)
    felt = look_beside(probe, right, down)
    aside = here.copy()
    aside[:3] += matrix_of(here[3:])[:, :2] @ (right, down)
    patch = cast_patch(
        env.mesh,
        aside,
        object_pose=env.object_pose,
        resolution=env.resolution,
        fov_deg=env.fov_deg,
        max_range=env.max_range,
    )
    assert np.allclose(probe.aside[:3], aside[:3], atol=1e-9)
    assert abs(probe.aside[3:] @ aside[3:]) == pytest.approx(1, abs=1e-9)
    assert (np.abs(probe.depth - patch.depth) > 1e-6).mean() < 0.02
    assert (np.abs(probe.rgb - patch.rgb).max(axis=2) > 1e-3).mean() < 0.02
    middle = patch.depth[7:9, 7:9] < env.max_range
    assert felt == middle.all() or middle.any()
    assert (probe.pose == here).all()
    assert (probe.hand.pose == hand).all()


def test_a_normal_of_no_length_leaves_the_view_as_it_was() -> None:
    env, observation = at_start("camera", 0)
    probe = env.probe()
    jump_to(probe, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert np.isfinite(probe.pose).all()
    view = matrix_of(observation["pose"][3:])[:, 2]
    assert matrix_of(probe.pose[3:])[:, 2] @ view == pytest.approx(1)


def test_the_environment_goes_on_from_where_the_probe_went() -> None:
    env, _ = at_start("touch", 3)
    slide_along(env.probe(), 0.004, 0.003, -0.002)
    here = env.probe().hand.pose.copy()
    observation = env.step({})[0]
    assert np.allclose(observation["pose"], here)
    assert np.allclose(observation["movement"], [0, 0, 0, 0, 0, 0, 1])


def test_there_is_none_before_a_reset() -> None:
    with pytest.raises(gymnasium.error.ResetNeeded):
        TouchEnv([wedge()]).probe()
