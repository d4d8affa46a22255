"""The profile of an object: how likely its surface bends and is coloured this way or that.

Two small histograms, of bending and of colour, blurred by what a percept gets wrong: what an
object is like wherever it is touched. `colonnade_models.familiarity` compares them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from colonnade_models import surfel as S
from colonnade_models.kernel import inlined, njit

__all__ = ["CELLS", "STEPS_PER_NAT", "bend_cell", "colour_cell", "profile"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)

BEND_EDGES = np.array([-1.4, -0.7, -0.25, 0.25, 0.7, 1.25, 1.95], np.float32)
BENDS = len(BEND_EDGES) + 1
"""Cells along each of the two curvatures, on the scale of BEND."""
HUES, SATURATIONS, VALUES = 10, 5, 5
BEND_CELLS = BENDS * BENDS
CELLS = BEND_CELLS + HUES * SATURATIONS * VALUES
STEPS_PER_NAT = 16
"""Surprise is kept in steps of this part of a nat."""

BEND_NOISE = 0.12**2
COLOUR_NOISE = 0.12**2
"""Variances of a percept: the standard noise and what learning leaves."""
HUE_BLUR = 0.04
"""A colour channel is never surer than this: it blurs the hue of pale, dark colours."""
LEAST_CHROMA = 0.02
NEVER_BENT = 0.003
NEVER_COLOURED = 0.0003
"""Share of an object that is taken to be like anything: no percept rules an object out."""


@inlined
def _bend_cell_along(bend: np.float32) -> int:
    cell = 0
    for edge in BEND_EDGES:
        if bend >= edge:
            cell += 1
    return cell


@inlined
def bend_cell(first: np.float32, second: np.float32) -> int:
    """The cell of two curvatures on the scale of BEND."""
    return _bend_cell_along(first) * BENDS + _bend_cell_along(second)


@inlined
def colour_cell(hue: np.float32, saturation: np.float32, value: np.float32) -> int:
    """The cell of a colour, whose hue may lie outside 0..1 and goes round."""
    h = int((hue - np.floor(hue)) * np.float32(HUES))
    s = int(min(max(saturation, ZERO), ONE) * np.float32(SATURATIONS))
    v = int(min(max(value, ZERO), ONE) * np.float32(VALUES))
    h, s, v = min(h, HUES - 1), min(s, SATURATIONS - 1), min(v, VALUES - 1)
    return BEND_CELLS + (h * SATURATIONS + s) * VALUES + v


@njit(cache=True)
def _spread_bend(mean: float, sigma: float, out: NDArray[np.float64]) -> None:
    """The share of a normal distribution in each cell along one curvature."""
    below = 0.0
    for k in range(BENDS - 1):
        up_to = 0.5 * math.erfc((mean - BEND_EDGES[k]) / (sigma * math.sqrt(2.0)))
        out[k] = up_to - below
        below = up_to
    out[BENDS - 1] = 1.0 - below


@njit(cache=True)
def _spread_channel(
    mean: float, variance: float, goes_round: bool, out: NDArray[np.float64]
) -> None:
    """How likely each cell along one colour channel is; a cell is as wide as it is."""
    total = 0.0
    width = 1.0 / out.shape[0]
    for k in range(out.shape[0]):
        gap = (k + 0.5) * width - mean
        if goes_round:
            gap -= round(gap)
        out[k] = math.exp(-min(0.5 * gap * gap / (variance + width * width / 12), 4.5))
        total += out[k]
    for k in range(out.shape[0]):
        out[k] /= total


@njit(cache=True)
def _shares(surfels: Array, out: NDArray[np.float64]) -> None:
    """Share of an object's surfels, (N, ...) rows, whose percepts fall into each cell (CELLS,)."""
    first, second = np.zeros(BENDS), np.zeros(BENDS)
    hue, saturation, value = np.zeros(HUES), np.zeros(SATURATIONS), np.zeros(VALUES)
    each = 1.0 / surfels.shape[0]
    for s in surfels:
        sigma = math.sqrt(BEND_NOISE + s[S.SPREAD_BEND])
        _spread_bend(s[S.BEND], sigma, first)
        _spread_bend(s[S.BEND + 1], sigma, second)
        for i in range(BENDS):
            for j in range(BENDS):
                out[i * BENDS + j] += each * first[i] * second[j]
        light = max(s[S.COLOUR + 2], LEAST_CHROMA)
        blur_h = HUE_BLUR / max(s[S.COLOUR + 1] * light, LEAST_CHROMA)
        blur_s = HUE_BLUR / light
        # hue is uniform, of variance 1 / 12, at most
        _spread_channel(s[S.COLOUR], COLOUR_NOISE + min(0.08 * blur_h**2, 1.0), True, hue)
        _spread_channel(s[S.COLOUR + 1], COLOUR_NOISE + blur_s**2, False, saturation)
        _spread_channel(s[S.COLOUR + 2], COLOUR_NOISE, False, value)
        cell = BEND_CELLS
        for i in range(HUES):
            for j in range(SATURATIONS):
                for k in range(VALUES):
                    out[cell] += each * hue[i] * saturation[j] * value[k]
                    cell += 1


def profile(surfels: Array) -> NDArray[np.uint8]:
    """(CELLS,) how much a percept in each cell surprises the object of these surfels (N, ...).

    Minus the logarithm of its likelihood, in 1 / STEPS_PER_NAT nats.
    """
    share = np.zeros(CELLS)
    _shares(surfels, share)
    share[:BEND_CELLS] += NEVER_BENT
    share[BEND_CELLS:] += NEVER_COLOURED
    return np.clip(np.round(-STEPS_PER_NAT * np.log(share)), 0, 255).astype(np.uint8)
