"""Packed surfels: 18 bytes each, on disk, in memory and on a controller alike.

| array  | type       | bits of one surfel, the lowest first                                  |
|--------|------------|------------------------------------------------------------------------|
| place  | uint32     | 10 each of x, y, z in steps from the object's corner; 1: directed       |
| look   | uint8 (10) | normal (2), direction, k1, k2, BEND of both, hue, saturation, value      |
| spread | uint32     | 4 each: spreads of normal, BEND, hue, saturation, value, direction and   |
|        |            | place; hit                                                               |

What that loses is well below what a touch gets wrong: an object's extent / 1,023 at most of a
place and half of it on average, 0.5 degrees of a normal, 0.02 of a BEND, a quarter of a variance.
A packed table unpacks to rows that pack to the same bytes again. The octahedral code of a normal
is that of Meyer et al. (2010), the frame that a direction's angle counts from that of Duff et al.
(2017).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import surfel as S
from colonnade_models.kernel import inlined, kernel
from colonnade_models.numerics import FLAT

__all__ = ["LOOKS", "STEPS", "Packed", "join", "pack", "part", "unpack"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
STEPS = 1023
"""Largest coordinate of a place."""
FINEST_STEP, COARSEST_STEP = -15, 4
"""Powers of two, m: a step between them is exact in float32, and so is every place."""
LOOKS = 10
SIDE = 127
"""Cells of the octahedron's map from its middle to its edge."""
TURNED = 256
"""Angles that a direction, a line, may have over half a turn."""
_ANGLES = np.pi * np.arange(TURNED) / TURNED
COSINE = np.cos(_ANGLES).astype(np.float32)
SINE = np.sin(_ANGLES).astype(np.float32)
BEND_STEP = np.float32(4.6 / 127)
"""Up to +-4.6, or 1/m: 1,000."""
_CURVED = np.arange(-128, 128) * np.log1p(S.STEEPEST_BEND / FLAT) / 127
CURVATURES = (np.sign(_CURVED) * FLAT * np.expm1(np.abs(_CURVED))).astype(np.float32)
"""(256,) 1/m; beyond STEEPEST_BEND none is told from another."""
HUE_STEP = np.float32(1 / 256)
COLOUR_STEP = np.float32(1 / 255)

SPREAD_FIELDS = (
    S.SPREAD_NORMAL, S.SPREAD_BEND, S.SPREAD_COLOUR, S.SPREAD_COLOUR + 1, S.SPREAD_COLOUR + 2,
    S.SPREAD_DIRECTION, S.SPREAD_PLACE,
)  # fmt: skip
_FINE_AND_MOST = np.array(
    [
        (1.5e-3, 0.5),
        (0.01, 6.0),
        (4e-3, 0.25),
        (4e-3, 0.25),
        (4e-3, 0.25),
        (4e-3, 1.0),
        (2e-6, 2e-5),
    ]
)
"""Of each spread the variance below which it hardly counts, a sensor's own being larger, and the
largest on the built-in objects."""
SPREADS = np.array(
    [fine * ((1 + most / fine) ** (np.arange(16) / 15) - 1) for fine, most in _FINE_AND_MOST],
    np.float32,
)
"""(7, 16)"""
LEAST_MISS = 1e-3
HITS = (1 - LEAST_MISS ** (np.arange(16) / 15)).astype(np.float32)
"""(16,)"""


class Packed(NamedTuple):
    """The surfels of O objects, S in all."""

    place: NDArray[np.uint32]
    """(S,)"""
    look: NDArray[np.uint8]
    """(S, 10)"""
    spread: NDArray[np.uint32]
    """(S,)"""
    start: NDArray[np.int32]
    """(O + 1,) first surfel of each object."""
    corner: NDArray[np.int32]
    """(O, 3) in steps."""
    step: Array
    """(O,) m, a power of two."""


def _nearest(levels: NDArray[Any], value: NDArray[np.float64], fine: float) -> NDArray[np.uint32]:
    """(N,) the level that each value is nearest to, on a scale that is logarithmic above `fine`."""
    scale = np.log(levels.astype(np.float64) + fine)
    middle = (scale[1:] + scale[:-1]) / 2
    return np.searchsorted(middle, np.log(np.maximum(value, 0.0) + fine)).astype(np.uint32)


def _octahedral(normal: NDArray[np.float64]) -> NDArray[np.int64]:
    """(N, 2) in +-SIDE: unit vectors (N, 3) on an octahedron that is folded open."""
    p = normal / np.abs(normal).sum(axis=1, keepdims=True)
    folded = (1 - np.abs(p[:, 1::-1])) * np.where(p[:, :2] < 0, -1, 1)
    code = np.rint(SIDE * np.where(p[:, 2:] < 0, folded, p[:, :2])).astype(np.int64)
    for k in range(2):  # at its rim the map shows every place twice
        rim = np.abs(code[:, k]) == SIDE
        code[rim, 1 - k] = np.abs(code[rim, 1 - k])
    return code


def _grid(position: NDArray[np.float64]) -> tuple[float, NDArray[np.int64]]:
    """The finest step that the extent of (N, 3) places allows, and the places in steps."""
    for power in range(FINEST_STEP, COARSEST_STEP):
        step = 2.0**power
        at = np.rint(position / step).astype(np.int64)
        if np.ptp(at, axis=0).max() <= STEPS:
            break
    return step, at


def pack(table: Array) -> Packed:
    """Pack the surfel rows (N, 25) of one object."""
    t = np.asarray(table, np.float64)
    step, at = _grid(t[:, S.POSITION : S.POSITION + 3])
    corner = at.min(axis=0)
    at -= corner
    directed = (t[:, S.DIRECTED] > 0.5).astype(np.int64)
    place = at[:, 0] | at[:, 1] << 10 | at[:, 2] << 20 | directed << 30

    look = np.zeros((len(t), LOOKS), np.int64)
    look[:, :2] = _octahedral(t[:, S.NORMAL : S.NORMAL + 3]) + 128
    angle = np.zeros(len(t))
    _angles(look, t[:, S.DIRECTION : S.DIRECTION + 3], angle)
    look[:, 2] = np.rint(angle * TURNED / np.pi).astype(np.int64) % TURNED
    k = np.clip(t[:, S.CURVATURE : S.CURVATURE + 2], CURVATURES[1], CURVATURES[-1])
    bent = np.sign(k) * np.log1p(np.abs(k) / FLAT) * 127 / np.log1p(S.STEEPEST_BEND / FLAT)
    look[:, 3:5] = np.rint(bent) + 128
    look[:, 5:7] = np.clip(np.rint(t[:, S.BEND : S.BEND + 2] / BEND_STEP), -127, 127) + 128
    look[:, 7] = np.rint(t[:, S.COLOUR] * 256) % 256
    look[:, 8:] = np.rint(255 * np.clip(t[:, S.COLOUR + 1 : S.COLOUR + 3], 0, 1))

    spread = np.zeros(len(t), np.uint32)
    for q, (field, (fine, _)) in enumerate(zip(SPREAD_FIELDS, _FINE_AND_MOST, strict=True)):
        spread |= _nearest(SPREADS[q], t[:, field], fine) << np.uint32(4 * q)
    hit = 15 - _nearest(1 - HITS[::-1].astype(np.float64), 1 - t[:, S.HIT], 1e-9)
    spread |= hit.astype(np.uint32) << np.uint32(28)
    return Packed(
        place.astype(np.uint32),
        look.astype(np.uint8),
        spread,
        np.array([0, len(t)], np.int32),
        corner[None].astype(np.int32),
        np.array([step], np.float32),
    )


def join(parts: list[Packed]) -> Packed:
    """Many as one."""
    sizes = [0, *(len(p.place) for p in parts)]
    return Packed(
        np.concatenate([np.zeros(0, np.uint32), *(p.place for p in parts)]),
        np.concatenate([np.zeros((0, LOOKS), np.uint8), *(p.look for p in parts)]),
        np.concatenate([np.zeros(0, np.uint32), *(p.spread for p in parts)]),
        np.cumsum(sizes).astype(np.int32),
        np.concatenate([np.zeros((0, 3), np.int32), *(p.corner for p in parts)]),
        np.concatenate([np.zeros(0, np.float32), *(p.step for p in parts)]),
    )


def part(packed: Packed, o: int) -> Packed:
    """One of many, without copying its surfels."""
    rows = slice(packed.start[o], packed.start[o + 1])
    return Packed(
        packed.place[rows],
        packed.look[rows],
        packed.spread[rows],
        np.array([0, rows.stop - rows.start], np.int32),
        packed.corner[o : o + 1],
        packed.step[o : o + 1],
    )


@inlined
def _unfold(first: int, second: int):  # type: ignore[no-untyped-def]
    """The unit vector of two bytes of an octahedron's map."""
    u, v = first - 128, second - 128
    w = SIDE - abs(u) - abs(v)
    if w < 0:
        u, v = (
            (SIDE - abs(v)) * (1 if u >= 0 else -1),
            (SIDE - abs(u)) * (1 if v >= 0 else -1),
        )
    x, y, z = np.float32(u), np.float32(v), np.float32(w)
    size = ONE / np.sqrt(x * x + y * y + z * z)
    return x * size, y * size, z * size


@inlined
def _tangents(x: np.float32, y: np.float32, z: np.float32):  # type: ignore[no-untyped-def]
    """Two unit vectors across the unit vector x, y, z: six numbers."""
    sign = ONE if z >= ZERO else -ONE
    c = -ONE / (sign + z)
    d = x * y * c
    return ONE + sign * x * x * c, sign * d, -sign * x, d, sign + y * y * c, -y


@kernel
def _angles(
    look: NDArray[np.int64], direction: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """(N,) angle of each direction (N, 3) about the normal that `look` says, rad."""
    for i in range(out.shape[0]):
        a0, a1, a2, b0, b1, b2 = _tangents(*_unfold(int(look[i, 0]), int(look[i, 1])))
        d = direction[i]
        out[i] = np.arctan2(d[0] * b0 + d[1] * b1 + d[2] * b2, d[0] * a0 + d[1] * a1 + d[2] * a2)


@inlined
def _unpack_row(packed: Packed, o: int, i: int, row: Array) -> None:
    """Surfel i, which is one of object o, into a row (25,)."""
    place = int(packed.place[i])
    for k in range(3):
        steps = packed.corner[o, k] + ((place >> (10 * k)) & STEPS)
        row[S.POSITION + k] = np.float32(steps) * packed.step[o]
    row[S.DIRECTED] = np.float32((place >> 30) & 1)
    look = packed.look[i]
    x, y, z = _unfold(int(look[0]), int(look[1]))
    row[S.NORMAL], row[S.NORMAL + 1], row[S.NORMAL + 2] = x, y, z
    c, s = COSINE[look[2]], SINE[look[2]]
    a0, a1, a2, b0, b1, b2 = _tangents(x, y, z)
    row[S.DIRECTION] = c * a0 + s * b0
    row[S.DIRECTION + 1] = c * a1 + s * b1
    row[S.DIRECTION + 2] = c * a2 + s * b2
    for k in range(2):
        row[S.CURVATURE + k] = CURVATURES[look[3 + k]]
        row[S.BEND + k] = np.float32(int(look[5 + k]) - 128) * BEND_STEP
    row[S.COLOUR] = np.float32(look[7]) * HUE_STEP
    row[S.COLOUR + 1] = np.float32(look[8]) * COLOUR_STEP
    row[S.COLOUR + 2] = np.float32(look[9]) * COLOUR_STEP
    spread = int(packed.spread[i])
    row[S.SPREAD_NORMAL] = SPREADS[0, spread & 15]
    row[S.SPREAD_BEND] = SPREADS[1, (spread >> 4) & 15]
    for k in range(3):
        row[S.SPREAD_COLOUR + k] = SPREADS[2 + k, (spread >> (8 + 4 * k)) & 15]
    row[S.SPREAD_DIRECTION] = SPREADS[5, (spread >> 20) & 15]
    row[S.SPREAD_PLACE] = SPREADS[6, (spread >> 24) & 15]
    row[S.HIT] = HITS[(spread >> 28) & 15]


@kernel
def unpack(packed: Packed, o: int, table: Array) -> None:
    """The surfels of object o into the rows of a table (N, 25)."""
    for i in range(packed.start[o + 1] - packed.start[o]):
        _unpack_row(packed, o, packed.start[o] + i, table[i])
