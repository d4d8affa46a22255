"""PyBullet's world agrees with our rays, and physics moves what the rays see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.envs import shapes

from colonnade_envs.bvh import build_bvh, cast_rays
from colonnade_envs.convex import convex_pieces, volume_and_centre
from colonnade_envs.poses import IDENTITY, matrix_of, random_quaternion, rotate

pytest.importorskip("pybullet")

from colonnade_envs.camera import CameraEnv
from colonnade_envs.touch import TouchEnv
from colonnade_envs.world import World, WorldError


@pytest.mark.parametrize("make", [shapes.sphere, shapes.box, shapes.ring])
def test_rays_agree_with_pybullet(make) -> None:  # type: ignore[no-untyped-def]
    mesh = make()
    random = np.random.default_rng(2)
    pose = np.concatenate([random.normal(size=3) * 0.05, random_quaternion(random)])
    world = World()
    np.testing.assert_array_equal(world.place(mesh, pose), pose)
    np.testing.assert_allclose(world.pose(), pose, atol=1e-12)
    origins = random.normal(size=(4000, 3))
    origins *= 0.2 / np.linalg.norm(origins, axis=1, keepdims=True)
    origins += pose[:3]
    ends = 2 * (pose[:3] + random.normal(size=(4000, 3)) * 0.02) - origins
    hit, points = world.rays(origins, ends)
    turn = matrix_of(pose[3:])
    distance, face, _ = cast_rays(
        build_bvh(mesh.vertices, mesh.faces),
        (origins - pose[:3]) @ turn,
        (ends - origins) @ turn,
        1.0,
    )
    assert np.array_equal(hit, face >= 0)
    assert 0.2 < hit.mean() < 1.0
    ours = origins + (ends - origins) * np.where(hit, distance, 0.0)[:, None]
    np.testing.assert_allclose(ours[hit], points[hit], rtol=0, atol=1e-6)
    world.close()
    world.close()


def test_patches_agree_with_pybullet() -> None:
    """The world of an environment holds the object where the patch sees it."""
    env = TouchEnv([shapes.ring()])
    for seed in range(3):
        seen, _ = env.reset(seed=seed)
        np.testing.assert_allclose(env.world.pose(), env.object_pose, atol=1e-12)
        steps = (2 * (np.arange(16) + 0.5) / 16 - 1) * np.tan(np.radians(5.7))
        across = np.stack([*np.meshgrid(steps, steps), np.ones((16, 16))], axis=-1)
        ways = across.reshape(-1, 3) @ matrix_of(seen["pose"][3:]).T * env.max_range
        hit, points = env.world.rays(np.tile(seen["pose"][:3], (256, 1)), seen["pose"][:3] + ways)
        depth = seen["depth"].ravel()
        assert np.array_equal(hit, depth < np.float32(env.max_range))
        ours = seen["pose"][:3] + ways * (depth / env.max_range)[:, None]
        np.testing.assert_allclose(ours[hit], points[hit], rtol=0, atol=1e-6)
    env.close()


def test_the_object_settles_on_the_table() -> None:
    env = CameraEnv([shapes.box()], physics=True)
    _, info = env.reset(seed=1)
    pose = info["object_pose"]
    corners = shapes.box().vertices @ matrix_of(pose[3:]).T + pose[:3]
    assert abs(corners[:, 2].min()) < 2e-3
    assert np.abs(matrix_of(pose[3:])[2]).max() > 0.999  # on one of its faces
    env.close()


def test_a_push_moves_the_object_and_the_rays_follow() -> None:
    env = TouchEnv([shapes.box()], physics=True, random_rotation=False)
    _, info = env.reset(seed=0)
    before = info["object_pose"]
    # from the side, half-way up: looks along +x
    half = np.sqrt(0.5)
    goal = np.array([-0.1, 0.0, shapes.HALF, 0.0, half, 0.0, half])
    assert env.step({"jump": 1, "goal": goal})[0]["on_object"] == 1
    seen, *_ = env.step({"push": np.array([0.03])})
    moved = env.object_pose[:3] - before[:3]
    assert 0.02 < moved[0] < 0.05
    assert abs(moved[1]) < 0.01
    np.testing.assert_allclose(env.world.pose(), env.object_pose, atol=1e-12)
    assert seen["on_object"] == 1
    point = seen["pose"][:3] + rotate(seen["pose"][3:], np.array([0, 0, seen["depth"][8, 8]]))
    assert point[0] == pytest.approx(env.object_pose[0] - shapes.HALF, abs=2e-3)
    assert "push" not in TouchEnv([shapes.box()]).action_space.spaces
    env.close()


def test_the_fingertip_stays_above_the_table() -> None:
    env = TouchEnv([shapes.box()], physics=True)
    env.reset(seed=0)
    random = np.random.default_rng(0)
    for _ in range(200):
        seen, *_ = env.step({"slide": random.uniform(-0.02, 0.02, 2)})
        assert seen["pose"][2] > 0.004
    env.close()


def test_pushing_needs_physics() -> None:
    world = World()
    world.place(shapes.box(), IDENTITY)
    with pytest.raises(WorldError, match="physics=True"):
        world.push([0, 0, 0], [1, 0, 0], 0.01)
    world.close()


def test_convex_pieces() -> None:
    box = convex_pieces(shapes.box())
    assert len(box) == 1
    volume, centre = volume_and_centre(box)
    assert volume == pytest.approx((2 * shapes.HALF) ** 3, rel=1e-6)
    np.testing.assert_allclose(centre, 0.0, atol=1e-9)
    ring = convex_pieces(shapes.ring())
    assert len(ring) > 4
    for vertices, faces in ring:  # the hole is kept free: the middle is outside of every piece
        a, b, c = (vertices[faces[:, k]] for k in range(3))
        outward = np.cross(b - a, c - a)
        assert ((outward * -a).sum(axis=1) > 0).any()


@pytest.mark.parametrize(("vertices", "triangles"), [(131_073, 10), (100, 174_763)])
def test_a_mesh_too_large_for_pybullet_is_told(vertices: int, triangles: int) -> None:
    """And the next one is placed as ever; with physics, convex pieces stand for it."""
    random = np.random.default_rng(0)
    large = replace(
        shapes.painted_white_box(),
        name="scan",
        vertices=random.normal(size=(vertices, 3)).astype(np.float32),
        faces=random.integers(0, vertices, (triangles, 3)).astype(np.int32),
    )
    world = World()
    with pytest.raises(WorldError, match=r"'scan' has .*131,072 and 174,762 at most") as error:
        world.place(large, IDENTITY)
    assert "\n" not in str(error.value)
    np.testing.assert_array_equal(world.place(shapes.box(), IDENTITY), IDENTITY)
    world.close()
