"""Text that a terminal shows and does not obey."""

from __future__ import annotations

import unicodedata

__all__ = ["printable"]


def printable(text: str) -> str:
    """The text with control characters, such as what moves the cursor, spelt as Python does it."""
    if text.isprintable():
        return text
    return "".join(_spelt(letter) for letter in text)


def _spelt(letter: str) -> str:
    if unicodedata.category(letter) == "Cc":
        return letter.encode("unicode_escape").decode()
    return letter
