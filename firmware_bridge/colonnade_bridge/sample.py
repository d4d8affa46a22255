"""A sample: touches that a model's own surfels would give, as text for the exported example."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.memory import ObjectMemory
from colonnade_models.numerics import quaternion_matrix

__all__ = ["as_text", "sample_of"]

Array = NDArray[np.float32]

OBJECTS, TOUCHES = 4, 30
SIGMA_NORMAL, SIGMA_BEND = 0.01, 2.0
"""What a good fit to a patch leaves open, rad and 1/m."""


def sample_of(memory: ObjectMemory) -> list[tuple[str, Array]]:
    """An episode (N, 18) with each of the first objects, which lie anyhow; always the same."""
    random = np.random.default_rng(0)
    return [(name, _touches(memory[name].table, random)) for name in memory.names[:OBJECTS]]


def _touches(table: Array, random: np.random.Generator) -> Array:
    surfels = table[random.permutation(len(table))[:TOUCHES]]
    turn = np.zeros(9, np.float32)
    q = random.normal(size=4)
    quaternion_matrix((q / np.linalg.norm(q)).astype(np.float32), turn)
    R, shift = turn.reshape(3, 3), random.normal(0, 0.1, 3).astype(np.float32)
    rows = np.zeros((len(surfels), P.PERCEPT_SIZE), np.float32)
    for place, of in ((P.LOCATION, S.POSITION), (P.NORMAL, S.NORMAL), (P.DIRECTION, S.DIRECTION)):
        rows[:, place : place + 3] = surfels[:, of : of + 3] @ R.T
    rows[:, P.LOCATION : P.LOCATION + 3] += shift
    rows[:, P.CURVATURE : P.CURVATURE + 2] = surfels[:, S.CURVATURE : S.CURVATURE + 2]
    rows[:, P.COLOUR : P.COLOUR + 3] = surfels[:, S.COLOUR : S.COLOUR + 3]
    rows[:, P.ON_OBJECT], rows[:, P.DIRECTED] = 1, surfels[:, S.DIRECTED] > 0.5
    rows[:, P.SIGMA_NORMAL], rows[:, P.SIGMA_BEND] = SIGMA_NORMAL, SIGMA_BEND
    return rows


def as_text(episodes: Iterable[tuple[str, Array]]) -> str:
    """Episodes of percepts (N, 18) or (N, C, 18): a line a step, to the last bit.

    What is shown stands before each after a #, and an empty line after it.
    """
    lines = []
    for name, rows in episodes:
        lines.append("# " + " ".join(name.split()))
        lines += [" ".join(map(str, row.ravel())) for row in np.asarray(rows, np.float32)]
        lines.append("")
    return "\n".join(lines) + "\n"
