"""`colonnade find-port` and `colonnade replay`, with the firmware as a process of this computer."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from tests.bridge.scripted import error
from tests.bridge.small_model import model_hash, percepts, small_blob
from tests.bridge.tools import GCC, MAKE, needs

from colonnade.cli import main
from colonnade_bridge.blob import read_blob, write_blob
from colonnade_bridge.build import build
from colonnade_bridge.wire.errors import ERROR_STATE, WireError, explain
from colonnade_bridge.wire.line import Line, LineLostError, NoLineError
from colonnade_bridge.wire.link import Link
from colonnade_bridge.wire.messages import State
from colonnade_bridge.wire.replay import recorded_model

NO_MODEL = error("NO_MODEL")

pytestmark = [needs(*GCC), needs(*MAKE)]


class Board(NamedTuple):
    """A firmware that runs."""

    port: str
    key: Path


@contextlib.contextmanager
def booted(folder: Path) -> Iterator[Board]:
    """The firmware as a process, its flash and key in `folder`."""
    firmware = build("posix")
    words = [firmware.elf, "pty", folder]
    key = folder / "robot.key"
    key.write_bytes(firmware.key.read_bytes())
    key.chmod(0o600)
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Board(process.stdout.readline().strip(), key)
        finally:
            process.kill()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    with booted(tmp_path) as board:
        yield board


@pytest.fixture
def log(board: Board, tmp_path: Path) -> Path:
    """An episode with a model, recorded."""
    file = tmp_path / "link.mavlog"
    with Link(board.port, board.key).record(file) as link:
        link.upload(small_blob(), model_hash(small_blob()))
        link.reset()
        for row in percepts(8):
            link.send_step(row, goal=True)
        link.status()
    return file


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main(list(map(str, words)))
    return int(caught.value.code or 0)


def test_a_controller_is_found_and_told_by_its_key(
    board: Board, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, other = tmp_path / "ports.json", tmp_path / "other.key"
    other.write_bytes(bytes(32))
    other.chmod(0o600)
    for key, same, told in (
        (["--key", board.key], True, "ours"),
        (["--key", other], False, "another"),
        ([], None, "not given"),
    ):
        assert run("find-port", "--port", board.port, *key, "--json", file) == 0
        ((found),) = json.loads(file.read_text())["ports"]
        assert (found["port"], found["same_key"], found["same_dialect"]) == (
            board.port,
            same,
            same or None,
        )
        assert told in capsys.readouterr().out
        assert found["model"] is None
        assert found["complaint"] == (explain(NO_MODEL) if same else None)


def test_what_a_controller_complains_of_is_shown_and_warned_of_once(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its records in flash are broken."""
    file, blob, flash = tmp_path / "ports.json", tmp_path / "model.blob", tmp_path / "worn"
    blob.write_bytes(small_blob())
    flash.mkdir()
    for name in ("state-a", "state-b"):
        (flash / name).write_bytes(b"junk" * 0x4000)
    with booted(flash) as board:
        to = ["--port", board.port, "--key", board.key]
        assert run("find-port", *to, "--json", file) == 0
        ((found),) = json.loads(file.read_text())["ports"]
        assert found["complaint"] == explain(ERROR_STATE)
        assert "a flash record" in capsys.readouterr().out
        assert run("replay", log, *to, "--model", blob) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert said.count(f"The controller complains: {explain(ERROR_STATE)}.") == 1


def test_whoever_looks_for_controllers_is_told_what_opening_a_port_may_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("find-port", "--help") == 0
    told = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "sends nothing; but opening a port may reset some boards" in told


def test_nobody_is_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("find-port", "--port", tmp_path / "nothing") == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{tmp_path / 'nothing'} cannot be opened: ")
    assert said.count("\n") == 1
    assert run("find-port", "--port", "") == 2
    assert capsys.readouterr().err.startswith("--port is empty: give a serial port")
    assert run("find-port", "--key", tmp_path / "no.key") == 1
    assert "no.key cannot be read" in capsys.readouterr().err


def test_what_was_recorded_is_decided_again(
    board: Board, log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "replay.json"
    to = ["--port", board.port, "--key", board.key]
    assert run("replay", log, *to, "--json", file) == 0
    assert "8 steps: all decisions as recorded" in capsys.readouterr().out
    summary = json.loads(file.read_text())
    assert (summary["steps"], summary["different"]) == (8, [])
    blob = tmp_path / "model.blob"
    blob.write_bytes(small_blob())
    assert run("replay", log, *to, "--model", blob) == 0


def test_the_model_at_the_first_step_counts(board: Board, log: Path, tmp_path: Path) -> None:
    other = write_blob(replace(read_blob(small_blob()), percepts=100))
    longer, before, idle = (tmp_path / name for name in ("longer", "before", "idle"))
    with Link(board.port, board.key).record(longer) as link:
        link.upload(other, model_hash(other))  # after the model of `log`
        link.send_step(percepts(1)[0])
        link.roll_back()
    with Link(board.port, board.key).record(idle) as link:
        link.status()
    assert recorded_model(log) == model_hash(small_blob())
    assert recorded_model(longer) == model_hash(other)
    assert recorded_model(idle) is None
    before.write_bytes(log.read_bytes() + longer.read_bytes())
    assert recorded_model(before) == model_hash(small_blob())


def test_a_recording_without_steps_is_told(
    board: Board, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = ["--port", board.port, "--key", board.key]
    with Link(board.port, board.key).record(tmp_path / "idle"):
        pass
    assert run("replay", tmp_path / "idle", *to) == 1
    assert "idle holds no step" in capsys.readouterr().err
    (tmp_path / "idle").write_bytes(b"")
    assert run("replay", tmp_path / "idle", *to) == 1
    assert "idle is empty" in capsys.readouterr().err


def test_another_model_is_refused(
    board: Board, log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = read_blob(small_blob())
    other = write_blob(replace(model, percepts=model.percepts + 1))
    blob = tmp_path / "other.blob"
    blob.write_bytes(other)
    to = ["--port", board.port, "--key", board.key]
    recorded, sent = model_hash(small_blob()), model_hash(other)
    with Link(board.port, board.key) as link:
        assert run("replay", log, *to, "--model", blob) == 1
        said = capsys.readouterr().err
        assert f"recorded with model {recorded:016x}, and {blob} is model {sent:016x}" in said
        assert link.status().model == recorded  # none was sent
        link.upload(other, sent)
    assert run("replay", log, *to) == 1
    said = capsys.readouterr().err
    assert f"recorded with model {recorded:016x}, and the controller has model {sent:016x}" in said


def test_a_stop_that_was_ordered_is_ended_by_whoever_says_so_only(
    board: Board, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = ["--port", board.port, "--key", board.key]
    with Link(board.port, board.key) as link:
        link.stop()
    assert run("find-port", *to, "--json", "-") == 0
    (found,) = json.loads(capsys.readouterr().out)["ports"]
    assert found["complaint"] == "it was ordered to stop"
    assert run("replay", log, *to) == 1
    assert "was ordered to stop, and does: give --end-stop" in capsys.readouterr().err
    with Link(board.port, board.key) as link:
        assert link.status().state is State.STOPPED
    assert run("replay", log, *to, "--end-stop") == 0
    with Link(board.port, board.key) as link:
        assert link.status().state is State.READY


def test_a_mind_that_decides_otherwise_is_told(
    board: Board, log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    model = read_blob(small_blob())
    wider = model.tolerance._replace(place=np.float32(2) * model.tolerance.place)
    other = write_blob(replace(model, tolerance=wider))
    blob, file = tmp_path / "other.blob", tmp_path / "replay.json"
    blob.write_bytes(other)
    monkeypatch.setattr(
        "colonnade_bridge.wire.replay.recorded_model", lambda log: model_hash(other)
    )
    to = ["--port", board.port, "--key", board.key]
    assert run("replay", log, *to, "--model", blob, "--json", file) == 1
    different = json.loads(file.read_text())["different"]
    assert len(different) > 0
    assert different[-1]["then"]["evidence"] != different[-1]["now"]["evidence"]
    assert f"{len(different)} of 8 decisions differ" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "complaint", "code"),
    [
        ([], "Say where to: --qemu an500", 2),
        (["--port", "/dev/ttyACM0"], "--port needs --key FILE", 2),
        (["--port", " ", "--key", "no.key"], "--port is empty: give a serial port", 2),
        (["--qemu", "an500"], "--qemu needs --model BLOB", 2),
        (["--qemu", "an500", "--baud", "0"], "--baud is 0, but must be 1 or more", 2),
        (["--qemu", "an500", "--model", "no.blob"], "no.blob does not exist", 1),
        (["--qemu", "an500", "--model", "junk"], "junk cannot be sent: The blob is truncated", 1),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_built(
    words: list[str], complaint: str, code: int, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("junk").write_bytes(b"CLNM")
    Path("link.mavlog").write_bytes(b"")
    assert run("replay", "link.mavlog", *words) == code
    assert complaint in " ".join(capsys.readouterr().err.split())


def test_what_is_no_recording_is_told(
    board: Board, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "junk").write_bytes(bytes(100))
    to = ["--port", board.port, "--key", board.key]
    assert run("replay", tmp_path / "junk", *to) == 1
    assert "is no recording of a link" in capsys.readouterr().err


NEVER = ["foo://bar", "/", "/dev/null", "socket://localhost:", "socket://localhost:99999"]


@pytest.mark.parametrize("url", [*NEVER, "socket://127.0.0.1:1"])
def test_what_is_no_line_is_told(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("find-port", "--port", url) == 1
    assert capsys.readouterr().err.startswith(f"{url} cannot be opened: ")


@pytest.mark.parametrize("url", NEVER)
def test_what_never_can_be_opened_is_not_tried_again(url: str) -> None:
    began = time.monotonic()
    with pytest.raises(NoLineError, match="cannot be opened"):
        Link(url, bytes(32)).open()
    assert time.monotonic() - began < 2


def test_another_key_is_told_soon(board: Board) -> None:
    began = time.monotonic()
    with pytest.raises(WireError, match="signs with another key"):
        Link(board.port, bytes(32)).open()
    assert time.monotonic() - began < 4


def test_noise_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    def babble() -> None:
        line = server.accept()[0]
        with contextlib.suppress(OSError):  # it is hung up
            while True:  # a port that is opened forgets what came before
                line.sendall(bytes(99))
                time.sleep(0.01)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=babble, daemon=True).start()
        url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        assert run("find-port", "--port", url) == 1
    assert f"from {url} is not of a controller" in capsys.readouterr().err


def test_a_recording_cut_short_is_told(
    board: Board, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.write_bytes(log.read_bytes()[:-3])
    assert run("replay", log, "--port", board.port, "--key", board.key) == 0
    assert "was cut short" in " ".join(capsys.readouterr().err.split())


def test_a_line_that_went_away_is_no_matter_of_locks() -> None:
    master, slave = pty.openpty()
    line = Line(os.ttyname(slave))
    line.open(time.monotonic())
    os.close(slave)
    os.close(master)
    with pytest.raises(LineLostError):
        line.read(0.1)
    with pytest.raises(LineLostError, match="went away"):
        line.open(time.monotonic() + 0.3)
