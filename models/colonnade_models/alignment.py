"""Laying a percept onto a surfel: the poses of the object at which the two coincide.

The normals fix two of three angles; a turn about them is left to choose.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.kernel import inlined

__all__ = ["TURNS", "TURN_COSINE", "TURN_SINE", "align", "frame_of"]

Array = NDArray[np.float32]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)

TURNS = 16
"""Rotations about the normal among which those that are tried are chosen."""
_ANGLES = 2 * np.pi * np.arange(TURNS) / TURNS
TURN_COSINE = np.cos(_ANGLES).astype(np.float32)
TURN_SINE = np.sin(_ANGLES).astype(np.float32)


@inlined
def frame_of(f: Array, frame: Array) -> None:
    """The percept's normal, tangent and their product, made orthogonal, into (9,)."""
    n = f[P.NORMAL : P.NORMAL + 3]
    d = f[P.DIRECTION : P.DIRECTION + 3]
    along = n[0] * d[0] + n[1] * d[1] + n[2] * d[2]
    d0, d1, d2 = d[0] - along * n[0], d[1] - along * n[1], d[2] - along * n[2]
    size = ONE / np.sqrt(max(d0 * d0 + d1 * d1 + d2 * d2, np.float32(1e-12)))
    d0, d1, d2 = d0 * size, d1 * size, d2 * size
    frame[0], frame[1], frame[2] = n[0], n[1], n[2]
    frame[3], frame[4], frame[5] = d0, d1, d2
    frame[6], frame[7], frame[8] = (
        n[1] * d2 - n[2] * d1,
        n[2] * d0 - n[0] * d2,
        n[0] * d1 - n[1] * d0,
    )


@inlined
def align(
    frame: Array, f: Array, s: Array, cosine: np.float32, sine: np.float32, pose: Array
) -> None:
    """The pose that lays the percept's frame (9,) onto the surfel's, turned about the normal."""
    m = s[S.NORMAL : S.NORMAL + 3]
    e = s[S.DIRECTION : S.DIRECTION + 3]
    g0, g1, g2 = m[1] * e[2] - m[2] * e[1], m[2] * e[0] - m[0] * e[2], m[0] * e[1] - m[1] * e[0]
    x0, x1, x2 = cosine * e[0] + sine * g0, cosine * e[1] + sine * g1, cosine * e[2] + sine * g2
    y0, y1, y2 = cosine * g0 - sine * e[0], cosine * g1 - sine * e[1], cosine * g2 - sine * e[2]
    # R = m n^T + x d^T + y b^T
    for j in range(3):
        n, d, b = frame[j], frame[3 + j], frame[6 + j]
        pose[j] = m[0] * n + x0 * d + y0 * b
        pose[3 + j] = m[1] * n + x1 * d + y1 * b
        pose[6 + j] = m[2] * n + x2 * d + y2 * b
    for k in range(3):
        turned = ZERO
        for j in range(3):
            turned += pose[3 * k + j] * f[P.LOCATION + j]
        pose[9 + k] = s[S.POSITION + k] - turned
