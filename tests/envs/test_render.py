"""Pictures: shapes, backgrounds, framing, what env.render() draws."""

from __future__ import annotations

import numpy as np
import pytest
from tests.envs import shapes

from colonnade_envs.poses import IDENTITY, look_along, quaternion_of
from colonnade_envs.render import snapshot
from colonnade_envs.touch import TouchEnv


def test_a_snapshot_frames_the_object() -> None:
    picture = snapshot(shapes.box(0.1, 0.02, 0.02), size=96)
    assert picture.shape == (96, 96, 3)
    assert picture.dtype == np.uint8
    drawn = (picture != 255).any(axis=2)
    columns = np.flatnonzero(drawn.any(axis=0))
    assert columns[0] < 12
    assert columns[-1] > 83
    assert not drawn[:2].any()
    np.testing.assert_array_equal(picture, snapshot(shapes.box(0.1, 0.02, 0.02), size=96))


def test_transparent_background_and_smooth_edges() -> None:
    picture = snapshot(shapes.sphere(), size=64, background=None)
    assert picture.shape == (64, 64, 4)
    alpha = picture[..., 3]
    assert alpha[0, 0] == 0
    assert alpha[32, 32] == 255
    assert ((alpha > 0) & (alpha < 255)).sum() > 20
    assert (alpha > 0).mean() == pytest.approx(np.pi / 4, abs=0.12)


def test_from_a_camera_pose() -> None:
    axes = look_along(np.array([0.0, 0.0, -1.0]))
    camera = np.concatenate([[0.0, 0.0, 0.3], quaternion_of(axes)])
    near = snapshot(shapes.sphere(), IDENTITY, camera, fov_deg=30.0, size=64, background=None)
    share = (np.arcsin(shapes.HALF / 0.3) / np.radians(15.0)) ** 2 * np.pi / 4
    assert (near[..., 3] > 127).mean() == pytest.approx(share, abs=0.03)


def test_light_differs_over_the_faces_of_a_box() -> None:
    picture = snapshot(shapes.painted_white_box(), size=64, background=None)
    solid = picture[picture[..., 3] == 255][:, 0]
    assert len(np.unique(solid)) >= 3
    assert solid.max() > 200


def test_render_shows_object_sensor_and_path() -> None:
    env = TouchEnv([shapes.box()], render_mode="rgb_array")
    env.reset(seed=0)
    first = env.render()
    assert first.shape == (384, 384, 3)
    assert first.dtype == np.uint8
    for _ in range(20):
        env.step({"slide": np.array([0.01, 0.003])})
    later = env.render()
    blue = (later[..., 2] > 200) & (later[..., 0] < 150)
    red = (later[..., 0] > 180) & (later[..., 1] < 80) & (later[..., 2] < 80)
    assert blue.sum() > 50
    assert red.sum() > 20
    env.step({"jump": 1, "goal": np.array([9.0, 9.0, 9.0, 0.0, 0.0, 0.0, 1.0])})
    assert env.render().shape == (384, 384, 3)


def test_rendering_must_be_asked_for() -> None:
    env = TouchEnv([shapes.box()])
    env.reset(seed=0)
    with pytest.raises(ValueError, match="rgb_array"):
        env.render()
    with pytest.raises(ValueError, match="render_mode"):
        TouchEnv([shapes.box()], render_mode="human")


def test_senseless_sizes_are_told() -> None:
    with pytest.raises(ValueError, match="size"):
        snapshot(shapes.box(), size=1)
