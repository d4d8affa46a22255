"""Telling apart: by how many nats a touch tells an object from its twins.

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
from colonnade_models.distinction import MOST_TELLING, imagine, told_by_parts
from colonnade_models.evidence import (
    BEND,
    FEATURE_SIZE,
    Tolerance,
    default_tolerance,
    features_of,
    score_parts,
)
from colonnade_models.kernel import kernel
from colonnade_models.learned import LearnedObject
from colonnade_models.learning import draft_of, draft_surfels
from colonnade_models.memory import Memory, ObjectMemory, lookup
from colonnade_models.numerics import tilted
from colonnade_models.odds import borne_out, told_by, trust_in
from colonnade_models.rehearsal import rehearse
from colonnade_models.twin import NATS, NATS_OF_A_TURN, POSE_SIZE, RATE, UNMEASURED, WORTH

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
        x, y, z = tilted(f[k], f[k + 1], f[k + 2], a, b, c)
        size = np.sqrt(x * x + y * y + z * z)
        f[k], f[k + 1], f[k + 2] = x / size, y / size, z / size
    for k in range(2):
        f[BEND + k] += _BEND_SIGMA * white[6 + k]
    hue = f[P.COLOUR] + _COLOUR_SIGMA * white[8]
    f[P.COLOUR] = hue - np.floor(hue)
    for k in range(1, 3):
        f[P.COLOUR + k] = min(max(f[P.COLOUR + k] + _COLOUR_SIGMA * white[8 + k], ZERO), ONE)


@kernel
def _score_all(
    memory: Memory,
    touches: Array,
    white: Array,
    poses: Array,
    t: Tolerance,
    f: Array,
    imagined: Array,
    out: Array,
) -> None:
    """Score (M, 18) touches, disturbed, where (W, 12) poses lay them, into `out` (M, W, 2, 2).

    First the nats that differences in shape and in colour cost; then what the surfel met where the
    touch belongs promises to tell of that pose by either. `f` and `imagined` (22,) are scratch.
    """
    for i in range(touches.shape[0]):
        features_of(touches[i], f)
        _disturb(f, white[i])
        x, y, z = f[P.LOCATION], f[P.LOCATION + 1], f[P.LOCATION + 2]
        met = lookup(memory, 0, x, y, z, f[P.NORMAL], f[P.NORMAL + 1], f[P.NORMAL + 2])
        if met >= 0:
            imagine(memory.surfels[met], imagined)
        for w in range(poses.shape[0]):
            nats, coloured, _ = score_parts(memory, 0, poses[w], f, t, ZERO)
            cost, promised = out[i, w, 0], out[i, w, 1]
            cost[0], cost[1] = t.gain - nats - coloured, coloured
            promised[0], promised[1] = ZERO, ZERO
            if met >= 0:
                promised[0], promised[1], _ = told_by_parts(
                    memory, memory.surfels[met], 0, poses[w], t, imagined
                )


def part_turn(pose: Array) -> Array | None:
    """The pose (12,) that turns by TURN about the axis of `pose`; None where that is shifted only.

    A rigid motion is a turn about an axis and a shift along it (Chasles 1830); the shift is left
    out.
    """
    rotation, shift = pose[:9].reshape(3, 3).astype(np.float64), pose[9:12].astype(np.float64)
    if np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1)) < LEAST_ANGLE:
        return None
    axis = np.linalg.eigh(rotation + rotation.T)[1][:, -1]
    centre = np.linalg.lstsq(np.eye(3) - rotation, shift - axis * (axis @ shift), rcond=1e-4)[0]
    cross = np.cross(np.eye(3), axis)
    turn = np.eye(3) + np.sin(TURN) * cross + (1 - np.cos(TURN)) * cross @ cross
    return np.concatenate([turn.ravel(), centre - turn @ centre]).astype(np.float32)


def measured(learned: LearnedObject, touches: Array, seed: int = 0) -> LearnedObject:
    """An object again, with how well touches tell its twins, and by what.

    `touches` (M, 18) are those it was learned from and practised by, in its reference frame. Where
    too few of them met it, the nats of its twins stay UNMEASURED.
    """
    touches = touches[touches[:, P.ON_OBJECT] > ZERO]
    count = len(learned.twins)
    if count == 0 or len(touches) < LEAST:
        return learned
    turns = [part_turn(twin) for twin in learned.twins]
    poses = np.zeros((1 + 2 * count, POSE_SIZE), np.float32)
    poses[:, [0, 4, 8]] = ONE
    poses[1 : 1 + count] = learned.twins[:, :POSE_SIZE]
    for row, turn in zip(poses[1 + count :], turns, strict=True):
        row[:] = poses[0] if turn is None else turn
    cost, promised = _costs(learned, touches, poses, seed)
    told = cost[:, 1:] - cost[:, :1]
    of_a_turn, told = told[:, count:].sum(axis=2), told[:, :count]
    cost, promised = cost[:, : 1 + count], promised[:, 1 : 1 + count]
    trust = trust_in(cost)
    twins = learned.twins.copy()
    # by what is not trusted, too: it may be what tells one twin of them all
    plain, weighed = told.sum(axis=2), told @ trust
    twins[:, NATS] = np.maximum(plain.mean(axis=0), weighed.mean(axis=0))
    twins[:, NATS_OF_A_TURN] = of_a_turn.mean(axis=0)
    twins[[turn is None for turn in turns], NATS_OF_A_TURN] = UNMEASURED
    promised = np.minimum(promised @ trust, MOST_TELLING)
    twins[:, RATE], twins[:, WORTH] = borne_out(told_by(cost, trust), promised)
    return replace(learned, twins=twins, trust=trust)


def _costs(learned: LearnedObject, touches: Array, poses: Array, seed: int) -> tuple[Array, Array]:
    """What each touch costs each of W poses by shape and by colour (M, W, 2), in nats.

    And what it promised to tell of each by either (M, W, 2). Every touch is scored against a draft
    that does not know it.
    """
    random = np.random.default_rng([seed, 6])
    fold = random.permutation(len(touches)) % FOLDS
    scores = np.zeros((len(touches), len(poses), 2, 2), np.float32)
    for k in range(FOLDS):
        memory, held_out = _draft(learned, touches[fold != k], seed), touches[fold == k]
        white = random.standard_normal((len(held_out), NUMBERS), dtype=np.float32)
        out = np.zeros((len(held_out), len(poses), 2, 2), np.float32)
        f, imagined = np.zeros((2, FEATURE_SIZE), np.float32)
        _score_all(memory, held_out, white, poses, default_tolerance(), f, imagined, out)
        scores[fold == k] = out
    return scores[:, :, 0], scores[:, :, 1]


def _draft(learned: LearnedObject, touches: Array, seed: int) -> Memory:
    """What memory would hold of an object, had it been merged from these touches only."""
    table = draft_surfels(draft_of(touches, learned.spacing))
    known = replace(learned, table=table)
    known = replace(known, table=rehearse(known, touches, seed))
    return ObjectMemory([known]).arrays
