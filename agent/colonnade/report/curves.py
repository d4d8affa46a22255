"""Curves of learning over time as PNG pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from colonnade.discovery import Encounter, judge_stream, summarise_stream
from colonnade.files import atomic_path

__all__ = ["draw_continual", "draw_stream"]

_BLUE, _ORANGE, _GREY = "#2b6cb0", "#c05621", "#a0aec0"


def draw_stream(path: Path, lived: Sequence[Encounter]) -> None:
    """Accuracy over the epochs of a stream, and graphs against objects over its episodes."""
    judged = judge_stream(lived)
    epochs = summarise_stream(lived)["per_epoch"]
    objects, graphs, met, known = [], [], set(), set()
    for one in judged:
        met.add(one.encounter.object)
        known |= {one.encounter.kept} - {None}
        objects.append(len(met))
        graphs.append(len(known))
    figure, (above, below) = _panels(2)
    above.plot([e["epoch"] for e in epochs], [100 * e["accuracy"] for e in epochs], "o-", c=_BLUE)
    above.set(xlabel="epoch", ylabel="correct, %", ylim=(0, 104))
    number = np.arange(1, len(judged) + 1)
    below.plot(number, objects, c=_GREY, lw=4, label="objects met")
    below.plot(number, graphs, c=_ORANGE, label="graphs known")
    below.set(xlabel="episode", ylabel="how many", ylim=(0, None))
    below.legend(frameon=False, loc="lower right")
    _save(figure, path)


def draw_continual(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Accuracy over the number of objects learned: of all, and of those learned first."""
    figure, (panel,) = _panels(1)
    learned = [row["learned"] for row in rows]
    panel.plot(learned, [100 * row["accuracy"] for row in rows], "o-", c=_BLUE, ms=3, label="all")
    panel.plot(
        learned,
        [100 * row["accuracy_first"] for row in rows],
        "s--",
        c=_ORANGE,
        ms=3,
        label=f"the first {rows[-1]['first']}",
    )
    panel.set(xlabel="objects learned", ylabel="correct, %", ylim=(0, 104))
    panel.legend(frameon=False, loc="lower left")
    _save(figure, path)


def _panels(count: int) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.8 * count), layout="constrained")
    panels = figure.subplots(count, 1, squeeze=False)[:, 0]
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(axis="y", color="#e2e8f0")
        panel.set_axisbelow(True)
    return figure, panels


def _save(figure: Any, path: Path) -> None:
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130, metadata={"Software": None})
