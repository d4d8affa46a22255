"""What was felt in an evaluation, in a file that needs no body to be recognised again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from colonnade.commands.console import counted, note
from colonnade.episode import Episode
from colonnade.files import atomic_path
from colonnade_bridge.percepts import record, write_percepts

__all__ = ["write_felt"]


def write_felt(path: Path, episodes: Sequence[Episode]) -> None:
    """Write the percepts of all that have some, ordered by object and trial, atomically."""
    rows = sorted(episodes, key=lambda episode: (episode.object, episode.trial))
    felt = [(e.object, e.percepts) for e in rows if e.percepts is not None and len(e.percepts)]
    if len(felt) < len(episodes):
        left_out = counted(len(episodes) - len(felt), what="episode")
        note(f"Left out of {path.name}, as a part of what was felt was not sound: {left_out}.")
    if felt:
        with atomic_path(path) as temporary:
            write_percepts(temporary, record(felt, rows[0].reach))
