"""Train, explore and objects, with a small fake of mind and body."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.agent import fake_engine
from tests.agent.small_runs import FAKE, HEADLINES, config

from colonnade.commands.console import Interrupted
from colonnade.commands.evaluate import evaluate
from colonnade.commands.explore import explore
from colonnade.commands.objects import objects
from colonnade.commands.train import train
from colonnade.config import EvaluateConfig, ExploreConfig, ObjectsConfig
from colonnade.flags import ConfigError
from colonnade.model_source import model_source
from colonnade.run_folder import RunFolderError
from colonnade.sets import set_identity


def test_train_makes_the_run_folder(tmp_path: Path) -> None:
    summary = train(config(tmp_path / "run", json=tmp_path / "s.json"), FAKE)
    made = {path.name for path in (tmp_path / "run").iterdir()}
    assert made >= {"config.toml", "model.safetensors", "objects", "training.json"}
    assert len(list((tmp_path / "run" / "objects").glob("*.safetensors"))) == 6
    assert summary["objects"] == 6
    assert summary["surfels_mean"] == 600
    assert json.loads((tmp_path / "s.json").read_text())["object_names"][2] == "random:007"


def test_model_depends_on_seed_and_not_on_workers(tmp_path: Path) -> None:
    models = []
    for name, workers, seed in (("a", 1, 0), ("b", 2, 0), ("c", 1, 1)):
        train(config(tmp_path / name, workers=workers, seed=seed), FAKE)
        models.append((tmp_path / name / "model.safetensors").read_bytes())
    assert models[0] == models[1]
    assert models[0] != models[2]


def test_resume_after_an_interruption_gives_the_same_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train(config(tmp_path / "whole"), FAKE)
    learned: list[str] = []
    learn = fake_engine.learn

    def learn_three(mesh: Any, **options: Any) -> Any:
        if len(learned) == 3:
            raise KeyboardInterrupt
        learned.append(mesh.name)
        return learn(mesh, **options)

    monkeypatch.setattr(fake_engine, "learn", learn_three)
    with pytest.raises(Interrupted, match=r"3 of 6 objects are saved in .*--resume goes on"):
        train(config(tmp_path / "run"), FAKE)
    assert not (tmp_path / "run" / "model.safetensors").exists()
    learned.clear()
    train(config(tmp_path / "run", resume=True), FAKE)
    assert len(learned) == 3
    assert "Learned 6 objects (3 of them now) in " in capsys.readouterr().out
    for file in ("model.safetensors", "objects/mug.safetensors", "objects/fork.safetensors"):
        assert (tmp_path / "run" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()
    learned.clear()
    capsys.readouterr()
    assert train(config(tmp_path / "run", resume=True), FAKE)["objects"] == 6
    assert learned == []
    told = capsys.readouterr().out
    assert "Learned nothing new, 6 objects had been learned already: 600 surfels each" in told


def test_explore_tells_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ExploreConfig(
        objects="small", out=tmp_path / "run", rotations=4, workers=1, json=tmp_path / "s.json"
    )
    explore(asked, FAKE)
    summary = json.loads((tmp_path / "s.json").read_text())
    assert summary.keys() >= HEADLINES
    assert summary["step_us"].keys() == {"sense", "infer", "policy", "total"}
    assert summary == json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["episodes"] == 24
    told = capsys.readouterr().out
    assert "random:007" in told
    assert "µs a step (median)." in told
    assert "report.html" in told
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000
    table = pq.read_table(tmp_path / "run" / "episodes.parquet")
    assert table.num_rows == 24
    assert "trace" not in table.column_names
    assert not (tmp_path / "run" / "steps.parquet").exists()


def test_stopped_exploration_says_in_which_folder_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fake_engine, "learn", stop)
    with pytest.raises(Interrupted, match=r"with --out runs/explore-\S+ --resume goes on"):
        explore(ExploreConfig(objects="tiny", workers=1), FAKE)
    with pytest.raises(Interrupted, match="same command with --resume goes on"):
        explore(ExploreConfig(objects="tiny", workers=1, out=tmp_path / "r"), FAKE)


def test_training_from_views(tmp_path: Path) -> None:
    few = config(tmp_path / "few", body="camera", views=4)
    assert train(few, FAKE)["surfels_mean"] == 4 * 40  # so does the fake
    with pytest.raises(RunFolderError, match="--views was 4 and is now 0"):
        train(replace(few, views=0, resume=True), FAKE)
    for changes, sentence in (
        ({"body": "touch"}, "--views needs --body camera"),
        ({"views": 15}, "--views is 15, but must be 1 to 14, or 0"),
        ({"views": -1}, "--views is -1, but must be 1 to 14, or 0"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            train(replace(few, out=tmp_path / "not", **changes), FAKE)  # type: ignore[arg-type]


def test_objects_lists_and_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert objects(ObjectsConfig(objects="small", json=tmp_path / "o.json"), FAKE) == 0
    assert (tmp_path / "objects-small.png").is_file()
    assert "random:007" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "o.json").read_text())["objects"]) == 6


def test_objects_names_what_train_refuses_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = ("unknown", "two\nlines", "x" * 201)
    monkeypatch.setitem(fake_engine.SETS, "odd", ("mug", *refused))
    asked = ObjectsConfig(objects="odd", out=tmp_path / "o.png", json=tmp_path / "o.json")
    assert objects(asked, FAKE) == 1
    rows = json.loads((tmp_path / "o.json").read_text())["objects"]
    told = {row["name"]: row["error"] for row in rows if "error" in row}
    assert told == train(config(tmp_path / "run", objects="odd"), FAKE)["unusable"]
    assert tuple(told) == refused
    assert told["two\nlines"].startswith(r"two\nlines: a name may have no line feeds")


def test_a_name_cannot_command_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(fake_engine.SETS, "odd", ("mug", "cup\x1b[2J"))
    assert objects(ObjectsConfig(objects="odd", out=tmp_path / "o.png"), FAKE) == 1
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err
    assert r"cup\x1b[2J" in told.out


def test_square_brackets_in_names_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = "lid[red]"
    asked = ObjectsConfig(objects="odd", names=(odd,), out=tmp_path / "o.png")
    assert objects(asked, FAKE) == 0
    assert odd in capsys.readouterr().out
    run = tmp_path / "run"
    explore(ExploreConfig(objects="odd", names=(odd,), rotations=1, workers=1, out=run), FAKE)
    assert odd in capsys.readouterr().out


def test_resume_learns_a_damaged_object_once_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = config(tmp_path / "run", objects="tiny")
    train(asked, FAKE)
    model = tmp_path / "run" / "model.safetensors"
    before = model.read_bytes()
    model.unlink()
    file = tmp_path / "run" / "objects" / "mug.safetensors"
    file.write_bytes(file.read_bytes()[:100])
    train(replace(asked, resume=True), FAKE)
    assert model.read_bytes() == before
    assert "mug is learned once more" in " ".join(capsys.readouterr().err.split())


def test_a_run_that_is_a_file_or_lacks_settings_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is a file: give the run folder"):
        evaluate(EvaluateConfig(run=Path(__file__)), FAKE)
    run = tmp_path / "run"
    train(config(run, objects="tiny"), FAKE)
    kept = [line for line in (run / "config.toml").read_text().splitlines() if "scale" not in line]
    (run / "config.toml").write_text("\n".join(kept))
    with pytest.raises(RunFolderError, match="has no scale"):
        evaluate(EvaluateConfig(run=run), FAKE)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scale", '"big"'),
        ("body", '"nose"'),
        ("names", '"mug"'),
        ("names", "[1]"),
        ("objects", "3"),
    ],
)
def test_settings_of_another_type_are_told(tmp_path: Path, key: str, value: str) -> None:
    run = tmp_path / "run"
    train(config(run, objects="tiny"), FAKE)
    lines = (run / "config.toml").read_text().splitlines()
    changed = [f"{key} = {value}" if line.startswith(f"{key} =") else line for line in lines]
    (run / "config.toml").write_text("\n".join(changed))
    with pytest.raises(RunFolderError, match=rf"config.toml is damaged \(\[train\] has {key}"):
        evaluate(EvaluateConfig(run=run), FAKE)


def test_an_evaluation_in_place_of_its_run_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    train(config(Path("runs/first"), objects="tiny"), FAKE)
    shown = Path("runs/felt")
    evaluate(EvaluateConfig(run=Path("runs/first"), out=shown, rotations=1, workers=1), FAKE)
    with pytest.raises(RunFolderError, match=r"felt is an evaluation: .* shows, runs/first\."):
        model_source(shown)


def test_a_damaged_model_is_made_anew_from_its_objects(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    train(config(run, objects="tiny"), FAKE)
    model = run / "model.safetensors"
    whole = model.read_bytes()
    model.write_bytes(whole[:100])
    with pytest.raises(
        RunFolderError, match=r"make it anew with `colonnade train --out .* --resume`"
    ):
        evaluate(EvaluateConfig(run=run, rotations=1, workers=1), FAKE)
    train(config(run, objects="tiny", resume=True), FAKE)
    assert model.read_bytes() == whole
    assert "model.safetensors is damaged" in " ".join(capsys.readouterr().err.split())


def test_a_set_is_not_mistaken_for_a_folder_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "builtin").mkdir()
    (tmp_path / "meshes").mkdir()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "random").mkdir()
    for name in ("builtin", "random", "random:007"):
        assert set_identity(name) == name
    assert set_identity("./builtin") == str(tmp_path / "builtin")
    assert set_identity("meshes") == str(tmp_path / "meshes")


def test_commands_that_are_suggested_can_be_copied_into_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    train(config(Path("with space"), objects="tiny"), FAKE)
    assert "Next: colonnade evaluate 'with space'\n" in capsys.readouterr().out
    with pytest.raises(RunFolderError, match="`colonnade train --objects SET --out 'no run'`"):
        evaluate(EvaluateConfig(run=Path("no run")), FAKE)
    Path("with space/model.safetensors").unlink()
    with pytest.raises(RunFolderError, match="`colonnade train --out 'with space' --resume`"):
        evaluate(EvaluateConfig(run=Path("with space")), FAKE)


def test_one_is_not_spoken_of_as_several(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    train(config(run, objects="tiny", names=("mug",)), FAKE)
    evaluate(EvaluateConfig(run=run, rotations=1, workers=1), FAKE)
    assert " correct in 1 episode, " in capsys.readouterr().out
    page = (run / "report.html").read_text()
    assert "1 object of <b>tiny</b>, each shown in 1 random orientation, " in page
    assert "of 1 episode<" in page
    assert "<p>1 object. On the left" in page
    objects(ObjectsConfig(listed="partly", out=tmp_path / "o.png"), FAKE)
    told = capsys.readouterr().err
    assert "1 of 3 objects cannot be used (see the table): mend it, or leave it out" in told
