"""A run folder: what a run was asked for, what it learned and what came out, safe from kills.

::

    RUN/
      config.toml            what was asked for: version, command, seed, objects
      objects/NAME.safetensors   one file a learned object (what --resume keeps)
      training.jsonl         a line a learned object: touches and seconds
      training.json          what training came to: counts, times, memory
      model.safetensors      all objects together: what is deployed
      episodes.jsonl         a line an episode, which --resume goes on from
      episodes.parquet       a row an episode
      steps.parquet          a row a step, with --steps
      percepts.npz           what was felt, with --percepts
      felt/NUMBER.safetensors    what memory keeps of an episode of a stream without names
      accuracy.svg, graphs.svg   the curves of such a stream
      summary.json           the headline numbers
      report.html            the same, to look at
      .lock                  held by the process that writes here, with its number

Every file is written under a temporary name and renamed when it is whole. One process at a
time may write in a folder: a lock that the kernel releases when its holder dies, however it
dies, so that no stale lock can ever stand in the way.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from colonnade.files import atomic_write, file_name, remove_leftovers
from colonnade.names import joined
from colonnade.output import make_folder, writing
from colonnade.run_config import RunFolderError, read_run_config
from colonnade.sets import is_gone, leads_to_gone
from colonnade.toml_writer import to_toml

__all__ = ["ASIDE", "RunFolder", "RunFolderError"]

_SUFFIX = ".safetensors"
_LOCK = ".lock"
ASIDE = ".before"
"""What is added to the names of an evaluation's files while another is made."""


class RunFolder:
    """One run folder held for writing; use it with ``with`` so that the lock is released.

    Raises:
        RunFolderError: another process writes in it, or the path is a file.
        OutputError: it cannot be made or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path).expanduser()
        if self.path.exists() and not self.path.is_dir():
            raise RunFolderError(f"{self.path} is a file; give --out a folder.")
        make_folder(self.path)
        with writing(self.path):
            self._lock = _take_lock(self.path)
        remove_leftovers(self.path)
        remove_leftovers(self.objects)
        remove_leftovers(self.felt)

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the lock."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def objects(self) -> Path:
        """Folder with one model file a learned object."""
        return self.path / "objects"

    @property
    def model(self) -> Path:
        """The model file with all learned objects."""
        return self.path / "model.safetensors"

    @property
    def training_journal(self) -> Path:
        """A JSON line a learned object, written as training goes."""
        return self.path / "training.jsonl"

    @property
    def episode_journal(self) -> Path:
        """A JSON line an episode, written as an evaluation or a stream goes."""
        return self.path / "episodes.jsonl"

    @property
    def episodes(self) -> Path:
        """Table with a row an episode."""
        return self.path / "episodes.parquet"

    @property
    def steps(self) -> Path:
        """Table with a row a step."""
        return self.path / "steps.parquet"

    @property
    def percepts(self) -> Path:
        """What was felt in all episodes of an evaluation."""
        return self.path / "percepts.npz"

    @property
    def felt(self) -> Path:
        """Folder with what memory keeps of the episodes of a stream, a file each."""
        return self.path / "felt"

    @property
    def summary(self) -> Path:
        """Headline numbers, as JSON."""
        return self.path / "summary.json"

    @property
    def report(self) -> Path:
        """The page to look at."""
        return self.path / "report.html"

    def object_file(self, name: str) -> Path:
        """Where the learned object `name` is kept, whatever characters its name has."""
        return self.objects / file_name(name, _SUFFIX)

    def is_empty(self) -> bool:
        """True when nothing but the lock is in the folder."""
        return all(entry.name == _LOCK for entry in self.path.iterdir())

    def _evaluation(self) -> tuple[Path, ...]:
        return (
            self.episode_journal, self.episodes, self.steps, self.percepts, self.summary,
            self.report,
        )  # fmt: skip

    def set_evaluation_aside(self) -> bool:
        """Keep what an earlier evaluation left until another is complete; whether there is any.

        Where one is kept already, what came after it was never completed and goes.
        """
        kept = False
        for file in self._evaluation():
            aside = file.with_name(file.name + ASIDE)
            if file.is_file() and not aside.exists():
                file.rename(aside)
            file.unlink(missing_ok=True)
            kept = kept or aside.exists()
        return kept

    def drop_former_evaluation(self) -> None:
        """Delete what was set aside."""
        for file in self._evaluation():
            file.with_name(file.name + ASIDE).unlink(missing_ok=True)

    def is_fresh(self) -> bool:
        """True when a run was begun here at most, and nothing came of it yet."""
        entries = {entry.name for entry in self.path.iterdir()} - {_LOCK}
        if not entries:
            return True
        if not entries <= {"config.toml", self.objects.name, self.training_journal.name}:
            return False
        kept = list(self.objects.iterdir()) if self.objects.is_dir() else []
        journal = self.training_journal
        tables = self.config().keys()
        return "train" in tables <= {"train", "made"} and not kept and not _size(journal)

    def config(self) -> dict[str, Any]:
        """What config.toml holds; empty when there is none.

        Raises:
            RunFolderError: it is not readable TOML.
        """
        return read_run_config(self.path, missing_ok=True)

    def write_config(self, section: str, values: Mapping[str, Any]) -> None:
        """Set one table of config.toml and keep the others."""
        content = self.config()
        content[section] = dict(values)
        atomic_write(self.path / "config.toml", to_toml(content))

    def begin(
        self,
        section: str,
        values: Mapping[str, Any],
        *,
        resume: bool,
        named: bool = True,
        grows: bool = False,
    ) -> bool:
        """Start a run here, or go on with the one that is here.

        Args:
            section: table of config.toml that describes this work, e.g. ``train``.
            values: what the outcome depends on; going on with other values is refused.
            resume: the user asked to go on.
            named: the user named the objects; otherwise they are all that the set has now.
            grows: objects may be added, after those that there are, by naming them.

        Returns:
            True when earlier work is there to go on with.

        Raises:
            RunFolderError: the folder holds something and `resume` is False, holds something
                that is no run, or holds a run that was asked for something else.
        """
        if self.is_fresh():  # also after a start with the wrong options: it may begin anew
            return False
        if not resume:
            adding = " (objects that --names adds are learned as well)" if grows else ""
            raise RunFolderError(
                f"{self.path} is not empty: give --resume to go on with the run in it{adding}, "
                "or another --out."
            )
        before = self.config().get(section)
        if before is None:
            raise RunFolderError(
                f"{self.path} holds no run to resume (no [{section}] in config.toml): put back "
                "that file if it was there, or give another --out."
            )
        if grows and named and _goes_on(before.get("names"), values.get("names")):
            values = {**values, "names": before["names"]}
        if section == "train" and named:
            _refuse_fewer(self.path, before.get("names"), values.get("names"))
        self.refuse_change(before, values, named=named, grows=grows)
        return True

    def refuse_change(
        self,
        before: Mapping[str, Any],
        values: Mapping[str, Any],
        *,
        named: bool = True,
        grows: bool = False,
    ) -> None:
        """Raise `RunFolderError` when a value that matters is not what it was."""
        for key, value in values.items():
            if key == "objects" and leads_to_gone(str(value), str(before.get(key))):
                continue
            if value is not None and before.get(key) != value:
                if key == "model":
                    raise RunFolderError(
                        f"Cannot resume {self.path}: the model has changed since its evaluation "
                        "began; leave out --resume to evaluate anew, or give another --out."
                    )
                if key == "objects" and is_gone(str(before.get(key))):
                    raise RunFolderError(
                        f"Cannot resume {self.path}: its meshes were in {before[key]}, which is "
                        "not there any more; put them back there, or give another --out."
                    )
                if key == "objects":
                    raise RunFolderError(
                        f"Cannot resume {self.path}: its objects are those of {before.get(key)}, "
                        f"and --objects is {value} now; repeat the first command with --resume, "
                        "or give another --out."
                    )
                if key == "names" and not named:
                    raise _other_objects(self.path, before.get(key) or [], value, grows=grows)
                raise RunFolderError(
                    f"Cannot resume {self.path}: --{key.replace('_', '-')} was "
                    f"{_words(before.get(key))} and is now {_words(value)}; "
                    "repeat the first command with --resume, or give another --out."
                )


def _goes_on(before: Any, now: Any) -> bool:
    """Whether the names of now begin with those of before."""
    return isinstance(before, list) and isinstance(now, list) and now[: len(before)] == before


def _refuse_fewer(run: Path, before: Any, now: Any) -> None:
    """Raise where a run has more objects than are asked for, as where some were added to it."""
    if not isinstance(before, list) or not isinstance(now, list):
        return
    more = [name for name in before if name not in now]
    if more and set(now) < set(before):
        raise RunFolderError(
            f"Cannot resume {run}, which has {_words(more)} as well: `colonnade evaluate "
            f"{shlex.quote(str(run))}` shows all that it learned; or name all with --names "
            f"{shlex.quote(joined(before))}."
        )


def _other_objects(
    run: Path, before: Sequence[str], now: Sequence[str], *, grows: bool
) -> RunFolderError:
    """The error where a set has objects that its run did not begin with."""
    parts = {
        "added": [name for name in now if name not in before],
        "gone": [name for name in before if name not in now],
    }
    which = "; ".join(f"{what}: {_words(names)}" for what, names in parts.items() if names)
    adding = ""
    if grows:
        new = shlex.quote(joined(parts["added"]))
        adding = f"to add what is new, name it with --names {new}, "
    return RunFolderError(
        f"Cannot resume {run}: the set has other objects now than those it began with ({which}); "
        f"to go on with those, name them with --names {shlex.quote(joined(before))}, {adding}"
        "or give another --out to learn what is there now."
    )


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        names = joined(map(str, value))
        return names if len(names) <= 60 else f"{names[:57]}... ({len(value)} in all)"
    return "nothing" if value is None else str(value)


def _take_lock(folder: Path) -> IO[str] | None:
    """Hold the folder's lock file; the kernel lets go of it when this process ends."""
    if sys.platform == "win32":
        return None
    import fcntl

    lock = (folder / _LOCK).open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise RunFolderError(
            f"Another colonnade (process {holder}) is writing in {folder}: "
            "wait until it ends, or give another --out."
        ) from None
    with suppress(OSError):  # a full disk must not stand in the way of reading what is there
        lock.truncate(0)
        os.write(lock.fileno(), str(os.getpid()).encode())  # nothing is left for `close` to write
    return lock
