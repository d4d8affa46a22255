"""``colonnade bench continual``: one object after the other, and after each all are shown again.

Nothing may be forgotten: accuracy is told of all objects, and of those learned first, over the
number of objects learned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from rich.table import Table

from colonnade.bench.config import ContinualConfig
from colonnade.checks import check_config
from colonnade.commands.console import Interrupted, note, percent, show, stdout, ticking
from colonnade.commands.train import ENGINE, command_line, nothing_usable
from colonnade.config import Body, Noise
from colonnade.engine import Engine, UnlearnableError, load_engine
from colonnade.episode_options import EpisodeOptions
from colonnade.files import atomic_write
from colonnade.json_option import write_json_option
from colonnade.report.curves import draw_continual
from colonnade.seeds import episode_rotation, episode_seed, learning_seed, stream_order
from colonnade.sets import set_identity
from colonnade.stopping import raise_if_stopped
from colonnade_models import __version__

__all__ = ["continual", "run"]

FIRST = 10
"""Objects that count as learned first."""
FULL = 40
"""Sets up to this size are shown after every object; larger ones after every tenth."""


def run(config: ContinualConfig, engine: str = ENGINE) -> int:
    """Do ``colonnade bench continual``: print its table, draw and write; returns the exit code.

    Raises:
        ConfigError: the options make no sense.
        NothingUsableError: not one object could be learned.
        Interrupted: Ctrl-C.
    """
    check_config(config)
    agent = load_engine(engine)
    objects = agent.open_set(config.objects, config.names or None, config.scale)
    agent.prepare(note)
    try:
        with ticking("Learning   ", len(objects)) as ticker:
            summary = continual(
                agent,
                objects,
                rotations=config.rotations,
                noise=config.noise,
                body=config.body,
                seed=config.seed,
                max_steps=config.max_steps,
                tell=ticker.tick,
            )
    except KeyboardInterrupt:
        raise Interrupted("Stopped; a sequence is not resumed: begin it anew.") from None
    if not summary["rows"]:
        raise nothing_usable(config.objects, summary["unusable"])
    atomic_write(config.picture, draw_continual(summary["rows"]))
    summary |= {
        "set": set_identity(config.objects),
        "scale": config.scale,
        "version": __version__,
        "command": command_line(),
    }
    write_json_option(config.json, summary)
    stdout.print(_table(summary["rows"]))
    stdout.print(f"Picture: {show(config.picture)}", markup=False, soft_wrap=True)
    return 1 if summary["unusable"] else 0


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
            ", ".join(row["wrong"]),
        )
    return table


def continual(
    engine: Engine,
    objects: Mapping[str, Any],
    *,
    rotations: int,
    noise: Noise,
    body: Body,
    seed: int,
    max_steps: int,
    tell: Callable[[str], None] = lambda sentence: None,
) -> dict[str, Any]:
    """Learn `objects` in an order of chance and show what is known as it grows.

    Args:
        rotations: new orientations in which each object is shown, every time others.
        tell: called with a sentence for each object.

    Returns:
        Plain numbers by name; `rows` holds a row each time that all were shown: objects
        `learned`, `accuracy` of all, `accuracy_first` of the `first` ones, and the steps.
    """
    started = perf_counter()
    order = stream_order(seed, objects, 0)
    every = 1 if len(order) <= FULL else 10
    learned: list[Any] = []
    known: list[str] = []
    rows: list[dict[str, Any]] = []
    options = EpisodeOptions(body=body, noise=noise, max_steps=max_steps)

    def right(memory: Any, name: str, trial: int) -> tuple[bool, int]:
        """Whether an object is recognised in one new orientation, and in how many steps."""
        raise_if_stopped()
        episode = engine.recognise(
            memory,
            objects[name],
            episode_rotation(seed, name, trial),
            options,
            seed=episode_seed(seed, name, trial),
        )
        return episode.decision == name, episode.steps

    unusable: dict[str, str] = {}
    for position, name in enumerate(order, 1):
        raise_if_stopped()
        try:
            mesh = objects[name]
            learned.append(engine.learn(mesh, body=body, seed=learning_seed(seed, name), views=0))
            known.append(name)
        except (ValueError, OSError, UnlearnableError) as error:
            unusable[name] = str(error)
        if known and (position % every == 0 or position == len(order)):
            memory = engine.build_memory(learned)
            rows.append(_row(known, rotations, partial(right, memory)))
            tell(f"{percent(rows[-1]['accuracy'])} correct of {len(known)}")
        else:
            tell(name)
    return {
        "objects": len(known),
        "order": known,
        "rotations": rotations,
        "noise": noise,
        "body": body,
        "seed": seed,
        "max_steps": max_steps,
        "seconds": perf_counter() - started,
        "unusable": unusable,
        "accuracy_last": rows[-1]["accuracy"] if rows else None,
        "accuracy_first_least": min((row["accuracy_first"] for row in rows), default=None),
        "rows": rows,
    }


def _row(
    known: Sequence[str], rotations: int, right: Callable[[str, int], tuple[bool, int]]
) -> dict[str, Any]:
    """Show every known object in `rotations` orientations that were never shown before."""
    trials = range(len(known) * rotations, (len(known) + 1) * rotations)
    shown = {name: [right(name, trial) for trial in trials] for name in known}
    share = {name: float(np.mean([ok for ok, _ in shown[name]])) for name in known}
    first = known[:FIRST]
    return {
        "learned": len(known),
        "first": len(first),
        "accuracy": float(np.mean([share[name] for name in known])),
        "accuracy_first": float(np.mean([share[name] for name in first])),
        "steps_mean": float(np.mean([steps for each in shown.values() for _, steps in each])),
        "wrong": sorted(name for name in known if share[name] < 1.0),
    }
