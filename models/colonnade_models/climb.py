"""Climb: the leader's pose tried at the sizes next to its own, where its kin are remembered."""

from __future__ import annotations

import numpy as np

from colonnade_models.column_state import Column
from colonnade_models.contest import assess, refine_one
from colonnade_models.hypotheses import enter, is_tried, push
from colonnade_models.kernel import kernel
from colonnade_models.memory import Memory
from colonnade_models.recall import recall

__all__ = ["admit_sizes"]

ZERO = np.float32(0.0)


@kernel
def admit_sizes(c: Column, memory: Memory, leader: int) -> None:
    """Let the next smaller and next larger kin enter, with their middle in the leader's place."""
    h, s, family = c.hypotheses, c.seeds, c.kin.family
    o = h.object[leader]
    for kin in range(max(0, o - 1), min(family.shape[0], o + 2)):
        if kin == o or family[kin] != family[o]:
            continue
        for k in range(9):
            c.relative[k] = h.pose[leader, k]
        for k in range(3):
            c.relative[9 + k] = h.pose[leader, 9 + k] + memory.centre[kin, k] - memory.centre[o, k]
        if is_tried(h, kin, c.relative, memory.centre[kin]) or not recall(memory, h, c.past, kin):
            continue
        s.count[0] = 0
        push(s, kin, c.relative, ZERO)
        assess(c, memory, s, 0)
        refine_one(c, memory, s, 0, 2, c.tolerance)
        enter(h, s, 0)
