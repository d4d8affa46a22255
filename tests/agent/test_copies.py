"""Names that share one and the same mesh are told wherever they are confused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.agent import fake_engine
from tests.agent.small_runs import FAKE, config

from colonnade.commands.copies import copies_in, same_mesh, tell_copies
from colonnade.commands.discover import discover
from colonnade.commands.evaluate import evaluate
from colonnade.commands.train import train
from colonnade.config import DiscoverConfig, EvaluateConfig

SENTENCE = "boxcopy is the same mesh as box: they cannot be told apart."


def test_meshes_are_the_same_where_they_have_a_hash_in_common() -> None:
    assert copies_in({"a": "1+2", "b": "3+4", "c": "5"}) == []
    digests = {"a": "1+2", "b": "3+4", "c": "2", "d": "4+9", "e": "9", "f": "7"}
    assert copies_in(digests) == [["a", "c"], ["b", "d", "e"]]
    assert copies_in({"a": "1", "b": "2", "c": "1+2"}) == [["a", "b", "c"]]


def test_a_sentence_names_them_all() -> None:
    assert same_mesh(["box", "boxcopy"]) == SENTENCE
    told = same_mesh(["a", "b", "c"])
    assert told == "b, c are the same mesh as a: they cannot be told apart."


def test_of_very_many_the_first_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    tell_copies([[f"a{i}", f"b{i}"] for i in range(7)])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 6
    assert lines[-1] == "The same holds for 2 more: see `copies` in summary.json."


def test_evaluation_names_copies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    train(config(tmp_path / "run", objects="twice"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=1, workers=1)
    recognise = fake_engine.recognise
    monkeypatch.setattr(
        fake_engine, "recognise", lambda *a, **b: replace(recognise(*a, **b), correct=False)
    )
    assert evaluate(asked, FAKE)["copies"] == [["box", "boxcopy"]]
    assert capsys.readouterr().err.splitlines().count(SENTENCE) == 1
    wrong = (tmp_path / "run" / "report.html").read_text().partition("What went wrong")[2]
    assert SENTENCE in wrong
    only = evaluate(replace(asked, names=("mug",), out=tmp_path / "mug"), FAKE)
    assert only["copies"] == []
    assert SENTENCE not in capsys.readouterr().err


def test_a_stream_names_copies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = DiscoverConfig(out=tmp_path, objects="twice", epochs=1)
    assert discover(asked, FAKE)["copies"] == [["box", "boxcopy"]]
    assert SENTENCE in capsys.readouterr().err
    assert discover(replace(asked, resume=True), FAKE)["copies"] == [["box", "boxcopy"]]
