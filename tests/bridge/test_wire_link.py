"""A link survives its cable: what is decided is the same, whatever happens on the way."""

from __future__ import annotations

import ctypes
import os
import socket
import termios
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.bridge.scripted import (
    KEY,
    SOURCES,
    Controller,
    Host,
    Served,
    behind,
    evidence,
    model,
    rows,
)  # fmt: skip

from colonnade_bridge.wire import dialect as dialect_module
from colonnade_bridge.wire.cable import Cable
from colonnade_bridge.wire.errors import ControllerError, WireError
from colonnade_bridge.wire.line import BAUD
from colonnade_bridge.wire.link import Link
from colonnade_bridge.wire.patch import Patch


def test_a_line_that_loses_the_rest_of_a_step_is_survived(link: Link, cable: Cable) -> None:
    """The cable passes on 128 bytes of what was sent at once, as a UART would that overruns; a step
    of two patches has 226 bytes, so it gets through only when that has ended."""
    full = {"left": 3}

    def damage(data: bytes) -> bytes:
        if len(data) > 200 and full["left"]:
            full["left"] -= 1
            return data[:128]
        return data

    cable.damage = damage
    steps = rows(4)
    for step in steps:
        decision = link.send_step(step)
    assert decision.evidence == pytest.approx(evidence(steps), rel=1e-5)
    assert full["left"] == 0


@pytest.mark.parametrize("when", ["idle", "asked"])
def test_a_pulled_cable_is_plugged_in_again(
    link: Link, served: Served, cable: Cable, when: str
) -> None:
    steps = rows(20)
    for step in steps[:10]:
        link.send_step(step)
    if when == "idle":
        cable.pull(0.3)
    else:  # the step arrives, its answer does not
        taken = served.controller.facts.steps

        def pull(data: bytes) -> bytes:
            if served.controller.facts.steps > taken:
                cable.damage = bytes
                cable.pull(0.3)
                return b""
            return data

        cable.damage = pull
    begin = time.monotonic()
    for step in steps[10:]:
        decision = link.send_step(step)
    assert time.monotonic() - begin < 2
    assert decision.evidence == pytest.approx(evidence(steps), rel=1e-5)
    assert served.controller.facts.steps == 20
    assert link.counts.reconnects >= 1


def test_pixels_are_sensed_by_the_controller(link: Link, served: Served) -> None:
    rng = np.random.default_rng(0)
    patches = [
        Patch(
            rng.integers(0, 65536, (side, side), np.uint16),
            rng.integers(0, 256, (side, side, 3), np.uint8),
            rng.normal(size=7).astype(np.float32),
        )
        for side in (8, 16)
    ]
    decision = link.send_patches(patches)
    assert decision.object == 2
    assert decision.rotation.ravel()[:7].tobytes() == patches[-1].pose.tobytes()


def test_pixels_that_make_no_percept_are_told_at_once(link: Link, served: Served) -> None:
    """A unit so large that what is sensed is infinite."""
    white = np.full((8, 8, 3), 255, np.uint8)
    far = Patch(np.full((8, 8), 65535, np.uint16), white, np.ones(7, np.float32), unit=1e38)
    begin = time.monotonic()
    for patches in ([far], [far, far]):
        with pytest.raises(ControllerError, match="has no meaning"):
            link.send_patches(patches)
    assert time.monotonic() - begin < 1
    assert served.controller.facts.steps == 0
    assert link.send_step(rows(1)[0]).object == 2
    link.hear_out()
    assert link.messages_lost == 0


def test_a_late_step_is_told(link: Link, served: Served) -> None:
    served.controller.facts.step_us = 50_000
    late = link.send_step(rows(1)[0], deadline=0.02)
    assert (late.late, late.skipped) == (True, False)
    assert late.micros >= 50_000


def test_keeping_alive_is_heard(link: Link) -> None:
    before = link.telemetry().received
    for _ in range(3):
        link.keep_alive()
    assert link.telemetry().received == before + 4  # its own question counts, too


@pytest.mark.parametrize(
    ("percepts", "words"),
    [
        (np.full((1, 18), np.nan), "18 finite numbers"),
        (np.zeros((1, 17)), "18 finite numbers"),
        (np.zeros((6, 18)), "1 to 5 patches"),
    ],
)
def test_steps_that_make_no_sense_are_not_sent(
    link: Link, percepts: NDArray[np.float64], words: str
) -> None:
    sent = link.counts.sent
    with pytest.raises(WireError, match=words):
        link.send_step(percepts)
    assert link.counts.sent == sent


def test_another_key_is_told_in_one_sentence(cable: Cable, served: Served) -> None:
    stranger = Link(str(cable.path), bytes(32), patience=0.9)
    with pytest.raises(WireError, match=r"^The controller at .* signs with another key[^.]*\.$"):
        stranger.open()
    assert served.controller.facts.resets == 0


def test_another_dialect_is_told_in_one_sentence(
    cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from colonnade_bridge.wire import dialogue

    monkeypatch.setattr(dialogue, "dialect_hash", lambda: dialect_module.dialect_hash() ^ 1)
    with pytest.raises(WireError, match="speaks another dialect"):
        Link(str(cable.path), KEY).open()


def test_a_serial_line_is_as_fast_as_the_firmwares(link: Link, cable: Cable) -> None:
    line = os.open(cable.path, os.O_RDWR | os.O_NOCTTY)
    assert termios.tcgetattr(line)[4:6] == [termios.B921600] * 2
    link.close()
    with Link(str(cable.path), KEY, baud=115200):
        assert termios.tcgetattr(line)[4:6] == [termios.B115200] * 2
    os.close(line)
    mps2 = (SOURCES / "ports/mps2.c").read_text()
    assert f"#define BAUD {BAUD}u" in mps2


def test_nobody_there_is_told(tmp_path: Path, served: Served) -> None:
    with pytest.raises(WireError, match="cannot be opened"):
        Link(str(tmp_path / "nothing"), KEY, patience=0.2).open()
    with pytest.raises(WireError, match="is not of a controller"):
        Link("loop://", KEY, patience=0.3).open()
    line = Cable(tmp_path / "port", served)
    line.plug()
    with pytest.raises(WireError, match="Nobody answers"):
        Link(str(line.path), KEY, patience=0.3).open()


def test_a_port_where_another_host_is_connected_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(WireError, match="no other host connected to it"):
            Link(url, KEY, patience=0.3).open()

        def waits(*_: object, **__: object) -> None:
            raise TimeoutError("timed out")

        monkeypatch.setattr(socket, "create_connection", waits)
        with pytest.raises(WireError, match="or other hosts are connected to it"):
            Link(url, KEY, patience=0.1).open()


def test_recorded_answers_of_a_controller_open_no_session(wire_code: ctypes.CDLL) -> None:
    """A host without memory of time stamps believes only who repeats its challenge."""
    controller = Controller(wire_code)
    Host(controller).greet()
    recorded = controller.run(wait=0.5) + controller.run(wait=0.5)
    server = socket.create_server(("127.0.0.1", 0))

    def play(over: threading.Event) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1)  # its first greeting
            connection.sendall(recorded)
            over.wait()

    with behind(play):
        host = Link(f"socket://127.0.0.1:{server.getsockname()[1]}", KEY, patience=0.6)
        with pytest.raises(WireError, match="is heard but does not hear"):
            host.open()
        assert host.counts.line.received == 2
    server.close()


def test_tcp_is_a_line_too(served: Served) -> None:
    server = socket.create_server(("127.0.0.1", 0))

    def serve(over: threading.Event) -> None:
        connection, _ = server.accept()
        connection.settimeout(0.005)
        with connection:
            while not over.is_set():
                try:
                    data = connection.recv(4096)
                    if not data:
                        return
                except TimeoutError:
                    data = b""
                connection.sendall(served.pass_on(data))

    with behind(serve), Link(f"socket://127.0.0.1:{server.getsockname()[1]}", KEY) as link:
        link.upload(*model(4, 20_000))
        steps = rows(20)
        for step in steps:
            decision = link.send_step(step)
        assert decision.evidence == pytest.approx(evidence(steps), rel=1e-5)
    server.close()
