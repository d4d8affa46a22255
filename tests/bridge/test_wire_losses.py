"""What is lost on a line, or only late, is counted as such, and survived."""

from __future__ import annotations

import time

import numpy as np
import pytest
from tests.bridge.scripted import Served, evidence, model, rows

from colonnade_bridge.mishaps import flipping
from colonnade_bridge.wire import dialect as dialect_module
from colonnade_bridge.wire import upload as upload_module
from colonnade_bridge.wire.cable import Cable
from colonnade_bridge.wire.errors import WireError
from colonnade_bridge.wire.link import Link
from colonnade_bridge.wire.messages import State
from colonnade_bridge.wire.receiver import HOST, message_of


def test_an_undisturbed_line_loses_nothing(link: Link) -> None:
    steps = rows(100)
    for number, step in enumerate(steps, 1):
        decision = link.send_step(step, deadline=5, goal=True)
        assert decision.evidence == pytest.approx(evidence(steps[:number]), rel=1e-5)
        assert decision.rotation.tobytes() == step[-1, :9].tobytes()
        assert decision.goal is not None
        assert decision.goal.tobytes() == step[0, :6].tobytes()
        assert not decision.late
    link.hear_out()
    assert link.messages_lost == 0
    assert link.telemetry().steps == 100
    assert link.status().state is State.READY


def test_one_byte_in_a_hundred_is_damaged_and_nothing_is_decided_wrongly(
    link: Link, served: Served, cable: Cable
) -> None:
    steps = rows(12, patches=1)
    cable.damage = flipping(np.random.default_rng(0), float("inf"))
    begin = time.monotonic()
    for number, step in enumerate(steps, 1):
        decision = link.send_step(step)
        assert decision.evidence == pytest.approx(evidence(steps[:number]), rel=1e-5)
        if time.monotonic() - begin > 4:
            break
    cable.damage = bytes
    before = time.monotonic()
    link.status()
    assert time.monotonic() - before < 2
    assert served.controller.facts.steps == number
    assert link.messages_lost > 0


def test_a_damaged_upload_arrives_whole(link: Link, served: Served, cable: Cable) -> None:
    rng = np.random.default_rng(1)

    def damage(data: bytes) -> bytes:
        if len(data) > 3 and rng.random() < 0.1:
            data = data[:3] + data[4:]  # a UART that overran
        return data

    cable.damage = damage
    blob, number = model(2, 20_000)
    heard: list[int] = []
    status = link.upload(blob, number, heard.append)
    assert (status.model, heard[-1]) == (number, len(blob))
    assert heard == sorted(heard)
    assert bytes(served.controller.flash[131072 : 131072 + len(blob)]) == blob


def test_no_loss_is_hidden_by_what_an_upload_answers(link: Link, cable: Cable) -> None:
    """The statuses of all chunks are lost once, and later a step three times."""
    code = dialect_module.dialect()
    windows = steps = 0

    def lose(data: bytes) -> bytes:
        nonlocal windows, steps
        if data and data[6] == HOST:
            windows += message_of(data) == code.MAVLINK_MSG_ID_CLN_MODEL_DATA and data[
                18:22
            ] == bytes(4)
            steps += message_of(data) == code.MAVLINK_MSG_ID_CLN_PERCEPT
            return b"" if 0 < steps < 4 else data
        return b"" if windows == 1 else data

    link.hear_out()
    assert link.messages_lost == 0
    cable.damage = lose
    link.upload(*model(2, 8 * 224))
    link.status()  # behind whatever else was answered twice
    lost = link.messages_lost
    assert lost == 8  # the statuses: the chunks arrived, though they were sent again
    link.send_step(rows(1)[0])
    assert link.messages_lost == lost + 3


def test_chunks_that_were_lost_are_counted(link: Link, cable: Cable) -> None:
    code, chunks = dialect_module.dialect(), 0

    def lose(data: bytes) -> bytes:
        nonlocal chunks
        ours = bool(data) and data[6] == HOST
        chunks += ours and message_of(data) == code.MAVLINK_MSG_ID_CLN_MODEL_DATA
        return b"" if ours and chunks == 3 else data

    cable.damage = lose
    link.upload(*model(2, 20 * 224))
    assert link.messages_lost >= 1


def test_a_slow_upload_is_no_loss(
    link: Link, cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks are sent again before they can be answered."""

    def dawdle(data: bytes) -> bytes:
        time.sleep(0.002)
        return data

    cable.damage = dawdle
    monkeypatch.setattr(upload_module, "ASK_AGAIN", 0.0005)
    sent = link.counts.sent
    link.upload(*model(2, 100 * 224))
    assert link.counts.sent - sent > 110
    link.hear_out()
    assert link.messages_lost == 0


def test_a_slow_answer_is_no_loss(link: Link, cable: Cable) -> None:
    """Asked twice, answered twice."""
    held, asked = b"", 0

    def hold(data: bytes) -> bytes:
        nonlocal held, asked
        if data and data[6] == HOST:
            asked += 1
            return data
        held += data
        if asked < 2:
            return b""
        data, held = held, b""
        return data

    cable.damage = hold
    link.status()
    assert link.counts.asked_again >= 1
    link.hear_out()
    assert link.messages_lost == 0


def test_an_answer_that_never_comes_is_a_loss(link: Link, cable: Cable) -> None:
    """Asked twice, answered once."""
    asked = 0

    def lose(data: bytes) -> bytes:
        nonlocal asked
        asked += bool(data) and data[6] == HOST
        return data if asked != 1 or data[6:7] == bytes([HOST]) else b""

    cable.damage = lose
    link.status()
    begin = time.monotonic()
    link.hear_out()
    assert time.monotonic() - begin < 2
    link.close()
    link.hear_out()
    counts = link.counts
    assert (counts.asked_again - counts.answered_again, counts.reconnects) == (1, 0)
    assert link.messages_lost > counts.missing


def test_counters_that_are_lost_each_time_are_given_up(link: Link, cable: Cable) -> None:
    message = dialect_module.dialect().MAVLINK_MSG_ID_CLN_TELEMETRY.to_bytes(3, "little")

    def lose(data: bytes) -> bytes:
        frame = data.find(message)
        return data if frame < 7 else data[: frame - 7] + data[frame - 7 + data[frame - 6] + 25 :]

    cable.damage = lose
    with pytest.raises(WireError, match="were lost each time"):
        link.telemetry()
