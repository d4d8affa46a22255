"""Consolidation: from the touches of an object to what is remembered of it.

Surfels with their spreads come from the draft, trust from going through the touches once more,
twins from comparing the object with itself.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from colonnade_models.learning import Draft, draft_surfels, learn, new_draft
from colonnade_models.memory import LearnedObject, ObjectMemory
from colonnade_models.surfel import FLOOR
from colonnade_models.trust import trust
from colonnade_models.twins import find_twins

__all__ = ["consolidate", "draft_of"]

Array = NDArray[np.float32]


def draft_of(touches: Array, spacing: float) -> Draft:
    """All of (M, 18) percepts in an object's frame merged on voxels of `spacing` metres."""
    draft = new_draft(spacing)
    for touch in touches:
        learn(draft, touch)
    return draft


def consolidate(name: str, draft: Draft, touches: Array, seed: int, *, steps: int) -> LearnedObject:
    """What is remembered of an object.

    Args:
        name: what it is called.
        draft: its touches, merged; not empty.
        touches: (M, 18) the percepts that were merged, in the object's frame.
        seed: chance in finding out where touches surprise.
        steps: how many times the sensor looked.
    """
    learned = LearnedObject(name, draft_surfels(draft), float(draft.spacing[0]), steps)
    learned.table[:, FLOOR] = trust(learned, touches, seed)
    return replace(learned, twins=find_twins(ObjectMemory([learned]).arrays))
