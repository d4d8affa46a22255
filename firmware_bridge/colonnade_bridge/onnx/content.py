"""What a graph holds of an object memory: the arrays of `Memory`, complete and all awake.

Scoring in the graph reads them, and so does the rest of the step, which is interpreted: so each of
them is also given out by the graph, and who has the file needs no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade_models import surfel as S
from colonnade_models.memory import Memory
from colonnade_models.packed import LOOKS, Packed
from colonnade_models.recall import Wakefulness
from colonnade_models.spatial_index import NO_SURFEL, Filed

__all__ = ["arrays_of", "memory_of"]

Arrays = dict[str, NDArray[Any]]

_AS_THEY_ARE = (
    "surfel_start", "surfel_end", "origin", "cell", "inverse_cell", "blocks_along", "table_start",
    "table", "centre", "twins", "twin_start", "trust", "radius", "surprise",
)  # fmt: skip
"""Fields of `Memory` that the graph holds under their own names."""


def arrays_of(memory: Memory) -> Arrays:
    """A complete memory as the graph holds it.

    Two of them lie the other way round: `surfels` are (25, R), and `blocks` become (2, 64 B)
    `cells`, the first surfel of every cell, then the second.
    """
    arrays = {name: np.ascontiguousarray(getattr(memory, name)) for name in _AS_THEY_ARE}
    arrays["surfels"] = np.ascontiguousarray(memory.surfels.T)
    arrays["cells"] = np.ascontiguousarray(memory.blocks.reshape(-1, 2).T)
    return arrays


def memory_of(arrays: Mapping[str, NDArray[Any]]) -> Memory:
    """The memory again. Raises ValueError, in a few words, where it is not sound."""
    _check(arrays)
    objects, surfels = len(arrays["origin"]), arrays["surfels"].shape[1]
    fields = {name: np.array(arrays[name]) for name in _AS_THEY_ARE}
    return Memory(
        **fields,
        surfels=np.ascontiguousarray(arrays["surfels"].T),
        blocks=np.ascontiguousarray(arrays["cells"].T).reshape(-1, 64, 2),
        filed=Filed(
            np.zeros(surfels, np.uint16),
            np.zeros((surfels, 3), np.float32),
            np.zeros(len(fields["table"]), np.int32),
        ),
        near=np.zeros(0, np.uint8),
        near_start=np.zeros(objects, np.int32),
        packed=_nothing_packed(objects),
        wakefulness=_all_awake(objects),
    )


def _nothing_packed(objects: int) -> Packed:
    """In the place of what is only read to wake an object up."""
    return Packed(
        np.zeros(0, np.uint32),
        np.zeros((0, LOOKS), np.uint8),
        np.zeros(0, np.uint32),
        np.zeros(objects + 1, np.int32),
        np.zeros((objects, 3), np.int32),
        np.ones(objects, np.float32),
    )


def _all_awake(objects: int) -> Wakefulness:
    nowhere = np.zeros(objects, np.int32)
    return Wakefulness(
        np.arange(objects, dtype=np.int32),
        np.arange(objects, dtype=np.int32),
        np.zeros(objects, np.int64),
        np.zeros(1, np.int64),
        nowhere,
        nowhere,
        nowhere,
        np.zeros(0, np.uint16),
        np.zeros(0, np.float32),
    )


def _check(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Raise ValueError unless every shape and every index fits."""

    def need(truth: Any, what: str) -> None:
        if not bool(truth):
            raise ValueError(what)

    for name in (*_AS_THEY_ARE, "surfels", "cells"):
        need(name in arrays, f"`{name}` is missing")
    a = arrays
    need(a["surfels"].ndim == 2 and a["cells"].ndim == 2, "`surfels` or `cells` does not fit")
    objects, surfels, table = len(a["origin"]), a["surfels"].shape[1], len(a["table"])
    need(objects and surfels, "it holds no object")
    need(a["surfels"].shape == (S.SURFEL_SIZE, surfels), "`surfels` does not fit")
    need(np.isfinite(a["surfels"]).all(), "surfels are not finite")
    for name in ("surfel_start", "surfel_end", "cell", "inverse_cell", "table_start", "radius"):
        need(a[name].shape == (objects,), f"`{name}` does not fit")
    for name in ("origin", "blocks_along", "centre"):
        need(a[name].shape == (objects, 3), f"`{name}` does not fit")
    need(a["trust"].shape == (objects, 2), "`trust` does not fit")
    need(a["surprise"].shape[1:] == (objects,), "`surprise` does not fit")
    start, end = a["surfel_start"].astype(np.int64), a["surfel_end"].astype(np.int64)
    need((start >= 0).all() and (start < end).all() and (end <= surfels).all(), "surfels are cut")
    twin = a["twin_start"].astype(np.int64)
    need(len(twin) == objects + 1 and twin[0] == 0, "`twin_start` does not fit")
    need((np.diff(twin) >= 0).all() and twin[-1] == len(a["twins"]), "`twin_start` does not fit")
    along, first = a["blocks_along"].astype(np.int64), a["table_start"].astype(np.int64)
    need((along > 0).all() and (first >= 0).all(), "the tables do not fit")
    need((first + along.prod(axis=1) <= table).all(), "the tables do not fit")
    cells = a["cells"]
    blocks = cells.shape[1] // 64
    need(cells.shape == (2, 64 * blocks), "`cells` does not fit")
    need((a["table"] >= -1).all() and (a["table"] < blocks).all(), "a block is missing")
    for o in range(objects):
        own = a["table"][first[o] : first[o] + along[o].prod()]
        named = cells.reshape(2, blocks, 64)[:, own[own >= 0]]
        most = named[named != NO_SURFEL].max(initial=0)
        need(most < end[o] - start[o], "a cell names no surfel")
