"""What was felt in an evaluation, in a file that needs no body to be recognised again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from colonnade.commands.console import counted, note
from colonnade.episode import Episode
from colonnade.files import atomic_path
from colonnade_bridge.percepts import RecordedPercepts, record, unsound, write_percepts

__all__ = ["tell_unsound", "write_felt"]


def write_felt(path: Path, episodes: Sequence[Episode]) -> None:
    """Write the percepts of all episodes, ordered by object and trial, atomically."""
    rows = sorted(episodes, key=lambda episode: (episode.object, episode.trial))
    felt = [(e.object, e.percepts) for e in rows if e.percepts is not None and len(e.percepts)]
    if len(felt) < len(episodes):
        left_out = counted(len(episodes) - len(felt), what="episode")
        note(f"Left out of {path.name}, as nothing was kept of what was felt: {left_out}.")
    if felt:
        with atomic_path(path) as temporary:
            write_percepts(temporary, record(felt, rows[0].reach))


def tell_unsound(path: Path, recording: RecordedPercepts) -> None:
    """Say how many percepts of a recording cannot have been felt, if there are any."""
    number, rows = unsound(recording), recording.percepts.reshape(-1, recording.percepts.shape[-1])
    if number:
        note(
            f"{counted(number, len(rows), 'percept')} of {path} cannot have been felt (not finite, "
            "farther than a kilometre, or without a unit normal): check what recorded them."
        )
