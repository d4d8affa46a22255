"""``colonnade bench ycb``: the field's conditions, scored by its rules, its numbers beside ours.

Each suite is learned once a seed and body, without noise, and shown under every condition. A
step is a percept that reached the column. An episode is correct if its answer, or at the step
limit its strongest hypothesis, is the object. The rotation error is counted over the correct
episodes twice: by the field's rule, where poses that the column itself holds for equivalent
count as one, and up to the true symmetry of the object, which is found from its mesh.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from colonnade.bench.config import Condition, YcbConfig
from colonnade.bench.laboratory import Laboratory, laboratory
from colonnade.bench.published import PUBLISHED, TIMES, Row
from colonnade.bench.suites import Suite, read_suite
from colonnade.bench.table import cell, table
from colonnade.commands.console import note
from colonnade.commands.roster import refuse_unknown
from colonnade.engine import ENGINE, load_engine
from colonnade.episode_options import EpisodeOptions
from colonnade.files import file_name
from colonnade.flags import Body, Noise, Orientations
from colonnade.orientations import BASE

__all__ = ["run"]

_NAMED = "names"
"""Label of objects that are given by --names."""


class _Condition(NamedTuple):
    orientations: Orientations
    noise: Noise


CONDITIONS: dict[Condition, _Condition] = {
    "base": _Condition("base", "none"),
    "randrot": _Condition("euler", "none"),
    "noise": _Condition("euler", "standard"),
    "rawnoise": _Condition("euler", "raw"),
}


def run(config: YcbConfig, engine: str = ENGINE) -> int:
    """Do ``colonnade bench ycb`` and return its exit code.

    Raises:
        ConfigError: options that cannot be meant.
        RunFolderError: --out is in use or holds something else.
        NothingUsableError: not one object could be learned.
        Interrupted: Ctrl-C; what is done is saved.
    """
    if config.names:
        suites = [Suite(_NAMED, config.names)]
    else:
        suites = [read_suite(given) for given in config.suite]
    mind = load_engine(engine)
    for suite in suites:  # a name that does not exist is told before any work
        refuse_unknown(mind, config.out, config.objects, suite.names, config.scale)
    with laboratory("ycb", config, config.objects, engine) as lab:
        rows = [row for suite in suites for body in config.body for row in _rows(lab, suite, body)]
        print(recognition_table(rows), time_table(rows), sep="\n\n")
        return lab.conclude(rows)


def _rows(lab: Laboratory[YcbConfig], suite: Suite, body: Body) -> Iterator[dict[str, Any]]:
    """The rows of one suite and body, each over all seeds."""
    place = f"{file_name(suite.label, '')}-{body}"
    options = lab.options
    models = lab.learn(f"{place}/seed{{seed}}/model", options.objects, suite.names, body=body)
    for condition in options.conditions:
        how = CONDITIONS[condition]
        episodes = lab.show(
            f"{place}/seed{{seed}}/{condition}{_of_columns(options.columns)}",
            models,
            EpisodeOptions(
                body=body,
                noise=how.noise,
                max_steps=options.max_steps,
                columns=options.columns,
            ),
            orientations=how.orientations,
            rotations=len(BASE) if how.orientations == "base" else options.rotations,
        )
        key = Row(suite.label, condition, body, options.columns)
        published, times = PUBLISHED.get(key), TIMES.get(key)
        row = {
            **key._asdict(),
            **lab.measure(episodes, models),
            "published": published and published._asdict(),
            "published_times": times and times._asdict(),
        }
        note(
            f"{suite.label}, {condition}, {body}: {cell(row['accuracy'], '.1%')} correct, "
            f"{cell(row['steps_mean'])} steps, {cell(row['rotation_error_deg_mean'])}°"
        )
        yield row


def _of_columns(columns: int) -> str:
    """What the folder of episodes with several columns is called besides."""
    return "" if columns == 1 else f"-{columns}columns"


def recognition_table(rows: Sequence[dict[str, Any]]) -> str:
    """How often right, in how many steps, with which pose; beside what is published."""
    groups = [
        ("row", ["suite", "condition", "body", "columns", "episodes"]),
        ("correct %", ["ours", "theirs"]),
        ("steps", ["ours", "theirs"]),
        ("degrees, their rule", ["mean", "median", "theirs"]),
        ("true symmetry", ["mean", "median"]),
    ]
    lines = []
    for row in rows:
        theirs = row["published"] or {}
        lines.append(
            [
                *(row["suite"], row["condition"], row["body"]),
                *(cell(row["columns"], "d"), cell(row["episodes"], "d")),
                *(cell(row["accuracy"], scale=100.0), cell(theirs.get("correct"))),
                *(cell(row["steps_mean"]), cell(theirs.get("steps"), ".0f")),
                cell(row["rotation_error_column_deg_mean"]),
                cell(row["rotation_error_column_deg_median"]),
                cell(theirs.get("rotation_error")),
                cell(row["rotation_error_deg_mean"]),
                cell(row["rotation_error_deg_median"]),
            ]
        )
    title = "Recognition (theirs: published for YCB, `all` being 77 objects there)"
    return table(title, groups, lines)


def time_table(rows: Sequence[dict[str, Any]]) -> str:
    """What it costs: medians a step and stage, an episode, and an object learned."""
    groups = [
        ("row", ["suite", "condition", "body"]),
        ("a step, median µs", ["sense", "column", "theirs", "policy", "whole", "theirs"]),
        ("an object, ms", ["recognised", "theirs"]),
        ("learning", ["s an object", "surfels", "kB"]),
        ("memory", ["MB"]),
    ]
    lines = []
    for row in rows:
        theirs, us = row["published_times"] or {}, row["step_us"]
        lines.append(
            [
                *(row["suite"], row["condition"], row["body"]),
                *(cell(us["sense"]), cell(us["infer"]), cell(theirs.get("update"), ".0f", 1e6)),
                *(cell(us["policy"]), cell(us["total"]), cell(theirs.get("step"), ".0f", 1e6)),
                cell(row["episode_s_median"], ".1f", 1e3),
                cell(theirs.get("episode"), ".0f", 1e3),
                *(cell(row["learn_s_median"]), cell(row["surfels"], ".0f")),
                *(cell(row["model_bytes"], ".0f", 1e-3), cell(row["peak_rss_mb"], ".0f")),
            ]
        )
    return table("Time and memory (theirs: measured with ten objects, 2 cores)", groups, lines)
