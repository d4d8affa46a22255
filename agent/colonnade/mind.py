"""A mind that learns without names: what it felt of each object, and what it made of that.

Every object follows from the touches that were accepted for it, so that a mind can be rebuilt
from them at any time, and knowing one object better changes nothing about the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from colonnade.seeds import learning_seed
from colonnade_models.consolidation import consolidate, sketch, surfels_at
from colonnade_models.learned import LearnedObject
from colonnade_models.learning import draft_of
from colonnade_models.memory import ObjectMemory
from colonnade_models.settling import settle

__all__ = ["Felt", "Mind"]


@dataclass(frozen=True, eq=False)
class Felt:
    """What was felt of one object."""

    name: str
    """What the mind calls the object."""
    touches: NDArray[np.float32]
    """(M, 18) percepts on it, in its reference frame, that are merged."""
    practice: NDArray[np.float32]
    """(N, 18) percepts on it beside those, from which it learns what to expect."""
    jumps: NDArray[np.float32]
    """(A, 7) places on it that touches aimed at, the normals there, and 1 where one met it."""
    spacing: float
    """Edge of the voxels on which they are merged, m."""
    steps: int
    """How many times the sensor looked."""
    aims: NDArray[np.float32]
    """(K, 6) places all over the object, and normals there, that were visited to see what a visit
    brings; none where the object was known before."""
    visits: NDArray[np.float32]
    """(K, 18) what these visits brought, on the object or off it, in its reference frame."""

    def joined(self, later: Felt) -> Felt:
        """This and what was felt of the same object later, on the grid it was learned on."""
        return replace(
            self,
            touches=np.concatenate([self.touches, later.touches]),
            practice=np.concatenate([self.practice, later.practice]),
            jumps=np.concatenate([self.jumps, later.jumps]),
            steps=self.steps + later.steps,
        )


class Mind:
    """Objects by the names that the mind itself gave them."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.memory = ObjectMemory()
        self.felt: dict[str, Felt] = {}
        self._foreseen: tuple[Felt, LearnedObject] | None = None

    def next_name(self) -> str:
        """What the next new object will be called."""
        return f"object-{len(self.felt) + 1:04d}"

    def keep(self, felt: Felt) -> None:
        """Learn a new object, or know one better."""
        self._remember(self._with(felt), self.would_know(felt))

    def would_know(self, felt: Felt) -> LearnedObject:
        """The object as it would be known after `keep`."""
        if self._foreseen is None or self._foreseen[0] is not felt:
            self._foreseen = (felt, self._learned(self._with(felt)))
        return self._foreseen[1]

    def restore(self, felt: Iterable[Felt]) -> None:
        """Keep all of `felt`, in its order; as if by `keep`, but each object is made once."""
        touched = {}
        for one in felt:
            self.felt[one.name] = touched[one.name] = self._with(one)
        for whole in touched.values():
            self._remember(whole, self._learned(whole))

    def _with(self, felt: Felt) -> Felt:
        return self.felt[felt.name].joined(felt) if felt.name in self.felt else felt

    def _remember(self, whole: Felt, learned: LearnedObject) -> None:
        self.felt[whole.name] = whole
        self._foreseen = None
        if whole.name in self.memory:
            self.memory.replace(learned)
        else:
            self.memory.add(learned)

    def _learned(self, whole: Felt) -> LearnedObject:
        touches = settle(np.concatenate([whole.touches, whole.practice]), whole.spacing)
        draft = draft_of(touches[: len(whole.touches)], whole.spacing)
        known = sketch(whole.name, draft, whole.steps)
        aimed = surfels_at(known, whole.jumps[:, :6])
        found = aimed >= 0
        met = whole.jumps[found, 6] > 0
        seed = learning_seed(self.seed, whole.name)
        return consolidate(known, touches, aimed[found], met, seed)
