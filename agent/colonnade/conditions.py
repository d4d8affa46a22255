"""What was unusual about how an evaluation's objects were shown, in words for table and report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["conditions"]


def conditions(summary: Mapping[str, Any]) -> list[str]:
    """Phrases that go on from "objects that were ..."; none where all was as by default."""
    size, moves = summary.get("size", 1.0), summary.get("moves", "none")
    policy, columns = summary.get("policy", "distinguish"), summary.get("columns", 1)
    phrases = {
        f"shown {size:g} times as large": size != 1.0,
        "looked for at any size": summary.get("any_size", False),
        f"moved {_meanwhile(moves)}": moves != "none",
        f"sensed by {columns} columns": columns != 1,
        f"explored by the policy {policy}": policy != "distinguish",
    }
    return [phrase for phrase, holds in phrases.items() if holds]


def _meanwhile(moves: str) -> str:
    """Motions as an evaluation notes them down, in words for the reader."""
    words = moves.removesuffix(", open, noticed").replace(" mm, ", " mm and ")
    times, _, amount = words.partition(" x ")
    return f"{'once' if times == '1' else times + ' times'} by {amount} meanwhile"
