"""Telling: by how many nats a touch tells an object from its twins.

What surfels seem to differ by is more than what they stand for does: each was learned from other
touches, and what chance gave them counts as a difference. So an object is drafted without a part of
its touches, and these, with the noise of a sensor added, are scored against that draft where they
belong and where each twin lays them; then without another part. Where the mean difference is zero,
the twin is a symmetry.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models import standard_noise as noise
from colonnade_models.evidence import (
    BEND,
    FEATURE_SIZE,
    Tolerance,
    default_tolerance,
    features_of,
    score,
)
from colonnade_models.kernel import kernel
from colonnade_models.learned import LearnedObject
from colonnade_models.learning import draft_of, draft_surfels
from colonnade_models.memory import Memory, ObjectMemory
from colonnade_models.rehearsal import rehearse
from colonnade_models.twin import NATS, NATS_OF_A_TURN, POSE_SIZE, UNMEASURED

__all__ = ["TURN", "measured", "part_turn"]

Array = NDArray[np.float32]

FOLDS = 4
"""Parts of the touches, each of which is held out once."""
LEAST = 400
"""Touches; fewer tell too little."""
NUMBERS = 11
"""Standard normal numbers that displace one touch."""
TURN = np.deg2rad(15.0)
"""An axis about which a turn by so little tells nothing either is one of a round thing."""
LEAST_ANGLE = np.deg2rad(10.0)
"""A twin turned by less is shifted, and has no axis worth the name."""
_LOCATION_SIGMA = np.float32(noise.LOCATION_SIGMA)
_FRAME_SIGMA = np.float32(noise.FRAME_SIGMA)
_BEND_SIGMA = np.float32(noise.BEND_SIGMA)
_COLOUR_SIGMA = np.float32(noise.COLOUR_SIGMA)
ZERO = np.float32(0.0)
ONE = np.float32(1.0)


@kernel
def _disturb(f: Array, white: Array) -> None:
    """Add a sensor's noise to features (22,), from standard normal numbers (11,)."""
    for k in range(3):
        f[P.LOCATION + k] += _LOCATION_SIGMA * white[k]
    a, b, c = _FRAME_SIGMA * white[3], _FRAME_SIGMA * white[4], _FRAME_SIGMA * white[5]
    for k in (P.NORMAL, P.DIRECTION):
        x, y, z = f[k], f[k + 1], f[k + 2]
        x, y, z = x + b * z - c * y, y + c * x - a * z, z + a * y - b * x
        size = np.sqrt(x * x + y * y + z * z)
        f[k], f[k + 1], f[k + 2] = x / size, y / size, z / size
    for k in range(2):
        f[BEND + k] += _BEND_SIGMA * white[6 + k]
    hue = f[P.COLOUR] + _COLOUR_SIGMA * white[8]
    f[P.COLOUR] = hue - np.floor(hue)
    for k in range(1, 3):
        f[P.COLOUR + k] = min(max(f[P.COLOUR + k] + _COLOUR_SIGMA * white[8 + k], ZERO), ONE)


@kernel
def _add_scores(
    memory: Memory, touches: Array, white: Array, poses: Array, t: Tolerance, f: Array, sums: Array
) -> None:
    """Add to `sums` (W,) what (M, 18) touches, disturbed, score where (W, 12) poses lay them."""
    for i in range(touches.shape[0]):
        features_of(touches[i], f)
        _disturb(f, white[i])
        for w in range(poses.shape[0]):
            sums[w] += score(memory, 0, poses[w], f, t, ZERO)


def part_turn(pose: Array) -> Array | None:
    """The pose (12,) that turns by TURN about the axis of `pose`; None where that is shifted only.

    A rigid motion is a turn about an axis and a shift along it (Chasles 1830); the shift is left
    out.
    """
    rotation, shift = pose[:9].reshape(3, 3).astype(np.float64), pose[9:12].astype(np.float64)
    if np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1)) < LEAST_ANGLE:
        return None
    axis = np.linalg.eigh(rotation + rotation.T)[1][:, -1]
    centre = np.linalg.lstsq(np.eye(3) - rotation, shift - axis * (axis @ shift), rcond=None)[0]
    cross = np.cross(np.eye(3), axis)
    turn = np.eye(3) + np.sin(TURN) * cross + (1 - np.cos(TURN)) * cross @ cross
    return np.concatenate([turn.ravel(), centre - turn @ centre]).astype(np.float32)


def measured(learned: LearnedObject, touches: Array, seed: int = 0) -> Array:
    """The twins (W, 14) of an object again, with the nats that touches tell them by.

    `touches` (M, 18) are the percepts it was learned from, in its reference frame. Where too few
    of them met it, the nats are UNMEASURED.
    """
    twins = learned.twins.copy()
    touches = touches[touches[:, P.ON_OBJECT] > ZERO]
    if not len(twins) or len(touches) < LEAST:
        return twins
    turns = [part_turn(twin) for twin in twins]
    poses = np.zeros((1 + 2 * len(twins), POSE_SIZE), np.float32)
    poses[0, [0, 4, 8]] = ONE
    poses[1 : 1 + len(twins)] = twins[:, :POSE_SIZE]
    for row, turn in zip(poses[1 + len(twins) :], turns, strict=True):
        row[:] = poses[0] if turn is None else turn
    random = np.random.default_rng([seed, 6])
    fold = random.permutation(len(touches)) % FOLDS
    sums = np.zeros(len(poses), np.float64)
    for k in range(FOLDS):
        known, unknown = _draft(learned, touches[fold != k], seed), touches[fold == k]
        white = random.standard_normal((len(unknown), NUMBERS), dtype=np.float32)
        f = np.zeros(FEATURE_SIZE, np.float32)
        _add_scores(known, unknown, white, poses, default_tolerance(), f, sums)
    lost = (sums[0] - sums[1:]) / len(touches)
    twins[:, NATS] = lost[: len(twins)]
    twins[:, NATS_OF_A_TURN] = lost[len(twins) :]
    twins[[turn is None for turn in turns], NATS_OF_A_TURN] = UNMEASURED
    return twins


def _draft(learned: LearnedObject, touches: Array, seed: int) -> Memory:
    """What memory would hold of an object, had it been learned from these touches only."""
    table = draft_surfels(draft_of(touches, learned.spacing))
    known = replace(learned, table=table)
    known = replace(known, table=rehearse(known, touches, seed))
    return ObjectMemory([known]).arrays
