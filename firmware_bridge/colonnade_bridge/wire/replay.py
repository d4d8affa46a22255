"""Says again to a controller what a recording says a host said, and compares what it decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from colonnade_bridge.wire.dialect import dialect
from colonnade_bridge.wire.link import Link
from colonnade_bridge.wire.messages import StepDecision, decision_of
from colonnade_bridge.wire.patch import Patch
from colonnade_bridge.wire.recording import read_recording

__all__ = ["Replay", "Step", "recorded_model", "recorded_steps", "replay"]


@dataclass
class Step:
    """One step of a recording."""

    begins: bool
    """Whether the column was reset before it."""
    frames: list[Any] = field(default_factory=list)
    """The messages that it consists of."""
    decision: StepDecision | None = None
    """What the controller decided; None where nobody heard it."""


@dataclass(frozen=True)
class Replay:
    """How a replay went."""

    steps: int
    """Steps that were sent again."""
    different: list[tuple[int, StepDecision, StepDecision]]
    """Number of the step, the decision then, the decision now, where they are not the same."""


def replay(recording: Path, link: Link) -> Replay:
    """Send the steps of a recording in their order, signed anew and of the present session.

    Left out are deadlines, as it is told what was decided, not how fast; steps that the column did
    not take, or whose answer nobody heard, as a link asks until it does; and models: upload the one
    that was in use before.

    Raises:
        WireError: the file is no recording, or the controller does not answer.
        OSError: the file cannot be read.
    """
    different = []
    count = 0
    for count, (step, then) in enumerate(_taken(recording), 1):
        if step.begins:
            link.reset()
        now = _send(link, step)
        if not now.same(then):
            different.append((count - 1, then, now))
    return Replay(count, different)


def _taken(recording: Path) -> Iterator[tuple[Step, StepDecision]]:
    """The steps that the column took, and what it decided."""
    begins = True
    for step in recorded_steps(recording):
        step.begins = begins = begins or step.begins
        if step.decision is not None and not step.decision.skipped:
            begins = False
            yield step, step.decision


def _send(link: Link, step: Step) -> StepDecision:
    goal = bool(step.frames[0].wants & dialect().CLN_WANT_GOAL)
    if step.frames[0].get_type() == "CLN_PERCEPT":
        rows = [message.percept for message in sorted(step.frames, key=lambda m: m.patch)]
        return link.send_step(np.array(rows, np.float32), goal=goal)
    parts: dict[int, list[Any]] = {}
    for message in sorted(step.frames, key=lambda m: (m.patch, m.part)):
        parts.setdefault(message.patch, []).append(message)
    return link.send_patches([_patch(messages) for messages in parts.values()], goal=goal)


def _patch(messages: list[Any]) -> Patch:
    depth = np.array([message.depth for message in messages], np.uint16)
    rgb = np.array([message.rgb for message in messages], np.uint8)
    side = 8 if len(messages) == 2 else 16
    return Patch(
        depth.reshape(side, side),
        rgb.reshape(side, side, 3),
        np.array(messages[0].pose, np.float32),
        messages[0].unit,
    )


def recorded_steps(recording: Path) -> Iterator[Step]:
    """The complete steps of a recording, each once however often it was sent.

    Raises:
        WireError: the file is no recording.
        OSError: it cannot be read.
    """
    steps: dict[tuple[int, int], Step] = {}
    goals: dict[tuple[int, int], Any] = {}
    session, begins = 0, True
    for recorded in read_recording(recording):
        message: Any = recorded.decoded()
        kind = message.get_type()
        key = message.session, getattr(message, "sequence", 0)
        if recorded.from_host and kind in ("CLN_PERCEPT", "CLN_PATCH"):
            begins = begins or message.session != session
            session = message.session
            if key not in steps:
                steps[key] = Step(begins)
                begins = False
            _add(steps[key], message)
        elif recorded.from_host and kind == "CLN_COMMAND":
            begins = begins or message.command != dialect().CLN_DO_REPORT
        elif kind == "CLN_GOAL":
            goals[key] = message
        elif kind == "CLN_DECISION" and key in steps and not recorded.from_host:
            goal = goals.get(key) if message.notes & dialect().CLN_NOTE_GOAL else None
            steps[key].decision = decision_of(message, goal)
    yield from (step for step in steps.values() if _is_whole(step))


def _place(message: Any) -> tuple[int, int]:
    return message.patch, getattr(message, "part", 0)


def _add(step: Step, message: Any) -> None:
    if all(_place(message) != _place(other) for other in step.frames):
        step.frames.append(message)


def _is_whole(step: Step) -> bool:
    return len(step.frames) == step.frames[0].patches * getattr(step.frames[0], "parts", 1)


def recorded_model(recording: Path) -> int | None:
    """Hash of the model that was in use at the first step; None: there is no step, 0: no model.

    Raises:
        WireError: the file is no recording.
        OSError: it cannot be read.
    """
    model = 0
    for recorded in read_recording(recording):
        message: Any = recorded.decoded()
        kind = message.get_type()
        if recorded.from_host and kind in ("CLN_PERCEPT", "CLN_PATCH"):
            return model
        if not recorded.from_host and kind in ("CLN_HEARTBEAT", "CLN_STATUS"):
            model = int(message.model)
    return None
