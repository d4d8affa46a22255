"""Names on the command line: commas between them, and within some."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agent import fake_engine

from colonnade.cli import main
from colonnade.names import joined, listed, split

FAKE = "tests.agent.fake_engine"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("mug,bowl", ["mug", "bowl"]),
        (" mug , bowl,", ["mug", "bowl"]),
        ('"plate, blue",mug', ["plate, blue", "mug"]),
        ('mug, "plate, blue" ,bowl', ["mug", "plate, blue", "bowl"]),
        ('"a ""b"", c"', ['a "b", c']),
        ('disk 5",mug', ['disk 5"', "mug"]),
        ("", []),
        (' , "",', []),
    ],
)
def test_names_are_split_at_commas_outside_quotes(text: str, names: list[str]) -> None:
    assert list(split(text)) == names


@pytest.mark.parametrize("text", ['"mug', 'mug,"bowl', '"a"b', '"a""'])
def test_quotes_that_do_not_close_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="double quotes stand around a whole name"):
        split(text)


@given(st.lists(st.text(min_size=1), min_size=1))
def test_what_is_joined_is_split_again(names: list[str]) -> None:
    assert list(split(joined(names))) == names


def test_many_names_are_cut_short_and_a_comma_is_quoted() -> None:
    assert listed(["plate, blue", "mug", "ring"], 2) == '"plate, blue", mug, ...'
    assert listed(["mug"], 2) == "mug"


def test_a_name_with_a_comma_can_be_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(fake_engine.SETS, "commas", ("plate, blue", "plate, red", "mug"))
    run = str(tmp_path / "run")
    chosen = ["--objects", "commas", "--names", '"plate, blue",mug']
    with pytest.raises(SystemExit) as done:
        main(["train", "--out", run, "--workers", "1", *chosen], engine=FAKE)
    assert done.value.code == 0
    learned = json.loads((tmp_path / "run" / "training.json").read_text())["object_names"]
    assert learned == ["plate, blue", "mug"]
    monkeypatch.setitem(fake_engine.SETS, "commas", ("plate, blue",))
    with pytest.raises(SystemExit):
        main(["evaluate", run, "--rotations", "1", "--workers", "1"], engine=FAKE)
    assert "--names '\"plate, blue\"'" in capsys.readouterr().err
    for command in ("train", "evaluate", "explore", "objects"):
        with pytest.raises(SystemExit):
            main([command, "--help"], engine=FAKE)
        help_text = "".join(capsys.readouterr().out.split()).replace("│", "")
        assert "'\"plate,blue\",mug'" in help_text
