"""Made-up patches for the senses: surfaces, edges and what sensors do to them; and wild ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

FOV, RANGE, AWAY = float(np.radians(11.4)), 0.1, 0.025
"""The touch sensor's: it sees a patch of five millimetres."""
RESOLUTIONS = (4, 5, 8, 11, 16)
WILD = (0.0, -0.0, np.nan, np.inf, -np.inf, 1e-45, 1e-38, 3e38, -3e38, -1.0, 1.0, RANGE, 1e10)


class Patch(NamedTuple):
    """What a sensor gives."""

    depth: Array
    rgb: Array
    pose: Array


def surface(x: Array, y: Array, random: np.random.Generator) -> NDArray[np.float64]:
    """Depth of a plane, a ball, a roof or a step where a ray goes through x, y at depth one."""
    a, b = random.normal(0, 0.5, 2)
    plane = AWAY / np.maximum(1 + a * x + b * y, 0.05)
    match random.integers(4):
        case 0:
            return plane
        case 1:
            bend = random.normal(0, 60) * plane**2 * (x * x + y * y)
            return plane + np.clip(bend / 2, -0.02, 0.05)
        case 2:
            c, d = random.normal(0, 2, 2)
            return np.maximum(plane, AWAY * (1 + c * x + d * y))
        case _:
            beyond = a * x + b * y > random.normal(0, 0.02)
            return plane + np.where(beyond, random.choice([0.001, 0.004, 0.03, 0.2]), 0.0)


def random_patch(seed: int, fov: float = FOV) -> Patch:
    """A surface as a sensor may see it: with noise up to 5 mm, in steps of depth, with holes."""
    random = np.random.default_rng(seed)
    size = int(random.choice(RESOLUTIONS))
    steps = (2 * (np.arange(size) + 0.5) / size - 1) * np.tan(fov / 2)
    x, y = np.meshgrid(steps, steps)
    depth = surface(x, y, random) + random.normal(0, 1, x.shape) * random.choice(
        [0.0, 2e-5, 2e-4, 1e-3, 5e-3]
    )
    if random.random() < 0.3:
        step = random.choice([2.0**-16, 1e-4, 1e-3])
        depth = np.round(depth / step) * step
    holes = random.random(depth.shape) < random.choice([0.0, 0.0, 0.1, 0.5, 0.9])
    depth[holes] = random.choice([0.0, np.nan, RANGE, 1.0])
    pose = np.r_[random.normal(0, 0.3, 3), random.normal(0, 1, 4)]
    pose[3:] /= np.linalg.norm(pose[3:])
    rgb = random.random((size, size, 3))
    if random.random() < 0.2:
        rgb[:] = np.round(rgb[0, 0])
    return Patch(depth.astype(np.float32), rgb.astype(np.float32), pose.astype(np.float32))


def wild_patch(seed: int) -> Patch:
    """The same with some or all of its numbers replaced by what no sensor should give."""
    random = np.random.default_rng([1, seed])
    patch = Patch(*(part.copy() for part in random_patch(seed)))
    share = random.choice([0.02, 0.3, 1.0])
    for part in patch:
        if random.random() < 0.6:
            odd = random.random(part.shape) < share
            part[odd] = random.choice(WILD, np.count_nonzero(odd))
    if random.random() < 0.3:
        with np.errstate(over="ignore"):
            patch.depth[:] *= random.choice(np.float32([1e-40, 1e-30, 1e-10, 1e3]))
    return patch
