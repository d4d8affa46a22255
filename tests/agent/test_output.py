"""What could not be written is told with its path and the reason."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.agent import fake_engine
from tests.agent.small_runs import FAKE, config

from colonnade import files
from colonnade.cli import main
from colonnade.commands.train import train
from colonnade.files import atomic_write
from colonnade.journal import Journal
from colonnade.output import OutputError, make_folder, writing
from colonnade.run_folder import RunFolder
from colonnade.workers import Workers


def full(path: Path) -> None:
    with writing(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_told_with_path_and_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "ismount", lambda place: place in (tmp_path, Path("/")))
    with pytest.raises(OutputError) as caught:
        full(tmp_path / "run" / "a.json")
    assert str(caught.value).startswith(
        f"{tmp_path}/run/a.json cannot be written (the disk is full, file system {tmp_path}): make"
    )
    assert caught.value.errno == errno.ENOSPC


def test_it_is_told_by_workers_as_well(tmp_path: Path) -> None:
    with Workers(2) as workers, pytest.raises(OutputError, match="a cannot be written"):
        list(workers.run(full, [tmp_path / "a", tmp_path / "a"]))


def test_a_journal_on_a_full_disk_names_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with (
        Journal(tmp_path / "j.jsonl") as journal,
        pytest.raises(OutputError, match=r"j\.jsonl cannot be written \(the disk is full"),
    ):
        journal.append({"a": 1})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_journal_that_is_closed_on_a_full_disk_names_itself() -> None:
    with (
        pytest.raises(OutputError, match="/dev/full cannot be written"),
        Journal(Path("/dev/full")) as journal,
    ):
        journal.append({"a": 1})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_stdout_on_a_full_disk_is_named() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "colonnade", "--version"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == (
        "The disk is full, where stdout is written: make room and repeat the command; what was "
        "finished before is safe.\n"
    )


def test_a_lock_that_cannot_be_written_is_let_go_of(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with RunFolder(tmp_path):  # its folders and files are there
        pass
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with RunFolder(tmp_path):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("command", "how"),
    [
        ("train --objects tiny --out RUN", "command with --resume; what"),
        ("train --objects tiny --out RUN --resume", "command; what"),
        ("explore --objects tiny", "command with --out and --resume; what"),
        ("bench policies --objects tiny --out RUN", "command with --resume; what"),
        ("objects tiny --out RUN.png", "command; what"),
    ],
)
def test_whether_a_command_goes_on_is_known(
    command: str,
    how: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fake_engine, "open_set", lambda *_, **__: full(tmp_path / "x"))
    with pytest.raises(SystemExit):
        main(command.replace("RUN", "run").split(), engine=FAKE)
    assert f"make room and repeat the {how}" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "locked"))

    monkeypatch.setattr(Path, "mkdir", refuse)
    run = tmp_path / "locked" / "deep" / "run"
    with pytest.raises(OutputError) as caught:
        RunFolder(run)
    assert str(caught.value) == (
        f"{run} cannot be written (Permission denied: {tmp_path}/locked): give another place, or "
        "change its permissions."
    )


def test_what_is_in_the_way_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(OutputError, match=rf"{name} is no folder\): give another place\.$"):
            make_folder(tmp_path / name / "deep" / "run")


def test_a_file_in_a_folder_that_is_gone_names_itself(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"gone/a\.txt cannot be written \(No such file"):
        atomic_write(tmp_path / "gone" / "a.txt", "x")


def test_a_picture_that_cannot_be_drawn_is_no_question_of_spelling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(tmp_path / "no"))

    monkeypatch.setattr(fake_engine, "contact_sheet", fail)
    (tmp_path / "no" / "deep").mkdir(parents=True)
    with pytest.raises(SystemExit):
        main(["objects", "tiny", "--out", str(tmp_path / "no" / "deep" / "a.png")], engine=FAKE)
    told = capsys.readouterr().err.splitlines()[-1]
    assert told == (
        f"{tmp_path}/no/deep/a.png cannot be written (No such file or directory: {tmp_path}/no): "
        "give another place."
    )


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("train --out RUN --objects tiny", "Next: colonnade evaluate"),
        ("evaluate RUN --rotations 1", "Report: "),
        ("explore --out NEW --objects tiny --rotations 1", "Report: "),
        ("discover --out NEW --objects tiny --epochs 1", "Curve: "),
    ],
)
def test_what_came_out_is_told_also_where_json_cannot_be_written(
    command: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name, *options = (
        str(tmp_path / word.lower()) if word.isupper() else word for word in command.split()
    )
    if name == "evaluate":
        train(config(tmp_path / "run", objects="tiny"), FAKE)
    kept = tmp_path / "out.json"
    write = files.write_json

    def write_but(path: Path, content: Any) -> None:
        if path == kept:
            full(path)
        write(path, content)

    monkeypatch.setattr("colonnade.json_option.write_json", write_but)
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([name, *options, "--json", str(kept)], engine=FAKE)
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert words in told.out
    assert f"{kept} cannot be written (the disk is full" in told.err
