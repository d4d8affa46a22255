"""A link to a controller: steps go out, decisions come back, whatever happens to the cable."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.wire.dialect import dialect
from colonnade_bridge.wire.dialogue import ATTEMPTS, Dialogue, Request
from colonnade_bridge.wire.errors import ControllerError, WireError
from colonnade_bridge.wire.keys import Stamps, read_key
from colonnade_bridge.wire.line import BAUD, Line, LineLostError
from colonnade_bridge.wire.messages import (
    State,
    Status,
    StepDecision,
    Telemetry,
    decision_of,
    status_of,
    telemetry_of,
)
from colonnade_bridge.wire.patch import Patch, parts_of
from colonnade_bridge.wire.recording import LinkLog
from colonnade_bridge.wire.speaker import LinkCounts, Speaker
from colonnade_bridge.wire.upload import upload

__all__ = ["Link"]

_LONGEST_DEADLINE = 65.535
MOST_REPEATED = 256
"""Steps of an episode that are sent again to a controller that was reset: more than the 160
percepts that a model of `colonnade export` remembers."""


class Link:
    """A controller at the other end of a line.

    Every call is answered or ends in a `WireError`. A line that is lost is opened again; when the
    controller was reset in between, or a step was given up, the steps of the episode so far are
    sent to it again first, so that its decisions are the same as if nothing had happened. That
    takes as long as those steps took before; after more than `MOST_REPEATED` it is an error, and
    `reset` begins anew.

        with Link("/dev/ttyACM0", Path("robot.key")) as link:
            link.reset()
            decision = link.send_step(percepts, deadline=0.02)

    Args:
        url: a device, or a URL of pyserial such as socket://robot:5760.
        key: the file with the link's key; beside it time stamps are kept in NAME.stamp. Or the 32
            bytes, where nothing needs to be kept.
        baud: symbols per second, where the line has any.
        patience: seconds after which a request that is not answered is an error.
        complain: called with each error that the controller's heartbeats tell of, once a session.

    Raises:
        KeyFileError: the key cannot be used.
    """

    def __init__(
        self,
        url: str,
        key: Path | bytes,
        *,
        baud: int = BAUD,
        patience: float = 10.0,
        complain: Callable[[int], None] | None = None,
    ) -> None:
        stamps = Stamps(key.with_name(f"{key.name}.stamp") if isinstance(key, Path) else None)
        secret = read_key(key) if isinstance(key, Path) else key
        self._line = Line(url, baud)
        self._speaker = Speaker(self._line, secret, stamps)
        self._dialogue = Dialogue(self._speaker, patience, complain)
        self._episode: list[Request] = []
        self._episode_session = 0
        self._episode_model = 0

    def __enter__(self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def counts(self) -> LinkCounts:
        """What became of the messages so far."""
        return self._speaker.counts

    @property
    def messages_lost(self) -> int:
        """Messages of either side that did not get through at once, see also `hear_out`."""
        return self.counts.messages_lost

    def open(self) -> Status:
        """Meet the controller; how it is.

        Raises:
            WireError: nobody answers there, or with another key or dialect.
        """
        return self.status()

    def record(self, path: Path) -> Self:
        """Record all that travels from now on; a file that is there is replaced.

        Raises:
            OSError: it cannot be written; whatever is said or heard later may raise it, too.
        """
        self._speaker.recording = LinkLog(path)
        return self

    def close(self) -> None:
        """Close the line and the recording; the controller goes on."""
        self._line.close()
        if self._speaker.recording is not None:
            self._speaker.recording.close()

    def send_step(
        self, percepts: NDArray[np.float32], deadline: float = 0.0, *, goal: bool = False
    ) -> StepDecision:
        """One step of the column with what its patches sensed.

        Args:
            percepts: (N, 18) or (18,), one row per patch, finite.
            deadline: seconds that the controller has to answer, up to 65; 0: as long as it takes.
            goal: whether to tell where the next touch would tell most.

        Raises:
            ControllerError: the column did not take the step.
            WireError: no answer came in time.
        """
        rows = np.atleast_2d(np.ascontiguousarray(percepts, np.float32))
        if rows.ndim != 2 or rows.shape[1] != 18 or not np.isfinite(rows).all():
            raise WireError("A percept is a row of 18 finite numbers.")
        values = rows.tolist()
        kind = dialect().MAVLink_cln_percept_message

        def build(session: int, sequence: int, deadline: int = 0) -> list[Any]:
            return [
                kind(session, sequence, row, deadline, patch, len(values), int(goal))
                for patch, row in enumerate(values)
            ]

        return self._step(build, deadline, len(values))

    def send_patches(
        self, patches: Sequence[Patch], deadline: float = 0.0, *, goal: bool = False
    ) -> StepDecision:
        """One step of the column with pixels that the controller senses itself.

        Arguments and errors are those of `send_step`.
        """
        pixels = [parts_of(patch) for patch in patches]
        kind = dialect().MAVLink_cln_patch_message

        def build(session: int, sequence: int, deadline: int = 0) -> list[Any]:
            return [
                kind(
                    session, sequence, patch.pose.tolist(), patch.unit, depth, deadline,
                    number, len(pixels), int(goal), part, len(parts), rgb,
                )
                for number, (patch, parts) in enumerate(zip(patches, pixels, strict=True))
                for part, (depth, rgb) in enumerate(parts)
            ]  # fmt: skip

        return self._step(build, deadline, len(patches))

    def _step(
        self, build: Callable[..., Sequence[Any]], deadline: float, patches: int
    ) -> StepDecision:
        if patches == 0 or (self._dialogue.patches and patches > self._dialogue.patches):
            raise WireError(
                f"A step has 1 to {self._dialogue.patches or 5} patches, not {patches}."
            )
        milliseconds = _milliseconds(deadline)
        request = Request(
            lambda session, sequence: build(session, sequence, milliseconds), "CLN_DECISION"
        )
        try:
            answer = self._dialogue.exchange(request, self._catch_up)
        except BaseException:  # whether the column has taken the step, nobody knows
            self._episode_session = 0
            raise
        if answer.message.error:
            raise ControllerError("The controller did not take the step", answer.message.error)
        decision = decision_of(answer.message, answer.others.get("CLN_GOAL"))
        if not decision.skipped and len(self._episode) <= MOST_REPEATED:
            self._episode.append(Request(build, "CLN_DECISION"))  # no deadline when it is repeated
        return decision

    def _catch_up(self, until: float) -> None:
        """Bring the column to where the episode is, if it may be elsewhere: after a reset, say."""
        dialogue = self._dialogue
        if self._episode_session == dialogue.session:
            return
        status = dialogue.ask(self._order(dialect().CLN_DO_REPORT), until).message
        if status.state == State.STOPPED:  # only the user's reset ends that: the step is refused
            return
        if self._episode and status.model != self._episode_model:
            raise WireError("The controller has another model now: begin anew.")
        if len(self._episode) > MOST_REPEATED:
            raise WireError(
                f"The controller lost its place after more than {MOST_REPEATED} steps: begin anew."
            )
        dialogue.ask(self._order(dialect().CLN_DO_RESET), until)
        for request in self._episode:
            patience = max(until, time.monotonic() + dialogue.patience)
            answer = dialogue.ask(request, patience).message
            if answer.error:
                raise ControllerError("The controller did not take a step again", answer.error)
        self._episode_session, self._episode_model = dialogue.session, status.model

    def reset(self) -> Status:
        """Begin a new episode; ends a stop."""
        status = self._command(dialect().CLN_DO_RESET, "The controller did not begin an episode")
        self._forget_episode(status)
        return status

    def stop(self) -> Status:
        """Stop the robot; steps are refused until `reset`, over resets of the controller, too."""
        return self._command(dialect().CLN_DO_STOP, "The controller did not stop")

    def status(self) -> Status:
        """How the controller is."""
        return self._command(dialect().CLN_DO_REPORT, "The controller did not report")

    def telemetry(self) -> Telemetry:
        """The controller's counters since its boot.

        Raises:
            WireError: they did not arrive.
        """
        for _ in range(ATTEMPTS):  # a repeated answer comes without them
            answer = self._dialogue.exchange(self._order(dialect().CLN_DO_REPORT))
            if (message := answer.others.get("CLN_TELEMETRY")) is not None:
                return telemetry_of(message)
        raise WireError(f"The counters of the controller at {self._line.url} were lost each time.")

    def hear_out(self) -> None:
        """Wait for answers to what was asked again, a second at most, so that none is called lost.

        Raises:
            OSError: the recording could not be written.
        """
        self._dialogue.hear_out()

    def upload(
        self, blob: bytes, model: int, progress: Callable[[int], None] | None = None
    ) -> Status:
        """Send a model to the flash slot that is not in use, and think with it from now on.

        Args:
            blob: the model as it lies in flash.
            model: first eight bytes of its hash, little-endian.
            progress: called with the number of bytes that arrived so far.

        Raises:
            ControllerError: the controller refused it, and thinks with its old model.
            WireError: it fell silent.
        """
        status = status_of(upload(self._dialogue, blob, model, progress))
        self._forget_episode(status)
        return status

    def roll_back(self) -> Status:
        """Think with the model of the other flash slot again.

        Raises:
            ControllerError: there is none.
        """
        before, dialogue, code = self.status(), self._dialogue, dialect()
        asked = dialogue.session

        def build(session: int, sequence: int) -> list[Any]:
            done = (
                session != asked and dialogue.model != before.model
            )  # and reset before it said so
            command = code.CLN_DO_REPORT if done else code.CLN_DO_ROLL_BACK
            return [code.MAVLink_cln_command_message(session, sequence, command)]

        message = dialogue.exchange(Request(build, "CLN_STATUS")).message
        status = _done(message, "The controller did not roll back")
        self._forget_episode(status)
        return status

    def keep_alive(self) -> None:
        """Show the controller that the host lives, where there is nothing to ask for a while.

        What happens to the line meanwhile is noticed by the next request.
        """
        dialogue = self._dialogue
        if dialogue.session and self._line.is_open:
            beat = dialect().MAVLink_cln_heartbeat_message(dialogue.session, 0, 0, 0, 0, 0, 0, 0)
            with suppress(LineLostError):
                self._speaker.send([beat])

    def _order(self, command: int) -> Request:
        kind = dialect().MAVLink_cln_command_message
        return Request(lambda session, sequence: [kind(session, sequence, command)], "CLN_STATUS")

    def _command(self, command: int, what: str) -> Status:
        return _done(self._dialogue.exchange(self._order(command)).message, what)

    def _forget_episode(self, status: Status) -> None:
        self._episode.clear()
        self._episode_session, self._episode_model = self._dialogue.session, status.model


def _done(message: Any, what: str) -> Status:
    """The status that answers an order, which was done."""
    if message.error:
        raise ControllerError(what, message.error)
    return status_of(message)


def _milliseconds(deadline: float) -> int:
    if not 0 <= deadline <= _LONGEST_DEADLINE:
        raise WireError(f"A deadline is between 0 and 65 seconds, not {deadline:g}.")
    return round(deadline * 1000) if deadline == 0 else max(1, round(deadline * 1000))
