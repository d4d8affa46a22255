"""Learning from views: what a camera sees from there, all of it, and nothing else."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import trimesh
from tests.agent.meshes import by_side, egg, nearest, wedge

from colonnade.engine import UnlearnableError
from colonnade.learning_views import learn_views, view_directions
from colonnade_envs.objects import ObjectMesh, make_mesh
from colonnade_models.learned import LearnedObject


def niche() -> ObjectMesh:
    """Two plates of 60 x 60 mm above each other, on a rod: from above the lower one is hidden."""
    parts = [
        trimesh.creation.box(extents, trimesh.transformations.translation_matrix([0, 0, z]))
        for extents, z in (([0.06, 0.06, 0.01], 0.03), ([0.06, 0.06, 0.01], -0.03))
    ]
    parts.append(trimesh.creation.box([0.012, 0.012, 0.05]))
    solid = trimesh.util.concatenate(parts)
    return make_mesh("niche", solid.vertices, solid.faces, corner_colour=by_side(solid))


@cache
def seen(name: str, views: int) -> LearnedObject:
    mesh = {"wedge": wedge, "egg": egg, "niche": niche}[name]()
    return learn_views(mesh, views, body="camera", seed=0)


def test_one_view_is_the_side_towards_the_camera() -> None:
    surfels = seen("egg", 1).surfels
    assert view_directions(1)[0] == pytest.approx([0, 0, 1])
    assert surfels.position[:, 2].min() > -0.001
    assert surfels.normal[:, 2].min() > 0.0
    # and all of it: an ellipse of 35 x 24 mm in voxels
    assert len(surfels.position) > 0.8 * np.pi * 0.035 * 0.024 / seen("egg", 1).spacing ** 2


def test_what_another_part_hides_is_not_learned() -> None:
    mesh, surfels = niche(), seen("niche", 1).surfels
    assert surfels.position[:, 2].min() > 0.02  # the upper plate alone
    distance, _ = nearest(mesh, surfels.position)
    assert distance.max() < 0.002


def test_views_add_up_to_the_whole_object() -> None:
    mesh = wedge()
    solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    points, _ = trimesh.sample.sample_surface(solid, 800, seed=0)
    covered = []
    for views in (1, 2, 4, 14):
        learned = seen("wedge", views)
        gaps = np.linalg.norm(points[:, None] - learned.surfels.position[None], axis=2)
        covered.append(float((gaps.min(axis=1) < 1.2 * learned.spacing).mean()))
    assert covered == sorted(covered)
    assert covered[0] < 0.6
    assert covered[-1] > 0.97


def test_the_same_twice_and_a_memory_like_any_other() -> None:
    again = learn_views(wedge(), 2, body="camera", seed=0)
    assert (again.table == seen("wedge", 2).table).all()
    assert again.steps == seen("wedge", 2).steps > 50
    assert again.seconds > 0


@pytest.mark.parametrize("views", [0, 15])
def test_there_are_14_views(views: int) -> None:
    with pytest.raises(ValueError, match="there are 1 to 14 views"):
        learn_views(wedge(), views, body="camera", seed=0)


def test_a_fingertip_has_no_views() -> None:
    with pytest.raises(ValueError, match="only a camera has views"):
        learn_views(wedge(), 1, body="touch", seed=0)


def test_an_object_that_is_never_seen_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> int:
        return 0

    monkeypatch.setattr("colonnade.learning_views._scan", nothing)
    with pytest.raises(UnlearnableError, match="egg: the camera body never met it"):
        learn_views(egg(), 1, body="camera", seed=0)
