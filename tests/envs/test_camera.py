"""The camera: where it starts, turning, going round, jumping."""

from __future__ import annotations

import numpy as np
import pytest
from tests.envs import shapes
from tests.naive import viewpoint as naive

from colonnade_envs import viewpoint
from colonnade_envs.camera import CameraEnv
from colonnade_envs.poses import matrix_of, random_quaternion


def test_starts_at_its_distance_and_sees_the_object() -> None:
    env = CameraEnv([shapes.ring(), shapes.sphere()])
    for seed in range(10):
        seen, _ = env.reset(seed=seed)
        assert seen["on_object"] == 1
        assert seen["depth"].min() == pytest.approx(0.25, abs=0.02)
        np.testing.assert_array_equal(seen["movement"], [0, 0, 0, 0, 0, 0, 1])


def test_turn_goes_towards_x_then_y_in_place() -> None:
    env = CameraEnv([shapes.sphere()])
    env.reset(seed=0)
    seen, *_ = env.step({"turn": np.array([0.1, 0.0])})
    np.testing.assert_allclose(
        seen["movement"], [0, 0, 0, 0, np.sin(0.05), 0, np.cos(0.05)], atol=1e-9
    )
    seen, *_ = env.step({"turn": np.array([0.0, 0.1])})
    np.testing.assert_allclose(
        seen["movement"], [0, 0, 0, -np.sin(0.05), 0, 0, np.cos(0.05)], atol=1e-9
    )


@pytest.mark.parametrize("seed", range(10))
def test_spinning_is_turning_about_an_own_axis(seed: int) -> None:
    random = np.random.default_rng(seed)
    frame = np.vstack([matrix_of(random_quaternion(random)).T, random.normal(0, 0.3, 3)])
    centre = random.normal(0, 0.1, 3) if seed % 2 else frame[3].copy()
    for _ in range(20):
        across, angle = int(random.integers(3)), random.uniform(-3, 3)
        expected = naive.spun(frame, across, angle, centre)
        viewpoint.spin(frame, across, angle, *centre)
        np.testing.assert_allclose(frame, expected, atol=1e-12)


def test_turning_away_loses_the_object_and_turning_back_finds_it() -> None:
    env = CameraEnv([shapes.sphere()])
    env.reset(seed=0)
    for _ in range(5):
        lost, *_ = env.step({"turn": np.array([0.2, 0.0])})
    assert lost["on_object"] == 0
    assert (lost["depth"] == np.float32(env.max_range)).all()
    for _ in range(5):
        seen, *_ = env.step({"turn": np.array([-0.2, 0.0])})
    assert seen["on_object"] == 1


def test_orbit_keeps_its_distance_and_what_it_looks_at() -> None:
    env = CameraEnv([shapes.sphere()])
    first, _ = env.reset(seed=1)
    distance = np.linalg.norm(first["pose"][:3])
    seen, *_ = env.step({"orbit": np.array([0.3, 0.0])})
    assert seen["movement"][0] > 0.05
    for _ in range(40):
        seen, *_ = env.step({"orbit": np.array([0.3, -0.2])})
        assert np.linalg.norm(seen["pose"][:3]) == pytest.approx(distance, abs=1e-12)
        assert seen["on_object"] == 1
        assert seen["depth"].min() == pytest.approx(first["depth"].min(), abs=1e-3)


def test_jumps_exactly_and_out_of_the_object() -> None:
    env = CameraEnv([shapes.sphere()], random_rotation=False)
    env.reset(seed=0)
    goal = np.array([0.0, 0.0, 0.3, 1.0, 0.0, 0.0, 0.0])
    seen, *_ = env.step({"jump": 1, "goal": goal})
    np.testing.assert_allclose(seen["pose"], goal, atol=1e-12)
    assert seen["on_object"] == 1
    goal[2] = 0.005
    seen, *_ = env.step({"jump": 1, "goal": goal})
    assert seen["pose"][2] == pytest.approx(shapes.HALF + 0.25, abs=1e-3)
    goal[2] = -0.2  # looks away from the object
    assert env.step({"jump": 1, "goal": goal})[0]["on_object"] == 0


def test_senseless_cameras_are_told() -> None:
    with pytest.raises(ValueError, match="distance"):
        CameraEnv([shapes.sphere()], distance=0.0)
    with pytest.raises(ValueError, match="max_range"):
        CameraEnv([shapes.sphere()], max_range=0.1)
