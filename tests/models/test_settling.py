"""Settling: as pair by pair; noise averages out, precise touches stay, thin walls stay thin."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import Shape, blob, ellipsoid, rounded_box
from tests.naive import settling as naive

from colonnade_models import percept as P
from colonnade_models.settling import settle
from colonnade_models.standard_noise import COLOUR_SIGMA, FRAME_SIGMA, LOCATION_SIGMA

Array = np.ndarray


def touches_of(shape: Shape, count: int, seed: int, noisy: bool) -> Array:
    random = np.random.default_rng(seed)
    touches = shape.percepts(shape.sample(count, random), random)
    if noisy:
        touches[:, :3] += LOCATION_SIGMA * random.standard_normal((count, 3))
        turns = Rotation.from_rotvec(FRAME_SIGMA * random.standard_normal((count, 3)))
        for k in (P.NORMAL, P.DIRECTION):
            touches[:, k : k + 3] = turns.apply(touches[:, k : k + 3])
        colour = touches[:, P.COLOUR : P.COLOUR + 3]
        colour += COLOUR_SIGMA * random.standard_normal((count, 3))
        colour[:, 0] %= 1.0
    return touches


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_settling_is_pair_by_pair(seed: int, noisy: bool) -> None:
    touches = touches_of(blob(seed), 150, seed, noisy)
    got, expected = settle(touches, 0.006), naive.settle(touches, 0.006)
    hue = np.abs((got[:, P.COLOUR] - expected[:, P.COLOUR] + 0.5) % 1.0 - 0.5)
    pale = expected[:, P.COLOUR + 1] * expected[:, P.COLOUR + 2] < 0.02
    got[:, P.COLOUR], expected[:, P.COLOUR] = 0, 0
    close = np.isclose(got, expected, rtol=2e-3, atol=2e-3)
    # float32 may find a neighbour on the other side of a limit now and then
    assert close.all(axis=1).mean() > 0.97
    assert (hue[~pale] < 0.01).mean() > 0.97


def test_noise_averages_out() -> None:
    shape = ellipsoid(0.035, 0.025, 0.02)
    touches = touches_of(shape, 3000, 3, noisy=True)
    settled = settle(touches, 0.005)
    before, after = (np.abs(shape.field(t[:, :3].astype(float))) for t in (touches, settled))
    assert np.median(after) < 0.4 * np.median(before)
    exact = touches_of(shape, 3000, 3, noisy=False)
    for part in (P.COLOUR + 1, P.COLOUR + 2):  # no paler and no darker than it is
        assert settled[:, part].mean() == pytest.approx(exact[:, part].mean(), abs=0.03)
        assert np.abs(settled[:, part] - exact[:, part]).mean() < 0.06


def test_precise_touches_stay() -> None:
    touches = touches_of(rounded_box(0.03, 0.02, 0.012), 2000, 5, noisy=False)
    settled = settle(touches, 0.004)
    moved = np.linalg.norm(settled[:, :3] - touches[:, :3], axis=1)
    assert np.median(moved) < 1e-4
    assert moved.max() < 1e-3


def test_both_faces_of_a_thin_wall_stay_apart() -> None:
    random = np.random.default_rng(0)
    touches = np.zeros((2000, P.PERCEPT_SIZE), np.float32)
    side = np.where(np.arange(2000) % 2, 1.0, -1.0)
    touches[:, :2] = random.uniform(-0.03, 0.03, (2000, 2))
    touches[:, 2] = side * 0.0015 + random.normal(0, 0.002, 2000)  # thinner than the noise
    touches[:, P.NORMAL + 2] = side
    touches[:, P.DIRECTION] = 1.0
    touches[:, P.ON_OBJECT] = 1.0
    settled = settle(touches, 0.004)
    assert settled[side > 0, 2].mean() == pytest.approx(0.0015, abs=3e-4)
    assert settled[side < 0, 2].mean() == pytest.approx(-0.0015, abs=3e-4)
    assert settled[side > 0, 2].std() < 0.0008


def test_one_touch_alone_stays() -> None:
    touches = touches_of(ellipsoid(0.03, 0.02, 0.02), 1, 0, noisy=True)
    assert np.array_equal(settle(touches, 0.004), touches)
