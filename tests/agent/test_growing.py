"""Objects that are added to a run folder: only they are learned, and the run is as if they had
all been asked for in that order."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.agent import fake_engine
from tests.agent.small_runs import FAKE, config

from colonnade.bench import policies
from colonnade.bench.config import PoliciesConfig
from colonnade.commands.console import Interrupted
from colonnade.commands.evaluate import evaluate
from colonnade.commands.explore import explore
from colonnade.commands.train import train
from colonnade.config import EvaluateConfig, ExploreConfig, TrainConfig
from colonnade.doctor_run import run_checks
from colonnade.run_config import read_run_config
from colonnade.run_folder import RunFolderError


@pytest.fixture
def begun(tmp_path: Path, learned: list[str]) -> TrainConfig:
    asked = config(tmp_path / "run", names=("mug", "bowl"))
    train(asked, FAKE)
    learned.clear()
    return replace(asked, resume=True)


@pytest.mark.parametrize("named", [("spoon", "fork"), ("bowl", "spoon", "mug", "fork")])
def test_only_what_is_new_is_learned(
    begun: TrainConfig, learned: list[str], named: tuple[str, ...], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    capsys.readouterr()
    summary = train(replace(begun, names=named), FAKE)
    assert learned == ["spoon", "fork"]
    told, notes = capsys.readouterr()
    assert "Added to the run: spoon, fork." in notes
    assert "Learned 4 objects (2 of them now)" in told
    assert summary["object_names"] == ["mug", "bowl", "spoon", "fork"]
    assert summary["learned_now"] == 2
    assert json.loads((begun.out / "training.json").read_text())["objects"] == 4
    whole = config(tmp_path / "whole", names=("mug", "bowl", "spoon", "fork"))
    train(whole, FAKE)
    for file in ("model.safetensors", "objects/spoon.safetensors"):
        assert (begun.out / file).read_bytes() == (whole.out / file).read_bytes()
    assert read_run_config(begun.out)["train"] == read_run_config(whole.out)["train"]
    states = {one.state for _, check in run_checks(begun.out, FAKE) for one in check()}
    assert states == {"ok"}
    shown = evaluate(EvaluateConfig(run=begun.out, rotations=1, workers=1), FAKE)
    assert shown["objects_learned"] == 4


def test_a_stop_is_resumed_by_either_command(
    begun: TrainConfig,
    learned: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    adding = replace(begun, names=("spoon", "fork"))
    learn = fake_engine.learn

    def stop_at_fork(mesh: Any, **options: Any) -> Any:
        if mesh.name == "fork":
            raise KeyboardInterrupt
        return learn(mesh, **options)

    monkeypatch.setattr(fake_engine, "learn", stop_at_fork)
    with pytest.raises(Interrupted, match="3 of 4 objects"):
        train(adding, FAKE)
    monkeypatch.setattr(fake_engine, "learn", learn)
    learned.clear()
    capsys.readouterr()
    assert train(begun, FAKE)["object_names"] == ["mug", "bowl", "spoon", "fork"]
    assert "The run has 4 objects, and goes on with all of them." in capsys.readouterr().err
    assert train(adding, FAKE)["learned_now"] == 0
    assert learned == ["fork"]


def test_the_first_command_goes_on_with_what_the_folder_has_now(
    tmp_path: Path, learned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = config(tmp_path / "run")
    monkeypatch.setitem(fake_engine.SETS, "small", ("bowl", "mug"))
    train(first, FAKE)
    monkeypatch.setitem(fake_engine.SETS, "small", ("apple", "bowl", "mug"))
    first = replace(first, resume=True)
    train(replace(first, names=("apple",)), FAKE)
    before = read_run_config(first.out)
    learned.clear()
    summary = train(first, FAKE)
    assert learned == []
    assert summary["object_names"] == ["bowl", "mug", "apple"]
    assert read_run_config(first.out) == before
    (first.out / "objects" / "mug.safetensors").unlink()
    assert train(first, FAKE)["object_names"] == ["bowl", "mug", "apple"]
    assert learned == ["mug"]
    monkeypatch.setitem(fake_engine.SETS, "small", ("apple", "bowl", "fig", "mug"))
    with pytest.raises(RunFolderError, match=r"\(added: fig\)"):
        train(first, FAKE)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"resume": False}, r"not empty: give --resume .*\(objects that --names adds are learned"),
        ({"seed": 1}, "--seed was 0 and is now 1"),
        ({"body": "camera"}, "--body was touch and is now camera"),
        ({"scale": 2.0}, "--scale was 1.0 and is now 2.0"),
        (
            {"objects": "tiny", "names": ("mug",)},
            "are those of small, and --objects is tiny now",
        ),
    ],
)
def test_what_would_change_the_run_is_refused(
    begun: TrainConfig, learned: list[str], changes: dict[str, Any], sentence: str
) -> None:
    before = read_run_config(begun.out)
    with pytest.raises(RunFolderError, match=sentence):
        train(replace(begun, **{"names": ("spoon",), **changes}), FAKE)
    assert learned == []
    assert read_run_config(begun.out) == before


def test_what_the_set_has_got_is_added_by_name_alone(
    begun: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RunFolderError, match="to add what is new, name it with --names"):
        train(replace(begun, names=()), FAKE)
    monkeypatch.setitem(fake_engine.SETS, "small", ("bowl", "spoon"))
    summary = train(replace(begun, names=("spoon",)), FAKE)
    assert (summary["object_names"], summary["missing"]) == (["mug", "bowl", "spoon"], ["mug"])


def test_what_was_added_to_an_exploration_is_shown_by_evaluate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = ExploreConfig(
        objects="small", names=("mug", "bowl"), out=Path("my run"), rotations=1, workers=1
    )
    explore(first, FAKE)
    train(config(first.out, names=("spoon",), resume=True), FAKE)
    for names in (("mug", "bowl"), ("spoon",), ("bowl", "spoon")):
        with pytest.raises(RunFolderError, match="`colonnade evaluate 'my run'` shows all"):
            explore(replace(first, names=names, resume=True), FAKE)
    with pytest.raises(RunFolderError, match=r"has spoon as well: .* --names mug,bowl,spoon"):
        explore(replace(first, resume=True), FAKE)
    assert (
        explore(replace(first, names=("mug", "bowl", "spoon"), resume=True), FAKE)["objects"] == 3
    )


def test_exploring_more_objects_names_the_commands_that_do_it(tmp_path: Path) -> None:
    first = ExploreConfig(
        objects="small", out=tmp_path / "run", names=("mug",), rotations=1, workers=1, seed=3
    )
    explore(first, FAKE)
    again = replace(first, names=("mug", "a/b", "spoon"), resume=True)
    adding = (
        f"`colonnade train --objects small --seed 3 --names=a/b,spoon --out {first.out} --resume`"
    )
    with pytest.raises(RunFolderError, match=re.escape(adding)):
        explore(again, FAKE)
    with pytest.raises(ValueError, match="there is no object 'tea'"):
        explore(replace(again, names=("mug", "tea")), FAKE)
    asked = config(first.out, names=("a/b", "spoon"), seed=3, resume=True)
    assert train(asked, FAKE)["objects"] == 3


def test_a_request_of_which_nothing_came_is_not_dropped_silently(
    tmp_path: Path, learned: list[str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    asked = config(tmp_path / "run", names=("mug", "bowl"))

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as stopped:
        stopped.setattr(fake_engine, "learn", stop)
        with pytest.raises(Interrupted, match="0 of 2 objects are saved"):
            train(asked, FAKE)
    capsys.readouterr()
    train(replace(asked, names=("spoon",), resume=True), FAKE)
    assert learned == ["spoon"]
    notes = " ".join(capsys.readouterr().err.split())
    assert "nothing was learned yet of what was asked for before (mug, bowl)" in notes


def test_benchmarks_do_not_grow(tmp_path: Path) -> None:
    asked = PoliciesConfig(
        objects="small", names=("mug",), out=tmp_path, rotations=1, seeds=(0,), resume=True
    )
    policies.run(asked, FAKE)
    with pytest.raises(RunFolderError, match="--names was mug and is now mug,bowl"):
        policies.run(replace(asked, names=("mug", "bowl")), FAKE)
