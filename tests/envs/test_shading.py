"""Normals for pictures: flat sides, sharp and round edges."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from tests.envs import shapes
from tests.naive import render as naive

from colonnade_envs.objects import make_mesh
from colonnade_envs.shading import corner_normals


@pytest.mark.parametrize("seed", range(4))
def test_they_are_those_of_a_plain_average(seed: int) -> None:
    mesh = [
        shapes.ring(), shapes.sphere(), make_mesh("soup", *shapes.soup(200, seed)), shapes.box()
    ][seed]  # fmt: skip
    expected = naive.corner_normals(mesh.vertices, mesh.faces, 40.0)
    np.testing.assert_allclose(corner_normals(mesh), expected, atol=1e-5)


def fan(faces: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Triangles round one tip, which stands above the side of a circle of 60 mm."""
    turn = 2 * np.pi * np.arange(faces) / faces
    rim = 0.03 * np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1)
    k = np.arange(faces)
    triangles = np.stack([np.full(faces, faces), k, (k + 1) % faces], axis=1)
    return np.concatenate([rim, [[0.025, 0, 0.01]]]).astype(np.float32), triangles


def test_many_faces_at_a_place_are_averaged_together() -> None:
    """Those that are steep stay as they are."""
    mesh = make_mesh("fan", *fan(1100))
    normals = corner_normals(mesh)
    np.testing.assert_allclose(
        normals, naive.corner_normals(mesh.vertices, mesh.faces, 40.0), atol=1e-4
    )
    assert 10 < len(np.unique(normals[:, 0], axis=0)) < 1000


def test_a_side_is_flat_whatever_is_behind_its_edges() -> None:
    """A tray without normals in its file: its wide walls share corners with its narrow rim."""
    inner = trimesh.creation.box((0.056, 0.046, 0.04))
    inner.apply_translation((0, 0, 0.003))
    tray = trimesh.boolean.difference([trimesh.creation.box((0.06, 0.05, 0.04)), inner])
    normals = corner_normals(make_mesh("tray", tray.vertices.astype(np.float32), tray.faces))
    np.testing.assert_allclose(normals, np.repeat(tray.face_normals[:, None], 3, axis=1), atol=1e-6)


def test_a_box_has_flat_sides_however_they_are_cut() -> None:
    box = trimesh.creation.box((0.05, 0.04, 0.03))
    mesh = make_mesh("box", box.vertices.astype(np.float32), box.faces)
    normals = corner_normals(mesh)
    assert np.allclose(normals, box.face_normals[:, None], atol=1e-6)


def test_a_wide_side_is_flat_up_to_a_narrow_round_edge() -> None:
    """A square of 40 mm whose rim bends down by 20 degrees over 1 mm."""
    inner = 0.02 * np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
    outer = inner * 1.05 - [0, 0, 0.001 * np.tan(np.radians(20))]
    faces = [[0, 1, 2], [0, 2, 3]]
    for k in range(4):
        m = (k + 1) % 4
        faces += [[k, 4 + k, 4 + m], [k, 4 + m, m]]
    normals = corner_normals(make_mesh("tile", np.concatenate([inner, outer]), np.array(faces)))
    assert np.degrees(np.arccos(normals[:2, :, 2].min())) < 1.5
