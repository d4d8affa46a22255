"""Reading what a run was asked for: ``config.toml`` of its folder."""

from __future__ import annotations

import os
import shlex
import tomllib
from pathlib import Path
from typing import Any

__all__ = ["RunFolderError", "is_of_bench", "read_run_config", "trained_table"]

_TRAINED: dict[str, type | tuple[type, ...]] = {
    "objects": str,
    "names": list,
    "body": str,
    "scale": (int, float),
}
"""What an evaluation needs of the [train] table."""


class RunFolderError(RuntimeError):
    """A run folder that cannot be used as asked; the message says what to do instead."""


def read_run_config(path: Path, *, missing_ok: bool = False) -> dict[str, Any]:
    """Read ``config.toml`` of the run folder `path` without locking it.

    Raises:
        RunFolderError: `path` is no run folder, or its config.toml is damaged.
    """
    file = Path(path).expanduser() / "config.toml"
    if not file.is_file():
        if missing_ok:
            return {}
        if file.parent.is_file():
            raise RunFolderError(f"{path} is a file: give the run folder that it is in.")
        what = "has no config.toml" if file.parent.is_dir() else "does not exist"
        raise RunFolderError(
            f"{path} is no run folder (it {what}): make one with "
            f"`colonnade train --objects SET --out {shlex.quote(str(path))}`."
        )
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _damaged(file, str(error)) from error
    for name, table in content.items():
        if not isinstance(table, dict):
            raise _damaged(file, f"{name} is no table")
    return content


def trained_table(path: Path) -> dict[str, Any]:
    """The checked [train] table of a run folder: objects, names, body, scale and more.

    Raises:
        RunFolderError: `path` is no run folder, or its config.toml is damaged.
    """
    file = Path(path).expanduser() / "config.toml"
    config = read_run_config(path)
    if "discover" in config and "train" not in config:
        raise RunFolderError(
            f"{path} holds a stream, whose objects the mind named itself: its summary.json is its "
            "evaluation; `colonnade train` learns objects by their names."
        )
    if "bench" in config and "train" not in config:
        raise RunFolderError(
            f"{path} holds a benchmark, whose numbers are in its bench.json: give one of the model "
            "folders in it to go on with that, or another run folder."
        )
    shown = config.get("evaluate", {}).get("run")
    if isinstance(shown, str) and "train" not in config:
        run = shlex.quote(os.path.normpath(file.parent / shown))
        raise RunFolderError(f"{path} is an evaluation: give the run that it shows, {run}.")
    table = config.get("train", {})
    for key, kind in _TRAINED.items():
        if key not in table:
            raise _damaged(file, f"[train] has no {key}")
        value = table[key]
        if not isinstance(value, kind) or (key == "body" and value not in ("touch", "camera")):
            raise _damaged(file, f"[train] has {key} = {value!r}")
    if not all(isinstance(name, str) for name in table["names"]):
        raise _damaged(file, "[train] has names that are no text")
    return dict(table)


def is_of_bench(path: Path) -> bool:
    """Whether a folder is one of a benchmark's, which keeps its numbers in its bench.json."""
    for folder in path.absolute().parents:
        try:
            config = read_run_config(folder, missing_ok=True)
            if "benchmark" in config.get("bench", {}):  # else it is another program's
                return True
        except (RunFolderError, OSError):
            continue
    return False


def _damaged(file: Path, why: str) -> RunFolderError:
    return RunFolderError(
        f"{file} is damaged ({why}): mend it by hand, or train again into another --out."
    )
