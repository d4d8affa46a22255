"""The tree finds what trying every triangle finds."""

from __future__ import annotations

import numpy as np
import pytest
from tests.envs import shapes
from tests.naive import bvh as naive

from colonnade_envs.bvh import build_bvh, cast_rays


def rays(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    origins = random.normal(size=(count, 3))
    origins *= 0.3 / np.linalg.norm(origins, axis=1, keepdims=True)
    return origins, random.normal(size=(count, 3)) * 0.04 - origins


@pytest.mark.parametrize("seed", range(3))
def test_equals_naive_on_a_soup_of_triangles(seed: int) -> None:
    vertices, faces = shapes.soup(seed=seed)
    origins, directions = rays(300, seed)
    distance, face, weights = cast_rays(build_bvh(vertices, faces), origins, directions)
    expected, hit = naive.closest_hits(vertices, faces, origins, directions)
    assert np.array_equal(face >= 0, hit >= 0)
    met = hit >= 0
    assert 0.05 < met.mean() < 0.98
    np.testing.assert_allclose(distance[met], expected[met], rtol=0, atol=1e-9)
    assert np.isinf(distance[~met]).all()
    points = np.einsum("rc,rck->rk", weights[met], vertices[faces[face[met]]].astype(float))
    np.testing.assert_allclose(
        points, origins[met] + expected[met, None] * directions[met], rtol=0, atol=1e-8
    )


def test_equals_naive_along_the_axes() -> None:
    mesh = shapes.box()
    axes = np.vstack([np.eye(3), -np.eye(3)])
    origins = -0.2 * axes + 0.007
    distance, _, _ = cast_rays(build_bvh(mesh.vertices, mesh.faces), origins, axes)
    expected, _ = naive.closest_hits(mesh.vertices, mesh.faces, origins, axes)
    np.testing.assert_allclose(distance, expected, rtol=0, atol=1e-12)


def test_no_ray_slips_between_triangles() -> None:
    mesh = shapes.sphere()
    tree = build_bvh(mesh.vertices, mesh.faces)
    random = np.random.default_rng(0)
    # rays from inside, most of them exactly at vertices and edges
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    on_edges = corners[:, 0] * 0.5 + corners[:, 1] * 0.5
    directions = np.vstack([mesh.vertices, on_edges, random.normal(size=(2000, 3))])
    origins = np.tile([0.001, 0.002, -0.003], (len(directions), 1))
    _, face, _ = cast_rays(tree, origins, directions - origins)
    assert (face >= 0).all()


def test_reach_and_length_of_direction() -> None:
    mesh = shapes.box()
    tree = build_bvh(mesh.vertices, mesh.faces)
    origin, ahead = [[0.0, 0.0, 0.1]], np.array([[0.0, 0.0, -2.0]])
    assert cast_rays(tree, origin, ahead)[0][0] == pytest.approx(0.035)
    assert cast_rays(tree, origin, ahead, 0.036)[1][0] >= 0
    assert cast_rays(tree, origin, ahead, 0.034)[1][0] == -1


def test_tree_covers_every_triangle_once_and_repeats() -> None:
    vertices, faces = shapes.soup(500)
    tree = build_bvh(vertices, faces)
    leaves = tree.link[:, 1] > 0
    assert tree.link[leaves, 1].sum() == len(faces)
    assert np.array_equal(np.sort(tree.face), np.arange(len(faces)))
    for first, second in zip(tree, build_bvh(vertices, faces), strict=True):
        assert first.tobytes() == second.tobytes()


def test_equal_triangles_do_not_hang() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    tree = build_bvh(vertices, np.zeros((5000, 3), np.int32) + np.arange(3, dtype=np.int32))
    distance, _, _ = cast_rays(tree, [[0.2, 0.2, 1.0]], [[0.0, 0.0, -1.0]])
    assert distance[0] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("vertices", "faces", "sentence"),
    [
        (np.zeros((3, 3)), np.zeros((0, 3)), "no triangles"),
        (np.zeros((3, 2)), np.zeros((1, 3)), "vertices"),
        (np.zeros((3, 3)), np.full((1, 3), 7), "vertex 7"),
        (np.full((3, 3), np.nan), np.array([[0, 1, 2]]), "NaN"),
    ],
)
def test_bad_meshes_are_told(vertices: np.ndarray, faces: np.ndarray, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        build_bvh(vertices, faces)


def test_bad_rays_are_told() -> None:
    mesh = shapes.box()
    with pytest.raises(ValueError, match="origins and directions"):
        cast_rays(build_bvh(mesh.vertices, mesh.faces), [[0, 0, 1]], [[0, 0]])
