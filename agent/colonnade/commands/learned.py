"""What a run has learned already: whole in its objects/, or else in its model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colonnade.commands.console import named, note, show
from colonnade.commands.tasks import Learned
from colonnade.engine import Engine
from colonnade.files import atomic_path
from colonnade.journal import read_journal
from colonnade.run_folder import RunFolder

__all__ = ["LearnedBefore", "journalled", "learned_before", "not_of_run", "told_of"]


@dataclass(frozen=True)
class LearnedBefore:
    """What there is to go on with."""

    whole: dict[str, Learned]
    """Objects whose files are whole."""
    wrong: Mapping[str, str]
    """What is wrong with the file of another that was learned, in words without an end."""
    lost: Mapping[str, Learned]
    """Objects whose files are not whole, and which the model has."""
    memory: Any
    """The model, where it is whole, whatever it is of."""
    is_own: bool
    """Whether it is of this run."""

    def is_current(self, mind: Engine, finished: Mapping[str, Learned]) -> bool:
        """Whether the model is just what is `finished`, in that order."""
        return (
            self.is_own
            and list(self.memory.names) == list(finished)
            and all(
                mind.surfel_count(self.memory[name]) == learned.surfels
                for name, learned in finished.items()
            )
        )

    def take_back(self, mind: Engine, run: RunFolder, name: str) -> Learned:
        """Write the file of a lost object again from the model."""
        with atomic_path(run.object_file(name)) as temporary:
            mind.save_learned(temporary, self.memory[name])
        note(f"{self._wrong(run, name)}: {name} is taken back out of {show(run.model)}.")
        return self.lost[name]

    def tell_once_more(self, run: RunFolder, names: Iterable[str]) -> None:
        """Say of those of `names` whose files are not whole that they are learned once more."""
        for name in names:
            if name in self.wrong:
                note(f"{self._wrong(run, name)}: {name} is learned once more.")

    def _wrong(self, run: RunFolder, name: str) -> str:
        return self.wrong.get(name, f"{show(run.object_file(name))} is missing")


def learned_before(mind: Engine, run: RunFolder, names: Sequence[str]) -> LearnedBefore:
    """Look for what was learned of `names` already; a model that cannot be kept is named."""
    told = told_of(run.path)
    whole: dict[str, Learned] = {}
    wrong: dict[str, str] = {}
    for name in names:
        file = run.object_file(name)
        if not file.is_file():
            continue
        try:
            learned = mind.load_learned(file)
        except ValueError:  # cut short or damaged since it was written
            wrong[name] = f"{show(file)} is damaged"
            continue
        if learned.name != name:
            wrong[name] = f"{show(file)} holds {learned.name}"
            continue
        found = _learned(mind, learned)
        known = told.get(name)  # of another, where it was learned anew and the line did not follow
        whole[name] = known if known and known.surfels == found.surfels else found
    memory = _model(mind, run)
    foreign = None if memory is None else not_of_run(mind, run.path, names, memory)
    if foreign:
        note(f"{foreign}: it is made anew of {show(run.objects)}.")
    lost = {}
    for name in names:
        if memory is None or name in whole or name not in memory.names:
            continue
        found = _learned(mind, memory[name])
        known = told.get(name)
        if known.surfels == found.surfels if known else not foreign:
            lost[name] = known or found
    return LearnedBefore(whole, wrong, lost, memory, memory is not None and not foreign)


def told_of(run: Path) -> dict[str, Learned]:
    """What the journal of a run says of each object, or its training.json where that has more."""
    told = _told_by_summary(run)
    for record in read_journal(run / "training.jsonl"):
        with suppress(TypeError):  # another version's
            told[str(record.get("name"))] = Learned(**record)
    return told


def journalled(run: Path) -> set[str]:
    """The objects that stand in the journal of a run."""
    return {str(record.get("name")) for record in read_journal(run / "training.jsonl")}


def not_of_run(mind: Engine, run: Path, names: Sequence[str], memory: Any) -> str | None:
    """Say, without an end, that a model is not of the run in whose folder it is, or nothing.

    What a run learned last stands in its training.json; of one that has none only the `names` that
    it was asked for are known.
    """
    told = _told_by_summary(run)
    learned = [name for name in names if name in told]
    there = list(memory.names)
    is_own = set(learned) <= set(there) <= set(names) and all(
        mind.surfel_count(memory[name]) == told[name].surfels for name in learned
    )
    if is_own:
        return None
    which = f"{named(there) or 'nothing'}; the run learned {named(learned or names)}"
    if there == learned:
        which = f"{named(there)}, but otherwise than the run learned them"
    return f"{show(run / 'model.safetensors')} is not of this run ({which})"


def _model(mind: Engine, run: RunFolder) -> Any:
    """The model, or None where there is none that is whole."""
    if not run.model.is_file():
        return None
    try:
        return mind.load_memory(run.model)
    except ValueError:
        note(f"{show(run.model)} is damaged: it is made anew of {show(run.objects)}.")
        return None


def _learned(mind: Engine, learned: Any) -> Learned:
    """What can be told of an object of which nothing is written down."""
    steps = int(getattr(learned, "steps", 0))
    return Learned(learned.name, surfels=mind.surfel_count(learned), steps=steps, seconds=0.0)


def _told_by_summary(run: Path) -> dict[str, Learned]:
    """What training.json says of each object; nothing where it is missing or damaged."""
    try:
        told = json.loads((run / "training.json").read_text(encoding="utf-8"))
        return {
            str(name): Learned(
                str(name),
                surfels=int(row["surfels"]),
                steps=int(row["steps"]),
                seconds=float(row["seconds"]),
                mesh=str(row.get("mesh", "")),
            )
            for name, row in told["per_object"].items()
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}
