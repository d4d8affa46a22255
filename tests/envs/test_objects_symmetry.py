"""The symmetry group: of bodies where it is known, of the built-in objects, and its angles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from colonnade_envs.objects import ObjectMesh, SymmetryGroup, make_mesh, symmetry_group
from colonnade_envs.objects.builtin import make_object
from colonnade_envs.objects.rotations import angle_of, closest_rotation, half_sphere, rotation


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "cache"))


def of(solid: trimesh.Trimesh, turn: NDArray[np.float64] | None = None) -> ObjectMesh:
    """A grey mesh of a trimesh, turned and moved off the origin."""
    vertices = solid.vertices @ (np.eye(3) if turn is None else turn).T + [0.3, -0.2, 0.1]
    return make_mesh("solid", vertices, solid.faces)


TILTED = rotation(np.array([0.6, 0.0, 0.8]), 0.7)

CASES = {
    "box": (trimesh.creation.box([0.12, 0.08, 0.05]), 4),
    "square bar": (trimesh.creation.box([0.05, 0.05, 0.12]), 8),
    "cube": (trimesh.creation.box([0.08] * 3), 24),
    "six-sided prism": (trimesh.creation.cylinder(0.06, 0.05, sections=6), 12),
    "three-sided prism": (trimesh.creation.cylinder(0.05, 0.12, sections=3), 6),
    "icosahedron": (trimesh.creation.icosahedron().apply_scale(0.08), 60),
    "pyramid": (trimesh.creation.cone(0.06, 0.1, sections=4), 4),
}


@pytest.mark.parametrize("name", CASES)
def test_finite_groups_of_known_bodies(name: str) -> None:
    solid, order = CASES[name]
    group = symmetry_group(of(solid, TILTED))
    assert len(group.rotations) == order
    assert group.axis is None
    assert_group(group)


def assert_group(group: SymmetryGroup) -> None:
    """Rotations, the identity first, closed under products within the fit's accuracy."""
    np.testing.assert_allclose(group.rotations[0], np.eye(3), atol=1e-12)
    for element in group.rotations:
        np.testing.assert_allclose(element @ element.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(element) > 0
    if group.axis is None:
        for one in group.rotations[:8]:
            for other in group.rotations[:8]:
                apart = [angle_of((one @ other).T @ element) for element in group.rotations]
                assert min(apart) < np.deg2rad(4.0)


def test_a_continuous_axis_lies_where_the_body_has_it() -> None:
    for solid, flips in (
        (trimesh.creation.cylinder(0.03, 0.12, sections=96), True),
        (trimesh.creation.cone(0.04, 0.1, sections=96), False),
    ):
        group = symmetry_group(of(solid, TILTED))
        assert group.axis is not None
        assert abs(group.axis @ TILTED[:, 2]) > np.cos(np.deg2rad(1.0))
        assert group.flips is flips
        assert len(group.rotations) == (144 if flips else 72)
        assert_group(group)


def test_a_ball_is_a_sphere_and_a_painted_one_is_not() -> None:
    solid = trimesh.creation.icosphere(subdivisions=4, radius=0.04)
    assert symmetry_group(of(solid)).spherical
    colours = np.ones((len(solid.faces), 3, 3))
    colours[solid.triangles_center[:, 2] > 0] = [1, 0, 0]
    half = symmetry_group(make_mesh("half", solid.vertices, solid.faces, corner_colour=colours))
    assert not half.spherical
    assert half.axis is not None
    assert abs(half.axis[2]) > 0.999
    assert not half.flips


def test_colour_breaks_the_symmetry_of_a_box_and_speckle_does_not() -> None:
    solid = trimesh.creation.box([0.12, 0.08, 0.05])
    for _ in range(4):
        solid = solid.subdivide()
    plain = np.full((len(solid.faces), 3, 3), 0.5)
    painted = plain.copy()
    painted[solid.triangles_center[:, 0] > 0.059] = [1, 0, 0]
    group = symmetry_group(make_mesh("painted", solid.vertices, solid.faces, corner_colour=painted))
    assert len(group.rotations) == 2  # about x
    noise = np.random.default_rng(1).normal(0.0, 0.12, (len(solid.faces), 1, 1))
    group = symmetry_group(
        make_mesh("speckled", solid.vertices, solid.faces, corner_colour=plain + noise)
    )
    assert len(group.rotations) == 4


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("ball", "sphere"),
        ("bowl", "any angle about an axis"),
        ("cup", "any angle about an axis"),
        ("can", "any angle about an axis, and turned over"),
        ("ring", "any angle about an axis, and turned over"),
        ("egg", "any angle about an axis"),
        ("box", "4 rotations"),
        ("brick", "2 rotations"),
        ("nut", "12 rotations"),
        ("dumbbell", "12 rotations"),
        ("mug", "none"),
        ("hammer", "none"),
        ("die", "none"),
        ("cereal_box", "none"),
        ("soup_can", "none"),
        ("beach_ball", "none"),
        ("banana", "none"),
        ("knife", "none"),
        ("spoon", "none"),
    ],
)
def test_built_in_objects(name: str, says: str) -> None:
    assert str(symmetry_group(make_object(name))) == says


def test_it_is_kept_on_disk_and_a_damaged_entry_is_made_again(tmp_path: Path) -> None:
    mesh = of(trimesh.creation.box([0.12, 0.08, 0.05]))
    first = symmetry_group(mesh)
    (entry,) = (tmp_path / "cache" / "symmetry").iterdir()
    again = symmetry_group(mesh)
    np.testing.assert_array_equal(first.rotations, again.rotations)
    np.testing.assert_array_equal(first.centre, again.centre)
    entry.write_bytes(entry.read_bytes()[:200])
    np.testing.assert_array_equal(symmetry_group(mesh).rotations, first.rotations)


def test_the_error_of_a_symmetric_pose_is_nothing() -> None:
    group = symmetry_group(of(trimesh.creation.box([0.12, 0.08, 0.05])))
    pose = rotation(np.array([0.0, 0.6, 0.8]), 1.1)
    for element in group.rotations:
        assert group.rotation_error(pose @ element, pose) < 1e-6
    off = pose @ rotation(np.array([1.0, 0.0, 0.0]), np.deg2rad(10.0))
    assert group.rotation_error(off, pose) == pytest.approx(np.deg2rad(10.0), abs=1e-6)


axes = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1)
angles = st.floats(-np.pi, np.pi)


def turned(axis: tuple[float, ...], angle: float) -> NDArray[np.float64]:
    return rotation(np.array(axis) / np.linalg.norm(axis), angle)


def axial(flips: bool) -> SymmetryGroup:
    axis = np.array([0.0, 0.6, 0.8])
    turns = np.stack([rotation(axis, angle) for angle in np.deg2rad(np.arange(0, 360, 5.0))])
    return SymmetryGroup(turns, np.zeros(3), axis, flips)


@settings(max_examples=60, deadline=None)
@given(axes, angles, axes, angles, angles, st.booleans())
def test_turning_about_a_continuous_axis_changes_no_error(
    a: tuple[float, ...],
    by: float,
    b: tuple[float, ...],
    and_by: float,
    free: float,
    flips: bool,
) -> None:
    group = axial(flips)
    assert group.axis is not None
    one, other = turned(a, by), turned(b, and_by)
    error = group.rotation_error(one, other)
    assert 0.0 <= error <= np.pi + 1e-9
    assert group.rotation_error(one @ rotation(group.axis, free), other) == pytest.approx(
        error, abs=1e-6
    )
    assert group.rotation_error(other, one) == pytest.approx(error, abs=1e-6)
    assert error <= angle_of(one.T @ other) + 1e-6
    sampled = min(angle_of(one.T @ other @ element) for element in group.rotations)
    if not flips:
        assert error <= sampled + 1e-6
        assert sampled <= error + np.deg2rad(2.6)


@settings(max_examples=60, deadline=None)
@given(axes, angles)
def test_rotations_are_rotations(a: tuple[float, ...], by: float) -> None:
    turn = turned(a, by)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert angle_of(turn) == pytest.approx(abs(by), abs=1e-7)
    np.testing.assert_allclose(closest_rotation(turn + 1e-9), turn, atol=1e-8)


def test_directions_are_spread_evenly_over_the_half_sphere() -> None:
    directions = half_sphere(320)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0)
    assert directions[:, 2].min() > 0
    cosine = np.abs(directions @ directions.T) - 2 * np.eye(320)
    assert np.rad2deg(np.arccos(cosine.max(axis=1))).min() > 3.0
