"""How a run goes on: by the command that made it, with --resume."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from colonnade.commands.console import show, typed
from colonnade.run_config import RunFolderError, read_run_config
from colonnade.run_folder import ASIDE

__all__ = ["TRAIN_AGAIN", "how_evaluation_goes_on", "how_run_goes_on", "resumed_run"]

TRAIN_AGAIN = ": train again or copy it anew"
"""How the message of a damaged model ends, which knows nothing of runs and their commands."""
_AGAIN = "repeat the command that made it with --resume"

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


def how_run_goes_on(run: Path) -> str:
    """What to do for a run to go on, with its command where that is known."""
    return _repeat(resumed_run(run))


def how_evaluation_goes_on(run: Path) -> str:
    """The same for the evaluation or the stream in a run folder."""
    if command := _resumed_evaluation(run):
        return _repeat(command)
    made = resumed_run(run)
    shows = ("colonnade explore ", "colonnade discover ")
    is_first = not any(run.glob(f"*{ASIDE}"))
    return _repeat(made if made and made.startswith(shows) and is_first else None)


def _repeat(command: str | None) -> str:
    return f"{_AGAIN}: `{command}`" if command else _AGAIN


def _resumed_evaluation(run: Path) -> str | None:
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
