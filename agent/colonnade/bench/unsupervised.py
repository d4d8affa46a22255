"""``colonnade bench unsupervised``: streams without names, the field's numbers beside ours.

Each suite is lived once a noise and seed, ten epochs unless told otherwise. An answer is right when
the graph it names was learned from or refined with the object, or when it is `unknown` for an
object that no graph holds anything of; counted is what comes after the first epoch
(`colonnade.discovery`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from colonnade.bench.config import UnsupervisedConfig, check_bench
from colonnade.bench.folder import bench_folder, names_had, write_numbers
from colonnade.bench.published import UNLABELLED
from colonnade.bench.suites import Suite, read_suite
from colonnade.bench.table import cell, table
from colonnade.commands.console import note, percent
from colonnade.commands.discover import live_into
from colonnade.commands.outcome import tell_unusable
from colonnade.commands.roster import names_asked, refuse_unknown
from colonnade.config import DiscoverConfig
from colonnade.engine import ENGINE, Engine, load_engine
from colonnade.files import file_name
from colonnade.flags import Noise
from colonnade.run_folder import RunFolder

__all__ = ["run"]

_MEANS = (
    "accuracy_first_epoch",
    "accuracy_after_first_epoch",
    "strict_accuracy_after_first_epoch",
    "graphs",
    "graphs_per_object",
    "objects_per_graph",
    "refined",
    "steps_mean_after_first_epoch",
    "explored_mean_after_first_epoch",
    "seconds_median_new",
    "seconds_median_known",
    "peak_rss_mb",
)
"""What of the summaries of the seeds is averaged."""


def run(config: UnsupervisedConfig, engine: str = ENGINE) -> int:
    """Do ``colonnade bench unsupervised`` and return its exit code; raises as `ycb.run` does."""
    check_bench(config)
    agent = load_engine(engine)
    if config.names:
        suites = [Suite("names", config.names)]
    else:
        suites = [read_suite(given) for given in config.suite]
    for suite in suites:  # a name that does not exist is told before any work
        refuse_unknown(agent, config.out, config.objects, suite.names, config.scale)
    with bench_folder("unsupervised", config, config.objects, config.scale) as folder:
        rows = [
            _row(folder, config, agent, suite, noise) for suite in suites for noise in config.noise
        ]
        print(unsupervised_table(rows))
        write_numbers(folder, config, {"rows": rows})
    unusable = {name: why for row in rows for name, why in row["unusable"].items()}
    tell_unusable(unusable, "met", "mend them and begin anew in another --out")
    return 1 if unusable else 0


def _row(
    folder: RunFolder, config: UnsupervisedConfig, agent: Engine, suite: Suite, noise: Noise
) -> dict[str, Any]:
    """The streams of one suite under one noise, a seed each."""
    streams: list[dict[str, Any]] = []
    names, had = suite.names, names_had(folder)
    for seed in config.seeds:
        stream = DiscoverConfig(
            out=folder.path / f"{file_name(suite.label, '')}-{config.body}-{noise}" / f"seed{seed}",
            objects=config.objects,
            names=names,
            epochs=config.epochs,
            noise=noise,
            body=config.body,
            seed=seed,
            max_steps=config.max_steps,
            scale=config.scale,
            resume=True,
        )
        with RunFolder(stream.out) as run_folder:
            streams.append(live_into(run_folder, stream, agent, had))
            names = tuple(names_asked(run_folder, "discover"))
        note(
            f"{suite.label}, {noise}, seed {seed}: "
            f"{percent(streams[-1]['accuracy_after_first_epoch'])} correct after the first epoch"
        )
    theirs = UNLABELLED.get((suite.label, noise))
    return {
        "suite": suite.label,
        "noise": noise,
        "body": config.body,
        "objects": len(names),
        "episodes": sum(stream["episodes"] for stream in streams),
        **{key: float(np.mean([stream[key] for stream in streams])) for key in _MEANS},
        "unusable": {name: why for one in streams for name, why in one["unusable"].items()},
        "published": theirs and theirs._asdict(),
        "streams": streams,
    }


def unsupervised_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """How often right after the first epoch and how many graphs, beside what is published."""
    groups = [
        ("row", ["suite", "noise", "body", "objects", "episodes"]),
        ("correct %, after epoch 1", ["ours", "strict", "theirs"]),
        ("graphs an object", ["ours", "theirs"]),
        ("objects a graph", ["ours"]),
        ("a later meeting", ["steps", "touches", "s"]),
    ]
    lines = []
    for row in rows:
        theirs = row["published"] or {}
        lines.append(
            [
                *(row["suite"], row["noise"], row["body"]),
                *(cell(row["objects"], "d"), cell(row["episodes"], "d")),
                cell(row["accuracy_after_first_epoch"], scale=100.0),
                cell(row["strict_accuracy_after_first_epoch"], scale=100.0),
                cell(theirs.get("correct")),
                cell(row["graphs_per_object"], ".2f"),
                cell(theirs.get("graphs_per_object"), ".2f"),
                cell(row["objects_per_graph"], ".2f"),
                cell(row["steps_mean_after_first_epoch"]),
                cell(row["explored_mean_after_first_epoch"], ".0f"),
                cell(row["seconds_median_known"], ".2f"),
            ]
        )
    published = "; ".join(
        f"{suite}, {noise}: {theirs.correct} %, {theirs.graphs_per_object} graphs an object"
        for (suite, noise), theirs in UNLABELLED.items()
    )
    title = "Without names (theirs: published for YCB, ten objects, ten epochs)"
    return f"{table(title, groups, lines)}\nPublished: {published}."
