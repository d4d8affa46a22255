"""What ``colonnade doctor`` finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["Check", "Finding", "State"]

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
