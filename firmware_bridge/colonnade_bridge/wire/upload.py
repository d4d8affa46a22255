"""Sending a model to a controller: chunks, eight ahead, from wherever it says it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from zlib import crc32

from colonnade_bridge.wire.dialect import dialect
from colonnade_bridge.wire.dialogue import (
    ASK_AGAIN,
    ATTEMPTS,
    Dialogue,
    Request,
    SessionOverError,
)
from colonnade_bridge.wire.errors import ControllerError, WireError
from colonnade_bridge.wire.line import LineLostError

__all__ = ["CHUNK", "upload"]

CHUNK = 224
"""Bytes of a chunk."""
_AHEAD = 8


def upload(
    dialogue: Dialogue, blob: bytes, model: int, progress: Callable[[int], None] | None = None
) -> Any:
    """Send a model and have the controller think with it; the CLN_STATUS that says so.

    Args:
        model: first eight bytes of the blob's hash, little-endian.
        progress: called with the number of bytes that arrived so far.

    Raises:
        ControllerError: the controller refused it, and thinks with its old model.
        WireError: the controller fell silent, or was reset again and again.
    """
    code = dialect()
    commit = Request(
        lambda session, sequence: [
            code.MAVLink_cln_command_message(session, sequence, code.CLN_DO_COMMIT)
        ],
        "CLN_STATUS",
    )
    for _ in range(ATTEMPTS):
        begin = Request(
            lambda session, sequence: [
                code.MAVLink_cln_model_begin_message(
                    session, model, sequence, len(blob), crc32(blob)
                )
            ],
            "CLN_STATUS",
        )
        _check(dialogue.exchange(begin).message)
        session = dialogue.session
        try:
            unanswered = _send_chunks(dialogue, blob, progress)
        except SessionOverError:
            continue
        dialogue.await_repeats(unanswered)  # they have the sequence of the beginning
        status = dialogue.exchange(commit).message
        if dialogue.session == session:
            _check(status)
        if status.model == model:  # a reset while it was committed may have come before or after
            return status
    raise WireError("The controller was reset again and again while it received the model.")


def _send_chunks(dialogue: Dialogue, blob: bytes, progress: Callable[[int], None] | None) -> int:
    """Send chunks until all arrived; returns how many were sent that nothing was heard of so far.

    A chunk is answered once, also one that was sent twice as its answer came late.
    """
    arrived = sent = unanswered = 0
    went_back, missing = False, dialogue.speaker.counts.missing
    until = time.monotonic() + dialogue.patience
    while arrived < len(blob):
        try:
            dialogue.speaker.line.open(until)
            ahead = min(len(blob), arrived + _AHEAD * CHUNK)
            if sent < ahead:
                chunks = _chunks(dialogue.session, blob, sent, ahead)
                unanswered += len(chunks)
                dialogue.speaker.send(chunks)
                sent = ahead
            message = dialogue.hear(min(until, time.monotonic() + ASK_AGAIN))
        except LineLostError:
            if time.monotonic() >= until:
                raise
            sent = arrived
            continue
        if message is None:
            if time.monotonic() >= until:
                raise WireError("The controller fell silent while it received the model.")
            sent, went_back = arrived, True
        elif message.get_type() == "CLN_STATUS":
            _check(message)
            if message.next == 0 and dialogue.is_repeat(message):
                continue
            unanswered -= 1
            if message.next > arrived:
                arrived, went_back = message.next, False
                until = time.monotonic() + dialogue.patience
                if progress is not None:
                    progress(arrived)
            elif not went_back:  # a chunk was lost, and all after it are in vain
                sent, went_back = arrived, True
        sent = max(sent, arrived)
    return max(0, unanswered - (dialogue.speaker.counts.missing - missing))


def _chunks(session: int, blob: bytes, begin: int, end: int) -> list[Any]:
    kind = dialect().MAVLink_cln_model_data_message
    messages = []
    for offset in range(begin, end, CHUNK):
        chunk = blob[offset : min(offset + CHUNK, end)]
        messages.append(kind(session, offset, len(chunk), chunk.ljust(CHUNK, b"\0")))
    return messages


def _check(status: Any) -> None:
    if status.error:
        raise ControllerError("The controller refused the model", status.error)
