"""The doctor on a run folder: what is damaged, what is not complete, and what is well."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.agent import fake_engine
from tests.agent.small_runs import FAKE, config

from colonnade.bench import policies
from colonnade.bench.config import PoliciesConfig
from colonnade.commands.again import resumed_run
from colonnade.commands.console import Interrupted
from colonnade.commands.discover import discover
from colonnade.commands.evaluate import evaluate
from colonnade.commands.explore import explore
from colonnade.commands.train import train
from colonnade.config import DiscoverConfig, DoctorConfig, EvaluateConfig, ExploreConfig
from colonnade.doctor import doctor
from colonnade.doctor_run import run_checks
from colonnade.finding import Finding
from colonnade.run_folder import RunFolderError


def found(path: Path) -> dict[str, Finding]:
    """The last finding of each kind."""
    return {one.what: one for _, check in run_checks(path, FAKE) for one in check()}


def states(path: Path) -> set[str]:
    return {one.state for one in found(path).values()}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    asked = ExploreConfig(objects="tiny", out=tmp_path / "run", rotations=2, workers=1, steps=True)
    explore(asked, FAKE)
    return tmp_path / "run"


def test_a_whole_run_is_well(run: Path) -> None:
    assert states(run) == {"ok"}
    assert found(run).keys() == {
        "config.toml", "model", "objects", "meshes", "episodes.parquet", "steps.parquet",
        "training.json", "summary.json", "report.html",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("file", "what"),
    [
        ("config.toml", "config.toml"),
        ("model.safetensors", "model"),
        ("objects/mug.safetensors", "objects"),
        ("episodes.parquet", "evaluation"),
        ("steps.parquet", "evaluation"),
        ("training.json", "training.json"),
        ("summary.json", "summary.json"),
        ("report.html", "report.html"),
    ],
)
def test_a_file_that_was_cut_short_is_broken(run: Path, file: str, what: str) -> None:
    content = (run / file).read_bytes()
    (run / file).write_bytes(content[: len(content) // 2])
    broken = [one for _, check in run_checks(run, FAKE) for one in check() if one.state == "broken"]
    assert [one.what for one in broken] == [what]


@pytest.mark.parametrize("file", ["training.json", "summary.json", "report.html"])
def test_a_file_that_is_missing_is_told(run: Path, file: str) -> None:
    (run / file).unlink()
    assert found(run)[file].state == "note"
    assert "is missing: repeat the command that made it with --resume" in found(run)[file].detail
    explore(
        ExploreConfig(objects="tiny", out=run, rotations=2, workers=1, steps=True, resume=True),
        FAKE,
    )
    assert states(run) == {"ok"}


@pytest.mark.parametrize("file", ["training.jsonl", "episodes.jsonl", "model.safetensors"])
def test_what_a_resumed_run_would_make_once_more_is_told(
    run: Path, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / file).unlink()
    what = "model" if file == "model.safetensors" else file
    assert found(run)[what].state == "note"
    assert f"{run / file} is missing" in found(run)[what].detail
    assert doctor(DoctorConfig(model=run), FAKE) == 0
    assert f"In {run} not all is there and up to date: see {what}." in capsys.readouterr().out
    explore(
        ExploreConfig(objects="tiny", out=run, rotations=2, workers=1, steps=True, resume=True),
        FAKE,
    )
    assert states(run) == {"ok"}


@pytest.mark.parametrize("file", ["training.jsonl", "episodes.jsonl"])
def test_a_journal_that_lost_a_line_is_told(run: Path, file: str) -> None:
    lines = (run / file).read_bytes().splitlines(keepends=True)
    (run / file).write_bytes(b"".join(lines[1:]))
    assert found(run)[file].detail.startswith(f"{run / file} has ")


def test_a_model_elsewhere_of_which_it_is_an_evaluation_is_told(tmp_path: Path) -> None:
    run, out = tmp_path / "run", tmp_path / "shown"
    train(config(run, names=("mug", "bowl")), FAKE)
    evaluate(EvaluateConfig(run=run, rotations=1, workers=1, out=out), FAKE)
    assert states(out) == {"ok"}
    train(config(run, names=("spoon",), resume=True), FAKE)
    assert f"`colonnade evaluate {run} --out {out}`" in found(out)["evaluation"].detail
    (run / "model.safetensors").write_bytes(b"no model")
    assert found(out)["model"].state == "broken"
    (run / "model.safetensors").unlink()
    assert found(out)["model"].state == "note"
    assert "of which this is an evaluation, is missing" in found(out)["model"].detail


Typed = Callable[..., str]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Has a command typed, and returns it."""

    def type_in(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["/usr/bin/colonnade", *words])
        return " ".join(["colonnade", *words])

    return type_in


DAMAGES = [b"", b"no model", b"{"]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("parts", ["whole", "damaged"])
def test_a_damaged_model_is_made_anew_by_the_command_that_is_told(
    damage: bytes, parts: str, tmp_path: Path, typed: Typed
) -> None:
    run = tmp_path / "run"
    command = typed("train", "--objects", "tiny", "--out", str(run))
    train(config(run, objects="tiny"), FAKE)
    (run / "model.safetensors").write_bytes(damage)
    if parts == "damaged":
        (run / "objects" / "mug.safetensors").write_bytes(b"")
    told = found(run)["model"]
    assert told.state == "broken"
    again = f"repeat the command that made it with --resume: `{command} --resume`"
    if parts == "whole":
        assert told.detail.endswith(f"is whole, and gives it anew in seconds: {again}")
    else:
        assert told.detail.endswith(f"; {again}, or copy it anew")
        assert found(run)["objects"].detail.endswith(f"1 of 2 are not learned (mug): {again}")
    with pytest.raises(RunFolderError, match=f"make it anew with `{command} --resume`"):
        evaluate(EvaluateConfig(run=run, rotations=1, workers=1), FAKE)
    (run / "model.safetensors").unlink()
    assert found(run)["model"].detail.endswith(again)
    with pytest.raises(RunFolderError, match=f"finish its training with `{command} --resume`"):
        evaluate(EvaluateConfig(run=run, rotations=1, workers=1), FAKE)


def test_the_advice_of_a_damaged_model_is_that_of_its_run(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise ValueError(f"{path} is truncated or corrupt: train again or copy it anew")

    monkeypatch.setattr(fake_engine, "load_memory", refuse)
    assert "train again" not in found(run)["model"].detail
    (run / "config.toml").unlink()
    assert found(run)["model"].detail.endswith(": train again or copy it anew")


def test_a_damaged_model_of_a_stream_is_lived_again(tmp_path: Path, typed: Typed) -> None:
    run = tmp_path / "run"
    command = typed("discover", "--objects", "tiny", "--epochs", "2", "--out", str(run))
    discover(DiscoverConfig(objects="tiny", out=run, epochs=2), FAKE)
    (run / "model.safetensors").write_bytes(b"")
    assert found(run)["model"].detail.endswith(
        "is whole, and gives it anew in seconds: repeat the command that made it with --resume: "
        f"`{command} --resume`"
    )
    (run / "felt" / "000000.safetensors").write_bytes(b"")
    assert "is whole" not in found(run)["model"].detail
    assert found(run)["felt"].detail.endswith(f"`{command} --resume`")


def test_the_commands_that_are_told_are_those_that_made_it(run: Path, typed: Typed) -> None:
    """A folder that `explore` chose is named, and an evaluation has a command of its own."""
    asked = ExploreConfig(objects="tiny", out=run / "new", rotations=2, workers=1, steps=True)
    typed("explore", "--objects", "tiny")
    explore(asked, FAKE)
    for file in ("training.json", "summary.json", "report.html"):
        (run / "new" / file).unlink()
        told = found(run / "new")[file].detail
        assert told.endswith(f"`colonnade explore --objects tiny --out {run / 'new'} --resume`")
    command = typed("evaluate", str(run / "new"), "--rotations", "3", "--resume")
    evaluate(EvaluateConfig(run=run / "new", rotations=3, workers=1), FAKE)
    (run / "new" / "report.html").unlink()
    assert found(run / "new")["report.html"].detail.endswith(f"with --resume: `{command}`")


@pytest.mark.parametrize("command", ["3", "'rm -rf x'", "'colonnade \"'", "'colonnade dance'"])
def test_what_is_no_command_of_ours_is_not_advised(run: Path, command: str) -> None:
    with (run / "config.toml").open() as file:
        kept = [line for line in file if not line.startswith(("[made]", "command", "version"))]
    (run / "config.toml").write_text(f"{''.join(kept)}\n[made]\ncommand = {command}\n")
    (run / "training.json").unlink()
    assert found(run)["training.json"].detail.endswith("the command that made it with --resume")


@pytest.mark.parametrize("names", [("mug", "bowl", "fork"), ("mug",), ("spoon",), ("mug", "bowl")])
def test_a_model_of_another_run_is_told(names: tuple[str, ...], run: Path, tmp_path: Path) -> None:
    """Also one that has the same names, and learned otherwise."""
    train(config(tmp_path / "other", names=names, body="camera", views=3), FAKE)
    model = (run / "model.safetensors").read_bytes()
    other = (tmp_path / "other" / "model.safetensors").read_bytes()
    (run / "model.safetensors").write_bytes(other)
    what = "but otherwise than the run learned them"
    if names != ("mug", "bowl"):
        what = "; the run learned mug, bowl"
    told = found(run)["model"]
    assert told.state == "broken"
    for part in (f"{run}/model.safetensors is not of this run (", what, "--resume"):
        assert part in told.detail
    asked = EvaluateConfig(run=run, rotations=1, workers=1)
    with pytest.raises(RunFolderError, match="is not of this run"):
        evaluate(asked, FAKE)
    train(config(run, objects="tiny", resume=True), FAKE)
    assert (run / "model.safetensors").read_bytes() == model
    assert found(run)["model"].state == "ok"
    evaluate(asked, FAKE)


def test_a_run_to_which_objects_are_being_added_has_its_own_model(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(fake_engine.SETS, "tiny", ("mug", "bowl", "spoon"))

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as stopped:
        stopped.setattr(fake_engine, "learn", stop)
        with pytest.raises(Interrupted):
            train(config(run, objects="tiny", names=("spoon",), resume=True), FAKE)
    assert found(run)["model"].state == "ok"
    evaluate(EvaluateConfig(run=run, rotations=1, workers=1), FAKE)


KEPT = "; what the run has of them is kept"


def test_meshes_that_are_not_what_was_learned_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    train(config(run), FAKE)
    assert found(run)["meshes"] == Finding(
        "meshes", "ok", "those of all 6 are what was learned"
    )  # fmt: skip
    (run / "training.jsonl").unlink()  # training.json has them, too
    monkeypatch.setitem(fake_engine.SETS, "small", ("mug", "bowl", "spoon", "fork"))
    monkeypatch.setattr(fake_engine, "BROKEN", {"spoon"})
    monkeypatch.setitem(fake_engine.RESHAPED, "bowl", 1.2)
    told = found(run)["meshes"]
    assert (told.state, told.detail) == (
        "note",
        "in small not there any more: random:007, a/b; not usable any more: spoon; not the one "
        f"that was learned: bowl{KEPT}",
    )
    assert doctor(DoctorConfig(model=run), FAKE) == 0
    monkeypatch.delitem(fake_engine.SETS, "small")
    assert found(run)["meshes"].detail == f"There is no set 'small': use tiny{KEPT}"
    monkeypatch.setattr("colonnade.doctor_run.is_gone", lambda _: True)
    told = found(run)["meshes"]
    assert told.detail == f"they were in small, which is not there any more{KEPT}"


def test_a_robot_that_cannot_read_meshes_is_not_broken(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(*_: Any) -> None:
        raise ModuleNotFoundError("No module", name="trimesh")

    monkeypatch.setattr(fake_engine, "open_set", without)
    assert found(run)["meshes"].detail == "not looked at, as trimesh is missing here"
    assert states(run) == {"ok", "note"}


def test_a_file_of_another_object_is_told(run: Path) -> None:
    objects = run / "objects"
    (objects / "bowl.safetensors").write_bytes((objects / "mug.safetensors").read_bytes())
    told = [one for _, check in run_checks(run, FAKE) for one in check() if one.what == "objects"]
    assert (told[0].state, told[0].detail.partition(":")[0]) == (
        "broken", f"{objects / 'bowl.safetensors'} holds mug",
    )  # fmt: skip


def test_what_is_not_learned_is_told(tmp_path: Path) -> None:
    train(config(tmp_path / "run", objects="partly"), FAKE)
    assert found(tmp_path / "run")["objects"] == Finding(
        "objects", "note",
        "1 of 3 are not learned (broken): repeat the command that made it with --resume",
    )  # fmt: skip


def test_an_evaluation_that_was_stopped_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    train(config(run, objects="tiny"), FAKE)
    asked = EvaluateConfig(run=run, rotations=2, workers=1)
    evaluate(asked, FAKE)
    recognise, shown = fake_engine.recognise, iter("ab")

    def recognise_two(*given: Any, **options: Any) -> Any:
        if next(shown, None) is None:
            raise KeyboardInterrupt
        return recognise(*given, **options)

    monkeypatch.setattr(fake_engine, "recognise", recognise_two)
    with pytest.raises(Interrupted):
        evaluate(replace(asked, rotations=3), FAKE)
    assert "2 of 6 episodes are done" in found(run)["episodes.parquet"].detail
    assert "kept as *.before" in found(run)["evaluation"].detail
    assert states(run) == {"ok", "note"}


def test_an_evaluation_of_an_earlier_model_is_told(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(config(run, names=("mug", "bowl")), FAKE)
    evaluate(EvaluateConfig(run=run, rotations=1, workers=1), FAKE)
    assert states(run) == {"ok"}
    train(config(run, names=("spoon",), resume=True), FAKE)
    told = found(run)["evaluation"]
    assert told.state == "note"
    assert "of an earlier model than is there now" in told.detail
    assert f"`colonnade evaluate {run}`" in told.detail
    evaluate(EvaluateConfig(run=run, rotations=1, workers=1), FAKE)
    assert states(run) == {"ok"}
    model = (run / "model.safetensors").read_bytes()
    (run / "model.safetensors").write_bytes(model[: len(model) // 2])
    assert "evaluation" not in found(run)  # the model itself is told


def test_a_stream_is_checked(tmp_path: Path) -> None:
    run = tmp_path / "run"
    discover(DiscoverConfig(objects="tiny", out=run, epochs=2), FAKE)
    assert states(run) == {"ok"}
    assert found(run)["episodes.parquet"].detail == "4 episodes"
    for file in ("summary.json", "accuracy.svg", "graphs.svg"):
        (run / file).unlink()
        assert found(run)[file].state == "note"
    (run / "episodes.jsonl").rename(run / "kept")
    assert "episodes.jsonl is missing" in found(run)["episodes.jsonl"].detail
    assert found(run)["episodes.parquet"].detail == "4 episodes"
    (run / "kept").rename(run / "episodes.jsonl")
    (run / "felt" / "000000.safetensors").unlink()
    assert found(run)["felt"].state == "broken"
    (run / "episodes.parquet").write_bytes(b"PAR1")
    assert found(run)["episodes.parquet"].state == "broken"


def test_of_a_benchmark_only_what_is_not_well_is_told(tmp_path: Path) -> None:
    run = tmp_path / "run"
    policies.run(PoliciesConfig(objects="tiny", rotations=1, seeds=(0,), out=run), FAKE)
    assert found(run).keys() == {"config.toml", "run folders", "bench.json"}
    assert states(run) == {"ok"}
    assert "note" not in states(run / "seed0" / "random")  # whose numbers are in bench.json
    (run / "seed0" / "model" / "model.safetensors").unlink()
    (run / "bench.json").unlink()
    assert found(run)["seed0/model: model"].state == "note"
    assert found(run)["bench.json"].state == "note"


def test_another_programs_bench_above_hides_nothing(run: Path) -> None:
    (run.parent / "config.toml").write_text("[bench]\nruns = 3\n")
    (run / "report.html").unlink()
    assert found(run)["report.html"].state == "note"


def test_a_training_that_was_stopped_is_to_go_on(run: Path) -> None:
    (run / "model.safetensors").unlink()
    model = found(run)["model"]
    assert model.state == "note"
    assert "--resume" in model.detail


def test_one_damaged_run_below_a_benchmark_hides_no_other(tmp_path: Path) -> None:
    run = tmp_path / "run"
    policies.run(PoliciesConfig(objects="tiny", rotations=1, seeds=(0, 1), out=run), FAKE)
    (run / "seed0" / "model" / "config.toml").write_text("[train]\nbody = 1\n")
    (run / "seed1" / "model" / "model.safetensors").write_bytes(b"no model")
    broken = {what for what, one in found(run).items() if one.state == "broken"}
    assert {"seed0/model: config.toml", "seed1/model: model"} <= broken
    assert "run folders" not in broken


def test_a_model_without_its_run_is_well(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "robot"
    copy.mkdir()
    (run / "model.safetensors").rename(copy / "model.safetensors")
    assert found(copy / "model.safetensors")["model"].state == "ok"
    assert {what: one.state for what, one in found(copy).items()} == {
        "config.toml": "note", "model": "ok",
    }  # fmt: skip


def test_a_robot_that_cannot_read_tables_is_not_broken(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., Any] = builtins.__import__

    def without_tables(name: str, *others: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ModuleNotFoundError("No module", name="pyarrow")
        return real(name, *others)

    monkeypatch.setattr(builtins, "__import__", without_tables)
    assert "as pyarrow is missing here" in found(run)["episodes.parquet"].detail
    assert states(run) == {"ok", "note"}


@pytest.mark.parametrize("out", ["--out {}", "--out={}"])
def test_a_run_that_was_moved_goes_on_where_it_is(out: str, tmp_path: Path, typed: Typed) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    typed("train", *out.format(there).split(), "--objects", "tiny")
    train(config(there, objects="tiny"), FAKE)
    there.rename(here)
    (here / "model.safetensors").unlink()
    told = found(here)["model"].detail
    assert told.endswith(f"`colonnade train --objects tiny --out {here} --resume`")


@pytest.mark.parametrize("flag", ["--objects my", "--objects=my", "--root my"])
def test_a_folder_of_meshes_is_found_from_any_other(
    flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, meshes = tmp_path / "run", tmp_path / "some where" / "my"
    meshes.mkdir(parents=True)
    run.mkdir()
    (run / "config.toml").write_text(
        f"""[train]\nobjects = "{meshes}"\n"""
        f"""[made]\ncommand = "colonnade train {flag} --seed 3 --out runs/mine"\n"""
    )
    monkeypatch.chdir(tmp_path / "some where")
    assert resumed_run(run) == f"colonnade train --seed 3 --objects my --out {run} --resume"
    monkeypatch.chdir(run)
    expected = f"colonnade train --seed 3 --objects '{meshes}' --out . --resume"
    assert resumed_run(run) == expected
