"""The curvature walk: along the surface, where curvature leads, and never stuck; the random one."""

from __future__ import annotations

import numpy as np
import pytest

from colonnade.policies.walk import ACROSS, ALONG, NUMBERS, new_walk, stroll, wander
from colonnade_models import percept as P


class CurvatureWalk:
    """The walk, step by step from Python."""

    def __init__(self, stride: float, random: np.random.Generator) -> None:
        self.stride, self.random, self.walk = stride, random, new_walk(random)

    def __call__(self, percept: np.ndarray) -> np.ndarray:
        stroll(self.walk, percept, self.random.standard_normal(NUMBERS), self.stride)
        return self.walk.step.copy()


def percept(normal: list[float], direction: list[float] | None = None, on: int = 1) -> np.ndarray:
    row = np.zeros(P.PERCEPT_SIZE, np.float32)
    row[P.NORMAL : P.NORMAL + 3] = np.array(normal) / np.linalg.norm(normal)
    row[P.ON_OBJECT] = on
    if direction:
        row[P.DIRECTION : P.DIRECTION + 3] = direction
        row[P.DIRECTED] = 1
    return row


@pytest.mark.parametrize("on", [0, 1])
def test_steps_are_as_long_as_asked_and_tangential(on: int) -> None:
    random = np.random.default_rng(0)
    walk = CurvatureWalk(0.015, random)
    for _ in range(200):
        row = percept(list(random.normal(size=3)), on=on)
        step = walk(row)
        assert np.linalg.norm(step) == pytest.approx(0.015, rel=1e-6)
        assert abs(step @ row[P.NORMAL : P.NORMAL + 3]) < 1e-8


def test_follows_a_handle_then_crosses_it_and_does_not_turn_back() -> None:
    walk = CurvatureWalk(1.0, np.random.default_rng(1))
    row = percept([0, 0, 1], [1, 0, 0])  # bends along x most: the handle runs along y
    steps = []
    for k in range(ALONG + ACROSS):
        row[P.DIRECTION] = (-1) ** k  # a principal direction has no sign
        steps.append(walk(row))
    along, across = np.array(steps[:ALONG]), np.array(steps[ALONG:])
    assert np.allclose(np.abs(along), [0, 1, 0], atol=1e-6)
    assert np.allclose(np.abs(across), [1, 0, 0], atol=1e-6)
    for leg in (along, across):
        assert (leg[1:] * leg[:-1]).sum(axis=1).min() > 0.99


def test_on_a_plain_surface_it_keeps_its_heading_more_or_less() -> None:
    walk = CurvatureWalk(1.0, np.random.default_rng(2))
    row = percept([0, 0, 1])
    steps = np.array([walk(row) for _ in range(300)])
    turns = np.arccos(np.clip((steps[1:] * steps[:-1]).sum(axis=1), -1, 1))
    # the absolute value of a Gaussian turn of 0.5
    assert np.sqrt((turns**2).mean()) == pytest.approx(0.5, rel=0.15)


def test_the_same_numbers_make_the_same_walk() -> None:
    walks = [CurvatureWalk(0.01, np.random.default_rng(3)) for _ in range(2)]
    row = percept([0.3, 0.2, 1])
    for _ in range(20):
        assert (walks[0](row) == walks[1](row)).all()


def test_a_heading_along_the_normal_is_survived() -> None:
    walk = CurvatureWalk(0.01, np.random.default_rng(4))
    walk.walk.heading[:] = 0, 0, 1
    assert np.isfinite(walk(percept([0, 0, 1]))).all()
    assert np.isfinite(walk(percept([0, 0, 1], [0, 0, 1]))).all()


def test_the_random_walk_goes_anywhere_along_the_surface() -> None:
    random = np.random.default_rng(5)
    walk, row = new_walk(random), percept([0.0, 0.0, 1.0], [1.0, 0.0, 0.0])
    steps = np.empty((2000, 3))
    for step in steps:
        wander(walk, row, random.standard_normal(NUMBERS), 0.015)
        step[:] = walk.step
    assert np.linalg.norm(steps, axis=1) == pytest.approx(0.015, rel=1e-6)
    assert np.abs(steps[:, 2]).max() < 1e-8
    counts, _ = np.histogram(np.arctan2(steps[:, 1], steps[:, 0]), 8, (-np.pi, np.pi))
    assert counts.min() > 190  # 250 each, standard deviation 15
    turns = (steps[1:] * steps[:-1]).sum(axis=1) / 0.015**2
    assert abs(turns.mean()) < 0.06  # it remembers no heading
    assert walk.steps[0] == 2000
