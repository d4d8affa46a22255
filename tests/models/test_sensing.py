"""Sensing: equal to plain least squares, right on known surfaces, honest about its doubts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from tests.naive import sensing as naive

from colonnade_models import percept as P
from colonnade_models.sensing import make_eye, sense

Array = NDArray[np.float64]
FOV, RANGE, AWAY = np.radians(11.4), 0.1, 0.025
"""The touch sensor's: it sees a patch of five millimetres."""
HERE = np.array([0, 0, 0, 0, 0, 0, 1.0])


def rays(size: int, fov: float = FOV) -> tuple[Array, Array]:
    """x / z and y / z of every pixel."""
    steps = (2 * (np.arange(size) + 0.5) / size - 1) * np.tan(fov / 2)
    return np.meshgrid(steps, steps)


def quadric(k1: float, k2: float, turn: float = 0.0, size: int = 16, away: float = AWAY) -> Array:
    """Depth of z = away + (k1 p^2 + k2 q^2) / 2, its axes turned in the picture."""
    x, y = rays(size)
    p, q = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
    a = (k1 * p * p + k2 * q * q) / 2
    return 2 * away / (1 + np.sqrt(1 - 4 * a * away))


def plane(normal: Array, size: int = 16, away: float = AWAY) -> Array:
    """Depth of a plane that crosses the view axis `away` from the eye."""
    x, y = rays(size)
    return away * normal[2] / (x * normal[0] + y * normal[1] + normal[2])


def sensed(depth: Array, pose: Array = HERE, rgb: Array | None = None) -> NDArray[np.float32]:
    out = np.full(P.PERCEPT_SIZE, np.nan, np.float32)
    size = len(depth)
    rgb = np.full((size, size, 3), 0.5) if rgb is None else rgb
    eye = make_eye(size, FOV, RANGE)
    sense(depth.astype(np.float32), rgb.astype(np.float32), pose.astype(np.float32), eye, out)
    return out


def random_patch(seed: int) -> tuple[Array, Array, Array]:
    """Depth, colours and pose: a noisy, tilted, bent surface with holes and steps."""
    random = np.random.default_rng(seed)
    size = int(random.choice([4, 8, 9, 16]))
    x, y = rays(size)
    k = random.normal(0, 60, 2)
    depth = quadric(*np.clip(k, -150, 150), random.uniform(0, 3), size)
    depth = depth * (1 + random.normal(0, 1) * x + random.normal(0, 1) * y)
    if seed % 3 == 1:
        depth[:, -size // 3 :] += random.choice([0.001, 0.004, 0.02])
    depth += random.normal(0, random.choice([0.0, 2e-4, 1e-3]), depth.shape)
    if seed % 4 == 2:
        nothing = random.random(depth.shape) < 0.2
        depth[nothing] = random.choice([RANGE, 0.0, np.nan], np.count_nonzero(nothing))
    pose = np.r_[random.normal(0, 0.1, 3), Rotation.random(random_state=seed).as_quat()]
    return depth.astype(np.float32), random.random((size, size, 3)).astype(np.float32), pose


@pytest.mark.parametrize("seed", range(60))
def test_is_plain_least_squares(seed: int) -> None:
    depth, rgb, pose = random_patch(seed)
    pose = pose.astype(np.float32)
    out = sensed(depth, pose, rgb)
    expected = naive.sense(depth, rgb, pose.astype(float), np.tan(FOV / 2), RANGE)
    # depths round at 2e-9 m and are read in half-widths of 2.5 mm: 1e-6, of which sums of up to
    # 256 terms make a little more; curvatures divide that by the half-width once again
    assert out[P.ON_OBJECT] == expected[P.ON_OBJECT]
    for field, tolerance in ((P.LOCATION, 1e-6), (P.NORMAL, 5e-5), (P.COLOUR, 2e-4)):
        assert np.allclose(out[field : field + 3], expected[field : field + 3], atol=tolerance)
    curvature = slice(P.CURVATURE, P.CURVATURE + 2)
    assert np.allclose(out[curvature], expected[curvature], atol=0.05, rtol=2e-3)
    sigmas = slice(P.SIGMA_NORMAL, P.SIGMA_BEND + 1)
    assert np.allclose(out[sigmas], expected[sigmas], rtol=5e-3)
    gap = expected[P.CURVATURE] - expected[P.CURVATURE + 1]
    threshold = max(10.0, 3 * expected[P.SIGMA_BEND])
    if abs(gap - threshold) > 0.01 * threshold:
        assert out[P.DIRECTED] == expected[P.DIRECTED]
    if gap > 2:
        d = slice(P.DIRECTION, P.DIRECTION + 3)
        assert abs(out[d] @ expected[d]) > 1 - 1e-4


@pytest.mark.parametrize(("k1", "k2"), [(50, 50), (25, 0), (30, -30), (0, -40), (0, 0), (60, 15)])
@pytest.mark.parametrize("turn", [0.0, 0.7, 2.0])
def test_known_surfaces(k1: float, k2: float, turn: float) -> None:
    """A bowl and a ball, cylinders from outside and inside, a saddle, a plane."""
    p = sensed(quadric(k1, k2, turn))
    # the noise floor of 20 um pulls curvatures to zero by less than a thousandth
    assert p[P.CURVATURE] == pytest.approx(k1, abs=0.05 + 0.003 * abs(k1))
    assert p[P.CURVATURE + 1] == pytest.approx(k2, abs=0.05 + 0.003 * abs(k2))
    assert np.allclose(p[P.NORMAL : P.NORMAL + 3], [0, 0, -1], atol=1e-3)
    assert np.allclose(p[:3], [0, 0, AWAY], atol=5e-6)
    assert p[P.DIRECTED] == (k1 - k2 >= 10)
    if k1 > k2:
        expected = [np.cos(turn), np.sin(turn), 0]
        assert abs(p[P.DIRECTION : P.DIRECTION + 3] @ expected) > np.cos(0.01)


@pytest.mark.parametrize("radius", [0.012, 0.02, 0.05])
@pytest.mark.parametrize("aside", [0.0, 0.3, 0.6])
def test_spheres_seen_askew(radius: float, aside: float) -> None:
    """The view axis meets the sphere `aside` radii off its middle: normal and bending stay true."""
    x, y = rays(16)
    way = np.stack([x, y, np.ones_like(x)], axis=-1)
    sink = AWAY + radius * np.sqrt(1 - aside**2)
    centre = np.array([aside * radius, 0, sink])
    b, a = way @ centre, (way**2).sum(axis=-1)
    depth = (b - np.sqrt(b * b - a * (centre @ centre - radius**2))) / a
    p = sensed(depth)
    point = np.array([0, 0, AWAY])
    normal = (point - centre) / radius
    # what a quadric leaves out of a sphere grows with (half-width / radius)^2 and with the tilt;
    # plain least squares in metres is off by 0.012 at radius 0.05 and 0.04 at 0.02, aside 0.6
    half = AWAY * np.tan(FOV / 2) / (1 - aside**2)
    tolerance = 0.01 + 0.06 * aside + (half / radius) ** 2
    assert np.allclose(p[P.CURVATURE : P.CURVATURE + 2] * radius, 1, atol=tolerance)
    cosine = p[P.NORMAL : P.NORMAL + 3] @ normal
    assert np.degrees(np.arccos(min(cosine, 1))) < 0.2 + 60 * aside * (half / radius) ** 2
    assert np.allclose(p[:3], point, atol=5e-5)


def test_noise_is_felt_as_strong_as_reported() -> None:
    """1 mm of noise on a tilted plane: errors are as large as the percept says, unbiased."""
    random = np.random.default_rng(7)
    normal = np.array([0.3, -0.2, -1.0])
    normal /= np.linalg.norm(normal)
    across = np.linalg.svd(normal[None])[2][1:]
    tilts, bends = [], []
    for _ in range(400):
        p = sensed(plane(normal) + random.normal(0, 0.001, (16, 16)))
        tilts.append(across @ p[P.NORMAL : P.NORMAL + 3] / p[P.SIGMA_NORMAL])
        bends.append(p[P.CURVATURE : P.CURVATURE + 2].sum() / p[P.SIGMA_BEND])
    # 800 draws tell a standard deviation to 2.5 %, five of them 12 %; the robust weights and the
    # foreshortening of the tilt (8 %) do the rest
    assert 0.75 < np.std(tilts) < 1.35
    assert np.abs(np.mean(tilts, axis=0)).max() < 5 / np.sqrt(400)
    assert abs(np.mean(bends)) < 5 * np.std(bends) / np.sqrt(400)
    assert np.std(bends) < 2.0


def test_curvature_under_noise_is_shrunk_never_blown_up() -> None:
    """The prior: where noise swamps the bending, k1 + k2 tends to zero, not to thousands."""
    random = np.random.default_rng(8)
    sums = [
        sensed(quadric(50, 50) + random.normal(0, 0.001, (16, 16)))[P.CURVATURE :][:2].sum()
        for _ in range(300)
    ]
    standard_error = np.std(sums) / np.sqrt(300)
    assert -5 * standard_error < np.mean(sums) < 100 + 5 * standard_error
    assert np.std(sums) < 400


@pytest.mark.parametrize("side", [0.0, np.pi / 2, np.pi, -np.pi / 2])
@pytest.mark.parametrize("edge", ["step", "fold", "void"])
def test_an_edge_in_the_patch_does_not_bend_the_fit(side: float, edge: str) -> None:
    x, y = rays(16)
    along = (np.cos(side) * x + np.sin(side) * y) / np.tan(FOV / 2)
    normal = np.array([0.2, 0.1, -1.0]) / np.linalg.norm([0.2, 0.1, -1.0])
    depth = plane(normal)
    beyond = along > 0.5
    if edge == "step":
        depth[beyond] += 0.003
    elif edge == "fold":  # 60 degrees away from the eye
        depth[beyond] += (along[beyond] - 0.5) * np.tan(FOV / 2) * AWAY * np.tan(np.radians(60))
    else:
        depth[beyond] = RANGE
    p = sensed(depth)
    assert np.degrees(np.arccos(min(p[P.NORMAL : P.NORMAL + 3] @ normal, 1))) < 1.0
    assert np.abs(p[P.CURVATURE : P.CURVATURE + 2]).max() < 15


def test_colour_is_that_of_the_surface_under_the_centre() -> None:
    depth = plane(np.array([0, 0, -1.0]))
    depth[:, 12:] += 0.01
    rgb = np.zeros((16, 16, 3))
    rgb[:, :12], rgb[:, 12:] = (0.8, 0.2, 0.2), (0, 0, 1)
    assert np.allclose(sensed(depth, rgb=rgb)[P.COLOUR :][:3], [0, 0.75, 0.8], atol=1e-5)


@pytest.mark.parametrize("nothing", [RANGE, 1.0, np.inf, 0.0, np.nan])
def test_nothing_there(nothing: float) -> None:
    """However a depth camera says it."""
    pose = np.r_[0.1, 0.2, 0.3, Rotation.from_euler("x", 90, degrees=True).as_quat()]
    p = sensed(np.full((16, 16), nothing), pose)
    assert np.isfinite(p).all()
    assert p[P.ON_OBJECT] == 0
    assert np.allclose(p[:3], pose[:3])
    # the view axis z became -y, and NORMAL points back along it
    assert np.allclose(p[P.NORMAL : P.NORMAL + 3], [0, 1, 0], atol=1e-6)
    assert np.allclose(p[P.DIRECTION : P.DIRECTION + 3], [1, 0, 0], atol=1e-6)
    assert p[P.SIGMA_NORMAL] == 0.5
    assert p[P.SIGMA_BEND] == 1e4
    assert (p[P.CURVATURE : P.COLOUR + 3] == 0).all()


@pytest.mark.parametrize("nothing", [0.0, np.nan])
def test_pixels_without_a_return_are_as_pixels_that_met_nothing(nothing: float) -> None:
    depth, rgb, pose = random_patch(2)
    depth[~((depth > 0) & (depth < RANGE))] = RANGE
    assert (depth == RANGE).any()
    expected = sensed(depth, pose, rgb)
    depth[depth == RANGE] = nothing
    assert sensed(depth, pose, rgb).tobytes() == expected.tobytes()


@settings(max_examples=150)
@given(
    st.integers(4, 9),
    st.integers(0, 2**32 - 1),
    st.floats(0, 1),
    st.sampled_from([0.0, 1e-3, 0.01, np.nan, np.inf]),
    st.sampled_from([RANGE, 0.0, -0.0, np.nan, -1.0, np.inf, 1e-30]),
)
def test_any_patch_gives_a_finite_percept(
    size: int, seed: int, misses: float, wild: float, miss: float
) -> None:
    """Few pixels, NaN, zero and infinite depths, cliffs: finite numbers and a proper frame."""
    random = np.random.default_rng(seed)
    depth = 0.025 + np.abs(random.normal(0, wild if np.isfinite(wild) else 1e-4, (size, size)))
    if not np.isfinite(wild):
        depth[random.random((size, size)) < 0.2] = wild
    depth[random.random((size, size)) < misses] = miss
    p = sensed(np.minimum(depth, RANGE) if np.isfinite(wild) else depth)
    assert P.is_valid(p)
    n, d = p[P.NORMAL : P.NORMAL + 3], p[P.DIRECTION : P.DIRECTION + 3]
    assert np.linalg.norm(n) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(d) == pytest.approx(1, abs=1e-5)
    assert abs(n @ d) < 1e-4
    assert p[P.CURVATURE] >= p[P.CURVATURE + 1]
    assert (p[P.COLOUR : P.COLOUR + 3] >= 0).all()


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_moving_sensor_and_object_together_changes_nothing_else(seed: int) -> None:
    depth, rgb, pose = random_patch(seed % 1000)
    turn = Rotation.random(random_state=seed)
    shift = np.random.default_rng(seed).normal(0, 0.2, 3)
    there = np.r_[turn.apply(pose[:3]) + shift, (turn * Rotation.from_quat(pose[3:])).as_quat()]
    a, b = sensed(depth, pose, rgb), sensed(depth, there, rgb)
    assert np.allclose(b[:3], turn.apply(a[:3]) + shift, atol=1e-6)
    for k in (P.NORMAL, P.DIRECTION):
        assert np.allclose(b[k : k + 3], turn.apply(a[k : k + 3]), atol=2e-6)
    assert (a[P.CURVATURE :] == b[P.CURVATURE :]).all()


def test_the_same_eye_remembers_nothing() -> None:
    eye = make_eye(16, FOV, RANGE)
    out, again = np.zeros(18, np.float32), np.zeros(18, np.float32)
    patches = [random_patch(seed) for seed in range(40)]
    patches = [patch for patch in patches if len(patch[0]) == 16]
    depth, rgb, pose = patches[0]
    sense(depth, rgb, pose.astype(np.float32), eye, out)
    for d, c, q in patches[1:]:
        sense(d, c, q.astype(np.float32), eye, again)
    sense(depth, rgb, pose.astype(np.float32), eye, again)
    assert out.tobytes() == again.tobytes()


@pytest.mark.parametrize(("resolution", "fov"), [(3, 0.2), (16, 0.0), (16, np.pi), (16, np.nan)])
def test_an_impossible_eye_is_refused(resolution: int, fov: float) -> None:
    with pytest.raises(ValueError, match=r"pixels|field of view"):
        make_eye(resolution, fov, RANGE)


@pytest.mark.parametrize("reach", [0.0, -0.1, np.nan])
def test_an_eye_sees_farther_than_nothing(reach: float) -> None:
    with pytest.raises(ValueError, match="range of a sensor must be positive"):
        make_eye(16, FOV, reach)
