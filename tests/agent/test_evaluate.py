"""Evaluate, with a small fake of mind and body."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.agent import fake_engine
from tests.agent.small_runs import FAKE, config, rows, stopped_after

from colonnade.cli import main
from colonnade.commands.console import Interrupted
from colonnade.commands.evaluate import evaluate
from colonnade.commands.train import train
from colonnade.config import EvaluateConfig
from colonnade.flags import ConfigError
from colonnade.run_folder import RunFolderError
from colonnade_bridge.percepts import read_percepts


def test_steps_are_recorded_on_request(tmp_path: Path) -> None:
    train(config(tmp_path / "run", objects="tiny"), FAKE)
    evaluate(EvaluateConfig(run=tmp_path / "run", rotations=2, steps=True, workers=1), FAKE)
    steps = pq.read_table(tmp_path / "run" / "steps.parquet").to_pylist()
    episodes = pq.read_table(tmp_path / "run" / "episodes.parquet").to_pylist()
    assert len(steps) == sum(episode["steps"] for episode in episodes)
    assert len(steps[0]["location"]) == 3
    assert dict(steps[-1]["evidence"]).keys() <= {"mug", "bowl"}


def test_percepts_are_recorded_on_request(tmp_path: Path) -> None:
    train(config(tmp_path / "run", objects="tiny"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=2, percepts=True, workers=1, columns=3)
    evaluate(asked, FAKE)
    episodes = pq.read_table(tmp_path / "run" / "episodes.parquet").to_pylist()
    recorded = (tmp_path / "run" / "percepts.npz").read_bytes()
    recording = read_percepts(tmp_path / "run" / "percepts.npz")
    told = [(episode["object"], episode["steps"]) for episode in episodes]
    assert [(name, len(felt)) for name, felt in recording] == told
    assert recording.percepts.shape[1:] == (3, 18)
    assert recording.reach == 0.25
    evaluate(replace(asked, resume=True), FAKE)  # from the journal
    assert (tmp_path / "run" / "percepts.npz").read_bytes() == recorded
    with pytest.raises(RunFolderError, match="--percepts"):
        evaluate(replace(asked, resume=True, percepts=True, out=plain(tmp_path)), FAKE)


def plain(tmp_path: Path) -> Path:
    """An evaluation whose percepts were not recorded."""
    out = tmp_path / "plain"
    asked = EvaluateConfig(run=tmp_path / "run", rotations=2, workers=1, columns=3, out=out)
    evaluate(asked, FAKE)
    return out


def test_evaluation_is_the_same_with_workers_noise_apart_and_elsewhere(tmp_path: Path) -> None:
    train(config(tmp_path / "run"), FAKE)
    for name, workers in (("one", 1), ("two", 2)):
        asked = EvaluateConfig(
            run=tmp_path / "run", rotations=3, workers=workers, out=tmp_path / name
        )
        evaluate(asked, FAKE)
    one, two = (rows(tmp_path / name / "episodes.parquet") for name in ("one", "two"))
    assert one == two
    assert not (tmp_path / "run" / "episodes.parquet").exists()
    evaluate(EvaluateConfig(run=tmp_path / "run", rotations=3, noise="none", workers=1), FAKE)
    quiet = rows(tmp_path / "run" / "episodes.parquet")
    assert [row["rotation"] for row in quiet] == [row["rotation"] for row in one]
    assert [row["steps"] for row in quiet] != [row["steps"] for row in one]


def test_evaluation_by_another_policy(tmp_path: Path) -> None:
    train(config(tmp_path / "run"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=3, workers=1)
    guided = evaluate(asked, FAKE)
    walked = evaluate(replace(asked, policy="random"), FAKE)
    assert (guided["policy"], walked["policy"]) == ("distinguish", "random")
    assert walked["steps_mean"] > guided["steps_mean"]  # so does the fake
    with pytest.raises(RunFolderError, match="--policy was random and is now distinguish"):
        evaluate(replace(asked, resume=True), FAKE)


def test_objects_that_are_moved_meanwhile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(config(tmp_path / "run"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=2, workers=1, moves=2)
    summary = evaluate(asked, FAKE)
    assert summary["moves"] == "2 x up to 50 mm, 45 degrees, open, noticed"
    told = " ".join(capsys.readouterr().out.split())
    assert "moved 2 times by up to 50 mm and 45 degrees meanwhile" in told
    table = rows(tmp_path / "run" / "episodes.parquet")
    assert {(row["moved_at"], row["noticed"]) for row in table} == {(4, 1)}  # as in the fake
    with pytest.raises(RunFolderError, match="--moves was 2 x up to 50 mm"):
        evaluate(replace(asked, resume=True, moves=0), FAKE)
    with pytest.raises(ConfigError, match="--moves is -1"):
        evaluate(replace(asked, moves=-1), FAKE)


def test_objects_of_any_size(tmp_path: Path) -> None:
    train(config(tmp_path / "run"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=2, workers=1, any_size=True, size=0.8)
    assert evaluate(asked, FAKE)["any_size"] is True
    table = rows(tmp_path / "run" / "episodes.parquet")
    assert len({row["scale"] for row in table}) == len(table)
    assert all(row["scale"] == pytest.approx(0.8, rel=0.05) for row in table)  # as in the fake
    with pytest.raises(ConfigError, match="--size is 0"):
        evaluate(replace(asked, size=0.0), FAKE)
    with pytest.raises(RunFolderError, match="--any-size was True"):
        evaluate(replace(asked, resume=True, any_size=False), FAKE)


def test_the_table_says_how_many_episodes_timed_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(config(tmp_path / "run"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=2, workers=1)
    evaluate(asked, FAKE)
    assert "came to the limit" not in capsys.readouterr().out
    evaluate(replace(asked, max_steps=20), FAKE)
    told = " ".join(capsys.readouterr().out.split())
    late = sum(row["timeout"] for row in rows(tmp_path / "run" / "episodes.parquet"))
    assert late > 1
    assert f"{late} of 12 episodes came to the limit of 20 steps" in told


def test_what_is_unusual_about_an_evaluation_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    train(config(run), FAKE)
    asked = EvaluateConfig(run=run, rotations=1, workers=1)
    capsys.readouterr()
    evaluate(asked, FAKE)
    assert "were" not in capsys.readouterr().out
    assert "They were" not in (run / "report.html").read_text(encoding="utf-8")
    evaluate(replace(asked, size=0.8, any_size=True, moves=2), FAKE)
    told = " ".join(capsys.readouterr().out.split())
    page = (run / "report.html").read_text(encoding="utf-8")
    phrases = ("shown 0.8 times as large", "looked for at any size", "moved 2 times by up to 50 mm")
    for phrase in phrases:
        assert phrase in told
        assert page.count(phrase) == 2  # at the head and at the foot
    evaluate(replace(asked, columns=3, policy="random"), FAKE)
    told = " ".join(capsys.readouterr().out.split())
    assert "sensed by 3 columns explored by the policy random" in told


def test_interrupted_evaluation_goes_on_and_may_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(config(tmp_path / "run"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=3, workers=1)
    evaluate(replace(asked, out=tmp_path / "whole"), FAKE)
    _, go_on = stopped_after(7, monkeypatch)
    with pytest.raises(Interrupted, match=r"7 of 18 episodes are saved"):
        evaluate(asked, FAKE)
    with (tmp_path / "run" / "episodes.jsonl").open("ab") as journal:
        journal.write(b'00000000 {"object": "mu')  # what a kill leaves
    go_on()
    evaluate(replace(asked, resume=True), FAKE)
    whole, resumed = (rows(tmp_path / name / "episodes.parquet") for name in ("whole", "run"))
    assert whole == resumed
    with pytest.raises(RunFolderError, match="--noise was standard and is now raw"):
        evaluate(replace(asked, resume=True, noise="raw"), FAKE)
    summary = evaluate(replace(asked, resume=True, rotations=5), FAKE)
    assert summary["episodes"] == 30


def test_meshes_that_were_moved_since_training_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, run = tmp_path / "meshes", tmp_path / "elsewhere", tmp_path / "run"
    old.mkdir()
    for folder in (old, new):
        monkeypatch.setitem(fake_engine.SETS, str(folder), ("mug", "bowl"))
    train(config(run, objects=str(old), scale=0.5), FAKE)
    old.rename(new)
    asked = EvaluateConfig(run=run, rotations=1, workers=1)
    sentence = rf"trained from {old}, which is not there any more: .* --objects SET --scale 0\.5\."
    with pytest.raises(RunFolderError, match=sentence):
        evaluate(asked, FAKE)
    assert evaluate(replace(asked, objects=str(new), scale=0.5), FAKE)["episodes"] == 2
    with pytest.raises(RunFolderError, match=rf"its meshes were in {old}, which is not there"):
        train(config(run, objects=str(new), scale=0.5, resume=True), FAKE)


def test_what_is_not_in_the_set_any_more_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run, page = tmp_path / "run", tmp_path / "run" / "report.html"
    monkeypatch.setitem(fake_engine.SETS, "mine", ("my mug", "torus", "bowl"))
    train(config(run, objects="mine"), FAKE)
    monkeypatch.setitem(fake_engine.SETS, "mine", ("my mug", "bowl", "new"))
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", str(run), "--rotations", "1", "--workers", "1"], engine=FAKE)
    assert ended.value.code == 1  # a part of it could not be done
    told = capsys.readouterr().err
    assert (
        f"1 object that {run} learned is not in mine any more: torus; put back what is missing, "
        "or leave it at the others with --names 'my mug,bowl'.\n"
    ) in told
    summary = json.loads((run / "summary.json").read_text())
    assert (summary["episodes"], summary["missing"]) == (2, ["torus"])
    assert page.read_text().count("data:image/png") > 3  # what is there has its pictures
    asked = EvaluateConfig(run=run, rotations=1, workers=1, names=("my mug", "bowl"))
    assert evaluate(asked, FAKE)["missing"] == []
    assert "any more" not in capsys.readouterr().err
    monkeypatch.setitem(fake_engine.SETS, "mine", ("new",))
    with pytest.raises(
        RunFolderError, match=r"Nothing that .* learned is in mine any more \(my mug"
    ):
        evaluate(replace(asked, names=()), FAKE)


def test_a_resumed_evaluation_does_not_shrink(tmp_path: Path) -> None:
    train(config(tmp_path / "run", objects="tiny"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=3, workers=1, resume=True)
    evaluate(asked, FAKE)
    table = tmp_path / "run" / "episodes.parquet"
    before = table.read_bytes()
    with pytest.raises(RunFolderError, match="3 orientations of an object and --rotations is 2"):
        evaluate(replace(asked, rotations=2), FAKE)
    with pytest.raises(RunFolderError, match=r"objects that are not asked for now \(bowl\)"):
        evaluate(replace(asked, names=("mug",)), FAKE)
    assert table.read_bytes() == before
    assert evaluate(asked, FAKE)["episodes"] == 6


def test_unknown_is_right_for_what_was_never_learned(tmp_path: Path) -> None:
    train(config(tmp_path / "run", names=("mug", "bowl", "spoon")), FAKE)
    asked = EvaluateConfig(
        run=tmp_path / "run", objects="strangers", rotations=20, workers=1, out=tmp_path / "e"
    )
    summary = evaluate(asked, FAKE)
    assert summary["objects_unseen"] == 1
    assert 0.5 < summary["unknown_recall"] <= 1.0
    assert summary["false_unknown_rate"] == 0.0
    assert "never learned" in (tmp_path / "e" / "report.html").read_text()


def test_a_scale_that_the_trained_set_would_not_heed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(fake_engine.SETS, "builtin", ("mug", "bowl"))
    train(config(tmp_path / "run", objects="builtin"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=1, workers=1)
    with pytest.raises(ConfigError, match="--scale is for files of meshes, and builtin has its"):
        evaluate(replace(asked, scale=0.5), FAKE)
    assert evaluate(replace(asked, scale=1.0), FAKE)["episodes"] == 2


def test_evaluate_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"is no run folder .*colonnade train"):
        evaluate(EvaluateConfig(run=tmp_path / "none"), FAKE)
    train(config(tmp_path / "run", objects="tiny"), FAKE)
    (tmp_path / "run" / "model.safetensors").unlink()
    with pytest.raises(RunFolderError, match=r"no model.safetensors yet"):
        evaluate(EvaluateConfig(run=tmp_path / "run"), FAKE)


def test_evaluation_stays_out_of_folders_that_hold_something_else(tmp_path: Path) -> None:
    for name in ("run", "other"):
        train(config(tmp_path / name, objects="tiny"), FAKE)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "report.html").write_text("mine")
    asked = EvaluateConfig(run=tmp_path / "run", rotations=1, workers=1)
    with pytest.raises(RunFolderError, match="holds another run: give --out"):
        evaluate(replace(asked, out=tmp_path / "other"), FAKE)
    with pytest.raises(RunFolderError, match="holds other files: give --out"):
        evaluate(replace(asked, out=tmp_path / "home"), FAKE)
    assert (tmp_path / "home" / "report.html").read_text() == "mine"
    for _ in range(2):  # a second evaluation replaces the first
        evaluate(replace(asked, out=tmp_path / "own"), FAKE)


def test_an_evaluation_is_kept_until_another_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    train(config(run, objects="tiny"), FAKE)
    asked = EvaluateConfig(run=run, rotations=2, workers=1)
    evaluate(asked, FAKE)
    first = (run / "report.html").read_bytes()
    for _ in range(2):  # nor does a second try that fails lose it
        with monkeypatch.context() as broken:
            broken.setattr("colonnade.commands.evaluate._run_all", _full_disk)
            with pytest.raises(OSError, match="full"):
                evaluate(replace(asked, seed=1), FAKE)
        assert not (run / "report.html").exists()
        assert (run / "report.html.before").read_bytes() == first
    evaluate(replace(asked, seed=1), FAKE)
    assert (run / "report.html").exists()
    assert not list(run.glob("*.before"))


def _full_disk(*_: object) -> None:
    raise OSError("the disk is full")


@pytest.mark.parametrize(
    "damage", ["[]", "{", '{"per_object": [1], "train_s": "x"}', '{"train_s": 1}']
)
def test_a_damaged_summary_of_the_training_costs_its_numbers_only(
    tmp_path: Path, damage: str
) -> None:
    train(config(tmp_path / "run", objects="tiny"), FAKE)
    (tmp_path / "run" / "training.json").write_text(damage)
    summary = evaluate(EvaluateConfig(run=tmp_path / "run", rotations=1, workers=1), FAKE)
    assert (summary["train_s"], summary["training"]) == (None, {})


def test_damaged_table_is_made_anew_from_the_journal(tmp_path: Path) -> None:
    train(config(tmp_path / "run", objects="tiny"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=3, workers=1)
    evaluate(asked, FAKE)
    table = tmp_path / "run" / "episodes.parquet"
    before = rows(table)
    table.write_bytes(table.read_bytes()[:100])
    evaluate(replace(asked, resume=True), FAKE)
    assert rows(table) == before


def test_a_benchmark_is_not_evaluated_as_a_run(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[bench]\nbenchmark = "continual"\n')
    with pytest.raises(RunFolderError, match=r"holds a benchmark.*bench\.json"):
        evaluate(EvaluateConfig(run=tmp_path, workers=1), FAKE)


@pytest.mark.parametrize("when", ["before the first episode", "before the report"])
def test_a_model_that_changes_meanwhile_is_told(
    when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(config(tmp_path / "run"), FAKE)
    train(config(tmp_path / "other", seed=1), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", out=tmp_path / "e", rotations=1, workers=1)

    def change(*_: object) -> None:
        (tmp_path / "other" / "model.safetensors").replace(tmp_path / "run" / "model.safetensors")

    if when == "before the report":
        monkeypatch.setattr("colonnade.commands.evaluate.write_episodes", change)
    else:
        monkeypatch.setattr(fake_engine, "prepare", change)
    with pytest.raises(RunFolderError, match=r"model.safetensors has changed while it was"):
        evaluate(asked, FAKE)
    assert not (tmp_path / "e" / "summary.json").exists()
