"""The command by which a run goes on: the one that made it, with --resume."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from colonnade.commands.console import typed
from colonnade.run_config import RunFolderError, read_run_config

__all__ = ["resumed_evaluation", "resumed_run"]

_LEARNING = ("train", "explore", "discover")
_OTHERS = ("evaluate", "bench")


def resumed_run(run: Path) -> str | None:
    """The command in [made] of a run's config.toml with --resume; None where there is none."""
    try:
        made = read_run_config(run, missing_ok=True).get("made", {})
    except (RunFolderError, OSError):
        return None
    return _resumed(made.get("command"), run)


def resumed_evaluation(run: Path) -> str | None:
    """The command in a run's summary.json with --resume; None where there is none."""
    try:
        summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
        return _resumed(summary["command"], run)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _resumed(command: object, run: Path) -> str | None:
    try:
        words = shlex.split(str(command))
    except ValueError:
        return None
    if words[:1] != ["colonnade"] or words[1:2] not in [[job] for job in (*_LEARNING, *_OTHERS)]:
        return None
    if words[1] in _LEARNING:  # the folder may have been moved, or chosen by `explore`
        command = f"{shlex.join(_without_out(words))} --out {typed(run)}"
    return f"{command}" if "--resume" in words else f"{command} --resume"


def _without_out(words: list[str]) -> list[str]:
    kept = list(words)
    if "--out" in kept:
        place = kept.index("--out")
        del kept[place : place + 2]
    return [word for word in kept if not word.startswith("--out=")]
