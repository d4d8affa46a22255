"""Hypotheses as a plain list of (object, pose, evidence)."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from tests.naive.poses import is_near

Hypothesis = tuple[int, NDArray[Any], float]


def keep_winners(these: list[Hypothesis], winners: int, slack: float) -> list[Hypothesis]:
    """The strongest, none more than `slack` behind the best, in their old order."""
    best = max((h[2] for h in these), default=0.0)
    near = [i for i, h in enumerate(these) if h[2] >= best - slack]
    chosen = sorted(near, key=lambda i: -these[i][2])[:winners]
    return [these[i] for i in sorted(chosen)]


def drop_twins(
    these: list[Hypothesis], centre: NDArray[Any], cosine: float, distance: float
) -> list[Hypothesis]:
    """Of those that agree with one kept before, the stronger takes its place."""
    kept: list[Hypothesis] = []
    for h in these:
        for k, other in enumerate(kept):
            if h[0] == other[0] and is_near(h[1], other[1], centre[h[0]], cosine, distance):
                if h[2] > other[2]:
                    kept[k] = h
                break
        else:
            kept.append(h)
    return kept
