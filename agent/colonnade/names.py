"""Several names in one word of a command: commas between them, quoted as CSV does where need be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["joined", "listed", "split"]

_NAME = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^",][^,]*)|)\s*(?:,|$)')
"""A name in double quotes, or one without, and what ends it."""


def split(text: str) -> tuple[str, ...]:
    """The names in `text`, without the spaces around them; those that are empty are left out.

    A name with a comma stands in double quotes, and a double quote in those is doubled.

    Raises:
        ValueError: quotes that do not close, or close before the name ends.
    """
    names = []
    place = 0
    while place < len(text):
        found = _NAME.match(text, place)
        if found is None:
            raise ValueError(
                "double quotes stand around a whole name, as in '\"plate, blue\",mug', and are "
                "doubled within"
            )
        quoted, bare = found.groups()
        names.append((bare or "").strip() if quoted is None else quoted.replace('""', '"'))
        place = found.end()
    return tuple(name for name in names if name)


def joined(names: Iterable[str]) -> str:
    """The text of which `split` makes these names again."""
    return ",".join(map(_quoted, names))


def listed(names: Sequence[str], most: int) -> str:
    """The names, or the first of many, as a sentence lists them; quoted as `split` takes them."""
    return ", ".join(map(_quoted, names[:most])) + (", ..." if len(names) > most else "")


def _quoted(name: str) -> str:
    if "," not in name and not name.startswith('"') and name == name.strip():
        return name
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
