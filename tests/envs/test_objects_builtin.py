"""The built-in objects: closed, outward, of a sensible size, equal to the bit, distinguishable."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree

from colonnade_envs.objects import ObjectMesh, ObjectSetError, open_object_set, surface_points
from colonnade_envs.objects.builtin import GENERATORS, make_object
from colonnade_envs.objects.making.model import Model, colour, heal_slivers, weld
from colonnade_envs.objects.making.solids import ball, curve, cut_at, loft, rod, rounded_box, turned


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONNADE_CACHE", "off")


_made: dict[str, ObjectMesh] = {}


def made(name: str) -> ObjectMesh:
    if name not in _made:
        _made[name] = make_object(name)
    return _made[name]


def test_there_are_enough_of_them() -> None:
    assert len(GENERATORS) >= 24
    assert open_object_set("builtin").names == tuple(GENERATORS)


@pytest.mark.parametrize("name", GENERATORS)
def test_is_a_closed_solid_of_household_size(name: str) -> None:
    mesh = made(name)
    solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    assert solid.is_watertight
    assert solid.is_winding_consistent
    assert solid.volume > 5e-6  # 5 ml
    assert solid.body_count == 1
    assert 0.03 < mesh.size.max() < 0.35
    assert mesh.size.min() > 0.005
    assert 400 <= len(mesh.faces) < 25_000
    assert np.abs(mesh.centre).max() < 0.12
    assert mesh.face_areas.min() > 0.0


@pytest.mark.parametrize("name", GENERATORS)
def test_has_colours_inside_its_bounds(name: str) -> None:
    mesh = made(name)
    points = surface_points(mesh, 500)
    assert points.colour.min() >= 0.0
    assert points.colour.max() <= 1.0
    textured = mesh.face_texture >= 0
    assert np.isfinite(mesh.corner_uv).all()
    if textured.any():
        assert np.ptp(mesh.corner_uv[textured], axis=1).max() <= 1.0  # no face wraps round


@pytest.mark.parametrize("name", ["mug", "fork", "die", "soup_can", "bolt"])
def test_is_the_same_to_the_bit_each_time(name: str) -> None:
    assert make_object(name).digest == made(name).digest


def test_all_differ() -> None:
    assert len({made(name).digest for name in GENERATORS}) == len(GENERATORS)


@pytest.mark.parametrize(
    ("one", "other"),
    [("mug", "cup"), ("cup", "can"), ("can", "soup_can"), ("spoon", "fork"), ("fork", "knife"),
     ("box", "cereal_box"), ("ball", "beach_ball"), ("bowl", "plate")],
)  # fmt: skip
def test_look_alikes_still_differ_by_more_than_the_noise(one: str, other: str) -> None:
    first, second = (surface_points(made(name), 4000) for name in (one, other))
    apart, near = cKDTree(second.position - made(other).centre).query(
        first.position - made(one).centre
    )
    colours = np.linalg.norm(first.colour - second.colour[near], axis=1)
    assert np.mean((apart > 0.004) | (colours > 0.3)) > 0.1


def test_the_mug_is_hollow_with_a_wall_of_four_millimetres() -> None:
    mesh = made("mug")
    solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    place = surface_points(mesh, 20_000).position
    middle = place[(np.abs(place[:, 2] - 0.055) < 0.033) & (place[:, 0] < 0.0)]
    radius = np.hypot(middle[:, 0], middle[:, 1])
    assert radius.min() == pytest.approx(0.037, abs=2e-4)
    assert radius.max() == pytest.approx(0.041, abs=2e-4)
    assert solid.euler_number == 0  # one handle


@pytest.mark.parametrize("name", ["spoon", "fork"])
def test_cutlery_is_thin(name: str) -> None:
    mesh = made(name)
    solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    assert 0.0012 < 2 * solid.volume / solid.area < 0.004


def test_opposite_sides_of_the_die_make_seven() -> None:
    points = surface_points(made("die"), 60_000)
    dark = points.colour.mean(axis=1) < 0.6
    area = []
    for axis in range(3):
        for side in (1.0, -1.0):
            face = points.position[:, axis] * side > 0.0165
            area.append(float(np.mean(dark[face])))
    assert len({round(share, 3) for share in area}) == 6


def test_the_soup_can_reads_from_left_to_right() -> None:
    mesh = made("soup_can")
    label = mesh.face_texture >= 0
    corners = mesh.vertices[mesh.faces[label]].astype(np.float64)
    uv = mesh.corner_uv[label]
    turn = np.arctan2(corners[..., 1], corners[..., 0])
    step, across = np.diff(turn, axis=1), np.diff(uv[..., 0], axis=1)
    plain = np.abs(step) < 1.0
    assert (step * across)[plain].min() > -1e-9
    assert (np.diff(corners[..., 2], axis=1) * np.diff(uv[..., 1], axis=1)).min() > -1e-9


def test_an_unknown_object_is_said_with_close_names() -> None:
    with pytest.raises(ObjectSetError, match=r"'mugg' in builtin: did you mean mug"):
        open_object_set("builtin", ["mugg"])
    with pytest.raises(ObjectSetError, match="no built-in object"):
        make_object("unicorn")


def test_parts_keep_their_paint() -> None:
    model = Model("two")
    model.add(rounded_box((40, 40, 40), 2), colour(1, 0, 0))
    model.cut(ball(15).translate((0, 0, 20)), colour(0, 1, 0))
    mesh = model.finish()
    points = surface_points(mesh, 2000)
    green = points.colour[:, 1] > 0.5
    place = 1000.0 * points.position
    assert green.any()
    distance = np.linalg.norm(place - [0, 0, 20], axis=1)
    np.testing.assert_allclose(distance[green], 15.0, atol=0.1)
    assert np.all(distance[~green] > 14.8)


def test_needles_are_swapped_away_and_the_surface_stays_closed() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0.5, 0, 0], [0.5, 1, 0], [0.5, 0, -1.0]])
    faces = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 4], [2, 0, 4], [1, 4, 3], [4, 0, 3]])
    whose = np.zeros(len(faces), dtype=np.int64)
    faces, whose = weld(vertices, faces, whose)
    heal_slivers(vertices, faces, whose)
    solid = trimesh.Trimesh(vertices, faces, process=False)
    assert solid.is_watertight
    assert solid.area_faces.min() > 0.1


def test_the_kit_makes_what_it_says() -> None:
    path = curve([[0, 0, 0], [50, 0, 0], [100, 0, 0]])
    assert rod(path, 5.0, 64, rounded=False).volume() == pytest.approx(np.pi * 25 * 100, rel=0.01)
    assert rounded_box((10, 20, 30), 1).bounding_box() == pytest.approx((-5, -10, -15, 5, 10, 15))
    assert turned([[0, 0], [10, 0], [10, 20], [0, 20]]).volume() == pytest.approx(
        2000 * np.pi, rel=0.01
    )
    assert len(cut_at([[0, 0], [2, 0], [2, 2], [0, 2]], 0, 1.0)) == 6
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1.0]])
    rings = [np.column_stack([square, np.full(4, height)]) for height in (0.0, 1.0)]
    for order in (1, -1):  # either way round
        assert loft(np.array(rings)[:, ::order]).volume() == pytest.approx(1.0)


@pytest.mark.parametrize("closed", [False, True])
def test_a_curve_passes_through_its_points(closed: bool) -> None:
    points = np.array([[0.0, 0.0], [3.0, 1.0], [4.0, 5.0], [-1.0, 4.0]])
    line = curve(points, 5, closed=closed)
    apart = np.linalg.norm(line[:, None] - points[None], axis=2).min(axis=0)
    np.testing.assert_allclose(apart, 0.0, atol=1e-12)


def test_enlarged_is_the_same_object_larger() -> None:
    mug = open_object_set("builtin")["mug"]
    large = mug.enlarged(1.25)
    assert np.allclose(large.size, 1.25 * mug.size, rtol=1e-5)
    assert np.allclose(large.centre, 1.25 * mug.centre, atol=1e-6)
    assert large.area == pytest.approx(1.25**2 * mug.area, rel=1e-4)
    assert (large.faces == mug.faces).all()
    assert large.digest != mug.digest
