"""Small charts as inline SVG: no library, no script, sharp on any screen."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

__all__ = [
    "INK",
    "PALETTE",
    "confusion",
    "histogram",
    "lines",
    "nice_ticks",
    "stacked_bar",
    "standalone",
]

INK = "#1f2933"
MUTED = "#6b7885"
GRID = "#e4e8ec"
PALETTE = ("#0f766e", "#d97706", "#6366f1", "#be185d", "#64748b", "#0284c7")
"""The first is the hero of a chart, the others its company."""
LONGEST = 16
"""Characters of a name that are shown beside a line, a row or a column."""


class _Axis(NamedTuple):
    """Turns values in [low, high] into places on the drawing from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low)


def nice_ticks(low: float, high: float, count: int = 5, *, whole: bool = False) -> list[float]:
    """About `count` round numbers that span [low, high], whole ones where something is counted."""
    span = max(high - low, 1e-9)
    raw = max(span / max(1, count), 1.0 if whole else 0.0)
    power = 10.0 ** math.floor(math.log10(raw))
    steps = [m * power for m in (1, 2, 2.5, 5, 10) if not whole or (m * power).is_integer()]
    step = next(step for step in steps if step >= raw - 1e-12)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def _text(x: float, y: float, content: str, anchor: str = "middle", **style: str) -> str:
    extra = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in style.items())
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{html.escape(content)}</text>'
    )


def _name(x: float, y: float, name: str, anchor: str, **style: str) -> str:
    """A name, or as much of it as there is room for, and the whole where one points."""
    shown = _short(name)
    text = _text(x, y, shown, anchor, **style)
    whole = "" if shown == name else f"<title>{html.escape(name)}</title>"
    return text.replace("</text>", f"{whole}</text>")


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _svg(width: float, height: float, label: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{html.escape(label)}">'
        + "".join(parts)
        + "</svg>"
    )


def standalone(chart: str) -> str:
    """A chart as a file of its own: with its name space, a font, and a white ground."""
    head, _, body = chart.partition(">")
    return (
        f'{head} xmlns="http://www.w3.org/2000/svg" font-family="system-ui,sans-serif" '
        f'font-size="12"><rect width="100%" height="100%" fill="white"/>{body}\n'
    )


def _tick(value: float) -> str:
    return f"{value:g}"


def histogram(
    values: Sequence[float],
    *,
    label: str,
    unit: str,
    bins: int = 24,
    whole: bool = False,
    high: float | None = None,
    colour: str = PALETTE[0],
    mark: float | None = None,
    mark_label: str = "",
) -> str:
    """Bars of how often a value falls in each bin; values above `high` go in the last one.

    Args:
        values: finite numbers, 0 or more.
        label: what the chart shows, for readers that do not see it.
        unit: name of the horizontal axis.
        whole: values count something, so that edges of bins are whole numbers.
        mark: where to draw a dashed line, e.g. the median.
    """
    width, height = 440.0, 236.0
    left, right, top, bottom = 34.0, 10.0, 36.0, 36.0  # at the top there is room for labels
    data = np.asarray(values, dtype=float)
    if not len(data):
        return '<p class="none">Nothing to show.</p>'
    # Whole round edges, so that the axis reads well and no bar stands between two numbers.
    span = float(high if high is not None else max(data.max(), 1e-9))
    edge = nice_ticks(0.0, span, bins, whole=whole)
    step = edge[1] - edge[0] if len(edge) > 1 else 1.0
    top_edge = step * max(4, math.ceil((high or float(data.max())) / step + 1e-9))
    edges = np.arange(0.0, top_edge + step / 2, step)
    counts, _ = np.histogram(np.minimum(data, top_edge - step / 1e6), edges)
    tallest = int(counts.max())
    x_of = _Axis(0.0, top_edge, left, width - right)
    y_of = _Axis(0.0, tallest, height - bottom, top)
    parts = []
    for tick in nice_ticks(0, tallest, 4, whole=True):
        y = y_of(tick)
        parts.append(f'<path d="M{left} {y:.1f}H{width - right}" stroke="{GRID}"/>')
        parts.append(_text(left - 6, y + 4, _tick(tick), "end", fill=MUTED))
    for low_edge, count in zip(edges[:-1], counts, strict=True):
        if count:
            x, y = x_of(low_edge), y_of(count)
            bar = max(1.0, x_of(low_edge + step) - x - 1.5)
            parts.append(
                f'<rect x="{x + 0.75:.1f}" y="{y:.1f}" width="{bar:.1f}" '
                f'height="{height - bottom - y:.1f}" rx="1.5" fill="{colour}">'
                f"<title>{low_edge:g} to {low_edge + step:g}: {count}</title></rect>"
            )
    parts.append(
        f'<path d="M{left} {height - bottom}H{width - right}" stroke="{MUTED}" stroke-width="1"/>'
    )
    over = float(data.max()) > top_edge
    if over:
        last = f"≥ {top_edge - step:g}"
        below = math.ceil(8.0 * len(last) / (x_of(step) - x_of(0.0)))  # bars that it is above
        parts.append(_text(width - right, y_of(max(counts[-below:])) - 4, last, "end", fill=MUTED))
    for tick in nice_ticks(0, top_edge, 6, whole=whole):
        more = "+" if over and tick == top_edge else ""
        parts.append(_text(x_of(tick), height - bottom + 16, _tick(tick) + more, fill=MUTED))
    parts.append(_text((left + width - right) / 2, height - 4, unit, fill=MUTED))
    if mark is not None and math.isfinite(mark):
        x = x_of(min(mark, top_edge))
        side, shift = ("start", 5) if x < width * 0.65 else ("end", -5)
        parts.append(
            f'<path d="M{x:.1f} {top - 32}V{height - bottom}" stroke="{INK}" '
            'stroke-dasharray="4 3" stroke-width="1.2"/>'
        )
        parts.append(_text(x + shift, top - 22, mark_label, side, fill=INK, font_weight="600"))
    return _svg(width, height, label, parts)


def lines(
    series: Mapping[str, Sequence[tuple[float, float]]],
    *,
    label: str,
    x_unit: str,
    y_unit: str,
    hero: str,
    marks: Sequence[float] = (),
    counted: bool = False,
    caption: Sequence[str] = (),
) -> str:
    """One line a name over a common axis, each named at its end; `hero` is drawn boldest.

    A line of a single point is a dot.

    Args:
        series: points (x, y) by name, in the order of x; x counts something.
        marks: places on the x axis to mark with a dotted line.
        counted: y counts something, too, so that it has whole ticks.
        caption: lines that stand below.
    """
    width, height = 520.0, 300.0
    left, right, top, bottom = 42.0, 118.0, 12.0, 38.0
    points = [point for line in series.values() for point in line]
    if not points:
        return '<p class="none">Nothing to show.</p>'
    xs, ys = [x for x, _ in points], [y for _, y in points]
    alone = min(xs) == max(xs)  # then it stands in the middle
    x0, x1 = (xs[0] - 1, xs[0] + 1) if alone else (min(xs), max(xs))
    y0, y1 = min(*ys, 0.0), max(*ys, 1.0)
    pad = 0.04 * (y1 - y0)
    y0, y1 = (y0 - pad if y0 < 0 else 0.0), y1 + pad
    x_of = _Axis(x0, x1, left, width - right)
    y_of = _Axis(y0, y1, height - bottom, top)
    parts = []
    for tick in nice_ticks(y0, y1, 5, whole=counted):
        y = y_of(tick)
        parts.append(f'<path d="M{left} {y:.1f}H{width - right}" stroke="{GRID}"/>')
        parts.append(_text(left - 6, y + 4, _tick(tick), "end", fill=MUTED))
    for x in marks:
        parts.append(
            f'<path d="M{x_of(x):.1f} {top}V{height - bottom}" stroke="{MUTED}" '
            'stroke-dasharray="1.5 3.5" stroke-width="1.2"/>'
        )
    ticks = xs[:1] if alone else nice_ticks(x0, x1, 6, whole=True)
    for tick in ticks:
        parts.append(_text(x_of(tick), height - bottom + 16, _tick(tick), fill=MUTED))
    parts.append(_text((left + width - right) / 2, height - 4, x_unit, fill=MUTED))
    parts.append(_text(left - 34, top - 1, y_unit, "start", fill=MUTED))

    order = sorted(series, key=lambda name: name == hero)  # the hero last, on top
    others = [name for name in series if name != hero]
    colours = {name: PALETTE[1 + i % (len(PALETTE) - 1)] for i, name in enumerate(others)}
    colours[hero] = PALETTE[0]
    for name in order:
        if len(series[name]) == 1:  # a line of one point would not be drawn
            x, y = series[name][0]
            size = 4.5 if name == hero else 3.0
            parts.append(
                f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="{size}" fill="{colours[name]}"/>'
            )
            continue
        path = "L".join(f"{x_of(x):.1f} {y_of(y):.1f}" for x, y in series[name])
        bold = 3.2 if name == hero else 1.6
        parts.append(
            f'<path d="M{path}" fill="none" stroke="{colours[name]}" stroke-width="{bold}" '
            'stroke-linejoin="round" stroke-linecap="round"/>'
        )
    ends = {name: y_of(line[-1][1]) for name, line in series.items() if line}
    for name, y in _spread(ends, 15.0, top + 6, height - bottom).items():
        x = x_of(series[name][-1][0])
        weight = "700" if name == hero else "400"
        dashed = ' stroke-dasharray="2 4"' if len(series[name]) == 1 else ""  # it is no curve
        parts.append(
            f'<path d="M{x + 2:.1f} {ends[name]:.1f}L{width - right + 8:.1f} {y:.1f}" '
            f'stroke="{colours[name]}" stroke-width="0.8" opacity="0.5"{dashed}/>'
        )
        parts.append(
            _name(width - right + 12, y + 4, name, "start", fill=colours[name], font_weight=weight)
        )
    for number, line in enumerate(caption, 1):
        parts.append(_text(left - 34, height + 18 * number, line, "start", fill=MUTED))
    below = 18 * len(caption) + 8 if caption else 0
    return _svg(width, height + below, label, parts)


def _spread(wanted: Mapping[str, float], gap: float, low: float, high: float) -> dict[str, float]:
    """Move labels apart, as little as needed and in order, so that none covers another."""
    order = sorted(wanted, key=lambda name: wanted[name])
    placed: dict[str, float] = {}
    floor = low
    for name in order:
        placed[name] = max(wanted[name], floor)
        floor = placed[name] + gap
    ceiling = high
    for name in reversed(order):
        placed[name] = min(placed[name], ceiling)
        ceiling = placed[name] - gap
    return placed


def stacked_bar(parts_of: Mapping[str, float], *, label: str, unit: str) -> str:
    """One bar of the parts of a whole, with its legend below.

    Args:
        parts_of: size of each part, 0 or more, in drawing order.
    """
    width = 440.0
    total = sum(parts_of.values())
    if not total > 0:
        return '<p class="none">Nothing to show.</p>'
    x, pieces, legend = 0.0, [], []
    for i, (name, value) in enumerate(parts_of.items()):
        wide = width * value / total
        colour = PALETTE[i % len(PALETTE)]
        pieces.append(
            f'<rect x="{x:.1f}" y="0" width="{max(0.0, wide - 2):.1f}" height="34" rx="4" '
            f'fill="{colour}"><title>{html.escape(name)}: {value:.0f} {unit}</title></rect>'
        )
        y = 62 + 24 * i
        legend.append(f'<rect x="0" y="{y - 11}" width="13" height="13" rx="3" fill="{colour}"/>')
        legend.append(_text(22, y, name, "start", fill=INK))
        legend.append(_text(width - 64, y, f"{value:.0f} {unit}", "end", fill=INK))
        legend.append(_text(width, y, f"{100 * value / total:.0f} %", "end", fill=MUTED))
        x += wide
    return _svg(width, 62 + 24 * len(parts_of) - 8, label, [*pieces, *legend])


def confusion(
    rows: Sequence[str],
    columns: Sequence[str],
    counts: Sequence[Sequence[int]],
    right: Mapping[str, str],
) -> str:
    """The confusion matrix: what was shown (rows) against what was answered (columns).

    Right answers are green, wrong ones red; the stronger, the larger the share of the row.

    Args:
        rows: R names of what was shown.
        columns: C names of answers.
        counts: R rows of C numbers.
        right: the right answer of each row.
    """
    cell = 26.0 if len(rows) <= 20 else max(16.0, 880.0 / max(len(rows), len(columns)))
    left, top = 128.0, 108.0
    leaning = 4.8 * max(len(_short(name)) for name in columns)  # how far the last name may reach
    width, height = (
        left + cell * len(columns) + max(34.0, leaning - cell / 2),
        top + cell * len(rows) + 6,
    )
    parts = []
    for j, name in enumerate(columns):
        x = left + cell * (j + 0.5)
        parts.append(
            f'<g transform="translate({x + 4:.1f} {top - 8}) rotate(-52)">'
            f"{_name(0, 0, name, 'start', fill=INK)}</g>"
        )
    for i, name in enumerate(rows):
        y = top + cell * i
        parts.append(_name(left - 8, y + cell * 0.66, name, "end", fill=INK))
        total = max(1, sum(counts[i]))
        for j, answer in enumerate(columns):
            x, count = left + cell * j, counts[i][j]
            share = count / total
            colour = "15,118,110" if answer == right[name] else "192,57,43"
            fill = f"rgba({colour},{0.12 + 0.88 * share:.2f})" if count else "#f4f6f8"
            parts.append(
                f'<rect x="{x + 1:.1f}" y="{y + 1:.1f}" width="{cell - 2:.0f}" '
                f'height="{cell - 2:.0f}" rx="3" fill="{fill}">'
                f"<title>{html.escape(name)} answered with {html.escape(answer)}: {count}</title>"
                "</rect>"
            )
            if count:
                tone = "#fff" if share > 0.45 else INK
                parts.append(_text(x + cell / 2, y + cell * 0.67, str(count), fill=tone))
    return (
        f'<div class="scroll"><div style="min-width:{width * 0.85:.0f}px;max-width:{width:.0f}px">'
        + _svg(width, height, "Confusion matrix", parts)
        + "</div></div>"
    )
