"""Curves of learning over time, as SVG pictures of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from colonnade.discovery import Encounter
from colonnade.report.svg import lines, standalone

__all__ = ["draw_continual", "draw_epochs", "draw_graphs"]


def draw_epochs(epochs: Sequence[Mapping[str, Any]]) -> str:
    """Accuracy over the epochs of a stream, which are `per_epoch` of its summary."""
    series = {
        "field's rule": [(row["epoch"], 100.0 * row["accuracy"]) for row in epochs],
        "strict": [(row["epoch"], 100.0 * row["strict_accuracy"]) for row in epochs],
    }
    return _drawn(
        series,
        label="Accuracy over the epochs",
        x_unit="epoch",
        y_unit="% correct",
        hero="field's rule",
        caption=(
            "field's rule: right where the graph named holds something of the object,",
            "or where unknown is answered and no graph does; strict: right where the graph",
            "was first learned from the object (see docs/discovery.md).",
        ),
    )


def draw_graphs(lived: Sequence[Encounter]) -> str:
    """Graphs known and objects met over the episodes of a stream."""
    met: set[str] = set()
    known: set[str] = set()
    objects, graphs = [], []
    for number, encounter in enumerate(lived, 1):
        met.add(encounter.object)
        if encounter.kept is not None:
            known.add(encounter.kept)
        objects.append((number, float(len(met))))
        graphs.append((number, float(len(known))))
    series = {"objects met": objects, "graphs known": graphs}
    label = "Graphs and objects over the episodes"
    return _drawn(
        series, label=label, x_unit="episode", y_unit="", hero="graphs known", counted=True
    )


def draw_continual(rows: Sequence[Mapping[str, Any]]) -> str:
    """Accuracy over the number of objects learned: of all, and of those learned first."""
    series = {"all": [(row["learned"], 100.0 * row["accuracy"]) for row in rows]}
    if rows[-1]["learned"] > rows[-1]["first"]:  # before that they are all
        first = f"the first {rows[-1]['first']}"
        series[first] = [(row["learned"], 100.0 * row["accuracy_first"]) for row in rows]
    label = "Accuracy over the number of objects learned"
    return _drawn(series, label=label, x_unit="objects learned", y_unit="% correct", hero="all")


def _drawn(series: Mapping[str, Sequence[tuple[float, float]]], **options: Any) -> str:
    return standalone(lines(series, **options))
