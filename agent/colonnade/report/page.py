"""The page itself: its head, its sections in their order, and how the run was made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from colonnade.commands.console import counted
from colonnade.commands.gone import gone_from
from colonnade.conditions import conditions
from colonnade.engine import Engine, load_engine
from colonnade.episode import Episode
from colonnade.files import atomic_write
from colonnade.report.markup import (
    big_number,
    big_percent,
    card,
    escaped,
    fact_list,
    named,
    sensor,
    touches,
)
from colonnade.report.outcome import accuracy, effort, mistakes
from colonnade.report.pictures import gallery, one_recognition
from colonnade.report.style import STYLE

__all__ = ["write_report"]


def write_report(
    path: Path,
    summary: Mapping[str, Any],
    episodes: Sequence[Episode],
    memory: Any,
    trained: Mapping[str, Any],
    engine: str,
) -> None:
    """Write the whole report to `path` as one HTML file without outside references.

    Args:
        path: file to write, atomically.
        summary: what `colonnade.summary.summarise` gave, and the run's own facts.
        episodes: all episodes; the story is chosen from those that have a trace.
        memory: the learned objects, for their pictures.
        trained: the run's [train] table, which says where the meshes are.
        engine: module that opens meshes and takes their pictures.
    """
    mind = load_engine(engine)
    there = [name for name in trained["names"] if name not in summary["missing"]]
    meshes = _open(mind, trained["objects"], there, trained["scale"])
    shown = meshes
    if summary["set"] != trained["objects"]:
        names = sorted({episode.object for episode in episodes} - {*summary["missing"]})
        shown = _open(mind, summary["set"], names, summary.get("scale", 1.0))
    sections = [
        _head(summary, episodes),
        one_recognition(episodes, shown, summary, mind),
        gallery(summary, memory, meshes, mind),
        accuracy(summary, episodes, memory.names),
        effort(summary, episodes),
        mistakes(episodes, summary["changed"], summary["copies"]),
        _made(summary),
    ]
    title = f"Colonnade: {_set_name(summary)}"
    atomic_write(
        path,
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escaped(title)}</title>\n"
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(sections)
        + "\n</main>\n</body>\n</html>\n",
    )


def _head(summary: Mapping[str, Any], episodes: Sequence[Episode]) -> str:
    right = sum(episode.correct for episode in episodes)
    noise = {
        "none": "without noise",
        "standard": "under standard noise (2 mm, 2°, 0.1 in colour)",
        "raw": "under raw noise (1 mm on every depth pixel)",
    }[summary["noise"]]
    cards = [
        card(
            big_percent(summary["accuracy"]),
            f"correct: {right} of {counted(len(episodes), what='episode')}",
            "hero",
        ),
        card(big_number(summary["steps_median"]), f"{touches(summary)} to an answer, median"),
        card(
            big_number(summary["rotation_error_deg_median"], "°"),
            "rotation error, median, up to symmetry",
        ),
        card(
            big_number(summary["step_us"]["total"], "µs"),
            "a step, median: sense, infer, decide, move",
        ),
    ]
    if summary["objects_unseen"]:
        cards.append(
            card(big_percent(summary["unknown_recall"]), "of never learned objects named unknown")
        )
    cards.append(
        card(
            big_percent(summary["false_unknown_rate"]), "of learned objects wrongly called unknown"
        )
    )
    if summary.get("train_s"):
        cards.append(card(big_number(summary["train_s"], "s"), "to learn all objects"))
    cards.append(card(big_number(summary["model_bytes"] / 1e3, "kB"), "the whole model"))
    if len(cards) % 4 == 3:
        cards.append(card(big_number(1e3 * summary["episode_s_mean"], "ms"), "an episode, mean"))
    verdict = _verdict(summary)
    lead = (
        f"{counted(summary['objects'])} of <b>{escaped(_set_name(summary))}</b>, each shown in "
        f"{counted(summary['rotations'], what='random orientation')}, "
        f"felt by a {sensor(summary)} {noise}."
    )
    if unusual := conditions(summary):
        lead += f" They were {escaped(', '.join(unusual))}."
    return (
        f'<header><p class="mark">Colonnade</p><h1>{verdict}</h1><p class="lead">{lead}</p>'
        f'</header><div class="cards">{"".join(cards)}</div>'
    )


def _verdict(summary: Mapping[str, Any]) -> str:
    error = summary["rotation_error_deg_median"]
    pose = f", and its pose to {error:.1f}°" if math.isfinite(error) else ""
    what = touches(summary)
    steps = big_number(summary["steps_median"])
    if summary["accuracy"] >= 0.9995 and not summary["objects_learned"]:
        return f"Every stranger found out after {steps} {what}"
    if summary["accuracy"] >= 0.9995:
        return f"Every object recognised after {steps} {what}{pose}"
    share = f"{100 * summary['accuracy']:.1f}".removesuffix(".0")
    return f"{share} % recognised, after {steps} {what}{pose}"


def _made(summary: Mapping[str, Any]) -> str:
    facts = {
        "command": f"<code>{escaped(summary['command'])}</code>",
        "set": escaped(str(summary["set"])),
        "body": summary["body"],
        "noise": summary["noise"],
        "objects were": escaped(", ".join(conditions(summary)) or "shown as they are"),
        "seed": str(summary["seed"]),
        "step limit": str(summary["max_steps"]),
        "Colonnade": summary["version"],
    }
    lists = {"changed since learned": summary["changed"], "not in the set": summary["missing"]}
    facts |= {what: ", ".join(map(named, names)) for what, names in lists.items() if names}
    return f'<h2>How this was made</h2><div class="panel">{fact_list(facts)}</div>'


def _open(mind: Engine, spec: str, names: Sequence[str], scale: float) -> Mapping[str, Any]:
    """The meshes for pictures; what is not here any more costs its own pictures only."""
    try:
        gone = gone_from(mind, spec, names, scale)
        there = [name for name in names if name not in gone]
        return mind.open_set(spec, there, scale) if there else {}
    except (ValueError, OSError):
        return {}


def _set_name(summary: Mapping[str, Any]) -> str:
    return Path(summary["set"]).name or summary["set"]
