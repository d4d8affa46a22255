"""Tables of benchmarks as plain text: as wide as they need, wherever they are printed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

__all__ = ["cell", "table"]


def cell(value: Any, form: str = ".1f", scale: float = 1.0) -> str:
    """A value as text; a dash for what there is not."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, str):
        return value
    return format(value if scale == 1.0 else scale * value, form)


def table(
    title: str, groups: Sequence[tuple[str, Sequence[str]]], rows: Sequence[Sequence[str]]
) -> str:
    """Rows of text below two lines of headings, words to the left and numbers to the right.

    Args:
        groups: the heading of each group of columns, and the headings of its columns.
        rows: as many cells each as there are columns.
    """
    heads = [head for _, heads in groups for head in heads]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    place = 0
    for group, own in groups:  # a long heading of a group widens its last column
        wide = sum(widths[place : place + len(own)]) + 2 * (len(own) - 1)
        widths[place + len(own) - 1] += max(0, len(group) - wide)
        place += len(own)
    words = [all(_is_word(row[i]) for row in rows) for i in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        parts = [
            text.ljust(width) if word else text.rjust(width)
            for text, width, word in zip(cells, widths, words, strict=True)
        ]
        return "  ".join(parts).rstrip()

    above, place = [], 0
    for group, own in groups:
        wide = sum(widths[place : place + len(own)]) + 2 * (len(own) - 1)
        above.append(group.ljust(wide))
        place += len(own)
    lines = [title, "  ".join(above).rstrip(), line(heads), "  ".join("-" * w for w in widths)]
    return "\n".join([text for text in lines if text] + [line(row) for row in rows])


def _is_word(text: str) -> bool:
    return text[:1].isalpha()
