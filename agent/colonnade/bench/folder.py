"""The folder of a benchmark, and the file in it that has every number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

from colonnade.bench.config import SeedsOptions
from colonnade.commands.command_line import command_line
from colonnade.commands.console import going_on_with, note, show, typed
from colonnade.commands.explore import free_folder
from colonnade.commands.roster import names_of
from colonnade.files import plain, write_json
from colonnade.json_option import write_json_option
from colonnade.run_config import read_run_config
from colonnade.run_folder import RunFolder, RunFolderError
from colonnade.sets import set_identity
from colonnade_models import __version__

__all__ = ["bench_folder", "names_had", "write_numbers"]


@contextmanager
def bench_folder(
    kind: str, options: SeedsOptions, objects: str, scale: float
) -> Iterator[RunFolder]:
    """--out, or a new folder below runs/, held for the benchmark `kind` of a set of objects.

    Raises RunFolderError: it is in use, holds something else, or --resume is not given.
    """
    out = options.out or free_folder(f"bench-{kind}")
    resume = "--resume" if options.out else f"--out {typed(out)} --resume"
    with going_on_with(resume), RunFolder(out) as folder:
        matters = {"benchmark": kind, "objects": set_identity(objects), "scale": scale}
        if not folder.begin("bench", matters, resume=options.resume):
            folder.write_config("bench", matters)
        note(f"Into {show(out)}.")
        yield folder


def names_had(folder: RunFolder) -> frozenset[str]:
    """What the run folders of a benchmark were asked to learn or meet so far."""
    had: set[str] = set()
    for file in folder.path.glob("*/**/config.toml"):
        with suppress(RunFolderError):  # it is told where that run goes on
            config = read_run_config(file.parent)
            for section in config.keys() & {"train", "discover"}:
                had.update(names_of(config, section))
    return frozenset(had)


def write_numbers(folder: RunFolder, options: SeedsOptions, numbers: Mapping[str, Any]) -> None:
    """Write what was asked for and what came out into bench.json and --json, and say where."""
    summary = {
        "options": plain(asdict(options)),
        "version": __version__,
        "command": command_line(),
        **numbers,
    }
    file = folder.path / "bench.json"
    write_json(file, summary)
    print(f"\nEvery number: {show(file)}")
    write_json_option(options.json, summary)
