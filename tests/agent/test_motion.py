"""Objects that are moved while they are recognised: with a real body, and through the commands."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import cache

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.agent.meshes import roller, wedge

from colonnade.episode import Episode
from colonnade.episode_options import EpisodeOptions
from colonnade.learning import learn_object
from colonnade.motion import LEAST_BEFORE, MOST_BEFORE, Motion, draw_motion
from colonnade.recognition import recognise
from colonnade_envs.poses import matrix_of
from colonnade_models.memory import ObjectMemory

TIMES = ("seconds", "sense_us", "infer_us", "policy_us", "total_us")


@cache
def memory() -> ObjectMemory:
    return ObjectMemory(learn_object(make(), body="touch", seed=0) for make in (wedge, roller))


def episode(motion: Motion | None, seed: int = 1, *, record: bool = False) -> Episode:
    rotation = Rotation.random(random_state=seed).as_quat()
    options = EpisodeOptions(
        body="touch", noise="standard", max_steps=120, record_steps=record, motion=motion
    )
    return recognise(memory(), wedge(), rotation, options, seed=seed)


@pytest.mark.parametrize("seed", range(3))
def test_recognised_then_moved_then_found_again(seed: int) -> None:
    motion = Motion(0.05, 45.0, moment="decided")
    e = episode(motion, seed)
    still = episode(None, seed)
    assert e.moved_at == still.steps
    assert e.noticed == 1
    assert e.correct
    assert e.rotation_error_deg < 10
    assert e.place_error_mm < 5
    turned = Rotation.from_quat(still.rotation).inv() * Rotation.from_quat(e.rotation)
    assert np.degrees(turned.magnitude()) == pytest.approx(45, abs=1e-3)
    assert still.moved_at == -1
    assert still.noticed == 0


def test_moved_before_the_decision() -> None:
    e = episode(Motion(0.05, 45.0))
    assert LEAST_BEFORE <= e.moved_at <= MOST_BEFORE
    assert e.correct


def test_told_it_starts_over_and_ignoring_it_is_lost() -> None:
    motion = Motion(0.05, 45.0, moment="decided")
    told, ignored = (episode(replace(motion, manner=m)) for m in ("told", "ignored"))
    assert told.noticed == ignored.noticed == 0
    assert told.moved_at == ignored.moved_at
    assert told.correct
    assert told.rotation_error_deg < 10
    assert not (ignored.correct and ignored.rotation_error_deg < 20)


def test_moved_twice_told_in_its_own_frame_and_reproducible() -> None:
    motion = Motion(0.05, 45.0, times=2, varied=True)
    e, again = episode(motion, record=True), episode(motion, record=True)
    for name, value in asdict(replace(e, trace=None)).items():
        if name not in (*TIMES, "trace", "percepts"):
            assert np.array_equal(value, getattr(again, name), equal_nan=not isinstance(value, str))
    assert e.trace is not None
    size = wedge().size
    middle = wedge().centre
    for step in e.trace:  # every touch lies on the object as it lay then
        if step.on_object:
            assert (abs(step.location - middle) < size / 2 + 0.012).all()


def test_motions_are_as_large_as_asked() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        shift, turn = draw_motion(Motion(0.02, 30.0), random)
        assert np.linalg.norm(shift) == pytest.approx(0.02)
        angle = np.arccos((np.trace(matrix_of(turn)) - 1) / 2)
        assert np.degrees(angle) == pytest.approx(30.0)
        shift, turn = draw_motion(Motion(0.02, 30.0, varied=True), random)
        assert np.linalg.norm(shift) < 0.02
        assert 2 * np.degrees(np.arccos(turn[3])) < 30.0
