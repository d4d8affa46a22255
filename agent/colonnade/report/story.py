"""One recognition, told: which episode is worth telling, and what happened in it, in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from colonnade.episode import Episode, StepTrace
from colonnade.report.markup import named
from colonnade.summary import UNKNOWN

__all__ = ["Event", "choose", "events", "evidence_lines"]

CLOSE = 6.0
"""Nats: a rival farther behind counts less than half when the policy chooses where to go."""


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
        nothing = not step.on_object
        away += nothing
        if step.goal and before is not None:
            jumps += 1
            if jumps <= 3:
                told.append(Event(step.step, _jump(before, nothing, away == 1), "jump"))
        elif nothing and away == 1:
            text = f"The {sensor} slides off and finds nothing. Where nothing is, is evidence too."
            told.append(Event(step.step, text, "off"))
        if step.step in leads:
            old, new = leads[step.step]
            text = f"<b>{new}</b> overtakes {old}." if old else _first_idea(step, new)
            told.append(Event(step.step, text, "lead"))
    told = _shorten(told)
    told.append(_end(episode, trace, jumps))
    return told


def _start(first: StepTrace, episode: Episode, sensor: str) -> Event:
    turn = math.degrees(2 * math.acos(min(1.0, abs(float(episode.rotation[3])))))
    return Event(
        first.step,
        f"The {sensor} lands somewhere on {_bold(episode.object)}, which lies turned "
        f"by {turn:.0f}°. The column knows none of this.",
        "start",
    )


def _first_idea(step: StepTrace, leader: str) -> str:
    many = f"{step.hypotheses:,} hypotheses of object and pose fit what it has felt; the best is of"
    return f"{many} <b>{leader}</b>." if step.hypotheses > 1 else f"<b>{leader}</b> leads."


def _jump(before: StepTrace, nothing: bool, first: bool) -> str:
    """Why the policy left, as far as the evidence before tells, and whether it found anything."""
    best = _ranked(before)
    if not best:
        text = "It jumps to where a touch should tell most"
    elif before.hypotheses <= 1:
        text = f"Nothing rivals its one hypothesis of {_bold(best[0])}: it jumps to a place "
        text += "far from those it has felt"
    elif _gap(before) <= CLOSE:
        text = (
            f"{_bold(best[0])} is {_gap(before):.1f} nats ahead of {_bold(best[1])}: it jumps to "
        )
        text += "where a touch should tell its hypotheses apart"
    else:
        text = f"What is left to tell is how {_bold(best[0])} lies: it jumps to where poses should "
        text += "feel different, or where it has not felt yet"
    if not nothing:
        return text + "."
    return text + (", and finds nothing there: that is evidence, too." if first else ": nothing.")


def _end(episode: Episode, trace: Sequence[StepTrace], jumps: int) -> Event:
    best = _ranked(trace[-1])
    text = f"The answer is {_bold(episode.decision or 'no answer')}"
    text += " when the step limit comes" if episode.timeout else ""
    if episode.decision == UNKNOWN:
        if best:
            text += f": {_bold(best[0])} fits best, but explains too little of what was felt"
    elif episode.decision is not None and math.isfinite(episode.margin):
        text += f", with {episode.margin:.1f} nats of evidence "
        rival = len(best) > 1 and trace[-1].evidence[best[1]] > 0.0
        text += "more than the next object" if rival else "and no other object left that has any"
    if not episode.correct:
        text += f"; that is wrong, it was {named(episode.object)}"
    text += "."
    if math.isfinite(episode.rotation_error_deg):
        text += f" Its idea of the pose is {episode.rotation_error_deg:.1f}° off"
        text += ", up to the object's symmetry." if episode.symmetric else "."
    if jumps > 3:
        text += f" On the way it jumped {jumps} times."
    return Event(trace[-1].step, text, "end")


def _ranked(step: StepTrace) -> list[str]:
    """Objects that have evidence, the best first."""
    known = [name for name, value in step.evidence.items() if math.isfinite(value)]
    return sorted(known, key=lambda name: -step.evidence[name])


def _gap(step: StepTrace) -> float:
    """Nats that the best object is ahead of the next one; infinite where there is no other."""
    best = _ranked(step)
    if len(best) < 2:
        return math.inf
    return step.evidence[best[0]] - step.evidence[best[1]]


def _bold(name: str) -> str:
    return f"<b>{named(name)}</b>"


def _leads(trace: Sequence[StepTrace]) -> list[tuple[int, tuple[str, str]]]:
    """Steps at which another object takes the lead, with the old leader and the new one."""
    found, leader = [], ""
    for step in trace:
        if not step.evidence:
            continue
        best = max(step.evidence, key=lambda name: step.evidence[name])
        if best != leader:
            found.append((step.step, (named(leader), named(best))))
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
