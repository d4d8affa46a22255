"""What is said where objects could not be used: at the end, or as an error if none could."""

from __future__ import annotations

import re
from collections.abc import Mapping

from colonnade.commands.console import complain, counted, it_or_them

__all__ = ["NothingUsableError", "nothing_usable", "tell_unusable"]


class NothingUsableError(ValueError):
    """Not one object of the set can be used; the message says why."""


def nothing_usable(spec: str, reasons: Mapping[str, str]) -> NothingUsableError:
    """The error to raise where all objects of a set are unusable, for these reasons by name."""
    first = next(iter(reasons.values()))
    if len(reasons) == 1:
        return NothingUsableError(first)
    return NothingUsableError(
        f"None of the {len(reasons)} objects of {spec} can be used, for the reasons above; "
        f"begin with the first: {first}"
    )


def tell_unusable(reasons: Mapping[str, str], done: str, remedy: str) -> None:
    """Name at the end what was left out, and why; nothing where all could be `done`.

    Args:
        remedy: what to do, said of several.
    """
    if not reasons:
        return
    remedy = re.sub(r"\bthem\b", it_or_them(len(reasons)), remedy, count=1)
    complain(f"{counted(len(reasons))} could not be {done}; {remedy}, or go on without:")
    for reason in reasons.values():
        complain(f"- {reason}")
