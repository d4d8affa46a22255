"""``colonnade bench continual``: one object after the other, and after each all are shown again.

Nothing may be forgotten: accuracy is told of all objects, and of those learned first, over the
number of objects learned. What an object is learned as depends on no other, so all are learned
before the first is shown, and a memory grows by one of them at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.markup import escape
from rich.table import Table

from colonnade.bench.config import ContinualConfig
from colonnade.bench.laboratory import Laboratory, Model, laboratory
from colonnade.commands.console import note, percent, show, stdout
from colonnade.engine import ENGINE
from colonnade.episode import Episode
from colonnade.episode_options import EpisodeOptions
from colonnade.files import atomic_write
from colonnade.report.curves import draw_continual
from colonnade.seeds import stage_seed, stream_order

__all__ = ["run"]

FIRST = 10
"""Objects that count as learned first."""
FULL = 40
"""Sets up to this size are shown after every object; larger ones after every tenth."""


def run(config: ContinualConfig, engine: str = ENGINE) -> int:
    """Do ``colonnade bench continual`` and return its exit code; raises as `ycb.run` does."""
    with laboratory("continual", config, config.objects, engine) as lab:
        models = lab.learn("seed{seed}/model", config.objects, config.names, body=config.body)
        orders = {model.seed: _order(model) for model in models}
        rows = []
        for size in stages(min(map(len, orders.values()))):
            rows.append(_row(lab, models, {seed: orders[seed][:size] for seed in orders}))
            note(f"{size} learned: {percent(rows[-1]['accuracy'])} correct")
        stdout.print(_table(rows))
        picture = config.picture or lab.path / "continual.svg"
        atomic_write(picture, draw_continual(rows))
        stdout.print(f"Picture: {show(picture)}", markup=False, soft_wrap=True)
        return lab.conclude(
            rows,
            objects=rows[-1]["learned"],
            orders={str(seed): order for seed, order in orders.items()},
            accuracy_last=rows[-1]["accuracy"],
            accuracy_first_least=min(row["accuracy_first"] for row in rows),
        )


def stages(count: int) -> list[int]:
    """After how many of `count` objects all of them are shown; the last is among them."""
    every = 1 if count <= FULL else 10
    return [size for size in range(1, count + 1) if size % every == 0 or size == count]


def _order(model: Model) -> list[str]:
    """What a model holds, in an order drawn over all that was asked for.

    So once a mesh is mended that could not be used, only the stages from its place on change.
    """
    every = stream_order(model.seed, model.trained["names"], 0)
    return [name for name in every if name in model.names]


def _row(
    lab: Laboratory[ContinualConfig], models: Sequence[Model], known: Mapping[int, Sequence[str]]
) -> dict[str, Any]:
    """Show all that is `known`, by seed, in orientations that were never shown before."""
    options = lab.options
    how = EpisodeOptions(body=options.body, noise=options.noise, max_steps=options.max_steps)
    episodes: list[Episode] = []
    first: list[Episode] = []
    for model in models:
        names = known[model.seed]
        shown = lab.show_part(
            f"seed{model.seed}/of{len(names)}",
            model,
            names,
            names,
            how,
            rotations=options.rotations,
            seed=stage_seed(model.seed, len(names)),
        ).episodes
        episodes += shown
        first += [episode for episode in shown if episode.object in names[:FIRST]]
        # it is put together again from the objects, and a hundred of them fill a disk
        (lab.path / f"seed{model.seed}/of{len(names)}/model.safetensors").unlink()
    learned = len(known[models[0].seed])
    return {
        "learned": learned,
        "first": min(learned, FIRST),
        "episodes": len(episodes),
        "accuracy": _accuracy(episodes),
        "accuracy_first": _accuracy(first),
        "steps_mean": float(np.mean([episode.steps for episode in episodes])),
        "wrong": sorted({episode.object for episode in episodes if not episode.correct}),
    }


def _accuracy(episodes: Sequence[Episode]) -> float:
    return float(np.mean([episode.correct for episode in episodes]))


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """About a dozen of the rows, the last among them."""
    table = Table(title="One object after the other", title_justify="left", pad_edge=False)
    for column in ("learned", "correct", "of the first", "steps", "wrong"):
        table.add_column(column, justify="left" if column == "wrong" else "right")
    stride = max(1, len(rows) // 12)
    for row in rows[(len(rows) - 1) % stride :: stride]:
        table.add_row(
            str(row["learned"]),
            percent(row["accuracy"]),
            percent(row["accuracy_first"]),
            f"{row['steps_mean']:.1f}",
            escape(", ".join(row["wrong"])),
        )
    return table
