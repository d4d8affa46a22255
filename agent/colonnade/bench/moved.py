"""``colonnade bench moved``: objects that are shifted or turned while they are recognised.

The same episodes with the object lying still, and, for each motion, once noticed by the column
itself, once told to it so that it starts over, and once ignored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import mean, median
from typing import Any, get_args

from colonnade.bench.config import MovedConfig
from colonnade.bench.laboratory import POSED_DEG, laboratory
from colonnade.bench.table import cell, table
from colonnade.commands.console import note
from colonnade.engine import ENGINE
from colonnade.episode import Episode
from colonnade.episode_options import EpisodeOptions
from colonnade.flags import ConfigError
from colonnade.motion import LEAST_BEFORE, MOST_BEFORE, WATCHED, Manner, Moment, Motion

__all__ = ["run"]

WHEN: dict[str, str] = {"open": "while unsure", "decided": "once sure"}
"""What the table calls the moments."""
COLUMN: dict[str, str] = {
    "noticed": "must notice",
    "told": "is told",
    "ignored": "ignores it",
}
"""What the table calls the manners."""
LEGEND = f"""\
while unsure  moved after {LEAST_BEFORE} to {MOST_BEFORE} steps, mostly before the decision
once sure     moved after the decision, and touched on: {WATCHED} steps or more to notice it
must notice   nobody tells the column: its predictions fail, and it finds the object again
is told       the column is told at once, and starts over
ignores it    the column takes the object to lie still, whatever it feels
noticed       the column found out; where the object lay still, a false alarm
with pose     the right object, turned from its true pose by {POSED_DEG:g}° at most
steps after   since the motion; where the object lay still, all of the episode"""


def run(config: MovedConfig, engine: str = ENGINE) -> int:
    """Do ``colonnade bench moved`` and return its exit code; raises as `ycb.run` does."""
    amounts = [(shift, 0.0) for shift in config.shifts] + [(0.0, turn) for turn in config.turns]
    if not all(math.isfinite(x) and x > 0 for amount in amounts for x in amount if x):
        raise ConfigError("--shifts and --turns take positive numbers, centimetres and degrees.")
    if config.shifts and config.turns:
        amounts.append((max(config.shifts), max(config.turns)))
    with laboratory("moved", config, config.objects, engine) as lab:
        models = lab.learn("seed{seed}/model", config.objects, config.names, body=config.body)
        options = EpisodeOptions(body=config.body, noise=config.noise, max_steps=config.max_steps)
        still = lab.show("seed{seed}/still", models, options)
        rows = [{"motion": "none", **lab.measure(still, models), **after_motion(still)}]
        for shift, turn in amounts:
            for moment in get_args(Moment):
                for manner in get_args(Manner):
                    motion = Motion(shift / 100.0, turn, moment=moment, manner=manner)
                    name = f"seed{{seed}}/{shift:g}cm-{turn:g}deg-{moment}-{manner}"
                    episodes = lab.show(name, models, replace(options, motion=motion))
                    what = {"shift_cm": shift, "turn_deg": turn, "moment": moment}
                    rows.append(
                        {"motion": str(motion), **what, "manner": manner}
                        | lab.measure(episodes, models)
                        | after_motion(episodes)
                    )
                    note(f"{in_words(rows[-1])}: {cell(rows[-1]['accuracy'], '.1%')} correct")
        print(moved_table(rows))
        return lab.conclude(rows)


def after_motion(episodes: Sequence[Episode]) -> dict[str, Any]:
    """What came after the motion, or of the whole episode where there was none."""
    steps = [e.steps - max(e.moved_at, 0) for e in episodes]
    misplaced = [e.place_error_mm for e in episodes if math.isfinite(e.place_error_mm)]
    return {
        "noticed_rate": mean(e.noticed > 0 for e in episodes),
        "steps_after_mean": mean(steps),
        "steps_after_median": median(steps),
        "place_error_mm_median": median(misplaced) if misplaced else math.nan,
    }


def moved_table(rows: Sequence[dict[str, Any]]) -> str:
    """A line for each motion, moment and manner."""
    groups = [
        ("moved", ["by", "when"]),
        ("", ["column", "episodes", "noticed %"]),
        ("right", ["object %", "with pose %"]),
        ("steps after", ["mean", "median"]),
        ("pose error", ["mean °", "median °", "median mm"]),
    ]
    lines = [
        [
            *(_amount(row), _when(row), _column(row), cell(row["episodes"], "d")),
            cell(row["noticed_rate"] if _may_notice(row) else None, scale=100.0),
            *(cell(row["accuracy"], scale=100.0), cell(row["posed_rate"], scale=100.0)),
            *(cell(row["steps_after_mean"]), cell(row["steps_after_median"])),
            *(cell(row["rotation_error_deg_mean"]), cell(row["rotation_error_deg_median"])),
            cell(row["place_error_mm_median"]),
        ]
        for row in rows
    ]
    title = "Objects moved while they are recognised (rotation error up to the true symmetry)"
    return f"{table(title, groups, lines)}\n\n{LEGEND}"


def in_words(row: dict[str, Any]) -> str:
    """What a row is about."""
    return ", ".join((_amount(row), _when(row), f"the column {_column(row)}"))


def _when(row: dict[str, Any]) -> str:
    return WHEN[row["moment"]] if "moment" in row else "–"


def _column(row: dict[str, Any]) -> str:
    return COLUMN[row.get("manner", "noticed")]


def _may_notice(row: dict[str, Any]) -> bool:
    """Whether it is up to the column; where it is told, or does not look, it notices nothing."""
    return bool(row.get("manner", "noticed") == "noticed")


def _amount(row: dict[str, Any]) -> str:
    parts = [("shift_cm", "{:g} cm"), ("turn_deg", "{:g}°")]
    return ", ".join(form.format(row[key]) for key, form in parts if row.get(key)) or "nothing"
