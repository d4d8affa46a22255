"""``colonnade bench fewshot``: accuracy and pose over the number of views learned from.

Objects are learned from the first 1, 2, 4, ... of the published orientations by a camera that
stays on one side, and recognised by a camera in random orientations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from colonnade.bench.config import FewshotConfig
from colonnade.bench.laboratory import laboratory
from colonnade.bench.table import cell, table
from colonnade.commands.console import note, show, stdout
from colonnade.engine import ENGINE
from colonnade.episode_options import EpisodeOptions
from colonnade.files import atomic_write
from colonnade.flags import VIEWS, Body, ConfigError
from colonnade.report.svg import lines, standalone

__all__ = ["run"]

BODY: Body = "camera"
"""Only a camera sees an object from a side."""


def run(config: FewshotConfig, engine: str = ENGINE) -> int:
    """Do ``colonnade bench fewshot`` and return its exit code; raises as `ycb.run` does."""
    wrong = [count for count in config.views if not 0 < count <= VIEWS]
    if wrong or not config.views:
        raise ConfigError(f"--views takes numbers from 1 to {VIEWS}, e.g. --views 1 4 14.")
    with laboratory("fewshot", config, config.objects, engine) as lab:
        options = EpisodeOptions(body=BODY, noise=config.noise, max_steps=config.max_steps)
        rows = []
        for count in sorted(set(config.views)):
            place = f"seed{{seed}}/views{count}"
            models = lab.learn(
                f"{place}/model", config.objects, config.names, body=BODY, views=count
            )
            episodes = lab.show(f"{place}/episodes", models, options)
            row = {"views": count, **lab.measure(episodes, models)}
            rows.append(row)
            note(f"{count} view{'s' if count > 1 else ''}: {cell(row['accuracy'], '.1%')} correct")
        print(fewshot_table(rows))
        picture = lab.path / "fewshot.svg"
        atomic_write(picture, curve(rows))
        stdout.print(f"Curve: {show(picture)}", markup=False, soft_wrap=True)
        return lab.conclude(rows)


def fewshot_table(rows: Sequence[dict[str, Any]]) -> str:
    """A line for each number of views."""
    groups = [
        ("learned from", ["views", "surfels", "s an object"]),
        ("recognised", ["episodes", "correct %", "with pose %", "unknown %", "steps"]),
        ("rotation error", ["mean °", "median °"]),
    ]
    cells = [
        [
            *(cell(row["views"], "d"), cell(row["surfels"], ".0f"), cell(row["learn_s_median"])),
            *(cell(row["episodes"], "d"), cell(row["accuracy"], scale=100.0)),
            cell(row["posed_rate"], scale=100.0),
            *(cell(row["false_unknown_rate"], scale=100.0), cell(row["steps_mean"])),
            cell(row["rotation_error_deg_mean"]),
            cell(row["rotation_error_deg_median"]),
        ]
        for row in rows
    ]
    return table("Few views (rotation error up to the true symmetry)", groups, cells)


def curve(rows: Sequence[dict[str, Any]]) -> str:
    """Accuracy, and the share that knows the pose as well, over the number of views, as SVG."""
    series = {
        "object": [(row["views"], 100.0 * row["accuracy"]) for row in rows],
        "object and pose": [(row["views"], 100.0 * row["posed_rate"]) for row in rows],
    }
    label = "Accuracy over the number of views"
    return standalone(
        lines(
            series,
            label=label,
            x_unit="views learned from",
            y_unit="% correct",
            hero="object",
            marks=[row["views"] for row in rows],
        )
    )
