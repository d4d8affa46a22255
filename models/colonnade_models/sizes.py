"""Sizes: what was learned, recognised smaller or larger than it was.

Each object is remembered a second time at every size of a ladder, places multiplied by it and
curvatures divided, so that a hypothesis of one of these copies is a pose with a scale, and nothing
in the column has to know of it but this: the copies of an object are kin, which do not compete.
What is between the rungs of the ladder is found at the end, by a similarity instead of a rigid fit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.column_state import Settings
from colonnade_models.evidence import VAR_NORMAL, Tolerance
from colonnade_models.kernel import kernel
from colonnade_models.kin import Kin
from colonnade_models.learned import LearnedObject
from colonnade_models.memory import Memory, ObjectMemory, lookup, most_awake
from colonnade_models.numerics import compress
from colonnade_models.recall import wake_up
from colonnade_models.twin import NATS, POSE_SIZE, UNMEASURED, WORTH

__all__ = ["LADDER", "Sized", "at_all_sizes", "at_size", "fit_size", "widened"]

Array = NDArray[np.float32]
Matrix = NDArray[np.float64]

LADDER: tuple[float, ...] = tuple(float(2.0 ** (k / 8)) for k in range(-4, 5))
"""Sizes from 0.7 to 1.4 in steps of 9 %: what is halfway between two is off by 2 mm at 5 cm from
the middle, as much as the standard noise."""
PASSES = 8
LEAST = 4
"""Percepts on the object without which the size is left as it is."""
STEP = np.array([0.15, 0.15, 0.15, 0.006, 0.006, 0.006, 0.05])
"""Standard deviations of one step, rad and m, and of the logarithm of the size about its rung."""
WILD = 16.0
"""Squared normalised gap beyond which a percept does not pull."""


class Sized(NamedTuple):
    """A memory at all sizes of a ladder."""

    memory: ObjectMemory
    """The copies of each object, one after the other."""
    kin: Kin
    """Which object of the given memory each of them is, and how large."""


def at_size(learned: LearnedObject, size: float) -> LearnedObject:
    """`learned` as it would be `size` times as large; its name tells the size."""
    table = learned.table.copy()
    table[:, S.POSITION : S.POSITION + 3] *= np.float32(size)
    table[:, S.CURVATURE : S.CURVATURE + 2] /= np.float32(size)
    bends = table[:, S.BEND : S.BEND + 2]
    for row, curvatures in zip(bends, table[:, S.CURVATURE : S.CURVATURE + 2], strict=True):
        row[:] = [compress(k) for k in curvatures]
    twins = learned.twins.copy()
    twins[:, 9:POSE_SIZE] *= np.float32(size)
    if size != 1:
        twins[:, NATS:WORTH] = UNMEASURED  # a sensor is as noisy on a smaller thing
    return replace(
        learned,
        name=f"{learned.name} x {size:.3g}",
        table=table,
        spacing=learned.spacing * size,
        twins=twins,
    )


def at_all_sizes(memory: ObjectMemory, ladder: tuple[float, ...] = LADDER) -> Sized:
    """Every object of a memory at each size of a rising ladder."""
    copies = [at_size(learned, size).packed for learned in memory for size in ladder]
    return Sized(
        ObjectMemory(copies, len(ladder) * most_awake(len(memory))),
        Kin(
            np.repeat(np.arange(len(memory)), len(ladder)),
            np.tile(np.array(ladder, np.float32), len(memory)),
        ),
    )


def widened(settings: Settings, rungs: int) -> Settings:
    """Settings for a search that is `rungs` times as wide."""
    return settings._replace(
        seed_budget=rungs * settings.seed_budget,
        refined_seeds=2 * settings.refined_seeds,
        winners=2 * settings.winners,
        few=rungs * settings.few,
    )


@kernel
def _surfels_of(
    memory: Memory, o: int, places: Array, normals: Array, out: NDArray[np.int64]
) -> None:
    for i in range(places.shape[0]):
        out[i] = lookup(
            memory, o, places[i, 0], places[i, 1], places[i, 2],
            normals[i, 0], normals[i, 1], normals[i, 2],
        )  # fmt: skip


def fit_size(
    memory: Memory, o: int, pose: Array, features: Array, t: Tolerance
) -> tuple[Array, float]:
    """The similarity near `pose` (12,) that lays percepts, `features` (N, 22), onto object `o`.

    Gauss-Newton on point-to-plane distances, normals and principal directions, as in `refinement`,
    with the logarithm of the size, about the object's middle, as a seventh unknown. The normals'
    part knows that the surface's own normal turns where it is bent; without that it hardly gets
    on. Returns the pose, which maps the body's frame into the object's at the size it was given,
    and how many times as large it is.
    """
    f = features[features[:, P.ON_OBJECT] > 0].astype(np.float64)
    R, shift = pose[:9].reshape(3, 3).astype(np.float64), pose[9:].astype(np.float64)
    centre, grown = memory.centre[o].astype(np.float64), 0.0
    found = np.zeros(len(f), np.int64)
    wake_up(memory, o)
    for _ in range(PASSES):
        q = centre + (f[:, P.LOCATION : P.LOCATION + 3] @ R.T + shift - centre) * np.exp(-grown)
        n = f[:, P.NORMAL : P.NORMAL + 3] @ R.T
        d = f[:, P.DIRECTION : P.DIRECTION + 3] @ R.T
        _surfels_of(memory, o, q.astype(np.float32), n.astype(np.float32), found)
        on = found >= 0
        if on.sum() < LEAST:
            break
        s = memory.surfels[found[on]].astype(np.float64)
        row, gap, variance = _gather(s, f[on], q[on], n[on], d[on], centre, t)
        weight = np.clip(1 - gap * gap / variance / WILD, 0, None) ** 2 / variance
        matrix = (row * weight[:, None]).T @ row + np.diag(1 / STEP**2)
        right = -(row * (weight * gap)[:, None]).sum(axis=0)
        right[6] -= grown / STEP[6] ** 2
        step = np.linalg.solve(matrix, right)
        turn = _rotation(step[:3])
        R = turn @ R
        shift = centre + turn @ (shift - centre) + step[3:6] * np.exp(grown)
        grown += step[6]
    return np.append(R.ravel(), shift).astype(np.float32), float(np.exp(grown))


def _gather(
    s: Matrix, f: Matrix, q: Matrix, n: Matrix, d: Matrix, centre: Matrix, t: Tolerance
) -> tuple[Matrix, Matrix, Matrix]:
    """Jacobian (4N, 7), gaps (4N,) and their variances of N percepts on surfels `s` (N, 25).

    Percepts `f` (N, 22) lie at `q` and face along `n` with direction `d`, (N, 3) in the object's
    frame. The unknowns are a turn about `centre`, a shift and the logarithm of the size.
    """
    m, e = s[:, S.NORMAL : S.NORMAL + 3], s[:, S.DIRECTION : S.DIRECTION + 3]
    g = np.cross(m, e)
    away, arm = q - s[:, S.POSITION : S.POSITION + 3], q - centre
    u, v = (away * e).sum(axis=1), (away * g).sum(axis=1)
    k1, k2 = np.clip(s[:, S.CURVATURE : S.CURVATURE + 2], -S.STEEPEST_BEND, S.STEEPEST_BEND).T
    bent = m + (k1 * u)[:, None] * e + (k2 * v)[:, None] * g
    bent /= np.linalg.norm(bent, axis=1)[:, None]

    def moved(way: Matrix) -> Matrix:
        """(N, 7) how much each place moves along `way` (N, 3) with each unknown."""
        return np.column_stack([np.cross(arm, way), way, -(arm * way).sum(axis=1)])

    def turned(a: Matrix, way: Matrix) -> Matrix:
        """(N, 7) the same for how much each vector `a` (N, 3) turns along `way`."""
        return np.column_stack([np.cross(a, way), np.zeros((len(a), 4))])

    steep = np.maximum(k1 * k1, k2 * k2) * t.place
    normal_variance = t.normal + f[:, VAR_NORMAL] + s[:, S.SPREAD_NORMAL] + steep
    directed = (f[:, P.DIRECTED] > 0) & (s[:, S.DIRECTED] > 0.5)
    d = d * np.where((d * e).sum(axis=1) < 0, -1.0, 1.0)[:, None]
    rows = [
        moved(bent),
        turned(n, e) - k1[:, None] * moved(e),  # the surface's normal turns where it is bent
        turned(n, g) - k2[:, None] * moved(g),
        directed[:, None] * turned(d, g),
    ]
    gaps = [
        (away * m).sum(axis=1) + (k1 * u * u + k2 * v * v) / 2,
        ((n - bent) * e).sum(axis=1),
        ((n - bent) * g).sum(axis=1),
        directed * (d * g).sum(axis=1),
    ]
    variances = [
        np.full(len(s), t.place, np.float64),
        normal_variance,
        normal_variance,
        t.direction + s[:, S.SPREAD_DIRECTION],
    ]
    return np.vstack(rows), np.concatenate(gaps), np.concatenate(variances)


def _rotation(w: Matrix) -> Matrix:
    """(3, 3) rotation by a rotation vector (3,) (Rodrigues' formula)."""
    angle = float(np.linalg.norm(w))
    if angle < 1e-12:
        return np.eye(3)
    a, b, c = w / angle
    K = np.array([[0, -c, b], [c, 0, -a], [-b, a, 0]])
    turn: Matrix = np.eye(3) + np.sin(angle) * K + (1 - np.cos(angle)) * K @ K
    return turn
