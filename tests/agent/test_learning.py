"""Learning with a real body: the whole surface, the same bits every time, no other object."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import trimesh
from tests.agent.meshes import nearest, roller, wedge

from colonnade.learning import learn_object
from colonnade_envs.objects import ObjectMesh
from colonnade_models.learned import LearnedObject

MESHES = {"wedge": wedge, "roller": roller}


@cache
def known(name: str, body: str = "touch") -> LearnedObject:
    return learn_object(MESHES[name](), body=body, seed=0)  # type: ignore[arg-type]


def solid_of(mesh: ObjectMesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)


@pytest.mark.parametrize(
    ("name", "body"), [("wedge", "touch"), ("roller", "touch"), ("wedge", "camera")]
)
def test_surfels_cover_the_mesh_and_lie_on_it(name: str, body: str) -> None:
    mesh, learned = MESHES[name](), known(name, body)
    assert learned.name == name
    assert learned.steps > 100
    assert learned.seconds > 0
    position = learned.surfels.position.astype(float)
    distance, _ = nearest(mesh, position)
    # a surfel is the mean of a voxel: over an edge it sinks in by at most a third of one
    assert distance.max() < 0.5 * learned.spacing
    assert np.median(distance) < 0.0002
    points, _ = trimesh.sample.sample_surface(solid_of(mesh), 1500, seed=0)
    gaps = np.linalg.norm(points[:, None] - position[None], axis=2).min(axis=1)
    assert np.percentile(gaps, 98) < 1.2 * learned.spacing
    assert gaps.max() < 3 * learned.spacing


def test_normals_and_curvatures_are_those_of_a_cylinder() -> None:
    s = known("roller").surfels
    side = (np.abs(s.position[:, 2]) < 0.024) & (np.linalg.norm(s.position[:, :2], axis=1) > 0.017)
    assert side.sum() > 100
    outward = s.position[side] * [1, 1, 0]
    outward /= np.linalg.norm(outward, axis=1)[:, None]
    assert (outward * s.normal[side]).sum(axis=1).min() > 0.97
    assert np.median(s.curvature[side, 0]) == pytest.approx(1 / 0.018, rel=0.1)
    assert abs(np.median(s.curvature[side, 1])) < 3


def test_colours_are_those_of_the_sides() -> None:
    s = known("wedge").surfels
    base = (np.abs(s.normal[:, 2] + 1) < 0.01) & (s.colour_hsv[:, 2] > 0)
    assert base.sum() > 20
    assert np.percentile(np.ptp(s.colour_hsv[base], axis=0), 50) < 0.6
    assert np.std(s.colour_hsv[base][:, 0]) < 0.1
    assert np.std(s.colour_hsv[:, 0]) > 0.15  # while the sides differ


def test_the_cylinder_knows_its_ring_of_twins() -> None:
    twins = known("roller").twins[:, :9].reshape(-1, 3, 3)
    assert len(twins) > 10
    assert np.abs(twins[:, 2, 2]).min() > 0.98
    assert (twins[:, 2, 2] < 0).any()  # end over end


@pytest.mark.parametrize("body", ["touch", "camera"])
def test_learning_again_gives_the_same_bits(body: str) -> None:
    a, b = known("wedge", body), learn_object(wedge(), body=body, seed=0)  # type: ignore[arg-type]
    assert a.table.tobytes() == b.table.tobytes()
    assert a.twins.tobytes() == b.twins.tobytes()
    assert (a.steps, a.spacing) == (b.steps, b.spacing)


def test_an_object_that_is_never_met_is_said() -> None:
    mesh = wedge()
    import colonnade.learning as module

    class Blind(module.Explorer):
        """One whose sensor meets nothing."""

        def explore(self) -> None:
            self.steps += 1

    original, module.Explorer = module.Explorer, Blind  # type: ignore[misc]
    try:
        with pytest.raises(RuntimeError, match="wedge: the touch body never met it"):
            learn_object(mesh, body="touch", seed=0)
    finally:
        module.Explorer = original  # type: ignore[misc]
