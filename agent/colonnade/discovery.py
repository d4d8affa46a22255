"""What a stream of objects without names came to, by the field's rules.

The mind names objects itself; which true object a graph was learned from is known to the scorer
alone. An answer is right when the graph that it names was learned from or refined with that
object, or is `unknown` for an object that no graph holds anything of (the published benchmark's
rule). The strict rule counts a graph as the object that it was first learned from and no other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from colonnade.summary import UNKNOWN

__all__ = ["Encounter", "Judged", "judge_stream", "summarise_stream"]


@dataclass(frozen=True, slots=True)
class Encounter:
    """One episode of a stream: a row of its table."""

    number: int
    """From 0, in the order in which they happened."""
    epoch: int
    """From 1."""
    object: str
    """The true object, which the mind is not told."""
    seed: int
    rotation: list[float]
    """(4,) true rotation object -> world, quaternion x, y, z, w."""
    answer: str | None
    """What the mind called it, `unknown`, or None if memory proposed nothing."""
    timeout: bool
    steps: int
    """Percepts until the column decided."""
    explored: int
    """Touches after that."""
    agreement: float | None
    """Share of the usual nats that visits all over what was recognised brought."""
    rotation_found: list[float | None]
    """(4,) from the reference frame of the answer to the world."""
    kept: str | None
    """The graph that was learned or refined from this; None where memory stayed as it was."""
    surfels: int
    """Of all objects in memory afterwards."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Judged:
    """An episode and whether its answer was right."""

    encounter: Encounter
    new: bool
    """No graph held anything of the object before."""
    correct: bool
    strictly: bool
    """Right by the strict rule."""


def judge_stream(encounters: Iterable[Encounter]) -> list[Judged]:
    """Judge every episode by what had been learned before it."""
    sources: dict[str, list[str]] = {}
    judged = []
    for met in encounters:
        held = any(met.object in names for names in sources.values())
        first = any(met.object == names[0] for names in sources.values())
        nothing = met.answer in (UNKNOWN, None)
        own = sources.get(met.answer or "", [])
        correct = met.object in own if held else nothing
        strictly = own[:1] == [met.object] if first else nothing
        judged.append(Judged(met, not held, correct, strictly))
        if met.kept is not None:
            names = sources.setdefault(met.kept, [])
            if met.object not in names:
                names.append(met.object)
    return judged


def summarise_stream(encounters: Sequence[Encounter]) -> dict[str, Any]:
    """Plain numbers by name; NaN where nothing can be averaged.

    ``graphs_per_object`` is how many graphs an object ended up in, over the objects that are in
    any; ``objects_per_graph`` how many objects a graph was learned from or refined with.
    """
    judged = judge_stream(encounters)
    epochs = sorted({one.encounter.epoch for one in judged})
    later = [one for one in judged if one.encounter.epoch > 1]
    pairs = {(one.encounter.kept, one.encounter.object) for one in judged if one.encounter.kept}
    graphs, objects = {graph for graph, _ in pairs}, {name for _, name in pairs}
    met = {one.encounter.object for one in judged}
    return {
        "objects": len(met),
        "episodes": len(judged),
        "epochs": len(epochs),
        "accuracy_first_epoch": _accuracy(one for one in judged if one.encounter.epoch == 1),
        "accuracy_after_first_epoch": _accuracy(later),
        "strict_accuracy_after_first_epoch": _mean(one.strictly for one in later),
        "unknown_recall": _accuracy(one for one in judged if one.new),
        "graphs": len(graphs),
        "graphs_per_object": len(pairs) / len(objects) if objects else math.nan,
        "objects_per_graph": len(pairs) / len(graphs) if graphs else math.nan,
        "never_learned": sorted(met - objects),
        "refined": sum(_refined(one) for one in judged),
        "timeouts": sum(one.encounter.timeout for one in judged),
        "steps_mean_after_first_epoch": _mean(one.encounter.steps for one in later),
        "explored_mean_after_first_epoch": _mean(one.encounter.explored for one in later),
        "seconds_median_new": _median(
            one.encounter.seconds for one in judged if one.encounter.answer == UNKNOWN
        ),
        "seconds_median_known": _median(
            one.encounter.seconds for one in judged if one.encounter.answer != UNKNOWN
        ),
        "per_epoch": [_epoch(judged, epoch) for epoch in epochs],
        "mistakes": [
            {
                "number": one.encounter.number,
                "epoch": one.encounter.epoch,
                "object": one.encounter.object,
                "answer": one.encounter.answer,
            }
            for one in judged
            if not one.correct
        ],
    }


def _epoch(judged: Sequence[Judged], epoch: int) -> dict[str, Any]:
    own = [one for one in judged if one.encounter.epoch == epoch]
    until = {
        one.encounter.kept for one in judged if one.encounter.epoch <= epoch and one.encounter.kept
    }
    return {
        "epoch": epoch,
        "episodes": len(own),
        "accuracy": _accuracy(own),
        "strict_accuracy": _mean(one.strictly for one in own),
        "graphs": len(until),
        "refined": sum(_refined(one) for one in own),
        "steps_mean": _mean(one.encounter.steps for one in own),
        "surfels": own[-1].encounter.surfels,
    }


def _refined(one: Judged) -> bool:
    return one.encounter.kept is not None and one.encounter.kept == one.encounter.answer


def _accuracy(judged: Iterable[Judged]) -> float:
    return _mean(one.correct for one in judged)


def _mean(values: Iterable[float]) -> float:
    gathered = list(values)
    return float(np.mean(gathered)) if gathered else math.nan


def _median(values: Iterable[float]) -> float:
    gathered = list(values)
    return float(np.median(gathered)) if gathered else math.nan
