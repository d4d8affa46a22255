"""The doctor on what was shown: evaluations, streams and their journals."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.agent import fake_engine
from tests.agent.run_checked import found, states
from tests.agent.small_runs import FAKE, config

from colonnade.commands.console import Interrupted
from colonnade.commands.discover import discover
from colonnade.commands.evaluate import evaluate
from colonnade.commands.train import train
from colonnade.config import DiscoverConfig, EvaluateConfig


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
