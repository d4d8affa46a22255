"""What was learned is kept, whatever became of its files, its journal and its meshes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.agent import fake_engine
from tests.agent.small_runs import FAKE, config

from colonnade.cli import main
from colonnade.commands import tasks
from colonnade.commands.train import train
from colonnade.config import TrainConfig

Lose = Callable[[Path], None]
Spoil = Callable[[pytest.MonkeyPatch], None]
GoOn = Callable[[Lose, Spoil], dict[str, Any]]


def forget(_: Path) -> None:
    """Nothing is written down but what is in the folder."""


def lose_journal(run: Path) -> None:
    (run / "training.jsonl").unlink()


def lose_all_that_is_told(run: Path) -> None:
    lose_journal(run)
    (run / "training.json").unlink()


def gone(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(fake_engine.SETS, "mine", ("mug", "spoon"))


def broken(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fake_engine, "BROKEN", {"bowl"})


def reshaped(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(fake_engine.RESHAPED, "bowl", 1.2)


LOSSES = [lose_journal, lose_all_that_is_told]
SPOILT = [gone, broken, reshaped]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrainConfig]:
    """A run that has learned three objects, and is to go on."""
    monkeypatch.setitem(fake_engine.SETS, "mine", ("mug", "bowl", "spoon"))
    asked = config(tmp_path / "run", objects="mine")
    train(asked, FAKE)
    yield replace(asked, resume=True)
    tasks._object_set.cache_clear()


@pytest.fixture
def go_on(
    asked: TrainConfig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> GoOn:
    """Goes on with the run where something is lost and meshes are spoilt; returns its summary."""

    def resume(lose: Lose, spoil: Spoil) -> dict[str, Any]:
        lose(asked.out)
        spoil(monkeypatch)
        tasks._object_set.cache_clear()
        capsys.readouterr()
        return train(asked, FAKE)

    return resume


def content(run: Path) -> dict[str, bytes]:
    files = [run / "model.safetensors", *(run / "objects").iterdir()]
    return {file.name: file.read_bytes() for file in files}


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100])


@pytest.mark.parametrize("lose", [forget, *LOSSES])
@pytest.mark.parametrize("damage", [cut, Path.unlink])
@pytest.mark.parametrize("spoil", SPOILT)
def test_an_object_is_taken_back_out_of_the_model(
    lose: Lose, damage: Lose, spoil: Spoil, asked: TrainConfig, learned: list[str], go_on: GoOn,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    whole = content(asked.out)
    damage(asked.out / "objects" / "bowl.safetensors")
    summary = go_on(lose, spoil)
    assert (learned, summary["object_names"]) == ([], ["mug", "bowl", "spoon"])
    assert summary["unusable"] == {}
    assert content(asked.out) == whole
    how = "damaged" if damage is cut else "missing"
    told = f"bowl.safetensors is {how}: bowl is taken back out of {asked.out}/model.safetensors."
    assert told in capsys.readouterr().err


def test_what_turns_out_not_to_be_learnable_any_more_is_taken_back(
    asked: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = content(asked.out)
    cut(asked.out / "objects" / "bowl.safetensors")

    def refuse(name: str) -> str:
        return f"{name}: rename the mesh."

    monkeypatch.setattr(tasks, "why_refused", refuse)
    summary = train(asked, FAKE)
    assert summary["spoiled"] == {"bowl": "bowl: rename the mesh."}
    assert (summary["unusable"], summary["learned_now"]) == ({}, 0)
    assert content(asked.out) == whole


@pytest.mark.parametrize("lose", LOSSES)
@pytest.mark.parametrize("spoil", [*SPOILT, lambda _: None])
def test_what_is_whole_needs_no_line_in_the_journal(
    lose: Lose, spoil: Spoil, asked: TrainConfig, learned: list[str], go_on: GoOn,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    whole = content(asked.out)
    journal = (asked.out / "training.jsonl").read_bytes()
    summary = go_on(lose, spoil)
    assert (learned, summary["learned_now"], summary["unusable"]) == ([], 0, {})
    assert content(asked.out) == whole
    if lose is lose_journal:
        assert (asked.out / "training.jsonl").read_bytes() == journal
        assert ("is not the one that" in capsys.readouterr().err) == (spoil is reshaped)


@pytest.mark.parametrize("with_model", [True, False])
def test_a_file_of_another_object_is_learned_once_more(
    with_model: bool, asked: TrainConfig, learned: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    whole = content(asked.out)
    bowl = asked.out / "objects" / "bowl.safetensors"
    bowl.write_bytes(whole["mug.safetensors"])
    if not with_model:
        (asked.out / "model.safetensors").unlink()
    capsys.readouterr()
    train(asked, FAKE)
    assert learned == ["bowl"]
    assert f"{bowl} holds mug: bowl is learned once more." in capsys.readouterr().err
    assert content(asked.out) == whole


@pytest.mark.parametrize("told", [True, False])
def test_a_model_of_another_run_is_told_before_it_is_made_anew(
    told: bool, asked: TrainConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = content(asked.out)
    train(config(tmp_path / "other", names=("mug", "fork")), FAKE)
    model = (tmp_path / "other" / "model.safetensors").read_bytes()
    (asked.out / "model.safetensors").write_bytes(model)
    if not told:
        (asked.out / "training.json").unlink()
    capsys.readouterr()
    train(asked, FAKE)
    assert (
        f"{asked.out}/model.safetensors is not of this run (mug, fork; the run learned mug, bowl, "
        f"spoon): it is made anew of {asked.out}/objects."
    ) in capsys.readouterr().err
    assert content(asked.out) == whole


def test_nothing_is_taken_out_of_a_model_of_another_run(
    asked: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("mug", "bowl", "spoon")
    train(config(tmp_path / "other", names=names, body="camera", views=3), FAKE)
    model = (tmp_path / "other" / "model.safetensors").read_bytes()
    (asked.out / "model.safetensors").write_bytes(model)
    cut(asked.out / "objects" / "bowl.safetensors")
    gone(monkeypatch)
    assert train(asked, FAKE)["object_names"] == ["mug", "spoon"]


def test_a_damaged_summary_says_nothing(asked: TrainConfig, learned: list[str]) -> None:
    lose_journal(asked.out)
    told = json.loads((asked.out / "training.json").read_text())
    told["per_object"]["bowl"] = 3
    (asked.out / "training.json").write_text(json.dumps(told))
    assert train(asked, FAKE)["learned_now"] == 0
    assert learned == []


@pytest.mark.parametrize("command", ["train", "explore"])
@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (gone, "1 object that {} learned is not in mine any more: bowl; what was learned of it is"),
        (broken, "The mesh of 1 object that {} learned cannot be used any more: bowl; what was"),
        (reshaped, "The mesh of 1 object is not the one that {} learned by that name: bowl; train"),
    ],
)
def test_the_exit_code_says_that_a_mesh_is_not_what_was_learned(
    command: str,
    spoil: Spoil,
    sentence: str,
    asked: TrainConfig,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = content(asked.out)
    given = [command, "--objects", "mine", "--workers", "1", "--out", str(asked.out), "--resume"]

    def code() -> int:
        with pytest.raises(SystemExit) as caught:
            main(given, engine=FAKE)
        assert isinstance(caught.value.code, int)
        return caught.value.code

    assert code() == 0
    spoil(monkeypatch)
    tasks._object_set.cache_clear()
    capsys.readouterr()
    assert code() == 1
    assert capsys.readouterr().err.count(sentence.format(asked.out)) == 1
    assert content(asked.out) == whole


def test_a_model_that_is_older_than_an_object_is_made_anew(asked: TrainConfig) -> None:
    """As where learning was killed before the line in the journal, or before the model."""
    file = asked.out / "objects" / "bowl.safetensors"
    was = fake_engine.load_learned(file)
    fake_engine.save_learned(file, replace(was, points=was.points[:-3]))
    summary = train(asked, FAKE)
    assert summary["per_object"]["bowl"]["surfels"] == len(was.points) - 3
    memory = fake_engine.load_memory(asked.out / "model.safetensors")
    assert len(memory["bowl"].points) == len(was.points) - 3
    whole = content(asked.out)
    train(asked, FAKE)
    assert content(asked.out) == whole


def test_what_is_taken_back_has_its_line_in_the_journal(
    asked: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_journal(asked.out)
    (asked.out / "objects" / "bowl.safetensors").write_bytes(b"")
    gone(monkeypatch)
    summary = train(asked, FAKE)
    assert summary["missing"] == ["bowl"]
    assert '"bowl"' in (asked.out / "training.jsonl").read_text()
