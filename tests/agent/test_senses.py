"""Senses: percepts of a real body are those of the mesh under it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.agent.meshes import nearest, roller, wedge

from colonnade.senses import Senses
from colonnade_models import percept as P

BODIES = ("touch", "camera")


@pytest.mark.parametrize("body", BODIES)
def test_percepts_lie_on_the_mesh_as_it_lies(body: str) -> None:
    mesh = roller()
    senses = Senses(mesh, body)  # type: ignore[arg-type]
    turn = Rotation.from_euler("xyz", [0.4, 1.1, -2.0])
    pose = senses.reset(turn.as_quat(), seed=3)
    assert np.allclose(np.abs(pose[3:] @ turn.as_quat()), 1)
    met = 0
    for k in range(25):
        p = senses.sense()
        assert P.is_valid(p)
        if p[P.ON_OBJECT]:
            met += 1
            place = turn.inv().apply(p[:3] - pose[:3])
            distance, normals = nearest(mesh, place[None])
            assert distance[0] < 3e-4
            side = abs(normals[0, 2]) < 0.5
            if side and abs(place[2]) < 0.026:  # away from the rims normal and bending are known
                n = turn.inv().apply(p[P.NORMAL : P.NORMAL + 3])
                assert n @ normals[0] > np.cos(np.radians(6))
                assert p[P.CURVATURE] == pytest.approx(1 / 0.018, rel=0.2)
                assert abs(p[P.CURVATURE + 1]) < 8
                axis = turn.inv().apply(p[P.DIRECTION : P.DIRECTION + 3])
                assert abs(axis[2]) < 0.15
            assert np.allclose(senses.robot.contact, [p[:3], p[P.NORMAL : P.NORMAL + 3]])
        senses.slide_along(0.008 * np.array([np.cos(k), np.sin(k), 0.3]))
    senses.close()
    assert met >= 20


@pytest.mark.parametrize("body", BODIES)
def test_a_jump_gets_where_it_is_sent(body: str) -> None:
    mesh = roller()
    senses = Senses(mesh, body)  # type: ignore[arg-type]
    pose = senses.reset(np.array([0, 0, 0, 1.0]), seed=0)
    for angle in (0.3, 2.0, 4.5):
        n = np.array([np.cos(angle), np.sin(angle), 0])
        target = pose[:3] + 0.018 * n + [0, 0, 0.01]
        senses.jump_to(target, n)
        p = senses.sense()
        assert p[P.ON_OBJECT]
        assert np.linalg.norm(p[:3] - target) < 0.001
        assert p[P.NORMAL : P.NORMAL + 3] @ n > 0.99
    senses.close()


def test_a_slide_goes_along_the_surface_in_world_directions() -> None:
    senses = Senses(wedge(), "touch")
    senses.reset(np.array([0, 0, 0, 1.0]), seed=1)
    senses.jump_to(np.array([0.0, 0.0, -0.01]), np.array([0, 0, -1.0]))
    start = senses.sense()[:3].copy()
    senses.slide_along(np.array([0.004, -0.003, 0.0]))
    step = senses.sense()[:3] - start
    senses.close()
    assert np.allclose(step, [0.004, -0.003, 0], atol=5e-4)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("noise", ["none", "standard", "raw"])
def test_the_same_seed_senses_the_same(body: str, noise: str) -> None:
    def run(seed: int) -> bytes:
        senses = Senses(wedge(), body, noise)  # type: ignore[arg-type]
        senses.reset(np.array([0.5, 0.5, 0.5, 0.5]), seed)
        out = []
        for k in range(8):
            out.append(senses.sense().copy())
            senses.slide_along(0.006 * np.array([np.cos(k), 0.2, np.sin(k)]))
        senses.close()
        return np.array(out).tobytes()

    assert run(5) == run(5)
    assert run(5) != run(6)


def test_patches_of_a_cross_lie_beside_each_other() -> None:
    """On a flat side all see the same plane, each at its own place."""
    senses = Senses(wedge(), "camera", columns=5)
    senses.reset(np.array([0.0, 0.0, 0.0, 1.0]), 0)
    base = np.array([0.0, 0.0, -0.015])  # its middle, 60 x 40 mm
    senses.jump_to(base, np.array([0.0, 0.0, -1.0]))
    senses.sense()
    percepts = senses.robot.percepts
    assert percepts.shape == (5, P.PERCEPT_SIZE)
    assert (percepts[:, P.ON_OBJECT] == 1).all()
    places = percepts[:, P.LOCATION : P.LOCATION + 3]
    assert np.ptp(places[:, 2]) < 1e-4
    apart = np.linalg.norm(places[1:] - places[0], axis=1)
    assert np.allclose(apart, 0.012, atol=5e-4)
    assert np.allclose(places[1] + places[2], 2 * places[0], atol=5e-4)
