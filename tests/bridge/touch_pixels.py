"""Pixels of the small model's episode, as a camera in the fingertip would see what it touches."""

from __future__ import annotations

import colorsys
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from tests.bridge.patches import AWAY, FOV
from tests.bridge.small_model import percepts

from colonnade_bridge.wire.link import Patch
from colonnade_models import percept as P

__all__ = ["patch_of", "touches"]

UNIT = 1e-5


@cache
def touches(side: int, count: int = 30) -> list[Patch]:
    """Patches of `side` pixels of the noisy touches of `first`, some of them with holes."""
    random = np.random.default_rng(side)
    patches = [patch_of(row, side, random) for row in percepts(count)]
    patches[3].depth[:] = 0  # looked past it
    patches[7].depth[random.random((side, side)) < 0.4] = 0
    patches[8].depth[:, : side // 4] = 9000  # beyond what the model's sensor reaches
    return patches


def patch_of(row: NDArray[np.float32], side: int, random: np.random.Generator) -> Patch:
    """The surface that a percept tells of, from straight above it, with noise of 50 um."""
    normal, along = row[P.NORMAL : P.NORMAL + 3], row[P.DIRECTION : P.DIRECTION + 3]
    along = along - (along @ normal) * normal
    axes = np.stack([along / np.linalg.norm(along), np.cross(-normal, along), -normal], axis=1)
    eye = row[P.LOCATION : P.LOCATION + 3] + AWAY * normal
    pose = np.concatenate([eye, Rotation.from_matrix(axes).as_quat()]).astype(np.float32)
    steps = np.tan(FOV / 2) * ((2 * np.arange(side) + 1) / side - 1)
    u, v = np.meshgrid(steps, steps)
    k1, k2 = row[P.CURVATURE : P.CURVATURE + 2]
    depth = AWAY + AWAY**2 * (k1 * u**2 + k2 * v**2) / 2 + random.normal(0, 5e-5, u.shape)
    colour = 255 * np.array(colorsys.hsv_to_rgb(*np.clip(row[P.COLOUR : P.COLOUR + 3], 0, 1)))
    rgb = colour + random.normal(0, 3, (side, side, 3))
    return Patch(
        np.round(depth / UNIT).astype(np.uint16), rgb.clip(0, 255).astype(np.uint8), pose, UNIT
    )
