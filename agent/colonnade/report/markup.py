"""The small pieces of the page: escaped text, numbers, boxes, and the words of a body."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import Any

__all__ = [
    "big_number",
    "big_percent",
    "card",
    "escaped",
    "fact_list",
    "image",
    "named",
    "number",
    "percent",
    "sensor",
    "touches",
]

LONGEST = 40
"""Characters of a name that are shown within a sentence or a table."""


def escaped(text: str) -> str:
    """Text as HTML, also within quotes."""
    return html.escape(text, quote=True)


def named(name: str) -> str:
    """An object's name as HTML: of a long one its beginning, and the whole where one points."""
    if len(name) <= LONGEST:
        return escaped(name)
    return f'<span title="{escaped(name)}">{escaped(name[: LONGEST - 1])}…</span>'


def image(url: str, alt: str, size: int) -> str:
    """A square picture, `size` pixels wide."""
    return f'<img src="{url}" alt="{escaped(alt)}" width="{size}" height="{size}">'


def card(value: str, label: str, kind: str = "") -> str:
    """A large number and what it counts."""
    return f'<div class="card {kind}"><b>{value}</b><span>{label}</span></div>'


def fact_list(facts: Mapping[str, str]) -> str:
    """Names and what they stand for; both are HTML."""
    return "<dl>" + "".join(f"<dt>{k}</dt><dd>{v}</dd>" for k, v in facts.items()) + "</dl>"


def big_percent(share: float | None) -> str:
    """A share as HTML for a card."""
    if share is None or math.isnan(share):
        return "–"
    return f"{100 * share:.1f}".removesuffix(".0") + " <small>%</small>"


def percent(share: float | None) -> str:
    """A share as text, or a dash when there is none."""
    if share is None or math.isnan(share):
        return "–"
    return f"{100 * share:.1f} %"


def big_number(value: float | None, unit: str = "") -> str:
    """A number as HTML for a card, or a dash when there is none."""
    if value is None or math.isnan(value):
        return "–"
    text = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}"
    return text + (unit if unit == "°" else f" <small>{unit}</small>" if unit else "")


def number(value: float | None, unit: str = "") -> str:
    """A number as text, or a dash when there is none."""
    if value is None or math.isnan(value):
        return "–"
    return (f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}") + unit


def sensor(summary: Mapping[str, Any]) -> str:
    """What the body senses with."""
    return "fingertip" if summary["body"] == "touch" else "camera"


def touches(summary: Mapping[str, Any]) -> str:
    """What the body does."""
    return "touches" if summary["body"] == "touch" else "looks"
