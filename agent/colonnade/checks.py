"""Options that cannot be meant are refused before any work is done."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from colonnade.config import ExploreConfig, ObjectsConfig, TrainConfig
from colonnade.flags import VIEWS, ConfigError
from colonnade.json_option import STDOUT
from colonnade.sets import is_shipped

__all__ = ["check_config", "check_scale", "check_size"]

MOST_ROTATIONS = 100_000
MOST_MOVES = 20
"""An object that is moved on and on is never recognised."""
_PICTURES = {"out": ("a PNG", ".png"), "picture": ("an SVG", ".svg")}
"""What the file is that a flag names, and how its name ends, where it is a picture."""
SMALLEST, LARGEST = 0.1, 10.0
"""Sizes at which an object may be shown, as a multiple of its own."""


def check_scale(objects: str | None, scale: float | None) -> None:
    """Refuse a scale that its set would not heed. Raises ConfigError."""
    if objects is not None and scale not in (None, 1.0) and is_shipped(objects):
        raise ConfigError(
            f"--scale is for files of meshes, and {objects} has its sizes in metres: leave it out "
            "(`colonnade evaluate --size` shows objects smaller or larger)."
        )


def check_size(flag: str, size: float) -> None:
    """Refuse a size at which nothing can be shown. Raises ConfigError."""
    if not SMALLEST <= size <= LARGEST:
        raise ConfigError(
            f"{flag} is {size:g}, but must be {SMALLEST:g} to {LARGEST:g}, e.g. 0.8 for objects "
            "that are a fifth smaller than learned."
        )


def check_config(config: object) -> None:
    """Refuse numbers that cannot be meant, before any work is done.

    Raises:
        ConfigError: one sentence that says which flag and what it takes.
    """
    least = {
        "seed": 0,
        "workers": 0,
        "rotations": 1,
        "epochs": 1,
        "episodes": 1,
        "max_steps": 1,
        "moves": 0,
        "baud": 1,
    }
    for field, bound in least.items():
        value = getattr(config, field, None)
        if value is not None and value < bound:
            flag = field.replace("_", "-")
            raise ConfigError(f"--{flag} is {value}, but must be {bound} or more.")
    for field, bound in {"rotations": MOST_ROTATIONS, "moves": MOST_MOVES}.items():
        value = getattr(config, field, None)
        if value is not None and value > bound:
            raise ConfigError(f"--{field} is {value}, but must be at most {bound:,}.")
    if getattr(config, "objects", None) == "":
        raise ConfigError(
            "The set of objects is empty: give builtin, pybullet, or a folder of meshes."
        )
    if (port := getattr(config, "port", None)) is not None and not port.strip():
        raise ConfigError("--port is empty: give a serial port, or socket://HOST:PORT.")
    scale = getattr(config, "scale", None)
    if scale is not None and not 0 < scale < float("inf"):
        raise ConfigError(f"--scale is {scale}, but must be a positive number such as 0.001.")
    check_scale(getattr(config, "objects", None), scale)
    check_size("--size", getattr(config, "size", 1.0))
    if isinstance(config, TrainConfig) and config.views:
        if config.body != "camera":
            raise ConfigError("--views needs --body camera: a fingertip sees nothing from afar.")
        if not 0 < config.views <= VIEWS:
            raise ConfigError(f"--views is {config.views}, but must be 1 to {VIEWS}, or 0.")
    if isinstance(config, ExploreConfig) and config.resume and config.out is None:
        raise ConfigError("--resume needs to know which run: give its folder with --out DIR.")
    _check_files(config)


def _is_json(file: Path) -> bool:
    """Whether a file may be replaced by JSON: it is JSON, or empty."""
    with suppress(OSError, ValueError, RecursionError):
        text = file.read_text(encoding="utf-8")
        if text.strip():
            json.loads(text)
        return True
    return False


_MICROSECONDS = range(10**15, 10**16)
"""Since 1970, in the years 2001 to 2286."""


def _is_recording(file: Path) -> bool:
    """Whether a file may be replaced by a recording of a link: it begins like one, or is empty."""
    with suppress(OSError), file.open("rb") as stream:
        begin = stream.read(9)
        when = int.from_bytes(begin[:8], "big")
        return not begin or (begin[8:] == b"\xfd" and when in _MICROSECONDS)
    return False


_OURS = {"json": _is_json, "record": _is_recording}
"""What may be replaced, by the option that writes it."""


def _check_files(config: object) -> None:
    """Refuse places where no file can be written, which would be found out when all is done."""
    files = {flag: getattr(config, flag, None) for flag in ("json", "picture", "record")}
    if files["json"] == STDOUT:
        del files["json"]
    if isinstance(config, ObjectsConfig):
        files["out"] = config.out
    _refuse_same(files)
    if files["record"] == STDOUT:
        raise ConfigError("--record - : a recording goes to a file only; give its name.")
    for flag, file in files.items():
        if file is not None and not file.expanduser().absolute().parent.is_dir():
            raise ConfigError(f"--{flag} {file}: the folder {file.parent} does not exist; make it.")
    for flag, file in files.items():
        if file is None:
            continue
        if flag in _OURS and file.is_file() and not _OURS[flag](file):
            raise ConfigError(
                f"--{flag} {file}: that file is there and is none that `--{flag}` writes; give "
                "another name."
            )
        if file.is_dir():
            raise ConfigError(f"--{flag} {file} is a folder: give the name of a file in it.")
        if flag in _PICTURES and file.suffix.lower() != _PICTURES[flag][1]:
            what, ending = _PICTURES[flag]
            raise ConfigError(
                f"--{flag} {file}: {what} picture is written; give a name that ends with {ending}."
            )
        folder = file.expanduser().absolute().parent
        if folder.is_dir() and not os.access(folder, os.W_OK):
            raise ConfigError(f"--{flag} {file}: {folder} may not be written; give another place.")


def _refuse_same(files: Mapping[str, Path | None]) -> None:
    """Refuse two options that write one file, where the second would replace the first's."""
    written: dict[Path, str] = {}
    for flag, file in files.items():
        if file is None or (file.exists() and not file.is_file()):  # as is /dev/null
            continue
        place = file.expanduser().resolve()
        if place in written:
            raise ConfigError(
                f"--{written[place]} and --{flag} name the same file, {file}: give two names."
            )
        written[place] = flag
