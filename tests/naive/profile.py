"""Profiles and familiarity by plain loops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade_models import familiarity as F
from colonnade_models import percept as P
from colonnade_models import profile as Q
from colonnade_models import surfel as S
from colonnade_models.evidence import BEND, VAR_BEND


def bend_share(mean: float, variance: float) -> NDArray[np.float64]:
    """(BENDS,) of a normal distribution."""
    edges = [-math.inf, *map(float, Q.BEND_EDGES), math.inf]
    up_to = [0.5 * (1 + math.erf((e - mean) / math.sqrt(2 * variance))) for e in edges]
    return np.diff(up_to)


def channel_share(mean: float, variance: float, cells: int, goes_round: bool) -> NDArray[Any]:
    """(cells,) how likely each cell of a colour channel is."""
    out = np.zeros(cells)
    for k in range(cells):
        gap = abs((k + 0.5) / cells - mean)
        if goes_round:
            gap = min(gap, 1 - gap)
        out[k] = math.exp(-min(gap**2 / (2 * (variance + 1 / (12 * cells**2))), 4.5))
    return out / out.sum()


def profile(table: NDArray[Any]) -> NDArray[np.float64]:
    """(CELLS,) surprise before it is rounded."""
    bends, colours = [], []
    for s in np.asarray(table, np.float64):
        variance = Q.BEND_NOISE + s[S.SPREAD_BEND]
        first, second = (bend_share(s[S.BEND + k], variance) for k in range(2))
        bends.append(np.outer(first, second).ravel())
        h, c, v = s[S.COLOUR : S.COLOUR + 3]
        light = max(v, Q.LEAST_CHROMA)
        blur = Q.HUE_BLUR / max(c * light, Q.LEAST_CHROMA)
        hue = channel_share(h, Q.COLOUR_NOISE + min(0.08 * blur**2, 1), Q.HUES, True)
        pale = (Q.HUE_BLUR / light) ** 2
        saturation = channel_share(c, Q.COLOUR_NOISE + pale, Q.SATURATIONS, False)
        value = channel_share(v, Q.COLOUR_NOISE, Q.VALUES, False)
        colours.append(np.einsum("i,j,k->ijk", hue, saturation, value).ravel())
    bend = np.mean(bends, axis=0) + Q.NEVER_BENT
    colour = np.mean(colours, axis=0) + Q.NEVER_COLOURED
    return np.clip(-Q.STEPS_PER_NAT * np.log(np.concatenate([bend, colour])), 0, 255)


def cells(f: NDArray[Any]) -> list[int]:
    """The cells in which a percept's features vote."""
    along = [int(np.searchsorted(Q.BEND_EDGES, f[BEND + k], side="right")) for k in range(2)]
    hue, saturation, value = np.asarray(f[P.COLOUR : P.COLOUR + 3], np.float64)
    h = int(hue % 1 * Q.HUES) % Q.HUES
    s = min(int(np.clip(saturation, 0, 1) * Q.SATURATIONS), Q.SATURATIONS - 1)
    v = min(int(np.clip(value, 0, 1) * Q.VALUES), Q.VALUES - 1)
    colour = Q.BEND_CELLS + int(np.ravel_multi_index((h, s, v), (Q.HUES, Q.SATURATIONS, Q.VALUES)))
    bend = along[0] * Q.BENDS + along[1]
    return [bend, colour] if f[VAR_BEND] < F.VAGUE_BEND else [colour]


def familiar(surprise: NDArray[np.uint8], features: NDArray[Any]) -> tuple[Any, list[int]]:
    """(O,) the surprise of each object, and the objects to list."""
    total = np.zeros(surprise.shape[1], int)
    for f in features:
        if f[P.ON_OBJECT] == 1:
            for cell in cells(f):
                total += surprise[cell]
    order = np.argsort(total, kind="stable")[: F.MOST_LISTED]
    close = (total[order] - total.min()) / Q.STEPS_PER_NAT <= F.FAMILIAR
    close[: F.LEAST_LISTED] = True
    return total, order[close].tolist()
