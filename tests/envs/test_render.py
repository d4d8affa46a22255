"""Pictures: shapes, backgrounds, framing, what env.render() draws."""

from __future__ import annotations

import numpy as np
import pytest
from tests.envs import shapes
from tests.naive import render as naive

from colonnade_envs.objects import make_mesh
from colonnade_envs.patch import Canvas, paint, scene_of, trace
from colonnade_envs.poses import (
    IDENTITY,
    look_along,
    matrix_of,
    quaternion_of,
    random_quaternion,
)
from colonnade_envs.render import _shade, snapshot
from colonnade_envs.shading import corner_normals
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


@pytest.mark.parametrize("seed", range(4))
def test_light_is_that_of_plain_vectors(seed: int) -> None:
    """Smooth and sharp edges, and triangles that lie through each other."""
    random = np.random.default_rng(seed)
    corners = shapes.soup(300, seed)
    mesh = [shapes.ring(), shapes.sphere(), make_mesh("soup", *corners), shapes.box()][seed]
    axes = matrix_of(random_quaternion(random)).T
    frame = np.vstack([axes, mesh.centre - 0.15 * axes[2]])
    scene, canvas = scene_of(mesh), Canvas.of_size(32, 32)
    depth, rgb = np.empty((32, 32), np.float32), np.empty((32, 32, 3), np.float32)
    trace(scene.bvh, canvas, frame, 0.4, 0.4, 1.0)
    paint(scene, canvas, frame, 0.4, 0.4, depth, rgb)
    got = np.zeros((16, 16, 4), np.float32)
    _shade(scene.bvh, canvas, frame, 0.4, corner_normals(mesh), rgb, got)
    expected = naive.shade(scene.bvh, canvas, frame, 0.4, corner_normals(mesh), rgb, 16)
    assert expected[..., 3].mean() > 0.1
    assert np.ptp(expected[..., :3]) > 0.2
    # corners of the scene are float32: a thin triangle's weights are known to a thousandth
    np.testing.assert_allclose(got, expected, atol=2e-3)
    assert np.median(np.abs(got - expected)) < 1e-6


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
