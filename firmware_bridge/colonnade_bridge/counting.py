"""Numbers with what they count, as sentences tell them."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, what: str) -> str:
    """'1 byte', '7,000 bytes'."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
