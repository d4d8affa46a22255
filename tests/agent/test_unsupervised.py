"""The benchmark of learning without labels, with a small fake of mind and body."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.agent import fake_engine

from colonnade.bench import unsupervised
from colonnade.bench.command import bench
from colonnade.bench.config import UnsupervisedConfig
from colonnade.commands.console import Interrupted
from colonnade.flags import ConfigError

FAKE = "tests.agent.fake_engine"


def asked(out: Path, **changes: Any) -> UnsupervisedConfig:
    config = UnsupervisedConfig(objects="small", epochs=3, seeds=(0, 1), out=out)
    return replace(config, **changes)


def told(out: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((out / "bench.json").read_text())["rows"]
    return rows


def test_ours_stand_beside_theirs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "distinct.txt").write_text("mug\nbowl\n")
    suite = (str(tmp_path / "distinct.txt"), "all")
    assert unsupervised.run(asked(tmp_path / "run", suite=suite), FAKE) == 0
    rows = told(tmp_path / "run")
    assert [(row["suite"], row["noise"], row["objects"]) for row in rows] == [
        ("distinct", "none", 2), ("distinct", "standard", 2),
        ("all", "none", 6), ("all", "standard", 6),
    ]  # fmt: skip
    assert [row["episodes"] for row in rows] == [12, 12, 36, 36]
    assert [row["published"] and row["published"]["correct"] for row in rows] == [
        98.9, 85.6, None, None,
    ]  # fmt: skip
    for row in rows:
        own = [stream["accuracy_after_first_epoch"] for stream in row["streams"]]
        assert row["accuracy_after_first_epoch"] == pytest.approx(sum(own) / 2)
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if line.startswith("distinct  standard"))
    assert "85.6" in line
    assert "1.44" in line
    assert "similar, none: 80.0 %, 1.5 graphs an object" in out


def test_a_stopped_benchmark_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = asked(tmp_path / "whole", noise=("none",))
    assert unsupervised.run(config, FAKE) == 0
    meet, left = fake_engine.meet, [25]

    def meet_some(*arguments: Any, **options: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return meet(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(fake_engine, "meet", meet_some)
        with pytest.raises(Interrupted, match="--resume goes on"):
            unsupervised.run(replace(config, out=tmp_path / "run"), FAKE)
    assert unsupervised.run(replace(config, out=tmp_path / "run", resume=True), FAKE) == 0
    for key in ("accuracy_after_first_epoch", "graphs_per_object", "episodes", "refined"):
        assert told(tmp_path / "run")[0][key] == told(tmp_path / "whole")[0][key]


def test_options_that_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--epochs is 0"):
        unsupervised.run(asked(tmp_path / "run", epochs=0), FAKE)
    with pytest.raises(ConfigError, match="--seeds"):
        unsupervised.run(asked(tmp_path / "run", seeds=(1, 1)), FAKE)
    assert not (tmp_path / "run").exists()


def test_the_command_line_reaches_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (
        f"--root small --names mug,bowl --noise standard --seeds 0 --epochs 2 --out {tmp_path}/run"
    )
    assert bench(["unsupervised", *words.split()], FAKE) == 0
    assert "names" in capsys.readouterr().out
    assert (tmp_path / "run" / "names-touch-standard" / "seed0" / "model.safetensors").is_file()
