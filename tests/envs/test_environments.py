"""What gymnasium asks of both bodies: checks, vector envs, seeds, errors, imports."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv
from tests.envs import shapes

import colonnade_envs
from colonnade_envs.noise import RawNoise

BODIES = ["colonnade_envs:Touch-v0", "colonnade_envs:Camera-v0"]


def make(body: str, **options: Any) -> gym.Env:
    return gym.make(body, objects=[shapes.ring(), shapes.sphere()], **options)


def make_noisy(body: str) -> gym.Env:
    return RawNoise(make(body))


def equal(a: Any, b: Any) -> bool:
    return a.keys() == b.keys() and all(
        np.asarray(a[k]).tobytes() == np.asarray(b[k]).tobytes() for k in a
    )


@pytest.mark.parametrize("body", BODIES)
def test_check_env(body: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # metres and radians are meant: spaces are not normalised
        warnings.filterwarnings("ignore", message=".*symmetric and normalized space.*")
        check_env(make(body, render_mode="rgb_array").unwrapped)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("physics", [False, True])
def test_same_seed_same_bits(body: str, physics: bool) -> None:
    runs = []
    for seed in (7, 7, 8):
        env = make(body, physics=physics)
        env.action_space.seed(seed)
        run = [env.reset(seed=seed)[0]]
        for _ in range(15 if physics else 100):
            action = env.action_space.sample()
            action["jump"] *= env.action_space["jump"].sample()
            run.append(env.step(action)[0])
        assert all(seen in env.observation_space for seen in run)
        runs.append(run)
        env.close()
    assert all(equal(a, b) for a, b in zip(runs[0], runs[1], strict=True))
    assert not equal(runs[0][0], runs[2][0])


@pytest.mark.parametrize("body", BODIES)
def test_vector_envs_agree(body: str) -> None:
    makers: list[Callable[[], gym.Env]] = [partial(make_noisy, body)] * 2
    runs = []
    for vector in (SyncVectorEnv(makers), AsyncVectorEnv(makers, context="fork")):
        vector.action_space.seed(3)
        run = [vector.reset(seed=5)[0]]
        run += [vector.step(vector.action_space.sample())[0] for _ in range(5)]
        assert run[0]["depth"].shape == (2, 16, 16)
        runs.append([{k: np.array(v) for k, v in seen.items()} for seen in run])
        vector.close()
    assert all(equal(a, b) for a, b in zip(*runs, strict=True))
    assert not np.array_equal(runs[0][0]["pose"][0], runs[0][0]["pose"][1])


def test_makers_travel_to_a_new_process() -> None:
    vector = AsyncVectorEnv([partial(make, BODIES[0], physics=True)], context="spawn")
    try:
        seen, _ = vector.reset(seed=0)
        assert seen["on_object"][0] == 1
    finally:
        vector.close()


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ({"slide": np.array([np.nan, 0.0])}, "finite"),
        ({"slide": np.zeros(3)}, "2 numbers"),
        ({"slide": "left"}, "2 numbers"),
        ({"twist": np.array([np.inf])}, "finite"),
        ({"jump": 1}, "needs a 'goal'"),
        ({"jump": 1, "goal": np.zeros(7)}, "length 0"),
        ({"jump": 1, "goal": np.full(7, np.nan)}, "finite"),
        ({"jump": 1, "goal": np.zeros(3)}, "7 numbers"),
        ({"fly": 1}, "parts"),
        (np.zeros(2), "parts"),
    ],
)
def test_bad_actions_are_told_in_one_sentence(action: Any, sentence: str) -> None:
    env = make(BODIES[0]).unwrapped
    env.reset(seed=0)
    with pytest.raises(ValueError, match=sentence) as error:
        env.step(action)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("action", [{"turn": [0, np.nan]}, {"orbit": [0]}, {"slide": [0, 0]}])
def test_bad_camera_actions_are_told(action: Any) -> None:
    env = make(BODIES[1]).unwrapped
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"action"):
        env.step(action)


def test_slides_beyond_the_bounds_are_cut() -> None:
    env = make(BODIES[0]).unwrapped
    env.reset(seed=0, options={"object": "sphere"})
    seen, *_ = env.step({"slide": np.array([5.0, 0.0])})
    # 2 cm of arc on the sphere, seen from 25 mm in front of it
    turned = 2 * np.arccos(seen["movement"][6])
    assert turned == pytest.approx(0.02 / shapes.HALF, rel=0.1)


@pytest.mark.parametrize("options", [{"rotation": [0, 0, 0]}, {"rotation": [0] * 4}, {"size": 1}])
def test_bad_options_are_told(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="option"):
        make(BODIES[0]).unwrapped.reset(seed=0, options=options)


def test_bad_objects_are_told() -> None:
    ball = shapes.sphere()
    for objects, names in (([], None), ([ball, ball], None), ([ball], ["cube"])):
        with pytest.raises(ValueError, match="object"):
            gym.make(BODIES[0], objects=objects, names=names)


@pytest.mark.parametrize("body", BODIES)
def test_an_unknown_object_is_told_with_those_there_are(body: str) -> None:
    env = make(body).unwrapped
    with pytest.raises(ValueError, match="no object 'ring2': did you mean ring"):
        env.reset(options={"object": "ring2"})
    with pytest.raises(ValueError, match="no object 'xyz': it has ring, sphere"):
        env.reset(options={"object": "xyz"})


@pytest.mark.parametrize("body", BODIES)
def test_a_patch_that_sensing_cannot_read_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match="resolution must be 4 to 256"):
        make(body, resolution=3)
    make(body, resolution=4).reset(seed=0)


def test_step_before_reset_is_told() -> None:
    with pytest.raises(gym.error.ResetNeeded):
        make(BODIES[0]).unwrapped.step({})


def test_names_the_package_exports() -> None:
    assert colonnade_envs.TouchEnv.__name__ == "TouchEnv"
    assert colonnade_envs.CameraEnv.__name__ == "CameraEnv"
    with pytest.raises(AttributeError):
        _ = colonnade_envs.nothing


def run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_importing_needs_neither_gymnasium_nor_pybullet() -> None:
    run(
        "import sys; sys.modules.update(gymnasium=None, pybullet=None)\n"
        "import colonnade_envs\n"
        "from colonnade_envs import patch, bvh, poses\n"
        "try:\n    colonnade_envs.TouchEnv\n"
        "except ImportError as error:\n    assert 'colonnade[sim]' in str(error), error\n"
        "else:\n    raise SystemExit('no error')\n"
    )


def test_without_pybullet_only_physics_is_missing() -> None:
    run(
        "import sys; sys.modules['pybullet'] = None\n"
        "import colonnade_envs\n"
        "from tests.envs import shapes\n"
        "from colonnade_envs.world import WorldError\n"
        "colonnade_envs.TouchEnv([shapes.sphere()]).reset(seed=0)\n"
        "try:\n    colonnade_envs.TouchEnv([shapes.sphere()], physics=True).reset(seed=0)\n"
        "except WorldError as error:\n    assert 'colonnade[sim]' in str(error), error\n"
        "else:\n    raise SystemExit('no error')\n"
    )
