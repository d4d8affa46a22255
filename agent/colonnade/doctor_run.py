"""What ``colonnade doctor RUN`` checks: every file of a run folder is there, whole, and complete.

A file that is damaged is broken; work that was not finished is a note, as --resume goes on with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from colonnade.commands.again import how_evaluation_goes_on, how_run_goes_on
from colonnade.doctor_learned import check_meshes, check_missing_model, check_model, check_objects
from colonnade.doctor_shown import check_evaluation, check_its_model, check_stream
from colonnade.finding import Check, Finding, made
from colonnade.run_config import RunFolderError, is_of_bench, read_run_config, trained_table

__all__ = ["run_checks"]

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
        return [("model", partial(check_model, path, engine))]
    file = path / "model.safetensors"
    model = ("model", partial(check_model, file, engine, path))
    try:
        config = read_run_config(path, missing_ok=True)
    except (RunFolderError, OSError) as error:
        found = Finding("config.toml", "broken", str(error))
        return [(found.what, partial(iter, [found])), model]
    checks: list[Check] = [("config.toml", partial(_config, path, config))]
    learns = bool(config.keys() & {"train", "discover"})
    if learns and not file.exists():
        checks.append(("model", partial(check_missing_model, path)))
    elif learns or not config.keys() & {"evaluate", "bench"}:
        checks.append(model)
    if "names" in config.get("train", {}):
        checks.append(("objects", partial(check_objects, path, config["train"], engine)))
    if "train" in config and not is_of_bench(path):
        checks.append(("meshes", partial(check_meshes, path, engine)))
    if "discover" in config:
        checks.append(("stream", partial(check_stream, path, engine)))
    if "evaluate" in config:
        asked = config["evaluate"]
        if (path / "episodes.parquet").is_file():
            checks.append(("evaluation", partial(check_its_model, path, config, engine)))
        checks.append(("evaluation", partial(check_evaluation, path, asked)))
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
        elif "evaluate" in config and not is_of_bench(path):
            due |= {"summary.json", "report.html"}
    return due


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
        yield Finding("bench.json", "note", f"not complete: {how_run_goes_on(path)}")


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
    return how_run_goes_on(file.parent) if of_training else how_evaluation_goes_on(file.parent)
