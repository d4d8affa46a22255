"""What is saved when a run is killed or stopped by a signal, with a small fake of mind and body."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from colonnade.commands.train import train
from colonnade.config import TrainConfig

FAKE = "tests.agent.fake_engine"
ROOT = Path(__file__).resolve().parents[2]
RUN_CLI = f"from colonnade.cli import main\nif __name__ == '__main__': main(engine={FAKE!r})"


def config(out: Path, **changes: Any) -> TrainConfig:
    return replace(TrainConfig(out=out, objects="small", workers=1), **changes)


def start(arguments: list[str], **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN_CLI, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_for_objects(run: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    journal = run / "training.jsonl"  # what stands there counts as saved
    while not journal.exists() or journal.read_bytes().count(b"\n") < count:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigkill_in_the_middle_of_training(tmp_path: Path, workers: str) -> None:
    train(config(tmp_path / "whole"), FAKE)
    run = tmp_path / "run"
    arguments = ["train", "--objects", "small", "--out", str(run), "--workers", workers]
    process = start(arguments, FAKE_ENDLESS="a/b,spoon,fork")
    wait_for_objects(run, 3, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (run / "model.safetensors").exists()
    second = start([*arguments, "--resume"])
    _, stderr = second.communicate(timeout=60)
    assert second.returncode == 0, stderr.decode()
    assert b"Going on" in stderr
    whole = tmp_path / "whole" / "model.safetensors"
    assert (run / "model.safetensors").read_bytes() == whole.read_bytes()
    assert list(run.rglob("*.partial")) == []


@pytest.mark.usefixtures("hangups")
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_says_what_is_saved(tmp_path: Path, signal_number: signal.Signals) -> None:
    run = tmp_path / "run"
    arguments = ["explore", "--objects", "small", "--out", str(run), "--workers", "2"]
    process = start(arguments, FAKE_ENDLESS="a/b,spoon,fork")
    wait_for_objects(run, 3, process)
    os.killpg(process.pid, signal_number)  # as a terminal does: to the workers, too
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    last = stderr.decode().strip().splitlines()[-1]
    # the third may be on the disk and not yet counted
    assert re.search(r"[23] of 6 objects are saved in", last)
    assert "--resume goes on" in last
    assert b"Traceback" not in stderr


@pytest.mark.parametrize("pause", [0.002, 0.01, 0.05])
def test_a_second_ctrl_c_ends_as_the_first(tmp_path: Path, pause: float) -> None:
    run = tmp_path / "run"
    arguments = ["explore", "--objects", "small", "--out", str(run), "--workers", "2"]
    process = start(arguments, FAKE_ENDLESS="a/b,spoon,fork")
    wait_for_objects(run, 3, process)
    for _ in range(20):
        with suppress(ProcessLookupError):  # it has ended
            os.killpg(process.pid, signal.SIGINT)
        time.sleep(pause)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.search(r"[23] of 6 objects are saved in", stderr.decode().strip().splitlines()[-1])
    assert b"Traceback" not in stderr
    assert b"Exception ignored" not in stderr
