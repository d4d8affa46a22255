"""What meets in the graph: percepts where hypotheses put them, and the surfels that are there.

Tensors are laid out (..., K, M): components first, then K hypotheses, then M percepts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.onnx.algebra import Value
from colonnade_bridge.onnx.association import Found, Stored, dot
from colonnade_models import surfel as S
from colonnade_models.memory import Memory

__all__ = ["Allowed", "Percepts", "Placed", "Surface", "bent_of", "percepts_of", "surface_of"]

HALF = np.float32(0.5)


class Allowed(NamedTuple):
    """A `Tolerance` as it was fed, (1,) each."""

    place: Value
    normal: Value
    bend: Value
    direction: Value
    colour: Value
    gain: Value
    floor: Value
    pierced: Value


class Percepts(NamedTuple):
    """M percepts as scored: (1, 1, M), or as many components instead of the first one."""

    vectors: Value
    """(3, 3, M): location, normal, direction."""
    colour: Value
    on_object: Value
    directed: Value
    bend: Value
    var_normal: Value
    var_bend: Value


class Placed(NamedTuple):
    """Where hypotheses put percepts, (3, K, M)."""

    location: Value
    normal: Value
    direction: Value


class Surface(NamedTuple):
    """The surfels that were found there: (1, K, M), or as many components instead of the first."""

    known: Value
    normal: Value
    direction: Value
    third: Value
    """The product of the two."""
    steepest: Value
    """Square of the larger curvature, 1/m^2."""
    bend: Value
    colour: Value
    directed: Value
    spread_normal: Value
    spread_bend: Value
    spread_colour: Value
    spread_direction: Value
    spread_place: Value
    u: Value
    """Metres from the surfel to the percept along the direction, and"""
    v: Value
    """along the third axis."""
    height: Value
    """Above the surfel's quadric, m."""
    facing: Value
    """The normal of that quadric, not at unit length."""


def percepts_of(features: Value) -> Percepts:
    """The columns of features (M, 22)."""
    columns = features.transposed(1, 0).deeper(1)
    vectors, _, colour, on, directed, _, bend, var_normal, var_bend = columns.parts(
        9, 2, 3, 1, 1, 2, 2, 1, 1
    )
    return Percepts(vectors.reshaped(3, 3, -1), colour, on, directed, bend, var_normal, var_bend)


def bent_of(memory: Memory) -> NDArray[np.float32]:
    """(6, R) what follows from surfels: the third axis, the curvatures and the larger's square."""
    t = memory.surfels.T
    m, e = t[S.NORMAL : S.NORMAL + 3], t[S.DIRECTION : S.DIRECTION + 3]
    k = np.clip(t[S.CURVATURE : S.CURVATURE + 2], -S.STEEPEST_BEND, S.STEEPEST_BEND)
    third = [m[a] * e[b] - m[b] * e[a] for a, b in ((1, 2), (2, 0), (0, 1))]
    return np.stack([*third, *k, (k * k).max(axis=0)]).astype(np.float32)


def surface_of(stored: Stored, found: Found, location: Value) -> Surface:
    """The surfels that were found where percepts lie, each a quadric about its place.

    A convex surface falls away from its plane and turns outwards.
    """
    position, m, e, _, bend, colour, directed, normal, sharp, spread, turned, place, _ = (
        stored.surfels.take(found.surfel, axis=1).parts(3, 3, 3, 2, 2, 3, 1, 1, 1, 3, 1, 1, 1)
    )
    g, k1, k2, steepest = stored.bent.take(found.surfel, axis=1).parts(3, 1, 1, 1)
    o = location - position
    u, v = dot(o, e), dot(o, g)
    tu, tv = k1 * u, k2 * v
    return Surface(
        known=found.known,
        normal=m,
        direction=e,
        third=g,
        steepest=steepest,
        bend=bend,
        colour=colour,
        directed=directed,
        spread_normal=normal,
        spread_bend=sharp,
        spread_colour=spread,
        spread_direction=turned,
        spread_place=place,
        u=u,
        v=v,
        height=dot(o, m) + HALF * (tu * u + tv * v),
        facing=m + tu * e + tv * g,
    )
