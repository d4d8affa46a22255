"""Sensing in C: the same bits as the kernel of numba on any patch, and arguments refused."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bridge.bits import bits_of
from tests.bridge.patches import FOV, RANGE, RESOLUTIONS, Patch, random_patch, wild_patch

from colonnade_bridge.native import NativeEye, library
from colonnade_models import percept as P
from colonnade_models.sensing import make_eye, sense

EYES = {size: NativeEye(size, FOV, RANGE) for size in RESOLUTIONS}


def by_numba(patch: Patch, fov: float = FOV, max_range: float = RANGE) -> np.ndarray:
    out = np.full(P.PERCEPT_SIZE, np.nan, np.float32)
    sense(*patch, make_eye(len(patch.depth), fov, max_range), out)
    return out


def called_with(**other: ctypes.Structure | None) -> int:
    """What C returns for a patch of zeros where some of its arguments are others."""
    given: dict[str, Any] = {"eye": NativeEye(8, FOV, RANGE)._eye}
    given |= {name: (ctypes.c_float * 192)() for name in ("depth", "rgb", "pose", "percept")}
    given |= other
    return library().cln_sense(*(part and ctypes.byref(part) for part in given.values()))


@pytest.mark.parametrize("hundred", range(20))
def test_same_bits_as_numba(hundred: int) -> None:
    met = fitted = directed = 0
    for seed in range(100 * hundred, 100 * hundred + 100):
        patch = random_patch(seed)
        expected = by_numba(patch)
        assert bits_of(EYES[len(patch.depth)].sense(*patch)) == bits_of(expected), seed
        met += expected[P.ON_OBJECT] == 1
        fitted += 0 < expected[P.SIGMA_NORMAL] < 0.5
        directed += expected[P.DIRECTED] == 1
    assert 100 > met > fitted > directed > 0  # every way through was gone


@pytest.mark.parametrize("hundred", range(10))
def test_same_bits_on_what_no_sensor_gives(hundred: int) -> None:
    for seed in range(100 * hundred, 100 * hundred + 100):
        patch = wild_patch(seed)
        native = EYES[len(patch.depth)].sense(*patch)
        assert bits_of(native) == bits_of(by_numba(patch)), seed


@settings(deadline=None, derandomize=True)  # the first may wait for the compiler
@given(seed=st.integers(0, 10**6), fov=st.floats(1e-3, 3.1), max_range=st.floats(1e-3, 100))
def test_same_bits_for_any_eye(seed: int, fov: float, max_range: float) -> None:
    patch = random_patch(seed, fov)
    native = NativeEye(len(patch.depth), fov, max_range).sense(*patch)
    assert bits_of(native) == bits_of(by_numba(patch, fov, max_range))


@pytest.mark.parametrize("fov", [1.5, 2.2])
def test_same_bits_where_pixels_at_the_rim_lie_far_out(fov: float) -> None:
    for seed in range(200):
        patch = random_patch(seed, fov)
        native = NativeEye(len(patch.depth), fov, 1.0).sense(*patch)
        assert bits_of(native) == bits_of(by_numba(patch, fov, 1.0)), seed


@settings(deadline=None, derandomize=True)  # the first may wait for the compiler
@given(
    st.lists(
        st.floats(width=32) | st.floats(0, 0.25, width=32),
        min_size=16 + 48 + 7,
        max_size=16 + 48 + 7,
    )
)
def test_same_bits_on_any_floats(numbers: list[float]) -> None:
    row = np.array(numbers, np.float32)
    patch = Patch(row[:16].reshape(4, 4), row[16:64].reshape(4, 4, 3), row[64:])
    assert bits_of(EYES[4].sense(*patch)) == bits_of(by_numba(patch))


def test_an_eye_keeps_nothing_of_the_patch_before() -> None:
    patches = [patch for patch in map(random_patch, range(60)) if len(patch.depth) == 8]
    used = NativeEye(8, FOV, RANGE)
    for patch in patches:
        fresh = NativeEye(8, FOV, RANGE)
        assert bits_of(used.sense(*patch)) == bits_of(fresh.sense(*patch))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("resolution", bad) for bad in (3, 17, 0, -1, 2**31 - 1, -(2**31))),
        *((name, bad) for name in ("slope", "max_range") for bad in (0, -1, np.nan, np.inf)),
    ],
)
def test_an_eye_that_makes_no_sense_is_refused(field: str, value: float) -> None:
    assert called_with() == 0
    eye = NativeEye(8, FOV, RANGE)._eye
    setattr(eye, field, value)
    assert called_with(eye=eye) == -1


@pytest.mark.parametrize("missing", ["eye", "depth", "rgb", "pose", "percept"])
def test_what_is_missing_is_refused(missing: str) -> None:
    assert called_with(**{missing: None}) == -1


def test_other_shapes_are_refused() -> None:
    eye, patch = NativeEye(8, FOV, RANGE), Patch(*map(np.zeros, ((8, 8), (8, 8, 3), 7)))
    eye.sense(*patch)
    for field, shape in (("depth", (4, 4)), ("rgb", (8, 8)), ("pose", (12,))):
        with pytest.raises(ValueError, match="8 x 8 pixels"):
            eye.sense(*patch._replace(**{field: np.zeros(shape)}))
    for arguments in ((17, FOV, RANGE), (3, FOV, RANGE), (8, 4.0, RANGE), (8, FOV, 0.0)):
        with pytest.raises(ValueError, match="not"):
            NativeEye(*arguments)
