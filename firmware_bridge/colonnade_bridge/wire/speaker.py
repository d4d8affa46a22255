"""The host's end of a line: frames signed, checked, counted and recorded; no dialogue yet."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from colonnade_bridge.wire.dialect import dialect
from colonnade_bridge.wire.keys import Stamps
from colonnade_bridge.wire.line import Line, LineLostError
from colonnade_bridge.wire.receiver import CONTROLLER, HOST, Counts, Receiver
from colonnade_bridge.wire.recording import LinkLog

__all__ = ["LinkCounts", "Speaker"]

_QUIET = 0.2
"""Seconds of silence after which a frame will not be completed."""


@dataclass
class LinkCounts:
    """What became of the messages of a link."""

    sent: int = 0
    line: Counts = field(default_factory=Counts)
    """What arrived."""
    missing: int = 0
    """Frames of the controller that never arrived, by their numbers."""
    asked_again: int = 0
    """Requests that were sent again as no answer came in time, and chunks of a model of which none
    came by the end."""
    answered_again: int = 0
    """Answers to requests that were asked again and answered already: nothing but time was lost."""
    reconnects: int = 0
    """How often the line was lost."""
    restarts: int = 0
    """How often the controller began another session."""

    @property
    def messages_lost(self) -> int:
        """Messages of either side that did not get through at once."""
        return self.missing + max(0, self.asked_again - self.answered_again)


class Speaker:
    """Sends and hears messages over a line.

    Args:
        key: the link's 32 bytes.
        stamps: where its time stamps come from.
    """

    def __init__(self, line: Line, key: bytes, stamps: Stamps) -> None:
        self.line = line
        self.counts = LinkCounts()
        self._stamps = stamps
        self.recording: LinkLog | None = None
        """What travels is added to it."""
        self._receiver = Receiver(key, CONTROLLER)
        self.counts.line = self._receiver.counts
        self._code = dialect().MAVLink(None, srcSystem=1, srcComponent=HOST)
        self._code.signing.secret_key = key
        self._code.signing.sign_outgoing = True
        self._reader = dialect().MAVLink(None)
        self._heard: deque[Any] = deque()
        self._arrived = time.monotonic()
        self._expected = 0, 0

    def send(self, messages: Sequence[Any]) -> None:
        """Sign messages and send them.

        Raises:
            LineLostError: the line was pulled.
        """
        frames = [self._frame(message) for message in messages]
        try:
            self.line.write(b"".join(frames))
        except LineLostError:
            self.counts.reconnects += 1
            raise
        self.counts.sent += len(frames)

    def _frame(self, message: Any) -> bytes:
        self._code.signing.timestamp = self._stamps.next()
        frame: bytes = message.pack(self._code)
        self._code.seq = (self._code.seq + 1) % 256
        if self.recording is not None:
            self.recording.add(frame)
        return frame

    def hear(self, until: float) -> Any | None:
        """The next message of the controller, or None once the monotonic clock says `until`.

        Raises:
            LineLostError: the line was pulled.
        """
        while not self._heard:
            wait = until - time.monotonic()
            self._take(self._read(max(0.0, min(wait, _QUIET))))
            if wait <= 0 and not self._heard:
                return None
        return self._heard.popleft()

    def _read(self, wait: float) -> bytes:
        try:
            return self.line.read(wait)
        except LineLostError:
            self.counts.reconnects += 1
            raise

    def _take(self, data: bytes) -> None:
        """Look for frames in what arrived."""
        receiver = self._receiver
        now = time.monotonic()
        if data:
            self._arrived = now
            receiver.put(data)
            self._accept()
        elif now - self._arrived > _QUIET:
            while receiver.waits:
                receiver.give_up()
                self._accept()

    def _accept(self) -> None:
        while (frame := self._receiver.next()) is not None:
            self._stamps.hear(self._receiver.heard)
            if self.recording is not None:
                self.recording.add(frame)
            message = self._reader.decode(bytearray(frame))
            session, number = self._expected
            if message.session == session:
                self.counts.missing += (frame[4] - number) % 256
            self._expected = message.session, frame[4] + 1
            self._heard.append(message)
