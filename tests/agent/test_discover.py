"""`colonnade discover` with a small fake of mind and body: files, resuming, what is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.agent import fake_engine

from colonnade.commands.console import Interrupted
from colonnade.commands.discover import discover
from colonnade.commands.evaluate import evaluate
from colonnade.commands.outcome import NothingUsableError
from colonnade.config import DiscoverConfig, EvaluateConfig
from colonnade.flags import ConfigError
from colonnade.run_folder import RunFolderError
from colonnade.seeds import stream_order

FAKE = "tests.agent.fake_engine"
CURVES = ("accuracy.svg", "graphs.svg")


def config(out: Path, **changes: Any) -> DiscoverConfig:
    return replace(DiscoverConfig(out=out, objects="small", epochs=4), **changes)


def rows(run: Path) -> list[dict[str, Any]]:
    table = pq.read_table(run / "episodes.parquet").to_pylist()
    return [{k: v for k, v in row.items() if k != "seconds"} for row in table]


def stop_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [count]
    meet = fake_engine.meet

    def meet_some(*arguments: Any, **options: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return meet(*arguments, **options)

    monkeypatch.setattr(fake_engine, "meet", meet_some)


def test_a_stream_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    summary = discover(config(run, json=tmp_path / "s.json"), FAKE)
    assert summary["objects"] == 6
    assert summary["episodes"] == 24
    assert len(summary["per_epoch"]) == 4
    assert summary["graphs"] == len(fake_engine.load_memory(run / "model.safetensors").names)
    assert json.loads((tmp_path / "s.json").read_text())["graphs"] == summary["graphs"]
    told = capsys.readouterr().out
    assert "after the first epoch" in told
    assert "accuracy.svg" in told
    assert all((run / file).read_text().startswith("<svg") for file in CURVES)
    assert "strict: right where the graph" in (run / "accuracy.svg").read_text()
    table = rows(run)
    assert [row["number"] for row in table] == list(range(24))
    assert {row["object"] for row in table[:6]} == {row["object"] for row in table[6:12]}
    wrong = [row["number"] for row in table if not row["correct"]]
    assert wrong == [mistake["number"] for mistake in summary["mistakes"]]


def test_orders_differ_from_epoch_to_epoch_and_follow_from_the_seed() -> None:
    names = list("abcdefgh")
    orders = [stream_order(3, names, epoch) for epoch in range(1, 5)]
    assert all(sorted(order) == names for order in orders)
    assert len({tuple(order) for order in orders}) == 4
    assert orders[0] == stream_order(3, reversed(names), 1)
    assert orders[0] != stream_order(4, names, 1)


@pytest.mark.parametrize("count", [0, 1, 9, 23])
def test_a_stopped_stream_goes_on_to_the_same_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    discover(config(tmp_path / "whole"), FAKE)
    with monkeypatch.context() as patch:
        stop_after(count, patch)
        with pytest.raises(Interrupted, match=rf"{count} of 24 episodes are saved"):
            discover(config(tmp_path / "run"), FAKE)
    assert not (tmp_path / "run" / "model.safetensors").exists()
    discover(config(tmp_path / "run", resume=True), FAKE)
    for file in ("model.safetensors", *CURVES):
        assert (tmp_path / "run" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()
    assert rows(tmp_path / "run") == rows(tmp_path / "whole")


def test_fewer_epochs_are_told_to_change_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    discover(config(tmp_path, epochs=3), FAKE)
    assert "was lived before" not in capsys.readouterr().err
    assert len(discover(config(tmp_path, epochs=2, resume=True), FAKE)["per_epoch"]) == 3
    assert "--epochs is 2, and epoch 3 was lived before: nothing is" in capsys.readouterr().err


def test_more_epochs_go_on_where_it_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    discover(config(tmp_path / "whole"), FAKE)
    discover(config(tmp_path / "run", epochs=2), FAKE)
    stop_after(12, monkeypatch)
    discover(config(tmp_path / "run", resume=True), FAKE)  # and lives 12 episodes, not 24
    assert rows(tmp_path / "run") == rows(tmp_path / "whole")


def test_what_was_kept_and_is_damaged_is_lived_once_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    discover(config(run), FAKE)
    before, model = rows(run), (run / "model.safetensors").read_bytes()
    (run / "felt" / "000013.safetensors").write_text('{"name": "obj')
    discover(config(run, resume=True), FAKE)
    assert "000013" in capsys.readouterr().err.replace("\n", "")
    assert rows(run) == before
    assert (run / "model.safetensors").read_bytes() == model


def test_a_mesh_that_cannot_be_used_stops_nothing(tmp_path: Path) -> None:
    summary = discover(config(tmp_path / "run", objects="partly"), FAKE)
    assert summary["unusable"].keys() == {"broken"}
    assert summary["episodes"] == 8
    with pytest.raises(NothingUsableError, match="None of the 2 objects"):
        discover(config(tmp_path / "none", objects="ruins"), FAKE)


def test_another_stream_is_not_mixed_in(tmp_path: Path) -> None:
    discover(config(tmp_path / "run"), FAKE)
    with pytest.raises(RunFolderError, match="--resume"):
        discover(config(tmp_path / "run"), FAKE)
    with pytest.raises(RunFolderError, match="--noise was none and is now raw"):
        discover(config(tmp_path / "run", noise="raw", resume=True), FAKE)
    with pytest.raises(ConfigError, match="--epochs is 0"):
        discover(config(tmp_path / "other", epochs=0), FAKE)


def test_a_stream_is_not_evaluated_by_names(tmp_path: Path) -> None:
    discover(config(tmp_path / "run"), FAKE)
    with pytest.raises(RunFolderError, match=r"holds a stream.*summary\.json"):
        evaluate(EvaluateConfig(run=tmp_path / "run", workers=1), FAKE)
