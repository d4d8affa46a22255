"""What ``colonnade doctor RUN`` checks: every file of a run folder is there, whole, and complete.

A file that is damaged is broken; work that was not finished is a note, as --resume goes on with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from colonnade.commands.again import resumed_evaluation, resumed_run
from colonnade.commands.changed import differ, learned_meshes
from colonnade.commands.console import typed
from colonnade.commands.gone import gone_from
from colonnade.commands.learned import not_of_run, told_of
from colonnade.commands.same_model import model_digest
from colonnade.engine import Engine, load_engine
from colonnade.episode_table import EpisodeTableError, read_episodes, read_table
from colonnade.files import file_name, name_of_file
from colonnade.finding import Check, Finding, made
from colonnade.journal import read_journal
from colonnade.names import listed
from colonnade.run_config import RunFolderError, read_run_config, trained_table
from colonnade.run_folder import ASIDE
from colonnade.sets import is_gone, is_shipped

__all__ = ["run_checks"]

AGAIN = "repeat the command that made it with --resume"
_ADVICE = ": train again or copy it anew"
"""How the message of a damaged model ends, which knows nothing of runs."""
MOST_NAMED = 8
FILES = (
    "training.json",
    "summary.json",
    "bench.json",
    "report.html",
    "accuracy.svg",
    "graphs.svg",
)
"""Files of text, which are whole when they can be read to their ends."""


def run_checks(path: Path, engine: str) -> list[Check]:
    """The checks of a run folder, or of a model file alone."""
    if not path.is_dir():
        return [("model", partial(_model, path, engine))]
    file = path / "model.safetensors"
    model = ("model", partial(_model, file, engine, path))
    try:
        config = read_run_config(path, missing_ok=True)
    except (RunFolderError, OSError) as error:
        found = Finding("config.toml", "broken", str(error))
        return [(found.what, partial(iter, [found])), model]
    checks: list[Check] = [("config.toml", partial(_config, path, config))]
    learns = bool(config.keys() & {"train", "discover"})
    if learns and not file.exists():
        checks.append(("model", partial(_without_model, path)))
    elif learns or not config.keys() & {"evaluate", "bench"}:
        checks.append(model)
    if "names" in config.get("train", {}):
        checks.append(("objects", partial(_objects, path, config["train"], engine)))
    if "train" in config and not _is_of_bench(path):
        checks.append(("meshes", partial(_meshes, path, engine)))
    if "discover" in config:
        checks.append(("stream", partial(_stream, path, engine)))
    if "evaluate" in config:
        asked = config["evaluate"]
        if (path / "episodes.parquet").is_file():
            checks.append(("evaluation", partial(_of_its_model, path, config, engine)))
        checks.append(("evaluation", partial(_evaluation, path, asked)))
    if "bench" in config:
        checks.append(("run folders", partial(_below, path, engine)))
    due = _due(path, config)
    for name in FILES:
        if (path / name).is_file():
            checks.append((name, partial(_whole, path / name)))
        elif name in due:
            checks.append((name, partial(_missing, path / name)))
    return checks


def _due(path: Path, config: Mapping[str, Any]) -> set[str]:
    """What is written at last, where the work that comes before it is done."""
    due: set[str] = set()
    if "train" in config and (path / "model.safetensors").is_file():
        due.add("training.json")
    if (path / "episodes.parquet").is_file():
        if "discover" in config:
            due |= {"summary.json", "accuracy.svg", "graphs.svg"}
        elif "evaluate" in config and not _is_of_bench(path):
            due |= {"summary.json", "report.html"}
    return due


def _is_of_bench(path: Path) -> bool:
    """Whether a folder is one of a benchmark's, which keeps its numbers in its bench.json."""
    for folder in path.absolute().parents:
        try:
            config = read_run_config(folder, missing_ok=True)
            if "benchmark" in config.get("bench", {}):  # else it is another program's
                return True
        except (RunFolderError, OSError):
            continue
    return False


def _config(path: Path, config: Mapping[str, Any]) -> Iterator[Finding]:
    if not config:
        detail = f"{path} has none: it is no whole run folder; a robot needs the model alone"
        yield Finding("config.toml", "note", detail)
        return
    try:
        if "train" in config:
            trained_table(path)
    except RunFolderError as error:
        yield Finding("config.toml", "broken", str(error))
        return
    jobs = [name for name in config if name != "made"]
    yield Finding("config.toml", "ok", f"{path} holds: {', '.join(jobs)}")


def _without_model(path: Path) -> Iterator[Finding]:
    made_before = any((path / later).exists() for later in ("training.json", "episodes.parquet"))
    what = "is missing" if made_before else "is not made yet"
    yield Finding("model", "note", f"{path / 'model.safetensors'} {what}: {_again(path)}")


def _model(file: Path, engine: str, run: Path | None = None) -> Iterator[Finding]:
    """A model file, of the run in whose folder it is, if it is in one."""
    try:
        memory = load_engine(engine).load_memory(file)
    except (ValueError, RuntimeError, OSError) as error:
        yield _damaged_model(error, engine, run)
        return
    asked = None if run is None else _asked(run)
    if run is not None and asked:
        foreign = not_of_run(load_engine(engine), run, asked, memory)
        if foreign:
            detail = f"{foreign}: it is made anew of {run / 'objects'}; {_again(run)}"
            yield Finding("model", "broken", detail)
            return
    names = list(memory.names)
    size = file.stat().st_size / 1e3
    yield Finding("model", "ok", f"{file}: {len(names)} objects ({_named(names)}), {size:.0f} kB")


def _asked(run: Path) -> list[str]:
    """The objects that a run was to learn by their names; none of what is no such run."""
    try:
        return list(trained_table(run)["names"])
    except (RunFolderError, OSError):
        return []


def _damaged_model(error: Exception, engine: str, run: Path | None) -> Finding:
    """A model that cannot be read, and how its run makes it anew."""
    if run is None or not (run / "config.toml").is_file():
        return Finding("model", "broken", str(error))
    why = str(error).removesuffix(_ADVICE)
    if _parts_are_whole(run, engine):
        how = f"what it is made of is whole, and gives it anew in seconds: {_again(run)}"
    else:
        how = f"{_again(run)}, or copy it anew"
    return Finding("model", "broken", f"{why}; {how}")


def _parts_are_whole(run: Path, engine: str) -> bool:
    """Whether all is there that a run would put together to its model."""
    mind = load_engine(engine)
    try:
        config = read_run_config(run)
        if "train" in config:
            names = told_of(run).keys() or config["train"].get("names", [])
            files = [run / "objects" / file_name(name, ".safetensors") for name in names]
            whole = [mind.load_learned(file).name for file in files]
            return bool(names) and whole == list(names)
        kept = _kept(run)
        for number in kept:
            mind.load_felt(_felt(run, number))
    except (RunFolderError, ValueError, OSError, TypeError, AttributeError):
        return False
    return bool(kept)


def _kept(run: Path) -> list[int]:
    """The episodes of a stream of which memory keeps something."""
    records = {record.get("number"): record for record in read_journal(run / "episodes.jsonl")}
    return [
        number
        for number, record in records.items()
        if isinstance(number, int) and record.get("kept") is not None
    ]


def _felt(run: Path, number: int) -> Path:
    return run / "felt" / f"{number:06d}.safetensors"


def _again(run: Path, command: str | None = None) -> str:
    """What to do for a run to go on: by `command`, or the one that made it."""
    command = command or resumed_run(run)
    return f"{AGAIN}: `{command}`" if command else AGAIN


def _evaluate_again(path: Path) -> str:
    """What to do for an evaluation or a stream to go on."""
    if command := resumed_evaluation(path):
        return _again(path, command)
    made = resumed_run(path)
    jobs = ("colonnade explore ", "colonnade discover ")
    is_first = not any(path.glob(f"*{ASIDE}"))
    return _again(path, made) if made and made.startswith(jobs) and is_first else AGAIN


def _objects(path: Path, trained: Mapping[str, Any], engine: str) -> Iterator[Finding]:
    """The objects that were asked for, each in a file of its own."""
    whole, again = [], _again(path)
    for file in sorted((path / "objects").glob("*.safetensors")):
        try:
            name = load_engine(engine).load_learned(file).name
            if file.name == file_name(name, file.suffix):
                whole.append(name)
            else:
                yield Finding("objects", "broken", f"{file} holds {name}: {again}")
        except (ValueError, OSError) as error:
            name = name_of_file(file.name, ".safetensors")
            yield Finding("objects", "broken", f"{name}: {_without_stop(error)}: {again}")
    names = trained["names"]
    missing = [name for name in names if name not in whole]
    if missing:
        detail = f"{len(missing)} of {len(names)} are not learned ({_named(missing)}): {again}"
        yield Finding("objects", "note", detail)
    else:
        yield Finding("objects", "ok", f"all {len(names)} are learned")
    journal = path / "training.jsonl"
    told = {record.get("name") for record in read_journal(journal)}
    if lost := [name for name in whole if name not in told]:
        what = f"has nothing of {_named(lost)}" if journal.is_file() else "is missing"
        detail = f"{journal} {what}, which --resume writes again: {again}"
        yield Finding(journal.name, "note", detail)


def _meshes(path: Path, engine: str) -> Iterator[Finding]:
    """Whether the meshes are those that were learned, where they are files; it is well if not."""
    try:
        trained = trained_table(path)
    except RunFolderError:  # it is told of config.toml
        return
    spec, scale, learned = trained["objects"], trained["scale"], learned_meshes(path)
    if is_shipped(spec) or not learned:
        return
    kept = "what the run has of them is kept"
    if is_gone(spec):
        yield Finding("meshes", "note", f"they were in {spec}, which is not there any more; {kept}")
        return
    mind = load_engine(engine)
    try:
        gone = gone_from(mind, spec, list(learned), scale)
        there = [name for name in learned if name not in gone]
        meshes = mind.open_set(spec, there, scale) if there else {}
        now = {name: _digest_now(mind, meshes, name) for name in there}
    except ImportError as error:
        yield Finding("meshes", "note", f"not looked at, as {error.name} is missing here")
        return
    except (ValueError, OSError) as error:
        yield Finding("meshes", "note", f"{_without_stop(error)}; {kept}")
        return
    found = {
        "not there any more": gone,
        "not usable any more": [name for name in there if now[name] is None],
        "not the one that was learned": [
            name for name in there if (digest := now[name]) and differ(digest, learned[name])
        ],
    }
    told = [f"{what}: {_named(names)}" for what, names in found.items() if names]
    if told:
        yield Finding("meshes", "note", f"in {spec} {'; '.join(told)}; {kept}")
    else:
        yield Finding("meshes", "ok", f"those of all {len(learned)} are what was learned")


def _digest_now(mind: Engine, meshes: Mapping[str, Any], name: str) -> str | None:
    """The digest of a mesh; None where it cannot be used."""
    try:
        return mind.mesh_digest(meshes[name])
    except (ValueError, OSError):
        return None


def _of_its_model(path: Path, config: Mapping[str, Any], engine: str) -> Iterator[Finding]:
    """Whether the model that an evaluation is of is there, and the same, wherever it is."""
    asked = config["evaluate"]
    if "train" not in config and ("run" not in asked or _is_of_bench(path)):
        return  # a benchmark drops models, and runs of before do not tell where theirs is
    run = (path / str(asked["run"])).resolve() if "run" in asked else path
    file = run / "model.safetensors"
    if not file.is_file():
        if run != path:  # else it is told of the model itself, as is damage
            detail = f"{file}, of which this is an evaluation, is missing: {_again(run)}"
            yield Finding("model", "note", detail)
        return
    try:
        load_engine(engine).load_memory(file)
    except (ValueError, RuntimeError, OSError) as error:
        if run != path:
            yield _damaged_model(error, engine, run)
        return
    if model_digest(file) != asked.get("model"):
        out = "" if run == path else f" --out {typed(path)}"
        detail = (
            "it is of an earlier model than is there now, and so are summary.json and report.html: "
            f"`colonnade evaluate {typed(run)}{out}` makes them anew"
        )
        yield Finding("evaluation", "note", detail)


def _evaluation(path: Path, asked: Mapping[str, Any]) -> Iterator[Finding]:
    """The tables of an evaluation."""
    expected = len(asked.get("names", ())) * int(asked.get("rotations", 0))
    table, steps = path / "episodes.parquet", path / "steps.parquet"
    if table.with_name(table.name + ASIDE).exists():
        detail = f"the evaluation before is kept as *{ASIDE} until this one is complete"
        yield Finding("evaluation", "note", detail)
    if not table.is_file():
        journal = read_journal(path / "episodes.jsonl")
        done = len({(record.get("object"), record.get("trial")) for record in journal})
        detail = f"not complete, {done} of {expected} episodes are done: {_evaluate_again(path)}"
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


def _stream(path: Path, engine: str) -> Iterator[Finding]:
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
        detail = f"not complete, {len(records)} episodes are lived: {_again(path)}"
        yield Finding(table.name, "note", detail)
    kept = _kept(path)
    for number in kept:
        try:
            load_engine(engine).load_felt(_felt(path, number))
        except ValueError as error:
            yield Finding("felt", "broken", f"{error}: {_again(path)}")
            return
    yield Finding("felt", "ok", f"of {len(kept)} episodes")


def _journalled(path: Path, rows: int) -> Iterator[Finding]:
    """Whether the episodes of a table are in their journal, which --resume goes by."""
    journal = path / "episodes.jsonl"
    keys = ("object", "trial", "number")
    done = len({tuple(map(record.get, keys)) for record in read_journal(journal)})
    if done < rows:
        what = f"has {done} of {rows} episodes" if journal.is_file() else "is missing"
        detail = (
            f"{journal} {what}, so --resume would do the others once more: {_evaluate_again(path)}"
        )
        yield Finding(journal.name, "note", detail)


def _below(path: Path, engine: str) -> Iterator[Finding]:
    """Whatever is not well in the run folders of a benchmark."""
    folders = sorted(file.parent for file in path.glob("*/**/config.toml"))
    for folder in folders:
        for finding in made(run_checks(folder, engine)):
            if finding.state != "ok":
                what = f"{folder.relative_to(path)}: {finding.what}"
                yield Finding(what, finding.state, finding.detail)
    yield Finding("run folders", "ok", f"{len(folders)} below {path}")
    if not (path / "bench.json").is_file():
        yield Finding("bench.json", "note", f"not complete: {_again(path)}")


def _whole(file: Path) -> Iterator[Finding]:
    """Whether a file of text is readable to its end."""
    try:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".json" and not isinstance(json.loads(text), dict):
            raise ValueError("it holds no table of numbers")
        if file.suffix in (".html", ".svg") and not text.rstrip().endswith(f"</{file.suffix[1:]}>"):
            raise ValueError("it is cut short")
    except (ValueError, OSError) as error:
        yield Finding(file.name, "broken", f"{file} is damaged ({error}): {_file_again(file)}")
    else:
        yield Finding(file.name, "ok", f"{len(text.encode()) / 1e3:.0f} kB")


def _missing(file: Path) -> Iterator[Finding]:
    yield Finding(file.name, "note", f"{file} is missing: {_file_again(file)}")


def _file_again(file: Path) -> str:
    """What to do for a file of text to be made anew."""
    of_training = file.name in ("training.json", "bench.json")
    return _again(file.parent) if of_training else _evaluate_again(file.parent)


def _counted(table: Path, rows: int, expected: int, what: str) -> Finding:
    if rows == expected:
        return Finding(table.name, "ok", f"{rows} {what}")
    return Finding(table.name, "note", f"{rows} {what} of the {expected} that were asked for")


def _unread(table: Path, error: ImportError) -> Finding:
    """A robot has no need of tables."""
    return Finding(table.name, "note", f"not read, as {error.name} is missing here")


def _named(names: list[str]) -> str:
    return listed(names, MOST_NAMED)


def _without_stop(error: Exception) -> str:
    return str(error).rstrip(".")
