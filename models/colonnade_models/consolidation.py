"""Consolidation: from the touches of an object to what is remembered of it.

Surfels come from the draft; what they expect, from going through the touches once more; how surely
they are met, from the touches that aimed at them; twins, from comparing the object with itself, and
how well touches tell them from it, from touches held out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from colonnade_models.hits import hit_share
from colonnade_models.kernel import kernel
from colonnade_models.learned import LearnedObject
from colonnade_models.learning import Draft, draft_surfels
from colonnade_models.memory import Memory, ObjectMemory, lookup
from colonnade_models.rehearsal import rehearse
from colonnade_models.surfel import HIT
from colonnade_models.telling_apart import measured
from colonnade_models.twins import find_twins

__all__ = ["consolidate", "sketch", "surfels_at"]

Array = NDArray[np.float32]


def sketch(name: str, draft: Draft, steps: int) -> LearnedObject:
    """An object as merged, before it has found out anything about itself.

    Args:
        name: what it is called.
        draft: its touches, merged; not empty.
        steps: how many times the sensor looked.
    """
    return LearnedObject(name, draft_surfels(draft), float(draft.spacing[0]), steps)


def consolidate(
    known: LearnedObject,
    touches: Array,
    aimed: NDArray[np.int64],
    met: NDArray[np.bool_],
    seed: int,
) -> LearnedObject:
    """What is remembered of an object.

    Args:
        known: the object as merged, see `sketch`.
        touches: (M, 18) percepts of it, in its frame; those that were merged, and others.
        aimed: (A,) surfels that touches aimed at.
        met: (A,) whether they met the object.
        seed: chance in going through the touches.
    """
    learned = replace(known, table=rehearse(known, touches, seed))
    learned.table[:, HIT] = hit_share(learned, aimed, met)
    learned = replace(learned, twins=find_twins(ObjectMemory([learned]).arrays))
    return measured(learned, touches, seed)


@kernel
def _surfels_at(memory: Memory, places: Array, out: NDArray[np.int64]) -> None:
    for i in range(places.shape[0]):
        p = places[i]
        out[i] = lookup(memory, 0, p[0], p[1], p[2], p[3], p[4], p[5])


def surfels_at(learned: LearnedObject, places: Array) -> NDArray[np.int64]:
    """(A,) surfel that each of (A, 6) places and normals there belongs to, -1 where none is."""
    out = np.empty(len(places), np.int64)
    _surfels_at(ObjectMemory([learned]).arrays, places, out)
    return out
