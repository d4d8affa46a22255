"""The host's side of a session: opened, asked until answered, opened again after a restart."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from colonnade_bridge.wire.dialect import dialect, dialect_hash
from colonnade_bridge.wire.errors import WireError, explain
from colonnade_bridge.wire.line import LineLostError
from colonnade_bridge.wire.speaker import Speaker

__all__ = ["ATTEMPTS", "Answer", "Dialogue", "Request", "SessionOverError"]

ATTEMPTS = 5
"""Times that something is begun, where a reset, or a message that is lost, ends it each time."""
ASK_AGAIN = 0.25
"""Seconds without an answer after which a request is sent again, at most;"""
_SOONEST = 0.05
"""at least;"""
_ROUND_TRIPS = 4
"""and in between after so many times what an answer took before."""
_HEAR_OUT = 1.0
"""Seconds at most that answers to what was asked again are waited for before they count as lost."""
_GREET_AGAIN = 0.2
_STRANGE = 2
"""Frames with a signature of another key, and none of ours, after which it is another key."""
_GOAL_CAME_BEFORE = 4
"""CLN_NOTE_GOAL of the dialect."""


class SessionOverError(WireError):
    """The controller has begun another session: it was reset."""


@dataclass(eq=False)
class Request:
    """Something that a controller does once, however often it is asked.

    Args:
        build: its messages, of a session and a sequence.
        answer: the name of the message that answers it.
        session: the one in which it was asked; 0: not asked yet.
        sequence: its number there.
    """

    build: Callable[[int, int], Sequence[Any]]
    answer: str
    session: int = 0
    sequence: int = 0


@dataclass(frozen=True)
class Answer:
    """What came back: the message that answers, and by name those before it with its sequence."""

    message: Any
    others: dict[str, Any]


class Dialogue:
    """Requests and answers over a line that may be pulled, with a controller that may be reset.

    Args:
        speaker: what sends and hears.
        patience: seconds after which a request that is not answered is given up.
        complain: called with each error that heartbeats tell of, once a session.
    """

    def __init__(
        self, speaker: Speaker, patience: float, complain: Callable[[int], None] | None = None
    ) -> None:
        self.speaker = speaker
        self.patience = patience
        self._complain = complain
        self._told: set[tuple[int, int]] = set()
        self._error = 0
        """That of the last heartbeat."""
        self.session = 0
        self.model = 0
        """Hash of the model in use when the session was opened."""
        self.patches = 0
        """Most patches that a step may have."""
        self._sequence = 0
        self._answered = "", 0
        self._repeats = 0
        self._round_trip = ASK_AGAIN

    def exchange(self, request: Request, prepare: Callable[[float], None] | None = None) -> Answer:
        """Ask until there is an answer, over lost lines and restarts of the controller.

        Args:
            prepare: called with the time of giving up, once a session is open and before asking;
                what it takes is added to the patience.

        Raises:
            WireError: there was no answer in time, or the controller was reset again and again.
        """
        until = time.monotonic() + self.patience
        resets = 0
        while resets < ATTEMPTS:
            try:
                self.open(until)
                if prepare is not None:
                    begin = time.monotonic()
                    try:
                        prepare(until)
                    finally:  # nobody waited for an answer to this one
                        until += time.monotonic() - begin
                return self.ask(request, until)
            except LineLostError:
                if time.monotonic() >= until:
                    raise
            except SessionOverError:
                resets += 1
        url = self.speaker.line.url
        raise WireError(f"The controller at {url} was reset again and again before it answered.")

    def open(self, until: float) -> None:
        """See to it that the line is open and the controller's session is known.

        Raises:
            LineLostError: the line was pulled or cannot be opened.
            WireError: nobody answers, or somebody whom this host does not understand.
        """
        self.speaker.line.open(until)
        if self.session:
            return
        code = dialect()
        challenge = secrets.randbits(63) + 1
        hello = code.MAVLink_cln_heartbeat_message(0, challenge, dialect_hash(), 0, 0, 0, 0, 0)
        while time.monotonic() < until:
            self.speaker.send([hello])
            again = min(until, time.monotonic() + _GREET_AGAIN)
            while (message := self.speaker.hear(again)) is not None:
                if message.get_type() == "CLN_HEARTBEAT":
                    self._error = message.error
                    if message.challenge == challenge:
                        self._begin(message)
                        return
            line = self.speaker.counts.line
            if line.bad_signature >= _STRANGE and not line.received:
                break
        raise WireError(self._silence())

    def _begin(self, heartbeat: Any) -> None:
        if heartbeat.dialect != dialect_hash():
            raise WireError(
                f"The controller at {self.speaker.line.url} speaks another dialect than this "
                "version of Colonnade: build its firmware and this package from the same version."
            )
        self.session = heartbeat.session
        self.model = heartbeat.model
        self.patches = heartbeat.patches
        self._sequence = heartbeat.sequence
        self._answered = "", 0
        self._note(heartbeat)

    def _note(self, heartbeat: Any) -> None:
        """Pass on what a heartbeat of this session complains of."""
        self._error = heartbeat.error
        complaint = self.session, self._error
        if self._error and complaint not in self._told and self._complain is not None:
            self._told.add(complaint)
            self._complain(self._error)

    def _silence(self) -> str:
        url, line = self.speaker.line.url, self.speaker.counts.line
        if line.bad_signature:
            return f"The controller at {url} signs with another key: give the one of its firmware."
        if line.received:
            return (
                f"The controller at {url} is heard but does not hear: check the line to it"
                f"{self._complaint()}."
            )
        if line.dropped:
            return f"What arrives from {url} is not of a controller: check port and baud rate."
        if url.startswith("socket:"):  # it takes a second call, and answers when the first is over
            return (
                f"Nobody answers at {url}: is the controller on, is this its port, and is no "
                "other host connected to it?"
            )
        return f"Nobody answers at {url}: is the controller on, and is this its port?"

    def _complaint(self) -> str:
        """What the last heartbeat told, as the end of a sentence."""
        return f"; it complains: {explain(self._error)}" if self._error else ""

    def ask(self, request: Request, until: float) -> Answer:
        """Ask in the present session until there is an answer.

        Raises:
            LineLostError: the line was pulled.
            SessionOverError: the controller was reset.
            WireError: there was no answer until then.
        """
        if request.session != self.session:
            self._sequence += 1
            request.session, request.sequence = self.session, self._sequence
        messages = request.build(request.session, request.sequence)
        asked = time.monotonic()
        self.speaker.send(messages)
        patience = min(max(_ROUND_TRIPS * self._round_trip, _SOONEST), ASK_AGAIN)
        repeats = 0
        others: dict[str, Any] = {}  # kept over all waits: time may be up just before the answer
        while True:
            begin = time.monotonic()
            answer = self._wait(request, min(until, begin + patience), others)
            if answer is not None:
                if begin - asked < _SOONEST:  # the first time, so that it is this one's answer
                    self._round_trip = max(time.monotonic() - asked, 0.9 * self._round_trip)
                self._answered, self._repeats = (request.answer, request.sequence), repeats
                return answer
            if time.monotonic() >= until:
                raise WireError(
                    f"The controller at {self.speaker.line.url} gave no answer for "
                    f"{self.patience:g} seconds{self._complaint()}."
                )
            repeats += 1
            self.speaker.counts.asked_again += 1
            self.speaker.send(messages)

    def _wait(self, request: Request, until: float, others: dict[str, Any]) -> Answer | None:
        while (message := self.hear(until)) is not None:
            if message.get_type() == "CLN_TELEMETRY":
                others["CLN_TELEMETRY"] = message
            elif message.sequence == request.sequence:
                if message.get_type() == request.answer:
                    if _is_whole(message, others):
                        return Answer(message, others)
                    continue  # what came before it was lost: all is asked for again
                others[message.get_type()] = message
            else:
                self.is_repeat(message)
        return None

    def is_repeat(self, message: Any) -> bool:
        """Whether this answers the last request once more, as it was asked again; counts it."""
        known = (message.get_type(), getattr(message, "sequence", 0)) == self._answered
        if not known or self._repeats == 0:
            return False
        self._repeats -= 1
        self.speaker.counts.answered_again += 1
        return True

    def hear_out(self) -> None:
        """Hear answers that are still on their way to a request that was asked again."""
        until = time.monotonic() + _HEAR_OUT
        with suppress(LineLostError, SessionOverError):
            while self._repeats and self.session and self.speaker.line.is_open:
                message = self.hear(until)
                if message is None:
                    break
                self.is_repeat(message)
        self._repeats = 0

    def await_repeats(self, count: int) -> None:
        """So many more answers like the last one are to come, or messages were lost."""
        self._repeats = count
        self.speaker.counts.asked_again += count

    def hear(self, until: float) -> Any | None:
        """The next message of this session that is no heartbeat, or None once it is `until`.

        Raises:
            LineLostError: the line was pulled.
            SessionOverError: the controller was reset.
        """
        while (message := self.speaker.hear(until)) is not None:
            kind = message.get_type()
            if message.session != self.session:
                if kind == "CLN_HEARTBEAT":
                    self.speaker.counts.restarts += 1
                    self.session = 0
                    raise SessionOverError(f"The controller at {self.speaker.line.url} was reset.")
            elif kind == "CLN_HEARTBEAT":
                self._note(message)
            else:
                return message
        return None


def _is_whole(message: Any, others: dict[str, Any]) -> bool:
    """Whether the goal that a decision tells of is there, too."""
    return not getattr(message, "notes", 0) & _GOAL_CAME_BEFORE or "CLN_GOAL" in others
