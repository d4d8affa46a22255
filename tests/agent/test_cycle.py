"""The cycle in one kernel does what the same cycle through gymnasium steps does."""

from __future__ import annotations

import time

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation
from tests.agent.meshes import egg, roller, wedge
from tests.naive import cycle as naive

from colonnade.clock import new_clock, now
from colonnade.cycle import STAGES, new_log, run
from colonnade.learning import learn_object
from colonnade.policies.choose import new_policy
from colonnade.senses import Senses
from colonnade_envs.objects import make_mesh
from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models.memory import ObjectMemory

MEMORY = ObjectMemory(learn_object(mesh(), body="touch", seed=0) for mesh in (wedge, roller)).arrays
MOST = 60


@pytest.mark.parametrize("noise", ["none", "standard", "raw"])
@pytest.mark.parametrize("body", ["touch", "camera"])
@pytest.mark.parametrize(("make", "seed"), [(wedge, 0), (roller, 2), (egg, 3)])
def test_like_gymnasium_steps(make, body, noise, seed) -> None:  # type: ignore[no-untyped-def]
    rotation = Rotation.random(random_state=seed).as_quat()
    expected = naive.recognise(MEMORY, make(), rotation, body, noise, seed, MOST)
    senses = Senses(make(), body, noise)
    senses.reset(rotation, seed)
    settings = C.default_settings()._replace(reach=senses.eye.max_range)
    column = C.init(MEMORY, settings, most_percepts=MOST)
    random = np.random.default_rng([seed, 2])
    policy, log, verdict = new_policy(random), new_log(MOST, 2, evidence=True), C.OPEN
    while verdict == C.OPEN and log.steps[0] < MOST:  # in bits of seven steps
        numbers = random.standard_normal((7, 4))
        verdict = run(senses.robot, column, MEMORY, policy, senses.draw(7), numbers, log)
    senses.close()
    steps = int(log.steps[0])
    assert len(expected[1]) >= C.default_settings().least_percepts
    assert any(expected[2]) or make is egg  # jumps are compared, too
    if body == "touch":
        assert steps == len(expected[1])
        assert verdict == expected[0]
        assert log.jumped[:steps].tolist() == expected[2]
        assert np.allclose(log.percept[:steps], expected[1], atol=2e-4, rtol=2e-3)
        assert np.allclose(log.best[steps - 1], expected[3].verdict.best, atol=0.05)
        return
    # a camera's poses are turned into frames in another order of operations: where the surface
    # bends alike all round the last bits decide the direction of bending, and what hangs on it
    sure = slice(0, 6), P.ON_OBJECT
    alike = 0
    for mine, other in zip(log.percept[:steps], expected[1], strict=False):
        if not all(np.allclose(mine[k], other[k], atol=2e-4) for k in sure):
            break
        alike += 1
    first_jump = (expected[2] + [True]).index(True)
    assert alike > first_jump or alike == len(expected[1])


def test_a_camera_that_begins_beside_the_object_finds_it() -> None:
    """A ring of thin wire: most first looks go past it."""
    ring = trimesh.creation.torus(0.02, 0.0001)
    mesh = make_mesh("wire", ring.vertices.astype(np.float32), ring.faces)
    missed = 0
    for seed in range(12):
        senses = Senses(mesh, "camera", "standard")
        senses.reset(np.array([0, 0, 0, 1.0]), seed)
        missed += senses.sense()[P.ON_OBJECT] == 0
        for step in np.random.default_rng(seed).normal(0, 0.01, (4, 3)):
            senses.slide_along(step)
            assert np.isfinite(senses.sense()).all()
        senses.close()
    assert missed > 2


def test_the_clock_is_the_monotonic_one() -> None:
    clock = new_clock()
    before = time.clock_gettime(time.CLOCK_MONOTONIC)
    there = now(clock)
    assert before <= there <= time.clock_gettime(time.CLOCK_MONOTONIC)
    assert new_log(3, 2, evidence=False).seconds.shape == (3, STAGES)
