"""Older schemas of the model file: read, and never written again.

In schema 2 surfels were not packed; up to schema 3 a twin was a pose and nothing else, and full
trust was put in every difference; up to schema 4 it was not known what nats are worth.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade_models.packed import join, pack
from colonnade_models.surfel import NORMAL, POSITION, SURFEL_SIZE
from colonnade_models.twin import POSE_SIZE, RATE, TWIN_SIZE, UNMEASURED

__all__ = ["OLDER", "brought_up"]

OLDER = (2, 3, 4)
"""Schemas that are read."""
FARTHEST = 10.0
"""Metres from an object's origin within which its surfels lie."""


Tensors = dict[str, NDArray[Any]]


def brought_up(schema: int, tensors: Tensors) -> Tensors:
    """The tensors of today's schema; only what is not carried over as it is was checked.

    Raises ValueError, in a few words, where surfels or twins make no sense.
    """
    if schema == 2:
        tensors = _packed(tensors)
    if schema <= 3:
        return _with_wider_twins(tensors, POSE_SIZE) | {"trust": _full_trust(tensors)}
    return _with_wider_twins(tensors, RATE)


def _need(truth: bool, what: str) -> None:
    """Raise ValueError, saying what is amiss, unless all is well."""
    if not truth:
        raise ValueError(what)


def _with_wider_twins(tensors: Tensors, fields: int) -> Tensors:
    """Of twins that have `fields` numbers the others were not measured."""
    _need("twins" in tensors, "`twins` is missing")
    known = tensors["twins"]
    kind = known.dtype == np.float32 and known.ndim == 2
    _need(kind and known.shape[1] == fields, "`twins` is of another kind")
    twins = np.full((len(known), TWIN_SIZE), UNMEASURED, np.float32)
    twins[:, :fields] = known
    return tensors | {"twins": twins}


def _full_trust(tensors: Tensors) -> NDArray[np.float32]:
    _need("steps" in tensors and tensors["steps"].ndim == 1, "`steps` is missing or odd")
    return np.ones((len(tensors["steps"]), 2), np.float32)


def _packed(tensors: Tensors) -> Tensors:
    rest = dict(tensors)
    _need("surfels" in rest, "`surfels` is missing")
    _need("surfel_start" in rest, "`surfel_start` is missing")
    surfels, start = rest.pop("surfels"), rest["surfel_start"]
    _need(surfels.dtype == np.float32 and surfels.ndim == 2, "`surfels` is no float32 table")
    _need(surfels.shape[1] == SURFEL_SIZE, f"a surfel has {SURFEL_SIZE} fields")
    _need(bool(np.isfinite(surfels).all()), "surfels are not finite")
    position, normal = (surfels[:, k : k + 3] for k in (POSITION, NORMAL))
    _need(bool((np.abs(position) < FARTHEST).all()), "surfels lie metres off the object")
    size = (normal.astype(np.float64) ** 2).sum(axis=1)
    _need(bool((np.abs(size - 1) < 0.01).all()), "normals are not of unit length")
    _need(start.dtype == np.int32 and start.ndim == 1 and len(start) > 0, "`surfel_start` is odd")
    _need(bool(start[0] == 0 and start[-1] == len(surfels)), "`surfel_start` does not fit")
    _need(bool((np.diff(start.astype(np.int64)) > 0).all()), "an object is empty")
    packed = join([pack(surfels[a:b]) for a, b in pairwise(start)])
    return rest | {f"surfel_{name}": array for name, array in packed._asdict().items()}
