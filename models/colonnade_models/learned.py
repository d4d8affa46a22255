"""One object: as learned, and packed as memory keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade_models import surfel as S
from colonnade_models.packed import Packed, pack, unpack
from colonnade_models.profile import profile
from colonnade_models.spatial_index import Box, box_of
from colonnade_models.twin import MOST_TRUST, TWIN_SIZE, full_trust, no_twins, sound, sound_trust

__all__ = ["LearnedObject", "PackedObject", "Surfels"]

Array = NDArray[np.float32]


class Surfels(NamedTuple):
    """Views into the columns of the (N, 25) surfel table."""

    position: Array
    normal: Array
    direction: Array
    curvature: Array
    colour_hsv: Array


@dataclass(frozen=True, eq=False)
class LearnedObject:
    """One object as learned: a name, its surfels and the grid they were merged on."""

    name: str
    table: Array
    """(N, 25) surfel rows, see `colonnade_models.surfel`."""
    spacing: float
    """Edge of the merging voxels, m."""
    steps: int = 0
    """Percepts it took to learn."""
    seconds: float = 0.0
    twins: Array = field(default_factory=no_twins)
    """(W, 16) poses that nearly lay the object onto itself, see `colonnade_models.twin`."""
    trust: Array = field(default_factory=full_trust)
    """(2,) how far differences in shape and in colour tell one of its poses from another."""

    def __post_init__(self) -> None:
        if self.table.ndim != 2 or self.table.shape[1] != S.SURFEL_SIZE or not len(self.table):
            raise ValueError(f"{self.name}: surfels must be (N, {S.SURFEL_SIZE}) with N >= 1")
        if not np.isfinite(self.table).all():
            raise ValueError(f"{self.name}: surfels must be finite")
        if self.twins.ndim != 2 or self.twins.shape[1] != TWIN_SIZE or not sound(self.twins):
            raise ValueError(f"{self.name}: twins must be sound and (W, {TWIN_SIZE})")
        if self.trust.shape != (2,) or not sound_trust(self.trust):
            raise ValueError(
                f"{self.name}: trust must be two numbers above 0, at most {MOST_TRUST:g}"
            )

    @property
    def surfels(self) -> Surfels:
        """The surfels by field: position, normal, direction (N, 3), curvature (N, 2), colour."""
        t = self.table
        return Surfels(
            t[:, S.POSITION : S.POSITION + 3],
            t[:, S.NORMAL : S.NORMAL + 3],
            t[:, S.DIRECTION : S.DIRECTION + 3],
            t[:, S.CURVATURE : S.CURVATURE + 2],
            t[:, S.COLOUR : S.COLOUR + 3],
        )

    @cached_property
    def packed(self) -> PackedObject:
        """The object as memory keeps it, packed on first use: change no surfel after that."""
        packed = pack(self.table)
        return PackedObject(self.name, packed, self.spacing, self.steps, self.twins, self.trust)


class Sketch(NamedTuple):
    """What is known of an object while it is asleep; the fields are those of
    `colonnade_models.memory.Memory`."""

    box: Box
    centre: Array
    radius: float
    surprise: NDArray[np.uint8]


@dataclass(eq=False)
class PackedObject:
    """One object as it is remembered, see `LearnedObject` for the rest."""

    name: str
    packed: Packed
    spacing: float
    steps: int
    twins: Array
    trust: Array

    def within(self, packed: Packed) -> PackedObject:
        """The same object, whose surfels are part of others' now."""
        moved = replace(self, packed=packed)
        if "sketch" in self.__dict__:
            moved.__dict__["sketch"] = self.sketch
        return moved

    def unpacked(self) -> LearnedObject:
        """The object again, up to what packing lost."""
        table = np.zeros((len(self.packed.place), S.SURFEL_SIZE), np.float32)
        unpack(self.packed, 0, table)
        learned = LearnedObject(
            self.name, table, self.spacing, self.steps, twins=self.twins, trust=self.trust
        )
        learned.__dict__["packed"] = self
        return learned

    @cached_property
    def sketch(self) -> Sketch:
        """Built on first use and never saved: it follows from the surfels.

        Raises ValueError where the object is too large for its spacing, see `box_of`.
        """
        table = self.unpacked().table
        position = table[:, S.POSITION : S.POSITION + 3]
        centre = (position.min(axis=0) + position.max(axis=0)) / 2
        radius = float(np.linalg.norm(position - centre, axis=1).max())
        return Sketch(box_of(table, self.spacing), centre, radius, profile(table))
