"""``colonnade bench scaled``: objects that are smaller or larger than they were learned.

The same objects in the same orientations at several sizes, once for a column that takes the learned
size for granted and once for one that does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import mean, median
from typing import Any

from colonnade.bench.config import ScaledConfig
from colonnade.bench.laboratory import laboratory
from colonnade.bench.table import cell, table
from colonnade.checks import check_size
from colonnade.engine import ENGINE
from colonnade.episode import Episode
from colonnade.episode_options import EpisodeOptions
from colonnade.flags import ConfigError

__all__ = ["run"]


def run(config: ScaledConfig, engine: str = ENGINE) -> int:
    """Do ``colonnade bench scaled`` and return its exit code; raises as `ycb.run` does."""
    if not config.sizes:
        raise ConfigError("--sizes takes one or more numbers, e.g. --sizes 0.7 1 1.4.")
    for size in config.sizes:
        check_size("--sizes", size)
    with laboratory("scaled", config, config.objects, engine) as lab:
        models = lab.learn("seed{seed}/model", config.objects, config.names, body=config.body)
        options = EpisodeOptions(body=config.body, noise=config.noise, max_steps=config.max_steps)
        rows = []
        for any_size in (False, True):
            for size in dict.fromkeys(config.sizes):
                name = f"seed{{seed}}/{'any' if any_size else 'learned'}-{size:g}"
                how = replace(options, any_size=any_size)
                episodes = lab.show(name, models, how, size=size)
                rows.append(
                    {"size": size, "any_size": any_size}
                    | lab.measure(episodes, models)
                    | told_size(episodes, size)
                )
        print(scaled_table(rows))
        return lab.conclude(rows)


def told_size(episodes: Sequence[Episode], size: float) -> dict[str, Any]:
    """How far off the size was, in per cent of it, and the place, over the right answers."""
    right = [e for e in episodes if e.correct and math.isfinite(e.place_error_mm)]
    errors = [100.0 * abs(e.scale / size - 1.0) for e in right] or [math.nan]
    return {
        "size_error_percent_mean": mean(errors),
        "size_error_percent_median": median(errors),
        "place_error_mm_median": median([e.place_error_mm for e in right] or [math.nan]),
    }


def scaled_table(rows: Sequence[dict[str, Any]]) -> str:
    """A line for each size and column."""
    groups = [
        ("", ["column knows", "size", "episodes", "object %", "with pose %", "unknown %"]),
        ("steps", ["mean", "median"]),
        ("pose error", ["mean °", "median °", "median mm"]),
        ("size error", ["mean %", "median %"]),
        ("time", ["object ms"]),
    ]
    lines = [
        [
            *("every size" if row["any_size"] else "learned size", cell(row["size"], "g")),
            *(cell(row["episodes"], "d"), cell(row["accuracy"], scale=100.0)),
            *(cell(row["posed_rate"], scale=100.0), cell(row["false_unknown_rate"], scale=100.0)),
            *(cell(row["steps_mean"]), cell(row["steps_median"])),
            *(cell(row["rotation_error_deg_mean"]), cell(row["rotation_error_deg_median"])),
            cell(row["place_error_mm_median"]),
            cell(row["size_error_percent_mean"]),
            cell(row["size_error_percent_median"]),
            cell(row["episode_s_median"], scale=1e3),
        ]
        for row in rows
    ]
    return table("Scaled objects (rotation error up to the true symmetry)", groups, lines)
