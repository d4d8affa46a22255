"""Atomic files, names of files, journals and TOML."""

from __future__ import annotations

import json
import math
import os
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colonnade.files import (
    atomic_path,
    atomic_write,
    file_name,
    name_of_file,
    plain,
    remove_leftovers,
    write_json,
)
from colonnade.journal import Journal, read_journal
from colonnade.output import OutputError
from colonnade.toml_writer import to_toml

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_atomic_write_replaces_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    atomic_write(path, "old")
    atomic_write(path, b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("name", ["x" * 255, "ä" * 127, "x" * 200])
def test_names_that_the_file_system_takes_can_be_written(tmp_path: Path, name: str) -> None:
    atomic_write(tmp_path / name, "whole")
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_failed_write_keeps_the_old_file_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    atomic_write(path, "old")

    def write_half() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_two_writers_at_once_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with atomic_path(path) as one, atomic_path(path) as other:
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"  # left last
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_planted_link_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "0" * 12)
    victim = tmp_path / "victim"
    victim.write_text("whole")
    for name in (".a.txt.partial", f".{'0' * 12}~a.txt.partial"):
        (tmp_path / name).symlink_to(victim)
    with pytest.raises(OutputError):
        atomic_write(tmp_path / "a.txt", "new")
    assert victim.read_text() == "whole"
    assert not (tmp_path / "a.txt").exists()


def test_what_a_link_leads_to_is_replaced_and_not_the_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    atomic_write(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        atomic_write(pipe, "through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert [child.name for child in tmp_path.iterdir()] == ["pipe"]


def test_leftovers_of_a_kill_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".model.safetensors.partial").write_text("half")
    (tmp_path / ".lock").touch()
    remove_leftovers(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [".lock"]


@given(TEXT.filter(lambda name: 0 < len(name) < 12))
def test_any_name_becomes_a_file_name_and_back(name: str) -> None:
    file = file_name(name, ".x")
    assert "/" not in file
    assert ":" not in file
    assert not file.startswith(".")
    assert name_of_file(file, ".x") == name


def test_long_names_are_cut_but_stay_apart() -> None:
    a, b = file_name("ä" * 300 + "a", ".x"), file_name("ä" * 300 + "b", ".x")
    assert a != b
    assert max(len(a), len(b)) < 255


def test_json_is_strict(tmp_path: Path) -> None:
    content = {"a": math.nan, "b": np.float32(1.5), "c": (np.arange(2), Path("x")), "d": math.inf}
    write_json(tmp_path / "a.json", content)
    assert json.loads((tmp_path / "a.json").read_text()) == {
        "a": None,
        "b": 1.5,
        "c": [[0, 1], "x"],
        "d": None,
    }
    assert plain(np.bool_(True)) is True


def test_journal_survives_a_torn_line_and_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        for i in range(3):
            journal.append({"i": i, "text": "zwölf"})
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1].replace(b'"i":1', b'"i":7') + lines[2][:-4])
    assert [record["i"] for record in read_journal(path)] == [0]
    with Journal(path) as journal:  # goes on after the torn line, not in it
        journal.append({"i": 9})
    assert [record["i"] for record in read_journal(path)] == [0, 9]


def test_journal_that_is_not_there_or_not_one_has_no_records(tmp_path: Path) -> None:
    assert list(read_journal(tmp_path / "none")) == []
    (tmp_path / "bad").write_bytes(b"\xff\x00garbage\n\n{}\n")
    assert list(read_journal(tmp_path / "bad")) == []


VALUE = st.one_of(
    TEXT, st.integers(-(2**62), 2**62), st.booleans(), st.floats(allow_nan=False), st.lists(TEXT)
)


@given(st.dictionaries(TEXT, st.one_of(VALUE, st.dictionaries(TEXT, VALUE))))
def test_toml_reads_back(content: dict[str, object]) -> None:
    assert tomllib.loads(to_toml(content)) == content


def test_toml_leaves_out_none_and_refuses_the_rest() -> None:
    assert to_toml({"a": None, "b": 1}) == "b = 1\n"
    with pytest.raises(TypeError, match="no spelling for bytes"):
        to_toml({"a": b""})
