"""Objects that cannot be used: the work goes on with the others, and they are named at the end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.agent import fake_engine
from tests.agent.meshes import wedge
from tests.agent.small_runs import rows

from colonnade.bench import policies
from colonnade.bench.config import PoliciesConfig
from colonnade.cli import main
from colonnade.commands.evaluate import evaluate
from colonnade.commands.explore import explore
from colonnade.commands.outcome import NothingUsableError
from colonnade.commands.train import train
from colonnade.config import EvaluateConfig, ExploreConfig, TrainConfig
from colonnade.engine import UnlearnableError
from colonnade.run_folder import RunFolderError

FAKE = "tests.agent.fake_engine"
REASON = "broken: broken.obj is cut short: copy it again."


def config(out: Path, objects: str = "partly", **changes: Any) -> TrainConfig:
    return TrainConfig(**{"out": out, "objects": objects, "workers": 1, **changes})


def mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_engine, "BROKEN", set())


@pytest.mark.parametrize("workers", [1, 2])
def test_training_goes_on_with_the_others(
    tmp_path: Path, workers: int, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    summary = train(config(run, workers=workers), FAKE)
    assert summary["unusable"] == {"broken": REASON}
    assert summary["object_names"] == ["mug", "bowl"]
    assert json.loads((run / "training.json").read_text())["unusable"] == {"broken": REASON}
    told = capsys.readouterr().err
    assert told.count(REASON) == 2  # when met, and at the end
    assert "1 object could not be learned; mend it and repeat the command with --resume" in told
    shown = evaluate(EvaluateConfig(run=run, rotations=2, workers=1), FAKE)
    assert (shown["episodes"], shown["unusable"]) == (4, {})
    assert "Not shown, as it was never learned: broken." in capsys.readouterr().err


def test_a_name_that_no_model_takes_is_refused_before_it_is_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    long, longest = "x" * 201, "ü" * 200
    monkeypatch.setitem(fake_engine.SETS, "long", ("mug", long, longest))
    summary = train(config(tmp_path / "run", "long"), FAKE)
    assert summary["unusable"] == {
        long: f"{'x' * 40}...: a name may have 200 characters, and this one has 201: rename the "
        "mesh."
    }
    assert summary["object_names"] == ["mug", longest]
    assert summary["unusable"][long] in capsys.readouterr().err


def test_resume_tries_only_what_is_missing_and_ends_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    train(config(run), FAKE)
    partial = (run / "model.safetensors").read_bytes()
    assert train(config(run, resume=True), FAKE)["unusable"] == {"broken": REASON}
    assert (run / "model.safetensors").read_bytes() == partial
    evaluate(EvaluateConfig(run=run, rotations=2, workers=1), FAKE)

    mend(monkeypatch)
    learned: list[str] = []
    learn = fake_engine.learn
    monkeypatch.setattr(
        fake_engine, "learn", lambda mesh, **o: learned.append(mesh.name) or learn(mesh, **o)
    )
    assert train(config(run, resume=True), FAKE)["unusable"] == {}
    assert learned == ["broken"]
    train(config(tmp_path / "whole"), FAKE)
    whole = (tmp_path / "whole" / "model.safetensors").read_bytes()
    assert (run / "model.safetensors").read_bytes() == whole
    with pytest.raises(RunFolderError, match="the model has changed"):
        evaluate(EvaluateConfig(run=run, rotations=2, workers=1, resume=True), FAKE)


def test_nothing_usable_is_an_error_and_leaves_no_run_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    with pytest.raises(NothingUsableError, match=r"^None of the 2 objects of ruins .*cut short"):
        train(config(run, "ruins"), FAKE)
    with pytest.raises(NothingUsableError, match=r"^broken: broken.obj is cut short"):
        train(config(run, names=("broken",)), FAKE)
    mend(monkeypatch)
    assert train(config(run, "ruins", scale=0.001), FAKE)["objects"] == 2


def test_explore_reports_on_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ExploreConfig(objects="partly", out=tmp_path / "run", rotations=2, workers=1)
    summary = explore(asked, FAKE)
    assert (summary["episodes"], summary["unusable"]) == (4, {"broken": REASON})
    assert summary["objects_unseen"] == 0
    assert capsys.readouterr().err.count(REASON) == 2
    assert (tmp_path / "run" / "report.html").is_file()


def test_explore_goes_on_once_they_are_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ExploreConfig(objects="partly", out=tmp_path / "run", rotations=2, workers=1)
    explore(asked, FAKE)
    mend(monkeypatch)
    again = replace(asked, resume=True)
    with pytest.raises(RunFolderError, match="--noise was standard and is now raw"):
        explore(replace(again, noise="raw"), FAKE)
    capsys.readouterr()
    summary = explore(again, FAKE)
    assert (summary["episodes"], summary["unusable"]) == (6, {})
    assert capsys.readouterr().err.count("it begins anew, and what there was is kept beside") == 1
    explore(replace(asked, out=tmp_path / "whole"), FAKE)
    table = "episodes.parquet"
    assert rows(tmp_path / "run" / table) == rows(tmp_path / "whole" / table)
    assert not list((tmp_path / "run").glob("*.before"))


def test_a_benchmark_goes_on_once_they_are_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = PoliciesConfig(objects="partly", out=tmp_path / "run", rotations=2, seeds=(0, 1))
    assert policies.run(asked, FAKE) == 1
    mend(monkeypatch)
    capsys.readouterr()
    assert policies.run(replace(asked, resume=True), FAKE) == 0
    told = capsys.readouterr().err
    assert told.count("what was shown to models that have changed begins anew") == 1
    assert policies.run(replace(asked, out=tmp_path / "whole"), FAKE) == 0
    place = "seed1/random/episodes.parquet"
    assert rows(tmp_path / "run" / place) == rows(tmp_path / "whole" / place)
    assert not list((tmp_path / "run").rglob("*.before"))


def test_strangers_that_cannot_be_shown_are_left_out(tmp_path: Path) -> None:
    run, out = tmp_path / "run", tmp_path / "e"
    train(config(run, "tiny"), FAKE)
    asked = EvaluateConfig(run=run, objects="partly", rotations=2, workers=1, out=out)
    summary = evaluate(asked, FAKE)
    assert (summary["episodes"], summary["unusable"]) == (4, {"broken": REASON})
    with pytest.raises(NothingUsableError, match="None of the 2 objects of ruins"):
        evaluate(EvaluateConfig(run=run, objects="ruins", rotations=2, workers=1, out=out), FAKE)


@pytest.mark.parametrize(
    ("command", "objects", "code"),
    [("train", "partly", 1), ("explore", "partly", 1), ("train", "ruins", 1), ("train", "tiny", 0)],
)
def test_the_exit_code_says_that_not_all_was_learned(
    tmp_path: Path, command: str, objects: str, code: int
) -> None:
    given = [command, "--objects", objects, "--workers", "1", "--out", str(tmp_path / "run")]
    with pytest.raises(SystemExit) as caught:
        main(given, engine=FAKE)
    assert caught.value.code == code


def test_no_object_can_be_called_unknown(tmp_path: Path) -> None:
    summary = train(config(tmp_path / "run", "odd", names=("mug", "unknown")), FAKE)
    assert summary["object_names"] == ["mug"]
    assert summary["unusable"]["unknown"].endswith("rename the mesh.")


def test_what_cannot_be_read_back_is_not_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = fake_engine.load_learned

    def load_small(path: Path) -> Any:
        if "mug" in path.name:
            raise ValueError(f"{path} is no sound model: surfels lie metres off")
        return load(path)

    monkeypatch.setattr(fake_engine, "load_learned", load_small)
    summary = train(config(tmp_path / "run", "tiny"), FAKE)
    assert summary["object_names"] == ["bowl"]
    assert "cannot be used (surfels lie metres off)" in summary["unusable"]["mug"]
    assert not (tmp_path / "run" / "objects" / "mug.safetensors").exists()


def test_a_mesh_that_the_sensor_never_meets_is_unusable(monkeypatch: pytest.MonkeyPatch) -> None:
    from colonnade import learning

    def reach_nothing(*_: object) -> np.ndarray:
        raise RuntimeError("found no place")

    monkeypatch.setattr(learning.Senses, "reset", reach_nothing)
    with pytest.raises(
        UnlearnableError, match=r"^wedge: the touch body never met it: .*--names\.$"
    ):
        learning.learn_object(wedge(), body="touch", seed=0)
