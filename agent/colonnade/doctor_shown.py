"""What ``colonnade doctor RUN`` finds of what was shown: evaluation, stream, their journals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from colonnade.commands.again import how_evaluation_goes_on, how_run_goes_on
from colonnade.commands.console import typed
from colonnade.commands.same_model import model_digest
from colonnade.doctor_learned import damaged_model, felt_file, kept_episodes
from colonnade.engine import load_engine
from colonnade.episode_table import EpisodeTableError, read_episodes, read_table
from colonnade.finding import Finding
from colonnade.journal import read_journal
from colonnade.run_config import is_of_bench
from colonnade.run_folder import ASIDE

__all__ = ["check_evaluation", "check_its_model", "check_stream"]


def check_its_model(path: Path, config: Mapping[str, Any], engine: str) -> Iterator[Finding]:
    """Whether the model that an evaluation is of is there, and the same, wherever it is."""
    asked = config["evaluate"]
    if "train" not in config and ("run" not in asked or is_of_bench(path)):
        return  # a benchmark drops models, and runs of before do not tell where theirs is
    run = (path / str(asked["run"])).resolve() if "run" in asked else path
    file = run / "model.safetensors"
    if not file.is_file():
        if run != path:  # else it is told of the model itself, as is damage
            detail = f"{file}, of which this is an evaluation, is missing: {how_run_goes_on(run)}"
            yield Finding("model", "note", detail)
        return
    try:
        load_engine(engine).load_memory(file)
    except (ValueError, RuntimeError, OSError) as error:
        if run != path:
            yield damaged_model(error, engine, run)
        return
    if model_digest(file) != asked.get("model"):
        out = "" if run == path else f" --out {typed(path)}"
        detail = (
            "it is of an earlier model than is there now, and so are summary.json and report.html: "
            f"`colonnade evaluate {typed(run)}{out}` makes them anew"
        )
        yield Finding("evaluation", "note", detail)


def check_evaluation(path: Path, asked: Mapping[str, Any]) -> Iterator[Finding]:
    """The tables of an evaluation."""
    expected = len(asked.get("names", ())) * int(asked.get("rotations", 0))
    table, steps = path / "episodes.parquet", path / "steps.parquet"
    if table.with_name(table.name + ASIDE).exists():
        detail = f"the evaluation before is kept as *{ASIDE} until this one is complete"
        yield Finding("evaluation", "note", detail)
    if not table.is_file():
        journal = read_journal(path / "episodes.jsonl")
        done = len({(record.get("object"), record.get("trial")) for record in journal})
        again = how_evaluation_goes_on(path)
        detail = f"not complete, {done} of {expected} episodes are done: {again}"
        yield Finding(table.name, "note", detail)
        return
    try:
        episodes = read_episodes(table)
        yield _counted(table, len(episodes), expected, "episodes")
        yield from _journalled(path, len(episodes))
        if asked.get("steps"):
            rows = read_table(steps).num_rows
            yield _counted(steps, rows, sum(episode.steps for episode in episodes), "steps")
    except EpisodeTableError as error:
        yield Finding("evaluation", "broken", str(error))
    except ImportError as error:
        yield _unread(table, error)


def check_stream(path: Path, engine: str) -> Iterator[Finding]:
    """The table of a stream, and what memory keeps of its episodes."""
    records = {record.get("number"): record for record in read_journal(path / "episodes.jsonl")}
    table = path / "episodes.parquet"
    if table.is_file():
        try:
            rows = read_table(table).num_rows
            yield _counted(table, rows, max(rows, len(records)), "episodes")
            yield from _journalled(path, rows)
        except EpisodeTableError as error:
            yield Finding(table.name, "broken", str(error))
        except ImportError as error:
            yield _unread(table, error)
    else:
        detail = f"not complete, {len(records)} episodes are lived: {how_run_goes_on(path)}"
        yield Finding(table.name, "note", detail)
    kept = kept_episodes(path)
    for number in kept:
        try:
            load_engine(engine).load_felt(felt_file(path, number))
        except ValueError as error:
            yield Finding("felt", "broken", f"{error}: {how_run_goes_on(path)}")
            return
    yield Finding("felt", "ok", f"of {len(kept)} episodes")


def _journalled(path: Path, rows: int) -> Iterator[Finding]:
    """Whether the episodes of a table are in their journal, which --resume goes by."""
    journal = path / "episodes.jsonl"
    keys = ("object", "trial", "number")
    done = len({tuple(map(record.get, keys)) for record in read_journal(journal)})
    if done < rows:
        what = f"has {done} of {rows} episodes" if journal.is_file() else "is missing"
        again = how_evaluation_goes_on(path)
        detail = f"{journal} {what}, so --resume would do the others once more: {again}"
        yield Finding(journal.name, "note", detail)


def _counted(table: Path, rows: int, expected: int, what: str) -> Finding:
    if rows == expected:
        return Finding(table.name, "ok", f"{rows} {what}")
    return Finding(table.name, "note", f"{rows} {what} of the {expected} that were asked for")


def _unread(table: Path, error: ImportError) -> Finding:
    """A robot has no need of tables."""
    return Finding(table.name, "note", f"not read, as {error.name} is missing here")
