"""What ``colonnade doctor RUN`` finds of what was learned: model, objects, and their meshes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from colonnade.commands.again import TRAIN_AGAIN, how_run_goes_on
from colonnade.commands.changed import differ, learned_meshes
from colonnade.commands.gone import gone_from
from colonnade.commands.learned import journalled, not_of_run, told_of
from colonnade.engine import Engine, load_engine
from colonnade.files import file_name, name_of_file
from colonnade.finding import Finding
from colonnade.journal import read_journal
from colonnade.names import listed
from colonnade.run_config import RunFolderError, read_run_config, trained_table
from colonnade.sets import is_gone, is_shipped

__all__ = [
    "check_meshes",
    "check_missing_model",
    "check_model",
    "check_objects",
    "damaged_model",
    "felt_file",
    "kept_episodes",
]

MOST_NAMED = 8


def check_missing_model(path: Path) -> Iterator[Finding]:
    """A run that was to learn, and has no model."""
    made_before = any((path / later).exists() for later in ("training.json", "episodes.parquet"))
    what = "is missing" if made_before else "is not made yet"
    yield Finding("model", "note", f"{path / 'model.safetensors'} {what}: {how_run_goes_on(path)}")


def check_model(file: Path, engine: str, run: Path | None = None) -> Iterator[Finding]:
    """A model file, of the run in whose folder it is, if it is in one."""
    try:
        memory = load_engine(engine).load_memory(file)
    except (ValueError, RuntimeError, OSError) as error:
        yield damaged_model(error, engine, run)
        return
    asked = None if run is None else _asked(run)
    if run is not None and asked:
        foreign = not_of_run(load_engine(engine), run, asked, memory)
        if foreign:
            detail = f"{foreign}: it is made anew of {run / 'objects'}; {how_run_goes_on(run)}"
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


def damaged_model(error: Exception, engine: str, run: Path | None) -> Finding:
    """A model that cannot be read, and how its run makes it anew."""
    if run is None or not (run / "config.toml").is_file():
        return Finding("model", "broken", str(error))
    why = str(error).removesuffix(TRAIN_AGAIN)
    if _parts_are_whole(run, engine):
        how = f"what it is made of is whole, and gives it anew in seconds: {how_run_goes_on(run)}"
    else:
        how = f"{how_run_goes_on(run)}, or copy it anew"
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
        kept = kept_episodes(run)
        for number in kept:
            mind.load_felt(felt_file(run, number))
    except (RunFolderError, ValueError, OSError, TypeError, AttributeError):
        return False
    return bool(kept)


def kept_episodes(run: Path) -> list[int]:
    """The episodes of a stream of which memory keeps something."""
    records = {record.get("number"): record for record in read_journal(run / "episodes.jsonl")}
    return [
        number
        for number, record in records.items()
        if isinstance(number, int) and record.get("kept") is not None
    ]


def felt_file(run: Path, number: int) -> Path:
    """What memory keeps of an episode of a stream."""
    return run / "felt" / f"{number:06d}.safetensors"


def check_objects(path: Path, trained: Mapping[str, Any], engine: str) -> Iterator[Finding]:
    """The objects that were asked for, each in a file of its own."""
    whole, again = [], how_run_goes_on(path)
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
    told = journalled(path)
    if lost := [name for name in whole if name not in told]:
        what = f"has nothing of {_named(lost)}" if journal.is_file() else "is missing"
        detail = f"{journal} {what}, which --resume writes again: {again}"
        yield Finding(journal.name, "note", detail)


def check_meshes(path: Path, engine: str) -> Iterator[Finding]:
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


def _named(names: list[str]) -> str:
    return listed(names, MOST_NAMED)


def _without_stop(error: Exception) -> str:
    return str(error).rstrip(".")
