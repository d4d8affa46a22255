"""Some of many things, spread evenly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

__all__ = ["spread"]

T = TypeVar("T")


def spread(things: Sequence[T], most: int) -> list[T]:
    """`most` of the things, spread evenly over them; all where there are no more."""
    wanted = min(len(things), most)
    return [things[i * len(things) // wanted] for i in range(wanted)]
