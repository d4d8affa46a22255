"""A patch equals its rays cast one by one, in depth, colour and normals."""

from __future__ import annotations

import numpy as np
import pytest
from tests.envs import shapes
from tests.naive import patch as naive

from colonnade_envs.bvh import cast_rays
from colonnade_envs.objects import ObjectMesh
from colonnade_envs.patch import cast_patch, scene_of
from colonnade_envs.poses import IDENTITY, look_along, matrix_of, quaternion_of, random_quaternion


def looking_at(mesh: ObjectMesh, object_pose: np.ndarray, distance: float, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    corner = mesh.vertices[random.integers(len(mesh.vertices))] + random.normal(size=3) * 0.003
    target = matrix_of(object_pose[3:]) @ corner + object_pose[:3]
    axes = look_along(random.normal(size=3), random.uniform(0, 6))
    return np.concatenate([target - axes[:, 2] * distance, quaternion_of(axes)])


@pytest.mark.parametrize("make", [shapes.sphere, shapes.box, shapes.cylinder, shapes.ring])
@pytest.mark.parametrize(("fov", "distance"), [(11.4, 0.025), (2.9, 0.25), (70.0, 0.08)])
def test_equals_naive(make: object, fov: float, distance: float) -> None:
    mesh: ObjectMesh = make()  # type: ignore[operator]
    random = np.random.default_rng(1)
    object_pose = np.concatenate([random.normal(size=3) * 0.1, random_quaternion(random)])
    for seed in range(3):
        pose = looking_at(mesh, object_pose, distance, seed)
        seen = cast_patch(
            mesh, pose, object_pose=object_pose, resolution=9, fov_deg=fov, max_range=0.6
        )
        expected = naive.cast_patch(mesh, pose, object_pose, 9, fov, 0.6)
        assert np.array_equal(seen.face >= 0, expected["face"] >= 0)
        np.testing.assert_allclose(seen.depth, expected["depth"], rtol=0, atol=1e-7)
        same = seen.face == expected["face"]  # else a ray met an edge of both
        assert same.mean() > 0.95
        np.testing.assert_allclose(seen.rgb[same], expected["rgb"][same], rtol=0, atol=2e-4)
        np.testing.assert_allclose(seen.normal[same], expected["normal"][same], rtol=0, atol=1e-5)


def test_equals_single_rays_with_triangles_behind_the_sensor() -> None:
    vertices, faces = shapes.soup(400)
    from colonnade_envs.objects.mesh import make_mesh

    mesh = make_mesh("soup", vertices, faces)
    random = np.random.default_rng(3)
    for _ in range(20):
        pose = np.concatenate([random.normal(size=3) * 0.03, random_quaternion(random)])
        seen = cast_patch(mesh, pose, resolution=16, fov_deg=60.0, max_range=1.0)
        steps = (2 * (np.arange(16) + 0.5) / 16 - 1) * np.tan(np.radians(30))
        across = np.stack([*np.meshgrid(steps, steps), np.ones((16, 16))], axis=-1)
        directions = across.reshape(-1, 3) @ matrix_of(pose[3:]).T
        distance, face, _ = cast_rays(
            scene_of(mesh).bvh, np.tile(pose[:3], (256, 1)), directions, 1.0
        )
        assert np.array_equal(seen.face.ravel() >= 0, face >= 0)
        np.testing.assert_allclose(
            seen.depth.ravel(), np.where(face >= 0, distance, 1.0), rtol=0, atol=1e-6
        )


def test_axes_of_the_sensor() -> None:
    """Columns run along the sensor's x, rows along its y, depth along its z."""
    mesh = shapes.box(0.02, 0.02, 0.02)
    pose = np.array([0.008, 0.0, -0.06, 0.0, 0.0, 0.0, 1.0])  # looks along +z, x to the right
    seen = cast_patch(mesh, pose, resolution=8, fov_deg=30.0, max_range=0.5)
    assert (seen.face[4, :4] >= 0).all()
    assert (seen.face[4, 5:] < 0).all()
    assert seen.depth[4, 0] == pytest.approx(0.05, abs=1e-6)
    np.testing.assert_allclose(seen.normal[4, 0], [0.0, 0.0, -1.0], atol=1e-6)
    assert (seen.depth[seen.face < 0] == np.float32(0.5)).all()
    assert (seen.rgb[seen.face < 0] == 0.0).all()


def test_texture_row_0_is_the_top() -> None:
    from colonnade_envs.objects.mesh import make_mesh

    image = np.zeros((2, 2, 3), np.uint8)
    image[0, 0] = 255, 0, 0  # top left
    image[1, 1] = 0, 0, 255  # bottom right
    square = np.array([[0, 0, 0], [0.1, 0, 0], [0.1, 0.1, 0], [0, 0.1, 0]])
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    uv = (square[:, :2] * 10)[faces]
    mesh = make_mesh("card", square, faces, corner_uv=uv, face_texture=[0, 0], textures=[image])
    axes = np.column_stack([[1.0, 0, 0], [0, -1.0, 0], [0, 0, -1.0]])  # from above, y is up
    pose = np.concatenate([[0.05, 0.05, 0.1], quaternion_of(axes)])
    seen = cast_patch(mesh, pose, resolution=2, fov_deg=53.13, max_range=1.0)
    np.testing.assert_allclose(seen.rgb[0, 0], [1, 0, 0], atol=1e-3)
    np.testing.assert_allclose(seen.rgb[1, 1], [0, 0, 1], atol=1e-3)
    np.testing.assert_allclose(seen.rgb[0, 1], [0, 0, 0], atol=1e-3)


@pytest.mark.parametrize(("fov", "resolution"), [(0.0, 8), (175.0, 8), (10.0, 0)])
def test_senseless_sensors_are_told(fov: float, resolution: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        cast_patch(shapes.box(), IDENTITY, fov_deg=fov, resolution=resolution)
