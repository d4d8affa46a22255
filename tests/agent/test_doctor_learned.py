"""The doctor on what was learned: model, objects, and their meshes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.agent import fake_engine
from tests.agent.run_checked import Typed, found, states
from tests.agent.small_runs import FAKE, config

from colonnade.commands.console import Interrupted
from colonnade.commands.discover import discover
from colonnade.commands.evaluate import evaluate
from colonnade.commands.train import train
from colonnade.config import DiscoverConfig, DoctorConfig, EvaluateConfig
from colonnade.doctor import doctor
from colonnade.doctor_run import run_checks
from colonnade.finding import Finding
from colonnade.run_folder import RunFolderError

DAMAGES = [b"", b"no model", b"{"]
KEPT = "; what the run has of them is kept"


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


def test_a_training_that_was_stopped_is_to_go_on(run: Path) -> None:
    (run / "model.safetensors").unlink()
    model = found(run)["model"]
    assert model.state == "note"
    assert "--resume" in model.detail


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
    monkeypatch.setattr("colonnade.doctor_learned.is_gone", lambda _: True)
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
