"""What travelled can be read by stock tools, and said again to another controller."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pymavlink
import pytest
from pymavlink.generator import mavgen
from tests.bridge.scripted import KEY, Served, model

from colonnade_bridge.wire.cable import Cable
from colonnade_bridge.wire.dialect import XML, dialect
from colonnade_bridge.wire.errors import WireError
from colonnade_bridge.wire.link import Link
from colonnade_bridge.wire.patch import Patch
from colonnade_bridge.wire.receiver import HOST
from colonnade_bridge.wire.recording import cut_bytes, read_recording
from colonnade_bridge.wire.replay import recorded_steps, replay


def rows(number: int, patches: int = 1) -> np.ndarray:
    return np.random.default_rng(number).normal(size=(patches, 18)).astype(np.float32)


@pytest.fixture
def recording(tmp_path: Path, cable: Cable, served: Served) -> Path:
    """Two episodes, one of them over a reset; some answers are lost, one step is late."""
    path = tmp_path / "field.mavlog"
    with Link(str(cable.path), KEY).record(path) as link:
        link.upload(*model())
        link.reset()
        for number in range(5):
            link.send_step(rows(number, 2), goal=number % 2 == 0)
        link.reset()
        lost = iter(range(3))

        def lose(data: bytes) -> bytes:
            return b"" if len(data) > 60 and next(lost, None) is not None else data

        cable.damage = lose
        for number in range(3):
            link.send_step(rows(number))
        cable.damage = bytes
        served.reset()
        served.controller.facts.step_us = 20_000
        link.send_step(rows(7), deadline=0.01)
        link.send_patches([Patch(np.full((8, 8), 9, np.uint16), np.full((8, 8, 3), 7, np.uint8),
                                 np.ones(7, np.float32))])  # fmt: skip
    return path


def test_a_recording_holds_every_frame_and_who_sent_it(recording: Path) -> None:
    frames = list(read_recording(recording))
    assert [f.micros for f in frames] == sorted(f.micros for f in frames)
    kinds = dialect()
    assert all(f.from_host == (f.frame[6] == HOST) for f in frames)
    assert {f.message for f in frames if f.from_host} <= {
        kinds.MAVLINK_MSG_ID_CLN_HEARTBEAT, kinds.MAVLINK_MSG_ID_CLN_PERCEPT,
        kinds.MAVLINK_MSG_ID_CLN_PATCH, kinds.MAVLINK_MSG_ID_CLN_COMMAND,
        kinds.MAVLINK_MSG_ID_CLN_MODEL_BEGIN, kinds.MAVLINK_MSG_ID_CLN_MODEL_DATA,
    }  # fmt: skip
    assert any(f.message == kinds.MAVLINK_MSG_ID_CLN_DECISION for f in frames)


def test_stock_tools_read_it(recording: Path, tmp_path: Path) -> None:
    """As a user would: our dialect beside MAVLink's own in one of theirs, read by mavutil."""
    (tmp_path / "robot.xml").write_text(
        "<mavlink><include>minimal.xml</include><include>colonnade.xml</include>"
        "<messages></messages></mavlink>"
    )
    shutil.copy(XML, tmp_path)
    shutil.copy(Path(pymavlink.__file__).parent / "dialects/v20/minimal.xml", tmp_path)
    with redirect_stdout(io.StringIO()):
        mavgen.mavgen(
            mavgen.Opts(str(tmp_path / "robot"), "2.0", "Python3", False), [tmp_path / "robot.xml"]
        )
    program = (
        "import robot\n"
        "from pymavlink import mavutil\n"
        "mavutil.mavlink = robot\n"
        f"log = mavutil.mavlink_connection({str(recording)!r})\n"
        "while (m := log.recv_match()) is not None:\n"
        "    print(m.get_type(), m.get_srcComponent(), round(m._timestamp * 1e6))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "MAVLINK20": "1", "PYTHONPATH": str(tmp_path)},
    )
    ours = [(f.decoded().get_type(), f.frame[6], f.micros) for f in read_recording(recording)]  # type: ignore[attr-defined]
    theirs = [line.split() for line in done.stdout.splitlines()]
    assert len(theirs) == len(ours) > 50
    for (kind, component, micros), line in zip(ours, theirs, strict=True):
        assert (kind, str(component)) == (line[0], line[1])
        assert abs(micros - int(line[2])) <= 1


def test_each_step_is_found_once_however_often_it_was_sent(recording: Path) -> None:
    steps = list(recorded_steps(recording))
    assert len(steps) == 5 + 4 + 3 + 2  # the second episode twice, as the controller was reset
    assert [n for n, step in enumerate(steps) if step.begins] == [0, 5, 9]
    assert [n for n, step in enumerate(steps) if step.decision is None] == [8]
    assert [len(step.frames) for step in steps] == [2] * 5 + [1] * 8 + [2]


def test_a_replay_decides_the_same(recording: Path, tmp_path: Path, cable: Cable) -> None:
    again = tmp_path / "again.mavlog"
    with Link(str(cable.path), KEY).record(again) as link:
        result = replay(recording, link)
    assert (result.steps, result.different) == (13, [])
    assert len(list(recorded_steps(again))) == 13


def test_a_replay_shows_what_is_decided_otherwise(
    recording: Path, cable: Cable, served: Served
) -> None:
    data = bytearray(recording.read_bytes())
    kinds = dialect()
    at = 0
    while data[at + 15 : at + 18] != kinds.MAVLINK_MSG_ID_CLN_PERCEPT.to_bytes(3, "little"):
        at += 8 + 25 + data[at + 9]
    frame = data[at + 8 : at + 33 + data[at + 9]]
    message = kinds.MAVLink(None).decode(bytearray(frame))
    message.percept[0] += 1.0
    mav = kinds.MAVLink(None, 1, HOST)
    mav.signing.secret_key, mav.signing.sign_outgoing, mav.signing.timestamp = KEY, True, 1
    data[at + 8 : at + 33 + data[at + 9]] = message.pack(mav)
    recording.write_bytes(data)
    with Link(str(cable.path), KEY) as link:
        result = replay(recording, link)
    assert [number for number, _, _ in result.different] == [0, 1, 2, 3, 4]  # its whole episode
    _, then, now = result.different[0]
    assert now.evidence == pytest.approx(then.evidence + 1, abs=1e-3)


def test_what_travelled_is_in_the_file_at_once(tmp_path: Path, cable: Cable) -> None:
    path = tmp_path / "field.mavlog"
    with Link(str(cable.path), KEY).record(path) as link:
        for _ in range(3):
            link.status()
            frames = list(read_recording(path))
            assert len(frames) == link.counts.sent + link.counts.line.received
            assert frames[-1].message == dialect().MAVLINK_MSG_ID_CLN_STATUS


def test_what_is_no_regular_file_is_written_to(tmp_path: Path, cable: Cable) -> None:
    fifo, data = tmp_path / "fifo", b""
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    with Link(str(cable.path), KEY).record(fifo) as link:
        link.status()
        data = os.read(reader, 65536)
    os.close(reader)
    assert fifo.is_fifo()
    (tmp_path / "copy").write_bytes(data)
    assert len(list(read_recording(tmp_path / "copy"))) > 2


def test_an_empty_file_is_no_recording(tmp_path: Path) -> None:
    (tmp_path / "field.mavlog").touch()
    with pytest.raises(WireError, match=r"field\.mavlog is empty"):
        list(read_recording(tmp_path / "field.mavlog"))


def test_a_recording_cut_short_ends_at_its_last_whole_frame(recording: Path) -> None:
    whole = list(read_recording(recording))
    data = recording.read_bytes()
    for cut in (1, 5, len(whole[-1].frame), len(whole[-1].frame) + 7):
        recording.write_bytes(data[:-cut])
        assert list(read_recording(recording)) == whole[:-1]
        assert cut_bytes(recording) == len(whole[-1].frame) + 8 - cut
    recording.write_bytes(data)
    assert cut_bytes(recording) == 0


@pytest.mark.parametrize("changed", [7, 10, 20])
def test_a_damaged_recording_is_named_with_the_place(recording: Path, changed: int) -> None:
    """The message's number, or what it says."""
    data = bytearray(recording.read_bytes())
    first = 8 + len(next(read_recording(recording)).frame)
    data[first + 8 + changed] ^= 1
    recording.write_bytes(data)
    with pytest.raises(WireError, match=f"field.mavlog is damaged at byte {first + 8}: "):
        list(read_recording(recording))


def test_another_file_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "field.mavlog"
    path.write_bytes(bytes(100))
    with pytest.raises(WireError, match="is no recording"):
        list(read_recording(path))
