"""One recognition, told: which episode is worth telling, and what happened in it, in sentences."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from colonnade.episode import Episode, StepTrace
from colonnade.report.view import View, project
from colonnade.summary import UNKNOWN

__all__ = ["Event", "best_view_direction", "choose", "events", "evidence_lines", "path_overlay"]


class Event(NamedTuple):
    """One sentence of the story."""

    step: int
    text: str
    kind: str
    """start, lead, jump, off, end: what mark it gets."""


def choose(episodes: Sequence[Episode]) -> Episode | None:
    """The recorded episode that tells most: right, of ordinary length, with a jump and a change."""
    recorded = [episode for episode in episodes if episode.trace]
    if not recorded:
        return None
    usual = float(np.median([episode.steps for episode in episodes]))

    def interest(episode: Episode) -> tuple[float, ...]:
        trace = episode.trace or []
        length = -abs(math.log((episode.steps + 1) / (max(usual, 8.0) + 1)))
        changes = min(3, len(_leads(trace)))
        jumps = min(3, sum(step.goal for step in trace))
        right = episode.correct and episode.decision != UNKNOWN
        return (right, 2.0 * length + 0.5 * changes + 0.4 * jumps - 0.6 * episode.symmetric)

    return max(recorded, key=interest)


def events(episode: Episode, sensor: str) -> list[Event]:
    """What happened, in order.

    Args:
        episode: one with a trace.
        sensor: what moves, e.g. ``fingertip``.
    """
    trace = episode.trace or []
    if not trace:
        return []
    told = [_start(trace[0], episode, sensor)]
    leads = dict(_leads(trace))
    jumps = 0
    away = 0
    for before, step in zip([None, *trace[:-1]], trace, strict=True):
        if before is not None and step.step in leads:
            old, new = leads[step.step]
            text = f"<b>{new}</b> overtakes {old}." if old else f"<b>{new}</b> leads."
            told.append(Event(step.step, text, "lead"))
        if step.goal and before is not None:
            jumps += 1
            if jumps <= 3:
                told.append(Event(step.step, _jump(before), "jump"))
        if not step.on_object:
            away += 1
            if away == 1:
                text = f"The {sensor} finds nothing here. Where nothing is, is evidence too."
                told.append(Event(step.step, text, "off"))
    told = _shorten(told)
    told.append(_end(episode, trace, jumps))
    return told


def _start(first: StepTrace, episode: Episode, sensor: str) -> Event:
    turn = math.degrees(2 * math.acos(min(1.0, abs(float(episode.rotation[3])))))
    return Event(
        first.step,
        f"The {sensor} lands somewhere on <b>{html.escape(episode.object)}</b>, which lies turned "
        f"by {turn:.0f}°. It does not know any of this. {first.hypotheses:,} hypotheses of object "
        "and pose fit what it feels.",
        "start",
    )


def _jump(before: StepTrace) -> str:
    best = sorted(before.evidence, key=lambda name: -before.evidence[name])[:2]
    if len(best) == 2:
        a, b = (f"<b>{html.escape(name)}</b>" for name in best)
        return f"It jumps to where {a} and {b} should feel different."
    return "It jumps to where its hypotheses about the pose should feel different."


def _end(episode: Episode, trace: Sequence[StepTrace], jumps: int) -> Event:
    decision = html.escape(episode.decision or "no answer")
    text = f"The answer is <b>{decision}</b>"
    text += " when the step limit comes" if episode.timeout else ""
    if math.isfinite(episode.margin):
        text += f", {episode.margin:.1f} nats of evidence ahead of the next object"
    text += "." if episode.correct else f": wrong, it was {html.escape(episode.object)}."
    if math.isfinite(episode.rotation_error_symmetric_deg):
        text += f" Its idea of the pose is {episode.rotation_error_symmetric_deg:.1f}° off"
        text += ", up to the object's symmetry." if episode.symmetric else "."
    if jumps > 3:
        text += f" On the way it jumped {jumps} times."
    return Event(trace[-1].step, text, "end")


def _leads(trace: Sequence[StepTrace]) -> list[tuple[int, tuple[str, str]]]:
    """Steps at which another object takes the lead, with the old leader and the new one."""
    found, leader = [], ""
    for step in trace:
        if not step.evidence:
            continue
        best = max(step.evidence, key=lambda name: step.evidence[name])
        if best != leader:
            found.append((step.step, (html.escape(leader), html.escape(best))))
            leader = best
    return found


def _shorten(told: list[Event], most: int = 8) -> list[Event]:
    """Keep the first and the last changes of the lead when there are too many to read."""
    if len(told) <= most:
        return told
    leads = [event for event in told if event.kind == "lead"]
    dropped = set(leads[2 : max(2, len(leads) - 2 - max(0, most - len(told) + len(leads) - 4))])
    kept = [event for event in told if event not in dropped]
    return kept[: most - 1] + kept[-1:] if len(kept) > most else kept


def evidence_lines(episode: Episode) -> dict[str, list[tuple[float, float]]]:
    """Evidence over steps by object: the five that ended best, and the true one."""
    trace = episode.trace or []
    best: dict[str, float] = {}
    for step in trace:
        for name, value in step.evidence.items():
            best[name] = value
    keep = sorted(best, key=lambda name: -best[name])[:5]
    if episode.object in best and episode.object not in keep:
        keep.append(episode.object)
    return {
        name: [
            (float(step.step), step.evidence[name])
            for step in trace
            if name in step.evidence and math.isfinite(step.evidence[name])
        ]
        for name in keep
    }


def path_overlay(episode: Episode, view: View) -> str:
    """SVG that lies on a picture of the object: where the sensor went, jumps dashed.

    The picture's width and height are 1000 units. What lies on the far side is drawn faintly.
    """
    trace = [step for step in episode.trace or [] if np.isfinite(step.location).all()]
    if not trace:
        return ""
    at = project(view, np.array([step.location for step in trace])) * 1000.0
    eye = view.centre + view.axes[2] * view.distance
    seen = [float(step.normal @ (eye - step.location)) > 0 for step in trace]
    parts = []
    for i in range(1, len(trace)):
        dash = ' stroke-dasharray="10 9"' if trace[i].goal else ""
        faint = 0.95 if seen[i] and seen[i - 1] else 0.28
        line = f"M{at[i - 1, 0]:.0f} {at[i - 1, 1]:.0f}L{at[i, 0]:.0f} {at[i, 1]:.0f}"
        parts.append(
            f'<path d="{line}" stroke="#fff" stroke-width="9" opacity="{0.8 * faint:.2f}"/>'
            f'<path d="{line}" stroke="#1f2933" stroke-width="4" opacity="{faint}"{dash}/>'
        )
    for i, step in enumerate(trace):
        share = i / max(1, len(trace) - 1)
        fill = _ramp(share) if step.on_object else "#fff"
        faint = 1.0 if seen[i] else 0.35
        parts.append(
            f'<circle cx="{at[i, 0]:.0f}" cy="{at[i, 1]:.0f}" r="10" fill="{fill}" '
            f'stroke="#1f2933" stroke-width="2.5" opacity="{faint}">'
            f"<title>step {step.step}</title></circle>"
        )
    for i, mark in ((0, "start"), (len(trace) - 1, "end")):
        x, y = at[i, 0], at[i, 1]
        side, shift = ("start", 20) if x < 800 else ("end", -20)
        parts.append(
            f'<text x="{x + shift:.0f}" y="{y + 10:.0f}" text-anchor="{side}" font-size="32" '
            'font-weight="700" fill="#1f2933" stroke="#fff" stroke-width="7" '
            f'paint-order="stroke" stroke-linejoin="round">{mark}</text>'
        )
    return (
        '<svg viewBox="0 0 1000 1000" class="overlay" fill="none" stroke-linecap="round" '
        'aria-hidden="true">' + "".join(parts) + "</svg>"
    )


def best_view_direction(episode: Episode) -> tuple[float, float]:
    """Azimuth and elevation, degrees, from which most of the path is seen."""
    normals = np.array(
        [s.normal for s in episode.trace or [] if s.on_object and np.isfinite(s.normal).all()]
    ).reshape(-1, 3)
    best, most = (35.0, 25.0), -1.0
    for azimuth in range(0, 360, 15):
        for elevation in (20.0, 40.0):
            a, e = np.radians(azimuth), np.radians(elevation)
            eye = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
            seen = float(np.clip(normals @ eye + 0.1, 0, 0.5).sum())
            if seen > most:
                best, most = (float(azimuth), elevation), seen
    return best


def _ramp(share: float) -> str:
    """Colour of a step: light yellow at the start, deep teal at the end."""
    light, deep = np.array([253, 224, 130]), np.array([15, 118, 110])
    r, g, b = (light + (deep - light) * share).astype(int)
    return f"#{r:02x}{g:02x}{b:02x}"
