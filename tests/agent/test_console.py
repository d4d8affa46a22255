"""What the commands print is what they were given: a name stays a name."""

from __future__ import annotations

import math

import pytest
from rich.table import Table

from colonnade.commands.console import (
    Ticker,
    are,
    complain,
    counted,
    it_or_them,
    note,
    percent,
    stdout,
)

NAMED = "random:100: its mesh is :100: times too large, [red]or more[/red]"


@pytest.mark.parametrize("say", [note, complain])
def test_names_with_colons_are_no_emoji(say, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    say(NAMED)
    assert capsys.readouterr().err == f"{NAMED}\n"


def test_progress_lines_name_objects_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    Ticker("Learning", 1, 0, None).tick("random:100: 1,024 surfels")
    assert capsys.readouterr().err == "Learning 1/1  random:100: 1,024 surfels\n"


def test_results_name_objects_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("object")
    table.add_row("random:100:")
    stdout.print(table)
    stdout.print(NAMED, markup=False, soft_wrap=True)
    printed = capsys.readouterr().out
    assert "random:100:" in printed
    assert NAMED in printed


@pytest.mark.parametrize("say", [note, complain, lambda name: Ticker("", 1, 0, None).tick(name)])
def test_names_do_not_reach_the_terminal_as_commands(
    say, capsys: pytest.CaptureFixture[str]
) -> None:  # type: ignore[no-untyped-def]
    say("mug\x1b[2J\x9b1m\x07")
    assert r"mug\x1b[2J\x9b1m\x07" in capsys.readouterr().err


def test_counts_and_shares_in_words() -> None:
    assert [counted(1), counted(3), counted(2, 3)] == ["1 object", "3 objects", "2 of 3 objects"]
    assert [counted(1, what="episode"), counted(2, what="episode")] == ["1 episode", "2 episodes"]
    assert [are(1), are(2), it_or_them(1), it_or_them(2)] == ["is", "are", "it", "them"]
    assert [percent(0.5), percent(math.nan)] == ["50.0 %", "–"]
