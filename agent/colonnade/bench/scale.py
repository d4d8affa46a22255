"""``colonnade bench scale``: accuracy, time and memory over the number of objects known.

All objects are learned once a seed; memories of some of them, spread evenly over the set, are put
together and asked about objects spread evenly over their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from colonnade.bench.config import ScaleConfig
from colonnade.bench.laboratory import Laboratory, Model, Part, laboratory
from colonnade.bench.spread import spread
from colonnade.bench.table import cell, table
from colonnade.commands.console import note, show, stdout
from colonnade.engine import ENGINE, Engine, load_engine
from colonnade.episode import Episode
from colonnade.episode_options import EpisodeOptions
from colonnade.files import atomic_write
from colonnade.flags import ConfigError
from colonnade.report.svg import lines, standalone
from colonnade.summary import summarise

__all__ = ["run"]

MODEL = "seed{seed}/model"
"""Where a seed's objects are learned."""


def run(config: ScaleConfig, engine: str = ENGINE) -> int:
    """Do ``colonnade bench scale`` and return its exit code; raises as `ycb.run` does."""
    sizes = sorted(set(config.sizes))
    if not sizes or sizes[0] < 1 or config.episodes < 1:
        raise ConfigError("--sizes takes numbers of objects from 1, and --episodes 1 or more.")
    with laboratory("scale", config, config.objects, engine) as lab:
        wanted = _chosen(lab, load_engine(engine), sizes[-1])
        models = lab.learn(MODEL, config.objects, wanted, body=config.body)
        most = min(len(model.names) for model in models)
        rows = []
        for size in sizes:
            if size > most:
                note(f"Only {most} objects were learned: they stand for {size}.")
            row = _measure(lab, models, min(size, most))
            rows.append(row)
            note(f"{row['objects']} objects: {cell(row['accuracy'], '.1%')} correct")
        print(scale_table(rows))
        steps = [row["column_us"]["mean"] for row in rows]
        growth = exponent([row["objects"] for row in rows], steps)
        if growth is not None:
            print(f"\nThe column's mean step grows as the number of objects to the {growth:.2f}.")
        picture = lab.path / "scale.svg"
        atomic_write(picture, curve(rows))
        stdout.print(f"Curve: {show(picture)}", markup=False, soft_wrap=True)
        return lab.conclude(rows)


def _chosen(lab: Laboratory[ScaleConfig], mind: Engine, most: int) -> tuple[str, ...]:
    """`most` objects, spread evenly: where so many were chosen before, those, gone or not."""
    options, earlier = lab.options, lab.asked(MODEL)
    if earlier and options.names:
        if spread([*dict.fromkeys(options.names)], most) == earlier:
            return tuple(earlier)
    elif earlier:
        found = mind.open_set(options.objects, None, options.scale)
        if len(earlier) == most or (len(earlier) < most and set(found) <= set(earlier)):
            return tuple(earlier)
    found = mind.open_set(options.objects, options.names or None, options.scale)
    return tuple(spread(list(found), most))


def curve(rows: Sequence[dict[str, Any]]) -> str:
    """The column's step over the number of objects known, as SVG."""
    series = {
        name: [(row["objects"], 1e-3 * row["column_us"][name]) for row in rows]
        for name in ("median", "mean")
    }
    return standalone(
        lines(
            series,
            label="The column's step over the number of objects known",
            x_unit="objects known",
            y_unit="ms",
            hero="median",
            marks=[row["objects"] for row in rows],
        )
    )


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float | None:
    """x of cost ~ size^x, by least squares over the logarithms; None for fewer than two sizes."""
    if len(set(sizes)) < 2 or min(costs) <= 0:
        return None
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def _show(lab: Laboratory[ScaleConfig], model: Model, size: int) -> Part:
    """Put a memory of `size` of the model's objects together and show it as many or fewer."""
    options = lab.options
    known = spread(model.names, size)
    return lab.show_part(
        f"seed{model.seed}/of{size}",
        model,
        known,
        spread(known, options.episodes),
        EpisodeOptions(
            body=options.body,
            noise=options.noise,
            max_steps=options.max_steps,
            record_steps=True,
        ),
        rotations=max(1, round(options.episodes / size)),
        seed=model.seed,
    )


def _measure(lab: Laboratory[ScaleConfig], models: Sequence[Model], size: int) -> dict[str, Any]:
    """One row: memories of `size` objects, one a seed, and what came of all their episodes."""
    shown = [_show(lab, model, size) for model in models]
    episodes = [episode for one in shown for episode in one.episodes]
    return {
        **summarise(episodes, {episode.object for episode in episodes}),
        "objects": size,
        "column_us": _times(episodes, "infer_us"),
        "sense_us": _times(episodes, "sense_us"),
        "policy_us": _times(episodes, "policy_us"),
        "model_bytes": max(one.file for one in shown),
        "memory_bytes": max(one.ram for one in shown),
        "awake_bytes": max(one.awake for one in shown),
        "peak_rss_mb": round(lab.workers.peak_rss_mb, 1),
    }


def _times(episodes: Sequence[Episode], stage: str) -> dict[str, float]:
    """Of all steps of all episodes, microseconds."""
    steps = [getattr(step, stage) for episode in episodes for step in episode.trace or ()]
    if not steps:
        return dict.fromkeys(("median", "p95", "mean", "most"), math.nan)
    return {
        "median": float(np.median(steps)),
        "p95": float(np.percentile(steps, 95)),
        "mean": float(np.mean(steps)),
        "most": float(np.max(steps)),
    }


def scale_table(rows: Sequence[dict[str, Any]]) -> str:
    """A line for each number of objects."""
    groups = [
        ("", ["objects", "episodes"]),
        ("recognised", ["correct %", "unknown %", "steps", "median °"]),
        ("column's step, µs", ["median", "95 %", "mean", "most"]),
        ("median, µs", ["sensing", "policy"]),
        ("an object", ["ms"]),
        ("memory, MB", ["file", "RAM", "awake"]),
    ]
    lines = [
        [
            *(cell(row["objects"], "d"), cell(row["episodes"], "d")),
            cell(row["accuracy"], scale=100.0),
            cell(row["false_unknown_rate"], scale=100.0),
            *(cell(row["steps_mean"]), cell(row["rotation_error_deg_median"])),
            *(cell(row["column_us"][name], ".0f") for name in ("median", "p95", "mean", "most")),
            *(cell(row[stage]["median"], ".0f") for stage in ("sense_us", "policy_us")),
            cell(row["episode_s_median"], scale=1e3),
            *(
                cell(row[name], ".2f", 1e-6)
                for name in ("model_bytes", "memory_bytes", "awake_bytes")
            ),
        ]
        for row in rows
    ]
    return table("Scale (rotation error up to the true symmetry)", groups, lines)
