"""How many nats a touch tells an object from its twins: one touch and one pose at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from tests.naive import distinction as D
from tests.naive.evidence import features_of, score_parts
from tests.naive.spatial_index import lookup

from colonnade_models import percept as P
from colonnade_models import standard_noise as noise
from colonnade_models.evidence import BEND, Tolerance
from colonnade_models.learned import LearnedObject

Array = NDArray[np.float64]


def disturbed(touch: NDArray[Any], white: NDArray[Any]) -> Array:
    """Features of a (18,) touch with a sensor's noise from standard normal numbers (11,)."""
    f, white = features_of(touch.astype(np.float64)), white.astype(np.float64)
    f[P.LOCATION : P.LOCATION + 3] += noise.LOCATION_SIGMA * white[:3]
    turn = noise.FRAME_SIGMA * white[3:6]
    for k in (P.NORMAL, P.DIRECTION):
        turned = f[k : k + 3] + np.cross(turn, f[k : k + 3])
        f[k : k + 3] = turned / np.linalg.norm(turned)
    f[BEND : BEND + 2] += noise.BEND_SIGMA * white[6:8]
    hue, saturation, value = f[P.COLOUR : P.COLOUR + 3] + noise.COLOUR_SIGMA * white[8:]
    f[P.COLOUR : P.COLOUR + 3] = hue % 1, np.clip(saturation, 0, 1), np.clip(value, 0, 1)
    return f


def costs(
    learned: LearnedObject, touches: NDArray[Any], white: NDArray[Any], pose: Array, t: Tolerance
) -> list[tuple[float, float]]:
    """Nats that differences in shape and in colour cost a pose (12,), for every disturbed touch."""
    rows = [disturbed(*pair) for pair in zip(touches, white, strict=True)]
    scores = [score_parts(learned, pose, row, t, 0.0) for row in rows]
    return [(float(t.gain) - nats - coloured, coloured) for nats, coloured in scores]


def promises(
    learned: LearnedObject, touches: NDArray[Any], white: NDArray[Any], pose: Array, t: Tolerance
) -> list[tuple[float, float]]:
    """Nats by shape and by colour that the surfel of every disturbed touch should tell."""
    out = []
    for pair in zip(touches, white, strict=True):
        row = disturbed(*pair)
        i = lookup(learned, row[P.LOCATION : P.LOCATION + 3], row[P.NORMAL : P.NORMAL + 3])
        if i < 0:
            out.append((0.0, 0.0))
            continue
        met = learned.table[i]
        by_colour = D.by_colour(learned, D.imagine(met), pose, t)
        out.append((D.loss(met, learned, pose, t) - by_colour, by_colour))
    return out


def part_turn(pose: NDArray[Any], angle: float) -> tuple[Rotation, Array]:
    """A turn by `angle` about the axis of a (12,) pose, and a point of that axis.

    The point is where (1 - R) c is what the shift has across the axis, by least squares.
    """
    rotation = Rotation.from_matrix(pose[:9].reshape(3, 3).astype(np.float64))
    axis = rotation.as_rotvec() / rotation.magnitude()
    shift = pose[9:].astype(np.float64)
    across = shift - axis * (axis @ shift)
    centre = np.linalg.pinv(np.eye(3) - rotation.as_matrix()) @ across
    return Rotation.from_rotvec(angle * axis), centre
