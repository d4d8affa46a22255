"""How to install what is missing: as this Colonnade was installed, or package by package."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["how_to_install"]


_PINNED = "constraints.txt"
"""Of a checkout: the versions that it is tested with."""


def how_to_install(extra: str = "", missing: Iterable[str] = ()) -> str:
    """The command that installs `missing` distributions, which an extra (or the base) has.

    In a checkout that is installed as it lies the whole extra, from there; elsewhere they
    themselves, with the versions that go with this one, as no index has Colonnade. All of the
    extra where none are named.
    """
    try:
        ours = distribution("colonnade")
    except PackageNotFoundError:
        return _pip(missing)
    folder = _checkout(ours)
    if folder is not None:
        pinned = ["-c", _PINNED] if (folder / _PINNED).is_file() else []
        what = f".[{extra}]" if extra else "."
        return f"{shlex.join(['pip', 'install', '-e', what, *pinned])} in {folder}"
    versions = dict(_needs(ours, extra))
    return _pip(versions.get(name, name) for name in [*missing] or versions)


def _pip(what: Iterable[str]) -> str:
    return shlex.join(["pip", "install", *what])


def _checkout(ours: Distribution) -> Path | None:
    """The folder that is imported from, where pip was asked for that (-e)."""
    try:
        told = json.loads(ours.read_text("direct_url.json") or "{}")
        if not told["dir_info"]["editable"]:
            return None
        folder = Path(unquote(urlsplit(told["url"]).path))
    except (ValueError, LookupError, TypeError):
        return None
    return folder if (folder / "pyproject.toml").is_file() else None


def _needs(ours: Distribution, extra: str) -> Iterable[tuple[str, str]]:
    """Names and requirements of an extra, or of the base."""
    for line in ours.requires or []:
        requirement, _, marker = line.partition(";")
        of = re.search(r"extra\s*==\s*['\"]([^'\"]+)", marker)
        if (of[1] if of else "") == extra:
            name = re.match(r"[\w.-]+", requirement.strip())
            if name:
                yield name[0], requirement.strip()
