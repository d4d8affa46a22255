"""What ``colonnade doctor`` finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["Check", "Finding", "State", "made"]

State = Literal["ok", "note", "broken"]


@dataclass(frozen=True)
class Finding:
    """One thing that was checked."""

    what: str
    state: State
    """ok; note: Colonnade runs without it; broken: it does not."""
    detail: str


Check = tuple[str, Callable[[], Iterator[Finding]]]
"""What is checked, and the check."""


def made(checks: Iterable[Check]) -> Iterator[Finding]:
    """What the checks find, one after the other; one that cannot be made stops no other."""
    for what, check in checks:
        try:
            yield from check()
        except Exception as error:
            yield Finding(what, "broken", f"could not be checked: {type(error).__name__}: {error}")
