"""What an object knows of the poses it is mistaken in: its twins, and what to tell them by.

A twin is a row of sixteen float32 numbers, by field.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MOST_COUNTED",
    "MOST_TRUST",
    "NATS",
    "NATS_OF_A_TURN",
    "POSE_SIZE",
    "RATE",
    "SAME_ANGLE",
    "SAME_PLACE",
    "TWIN_SIZE",
    "UNMEASURED",
    "WORTH",
    "full_trust",
    "no_twins",
    "sound",
    "sound_trust",
]

POSE_SIZE = 12
"""A row begins with the pose: nine row-major entries of a rotation, then a translation, m."""
NATS = 12
"""Nats that a touch tells the object from this twin by, on average over its surface."""
NATS_OF_A_TURN = 13
"""As many, from a turn by `colonnade_models.telling_apart.TURN` only, about the same axis."""
RATE = 14
"""Nats that a touch is worth where touches should tell the two apart best: as the odds are."""
WORTH = 15
"""What one nat of lead over this twin is worth by those odds."""
TWIN_SIZE = 16

SAME_ANGLE = np.float32(0.966)
"""Cosine of 15 degrees: nearer twins are one, and a pose as near to one is taken for it."""
SAME_PLACE = np.float32(0.008)
"""Metres, the same of where they lay the object's centre."""

MOST_COUNTED = np.float32(5.0)
"""Nats below a perfect fit that one touch counts at most between poses of one object.

Of caps between 4 and 8 nats and none, that with which touches held out tell most of twins.
"""

MOST_TRUST = 10.0
"""A trust beyond any that touches teach."""

UNMEASURED = np.float32(np.inf)
"""In place of nats that too few touches were left to measure."""


def full_trust() -> NDArray[np.float32]:
    """(2,): differences in shape and in colour count as they do between objects."""
    return np.ones(2, np.float32)


def no_twins() -> NDArray[np.float32]:
    """(0, 16): an object unlike itself all round has none."""
    return np.zeros((0, TWIN_SIZE), np.float32)


def sound_trust(trust: NDArray[np.float32]) -> bool:
    """Whether weights (..., 2) are positive and no more than MOST_TRUST."""
    return bool(trust.shape[-1:] == (2,) and ((trust > 0) & (trust <= MOST_TRUST)).all())


def sound(twins: NDArray[np.float32]) -> bool:
    """Whether rows (W, 16) hold finite poses and nats that are numbers or UNMEASURED.

    Of those WORTH is no more than 1.
    """
    poses, nats, worth = twins[:, :POSE_SIZE], twins[:, POSE_SIZE:], twins[:, WORTH]
    known = np.isfinite(nats) | (nats == UNMEASURED)
    return bool(
        np.isfinite(poses).all() and known.all() and ((worth <= 1) | (worth == UNMEASURED)).all()
    )
