"""The command by which a run goes on: the one that made it, with --resume."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from colonnade.commands.console import show, typed
from colonnade.run_config import RunFolderError, read_run_config

__all__ = ["resumed_evaluation", "resumed_run"]

_LEARNING = ("train", "explore", "discover")
_OTHERS = ("evaluate", "bench")


def resumed_run(run: Path) -> str | None:
    """The command in [made] of a run's config.toml with --resume; None where there is none."""
    try:
        config = read_run_config(run, missing_ok=True)
    except (RunFolderError, OSError):
        return None
    learned = config.get("train", config.get("discover", {}))
    return _resumed(config.get("made", {}).get("command"), run, str(learned.get("objects", "")))


def resumed_evaluation(run: Path) -> str | None:
    """The command in a run's summary.json with --resume; None where there is none."""
    try:
        summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
        return _resumed(summary["command"], run)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _resumed(command: object, run: Path, objects: str = "") -> str | None:
    try:
        words = shlex.split(str(command))
    except ValueError:
        return None
    if words[:1] != ["colonnade"] or words[1:2] not in [[job] for job in (*_LEARNING, *_OTHERS)]:
        return None
    if words[1] in _LEARNING:  # folders may have been moved since, or chosen by `explore`
        if Path(objects).is_absolute():
            words = [*_without(words, "--objects", "--root"), "--objects", show(Path(objects))]
        command = f"{shlex.join(_without(words, '--out'))} --out {typed(run)}"
    return f"{command}" if "--resume" in words else f"{command} --resume"


def _without(words: list[str], *flags: str) -> list[str]:
    """A command without flags and their values."""
    kept: list[str] = []
    for word, before in zip(words, ["", *words], strict=False):
        if word not in flags and before not in flags and word.partition("=")[0] not in flags:
            kept.append(word)
    return kept
