"""Ctrl-C that is never lost and never shows a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from tests.agent import fake_engine

from colonnade.__main__ import start
from colonnade.cli import main
from colonnade.stopping import held_back, raise_if_stopped, stopped, watch

FAKE = "tests.agent.fake_engine"


@pytest.fixture(autouse=True)
def _handlers_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
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


def test_ctrl_c_that_was_ignored_from_outside_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
