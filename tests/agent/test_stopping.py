"""Ctrl-C that is never lost and never shows a traceback."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.agent import fake_engine

from colonnade.__main__ import start
from colonnade.cli import main
from colonnade.commands.console import Interrupted
from colonnade.stopping import ending, held_back, raise_if_stopped, stopped, watch

FAKE = "tests.agent.fake_engine"


@pytest.fixture(autouse=True)
def _handlers_as_before() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    watch()
    for number, handler in before.items():
        signal.signal(number, handler)


def swallow_ctrl_c() -> None:
    """What trimesh does while it is imported."""
    try:
        signal.raise_signal(signal.SIGINT)
    except BaseException:
        assert stopped()


def test_a_swallowed_ctrl_c_is_remembered() -> None:
    watch()
    raise_if_stopped()
    swallow_ctrl_c()
    with pytest.raises(KeyboardInterrupt):
        raise_if_stopped()


def stop_again_and_again() -> None:
    try:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        signal.raise_signal(signal.SIGTERM)
        try:
            raise Interrupted("saved") from None
        finally:
            signal.raise_signal(signal.SIGINT)


def test_a_second_ctrl_c_changes_nothing_while_the_first_is_answered() -> None:
    watch()
    with pytest.raises(Interrupted, match="saved"):
        stop_again_and_again()
    with pytest.raises(KeyboardInterrupt):  # but where the first was lost, it is heard
        signal.raise_signal(signal.SIGINT)
    ending()
    signal.raise_signal(signal.SIGINT)


def test_ctrl_c_while_python_ends_leaves_the_exit_code() -> None:
    code = """
import signal, sys
from colonnade.stopping import ending, watch

class Last:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

watch()
sys.kept = Last()
ending()
sys.exit(7)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_swallowed_ctrl_c_stops_before_the_next_object(
    workers: str,
    tmp_path: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(fake_engine, "prepare", lambda _: swallow_ctrl_c())
    with pytest.raises(SystemExit) as caught:
        main(
            ["train", "--objects", "tiny", "--out", f"{tmp_path}/r", "--workers", workers],
            engine=FAKE,
        )
    assert caught.value.code == 130
    assert "0 of 2 objects are saved" in capsys.readouterr().err


@pytest.mark.parametrize("out", [["--out", "r"], []])
def test_ctrl_c_between_two_pieces_of_work_says_how_to_go_on(
    out: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fake_engine, "prepare", lambda _: signal.raise_signal(signal.SIGINT))
    with pytest.raises(SystemExit) as caught:
        main(["explore", "--objects", "tiny", *out], engine=FAKE)
    assert caught.value.code == 130
    told = capsys.readouterr().err.splitlines()[-1]
    named = "" if out else f"--out {next((tmp_path / 'runs').iterdir()).relative_to(tmp_path)} "
    assert told == f"Stopped: the same command with {named}--resume goes on."


def test_what_was_half_made_when_ctrl_c_came_prints_nothing() -> None:
    """Finalisers cannot know; Python would print a traceback for each."""
    code = """
import signal
from colonnade.stopping import watch

class Half:
    def __init__(self):
        signal.raise_signal(signal.SIGINT)
        self.handle = 1
    def __del__(self):
        del self.handle

watch()
try:
    Half()
except KeyboardInterrupt:
    print("stopped")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("stopped\n", "")


def test_what_a_half_stopped_library_raises_is_no_bug(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped_import(_: object) -> None:
        swallow_ctrl_c()
        raise NameError("name '_api' is not defined")

    monkeypatch.setattr(fake_engine, "prepare", stopped_import)
    with pytest.raises(SystemExit) as caught:
        main(["train", "--objects", "tiny", "--out", f"{tmp_path}/r"], engine=FAKE)
    assert caught.value.code == 130
    assert capsys.readouterr().err.strip() == "Stopped."


def test_ctrl_c_while_the_command_line_is_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Stopping:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "colonnade.cli":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "colonnade.cli")
    monkeypatch.setattr(sys, "meta_path", [Stopping(), *sys.meta_path])
    with pytest.raises(SystemExit) as caught:
        start()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert (caught.value.code, capsys.readouterr().err) == (130, "Stopped.\n")


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="no signal masks")
def test_a_process_started_while_held_back_never_hears_of_ctrl_c() -> None:
    with held_back():
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    time.sleep(0.1)  # it may still be starting: that is the point
    os.kill(child.pid, signal.SIGINT)
    child.communicate(b"\n")
    assert child.returncode == 0
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.usefixtures("hangups")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_what_was_ignored_from_outside_stays_so(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_IGN)
    watch()
    assert signal.getsignal(number) is signal.SIG_IGN


@pytest.mark.usefixtures("hangups")
def test_what_is_written_last_is_written_though_the_terminal_is_closed(tmp_path: Path) -> None:
    code = """
import fcntl, sys, termios, time
from pathlib import Path
from colonnade.stopping import watch

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
watch()
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("Stopped.", flush=True)
    Path(sys.argv[1]).write_text("kept")
"""
    file = tmp_path / "summary"
    terminal, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(file)],
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    assert b"ready" in os.read(terminal, 100)
    os.close(terminal)
    assert process.wait(30) == 0
    assert file.read_text() == "kept"
