"""The benchmark of continual learning, with a small fake of mind and body."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.agent import fake_engine
from tests.agent.small_runs import stopped_after

from colonnade.bench.config import ContinualConfig
from colonnade.bench.continual import run, stages
from colonnade.commands.console import Interrupted
from colonnade.episode_table import read_episodes
from colonnade.flags import ConfigError
from colonnade.run_folder import RunFolderError

FAKE = "tests.agent.fake_engine"
SVG = "{http://www.w3.org/2000/svg}"


def asked(out: Path, **changes: Any) -> ContinualConfig:
    return replace(ContinualConfig(objects="small", out=out, seeds=(3,)), **changes)


def told(out: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((out / "bench.json").read_text())
    return answer


def test_what_is_forgotten_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recognise = fake_engine.recognise

    def knows_the_latest_two(memory: Any, mesh: Any, *others: Any, **seed: Any) -> Any:
        name = mesh.name if mesh.name in memory.names[-2:] else "unknown"
        episode = recognise(memory, mesh, *others, **seed)
        return replace(episode, decision=name, correct=name == mesh.name)

    monkeypatch.setattr(fake_engine, "recognise", knows_the_latest_two)
    assert run(asked(tmp_path), FAKE) == 0
    summary = told(tmp_path)
    assert [row["learned"] for row in summary["rows"]] == [1, 2, 3, 4, 5, 6]
    assert [row["accuracy"] for row in summary["rows"]] == pytest.approx(
        [1, 1, 2 / 3, 1 / 2, 2 / 5, 1 / 3]
    )
    order = summary["orders"]["3"]
    assert summary["rows"][-1]["wrong"] == sorted(order[:4])
    assert summary["accuracy_first_least"] == pytest.approx(1 / 3)
    assert sorted(order) == sorted(fake_engine.SETS["small"])


def test_table_picture_and_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = asked(tmp_path / "run", json=tmp_path / "c.json", rotations=3, seeds=(0, 1))
    assert run(config, FAKE) == 0
    summary = told(tmp_path / "run")
    assert json.loads((tmp_path / "c.json").read_text()) == summary
    assert [row["episodes"] for row in summary["rows"]] == [6 * n for n in range(1, 7)]
    assert all(0 <= row["accuracy"] <= 1 for row in summary["rows"])
    assert (tmp_path / "run" / "continual.svg").read_text().startswith("<svg")
    assert "learned" in capsys.readouterr().out
    run(replace(config, resume=True, picture=tmp_path / "mine.svg"), FAKE)
    assert (tmp_path / "mine.svg").read_text().startswith("<svg")


def test_every_time_other_orientations(tmp_path: Path) -> None:
    assert run(asked(tmp_path), FAKE) == 0
    shown = [
        tuple(episode.rotation)
        for n in range(1, 7)
        for episode in read_episodes(tmp_path / "seed3" / f"of{n}" / "shown" / "episodes.parquet")
    ]
    assert len(set(shown)) == len(shown) == 2 * (1 + 2 + 3 + 4 + 5 + 6)
    assert not list(tmp_path.glob("seed3/of*/model.safetensors"))


def test_ctrl_c_keeps_what_is_done_and_resume_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = asked(tmp_path / "run")
    run(replace(config, out=tmp_path / "whole"), FAKE)
    done, go_on = stopped_after(9, monkeypatch)
    with pytest.raises(Interrupted, match="same command with --resume goes on"):
        run(config, FAKE)
    with pytest.raises(RunFolderError, match="is not empty: give --resume"):
        run(config, FAKE)
    done.clear()

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("it was learned before")

    monkeypatch.setattr(fake_engine, "learn", refuse)
    with pytest.raises(Interrupted):
        run(replace(config, resume=True), FAKE)
    order = told(tmp_path / "whole")["orders"]["3"]
    assert done[0] == order[1]  # 2 + 4 episodes, then the fourth of the third stage
    go_on()
    assert run(replace(config, resume=True), FAKE) == 0
    assert told(tmp_path / "run")["rows"] == told(tmp_path / "whole")["rows"]


def test_a_broken_mesh_is_left_out(tmp_path: Path) -> None:
    assert run(asked(tmp_path / "run", objects="partly"), FAKE) == 1
    assert told(tmp_path / "run")["unusable"].keys() == {"broken"}
    assert told(tmp_path / "run")["rows"][-1]["learned"] == 2
    with pytest.raises(ConfigError, match="--rotations"):
        run(ContinualConfig(objects="tiny", rotations=0), FAKE)


def test_a_mesh_that_is_mended_changes_no_stage_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = asked(tmp_path / "run")
    run(replace(config, out=tmp_path / "whole"), FAKE)
    order = told(tmp_path / "whole")["orders"]["3"]
    monkeypatch.setattr(fake_engine, "BROKEN", {order[4]})
    assert run(config, FAKE) == 1
    assert told(tmp_path / "run")["orders"]["3"] == [*order[:4], order[5]]
    monkeypatch.setattr(fake_engine, "BROKEN", set())
    shown: list[str] = []
    recognise = fake_engine.recognise

    def noted(memory: Any, mesh: Any, *others: Any, **seed: Any) -> Any:
        shown.append(mesh.name)
        return recognise(memory, mesh, *others, **seed)

    monkeypatch.setattr(fake_engine, "recognise", noted)
    assert run(replace(config, resume=True), FAKE) == 0
    assert len(shown) == config.rotations * (5 + 6)
    assert told(tmp_path / "run")["rows"] == told(tmp_path / "whole")["rows"]


def test_one_object_alone_is_a_dot(tmp_path: Path) -> None:
    assert run(asked(tmp_path, names=("mug",)), FAKE) == 0
    drawn = ElementTree.parse(tmp_path / "continual.svg")
    assert len(list(drawn.iter(f"{SVG}circle"))) == 1
    texts = [element.text for element in drawn.iter(f"{SVG}text")]
    assert texts.count("1") == 1  # on the axis, where there is no second object
    assert "2" not in texts
    assert not any(text and text.startswith("the first") for text in texts)


def test_of_large_sets_every_tenth_is_shown() -> None:
    assert stages(40) == list(range(1, 41))
    assert stages(53) == [10, 20, 30, 40, 50, 53]
