"""The fingertip: its distance, its view axis, edges, thin things, jumps."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation
from tests.envs import shapes
from tests.naive.touch import Finger, mean_normal

from colonnade_envs import fingertip
from colonnade_envs.crawl import crawl
from colonnade_envs.objects import ObjectMesh
from colonnade_envs.patch import scene_of
from colonnade_envs.poses import pose_inverse, pose_product, rotate
from colonnade_envs.touch import TouchEnv


def wander(env: TouchEnv, steps: int, seed: int, size: float = 0.004) -> list[dict]:
    """Slides in slowly turning directions."""
    random = np.random.default_rng(seed)
    angle, seen = 0.0, []
    for _ in range(steps):
        angle += random.normal() * 0.3
        slide = np.array([math.cos(angle), math.sin(angle)]) * size
        seen.append(env.step({"slide": slide})[0])
    return seen


def touched(env: TouchEnv, observation: dict) -> np.ndarray:
    """(3,) touched point in the object's frame, from what the observation says."""
    pose = pose_product(pose_inverse(env.object_pose), observation["pose"])
    side = env.resolution // 2
    depth = observation["depth"][side - 1 : side + 1, side - 1 : side + 1].mean()
    return pose[:3] + rotate(pose[3:], np.array([0.0, 0.0, float(depth)]))


def axis(env: TouchEnv, observation: dict) -> np.ndarray:
    """(3,) view axis in the object's frame."""
    pose = pose_product(pose_inverse(env.object_pose), observation["pose"])
    return rotate(pose[3:], np.array([0.0, 0.0, 1.0]))


def nearest_normals(mesh: ObjectMesh, points: np.ndarray) -> np.ndarray:
    """(N, 3) normals of the triangles that points (N, 3) lie on."""
    triangles = mesh.vertices[mesh.faces].astype(np.float64)
    normals = trimesh.triangles.normals(triangles)[0]
    found = []
    for point in points:
        nearest = trimesh.triangles.closest_point(triangles, np.tile(point, (len(triangles), 1)))
        distance = np.linalg.norm(nearest - point, axis=1)
        assert distance.min() < 3e-4
        found.append(normals[np.argmin(distance)])
    return np.array(found)


def test_keeps_distance_and_axis_on_a_sphere() -> None:
    env = TouchEnv([shapes.sphere()])
    env.reset(seed=0)
    points = []
    for seen in wander(env, 300, 1):
        assert seen["on_object"] == 1
        assert seen["depth"].min() == pytest.approx(0.025, abs=2e-4)
        point = touched(env, seen)
        assert np.linalg.norm(point) == pytest.approx(shapes.HALF, abs=3e-4)
        # the triangles of this sphere are 3 degrees apart
        outward = point / np.linalg.norm(point)
        assert axis(env, seen) @ -outward > math.cos(math.radians(2.5))
        points.append(point)
    assert (np.ptp(points, axis=0) > 1.8 * shapes.HALF).all()


def test_a_slide_is_as_long_as_asked_and_goes_straight() -> None:
    env = TouchEnv([shapes.sphere()])
    first, _ = env.reset(seed=3)
    start = touched(env, first)
    points = [start]
    for _ in range(20):
        seen, *_ = env.step({"slide": np.array([0.004, 0.0])})
        points.append(touched(env, seen))
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    assert np.median(lengths) == pytest.approx(0.004, rel=0.03)
    # a great circle: all points in one plane through the middle
    assert np.linalg.svd(np.array(points))[1][2] < 0.002


@pytest.mark.parametrize("make", [shapes.box, shapes.cylinder, shapes.ring])
def test_goes_over_all_sides_with_the_axis_to_the_normal(
    make: Callable[[], ObjectMesh],
) -> None:
    mesh = make()
    env = TouchEnv([mesh])
    env.reset(seed=0)
    points, axes, flat = [], [], []
    for seen in wander(env, 500, 2):
        points.append(touched(env, seen))
        axes.append(axis(env, seen))
        flat.append(np.ptp(seen["depth"]) < 2e-4)  # no edge in the patch
    assert (np.ptp(points, axis=0) > 0.9 * mesh.size).all()
    flat = np.array(flat)
    assert flat.mean() > 0.1
    normals = nearest_normals(mesh, np.array(points)[flat])
    aligned = -(normals * np.array(axes)[flat]).sum(axis=1)
    assert np.median(aligned) > math.cos(math.radians(1.0))
    assert np.mean(aligned > math.cos(math.radians(5.0))) > 0.95


def test_curls_round_the_edge_of_a_box_and_comes_back_to_the_start() -> None:
    env = TouchEnv([shapes.box()], random_rotation=False)
    env.reset(seed=0)
    goal = np.array([0.0, 0.0, shapes.HALF + 0.025, 1.0, 0.0, 0.0, 0.0])  # looks down
    first, *_ = env.step({"jump": 1, "goal": goal})
    assert first["on_object"] == 1
    np.testing.assert_allclose(first["pose"], goal, atol=1e-6)
    sides = []
    for _ in range(60):  # the way round is 0.24 m
        seen, *_ = env.step({"slide": np.array([0.004, 0.0])})
        way = axis(env, seen)
        sides.append((int(np.argmax(np.abs(way))), bool(way[np.argmax(np.abs(way))] > 0)))
        assert abs(touched(env, seen)[1]) < 2e-3
    order = [side for k, side in enumerate(sides) if k == 0 or side != sides[k - 1]]
    assert order[:4] == [(2, False), (0, False), (2, True), (0, True)]
    assert seen["on_object"] == 1


@pytest.mark.parametrize("thickness", [0.0005, 0.0015, 0.003])
def test_goes_round_thin_things(thickness: float) -> None:
    env = TouchEnv([shapes.box(0.02, 0.1, thickness)])
    env.reset(seed=1)
    seen = wander(env, 400, 3)
    assert np.mean([s["on_object"] for s in seen]) == 1.0
    ways = np.array([axis(env, s)[2] for s in seen])
    assert np.mean(ways > 0.9) > 0.15
    assert np.mean(ways < -0.9) > 0.15
    points = np.array([touched(env, s) for s in seen])
    assert np.ptp(points[:, 0]) > 0.018


def test_does_not_get_stuck_in_a_narrow_gap() -> None:
    parts = [trimesh.creation.box((0.03, 0.03, 0.03)) for _ in range(2)]
    parts[1].apply_translation([0.032, 0.0, 0.0])  # a gap of 2 mm, the fingertip needs 4
    foot = trimesh.creation.box((0.062, 0.03, 0.004))
    foot.apply_translation([0.016, 0.0, -0.017])
    env = TouchEnv([shapes.painted("gap", trimesh.util.concatenate([*parts, foot]))])
    env.reset(seed=0)
    seen = wander(env, 500, 6)
    points = np.array([touched(env, s) for s in seen])
    assert (np.linalg.norm(np.diff(points, axis=0), axis=1) > 4e-4).mean() > 0.95
    assert (np.ptp(points, axis=0) > 0.9 * env.mesh.size).all()
    assert all(s["on_object"] for s in seen)


def test_touches_a_thing_smaller_than_its_distance() -> None:
    env = TouchEnv([shapes.box(0.016, 0.016, 0.016)])
    env.reset(seed=1)
    seen = wander(env, 300, 4)
    ways = np.array([axis(env, s) for s in seen])
    assert all(s["on_object"] for s in seen)
    for k in range(3):
        assert ways[:, k].max() > 0.95
        assert ways[:, k].min() < -0.95


def test_movement_is_the_pose_in_the_frame_before() -> None:
    env = TouchEnv([shapes.cylinder()])
    last, _ = env.reset(seed=5)
    np.testing.assert_array_equal(last["movement"], [0, 0, 0, 0, 0, 0, 1])
    for seen in wander(env, 30, 5, size=0.01):
        before, after = Rotation.from_quat(last["pose"][3:]), Rotation.from_quat(seen["pose"][3:])
        np.testing.assert_allclose(
            seen["movement"][:3],
            before.inv().apply(seen["pose"][:3] - last["pose"][:3]),
            atol=1e-12,
        )
        turned = Rotation.from_quat(seen["movement"][3:])
        assert (turned.inv() * (before.inv() * after)).magnitude() < 1e-7
        last = seen


def test_twist_turns_about_the_view_axis() -> None:
    env = TouchEnv([shapes.sphere()])
    env.reset(seed=0)
    seen, *_ = env.step({"twist": np.array([0.3])})
    np.testing.assert_allclose(seen["movement"][:3], 0.0, atol=1e-12)
    np.testing.assert_allclose(
        seen["movement"][3:], [0, 0, math.sin(0.15), math.cos(0.15)], atol=1e-9
    )


def test_a_jump_into_nowhere_is_reported_and_the_hand_stays_at_its_last_contact() -> None:
    env = TouchEnv([shapes.sphere()])
    first, _ = env.reset(seed=0)
    goal = np.array([0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    lost, *_ = env.step({"jump": 1, "goal": goal})
    assert lost["on_object"] == 0
    np.testing.assert_allclose(lost["pose"], goal, atol=1e-12)
    assert (lost["depth"] == np.float32(env.max_range)).all()
    assert (lost["rgb"] == 0).all()
    found, *_ = env.step({"slide": np.array([0.004, 0.0])})
    assert found["on_object"] == 1
    assert np.linalg.norm(touched(env, found) - touched(env, first)) == pytest.approx(
        0.004, rel=0.05
    )


def test_a_jump_searches_ahead_and_comes_out_of_the_object() -> None:
    env = TouchEnv([shapes.sphere()], random_rotation=False)
    env.reset(seed=0)
    for height in (shapes.HALF + 0.14, shapes.HALF + 0.001, 0.01):
        goal = np.array([0.0, 0.0, height, 1.0, 0.0, 0.0, 0.0])
        seen, *_ = env.step({"jump": 1, "goal": goal})
        assert seen["on_object"] == 1
        assert seen["pose"][2] == pytest.approx(shapes.HALF + 0.025, abs=1e-3)
    far = np.array([0.0, 0.0, shapes.HALF + 0.16, 1.0, 0.0, 0.0, 0.0])
    assert env.step({"jump": 1, "goal": far})[0]["on_object"] == 0


def test_rotation_and_object_can_be_chosen() -> None:
    env = TouchEnv([shapes.box(0.02, 0.03, 0.04), shapes.sphere()])
    half = math.sqrt(0.5)
    _, info = env.reset(seed=0, options={"object": "box", "rotation": [0, 0, 2 * half, 2 * half]})
    assert info["object"] == "box"
    np.testing.assert_allclose(info["object_pose"], [0, 0, 0, 0, 0, half, half], atol=1e-12)
    names = {env.reset(seed=seed)[1]["object"] for seed in range(8)}
    assert names == {"box", "sphere"}


def test_the_crawl_equals_naive() -> None:
    random = np.random.default_rng(0)
    for mesh in (shapes.ring(), shapes.box(0.02, 0.03, 0.0005)):
        env = TouchEnv([mesh])
        for seed in range(3):
            env.reset(seed=seed)
            finger = Finger(mesh, env._hand.contact)
            for length in (0.004, 0.013, 0.007):
                side = np.cross(finger.normal, random.normal(size=3))
                side /= np.linalg.norm(side)
                left = crawl(
                    scene_of(mesh).bvh,
                    env._canvas.stack,
                    env._hand.contact,
                    *side,
                    length,
                )
                assert left == pytest.approx(finger.crawl(side, length), abs=1e-9)
                np.testing.assert_allclose(env._hand.contact[0], finger.point, atol=1e-8)
                np.testing.assert_allclose(env._hand.contact[1], finger.normal, atol=1e-6)


def test_the_averaged_normal_equals_naive() -> None:
    random = np.random.default_rng(1)
    for mesh in (shapes.ring(), shapes.cylinder(), shapes.box(0.02, 0.03, 0.001)):
        env = TouchEnv([mesh])
        for seed in range(4):
            env.reset(seed=seed)
            point, facet = env._hand.contact[0], env._hand.contact[1]
            normal = facet + 0.2 * random.normal(size=3)
            normal /= np.linalg.norm(normal)
            across = np.zeros(3)
            across[np.argmin(np.abs(normal))] = 1.0
            ours = fingertip._mean_normal(
                scene_of(mesh).bvh, env._canvas.stack, *point, *normal, 0.025, 0.1
            )
            expected = mean_normal(mesh, point, normal, 0.025, 0.1, across)
            np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_the_pose_is_the_frame_in_the_world() -> None:
    env = TouchEnv([shapes.ring()])
    for seed in range(20):
        seen, _ = env.reset(seed=seed)
        hand, lies = env._hand, Rotation.from_quat(env.object_pose[3:])
        expected = lies * Rotation.from_matrix(hand.frame[:3].T)
        assert (expected.inv() * Rotation.from_quat(seen["pose"][3:])).magnitude() < 1e-7
        np.testing.assert_allclose(
            seen["pose"][:3], lies.apply(hand.frame[3]) + env.object_pose[:3], atol=1e-12
        )
        assert seen["pose"][6] >= 0.0


@pytest.mark.parametrize("noise", [0.0002, 0.0006])
def test_stands_the_noise_of_a_scan(noise: float) -> None:
    solid = trimesh.creation.icosphere(subdivisions=5, radius=0.03)
    solid.vertices += np.random.default_rng(0).normal(size=solid.vertices.shape) * noise
    env = TouchEnv([shapes.painted("scan", solid)])
    env.reset(seed=0)
    seen = wander(env, 400, 1)
    points = np.array([touched(env, s) for s in seen])
    assert np.mean([s["on_object"] for s in seen]) > 0.99
    assert (np.ptp(points, axis=0) > 0.05).all()
    tilt = [-(axis(env, s) @ (p / np.linalg.norm(p))) for s, p in zip(seen, points, strict=True)]
    assert np.median(tilt) > math.cos(math.radians(25.0))


@pytest.mark.parametrize(
    "wrong",
    [{"standoff": 0.0}, {"max_slide": 1.0}, {"max_range": 0.01}, {"resolution": 1}, {"fov_deg": 0}],
)
def test_senseless_bodies_are_told(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        TouchEnv([shapes.sphere()], **wrong)  # type: ignore[arg-type]
