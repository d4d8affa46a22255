"""Suites of objects: which names, and under which name the field knows them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from colonnade.flags import ConfigError

__all__ = ["Suite", "read_suite"]


class Suite(NamedTuple):
    """Some objects of a set."""

    label: str
    names: tuple[str, ...]
    """None means all of the set."""


def read_suite(given: str) -> Suite:
    """The suite that `--suite` names: `all`, or a text file of names, one a line.

    What follows a `#` is a comment. Its label is the file's name without its ending.

    Raises:
        ConfigError: the file cannot be read or names nothing.
    """
    path = Path(given).expanduser()
    if given == "all" and not path.is_file():
        return Suite(given, ())
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise ConfigError(
            f"--suite {given}: there is no such text file; give one with an object's name a line, "
            "or `all`, or name the objects with --names A,B."
        ) from None
    names = [line.partition("#")[0].strip() for line in lines]
    chosen = tuple(dict.fromkeys(name for name in names if name))
    if not chosen:
        raise ConfigError(f"--suite {given}: the file names no object; put one name on each line.")
    return Suite(path.stem, chosen)
