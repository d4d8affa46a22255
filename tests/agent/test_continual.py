"""The benchmark of continual learning, with a small fake of mind and body."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.agent import fake_engine

from colonnade.bench.config import ContinualConfig
from colonnade.bench.continual import continual, run
from colonnade.config import ConfigError

FAKE = "tests.agent.fake_engine"
OPTIONS: dict[str, Any] = {
    "rotations": 2, "noise": "none", "body": "touch", "seed": 3, "max_steps": 100,
}  # fmt: skip


class Amnesiac:
    """A mind that knows only the latest two objects."""

    def __getattr__(self, name: str) -> Any:
        return getattr(fake_engine, name)

    def recognise(self, memory: Any, mesh: Any, *_: Any, **__: Any) -> Any:
        class Answer:
            decision = mesh.name if mesh.name in memory.names[-2:] else "unknown"
            steps = 10

        return Answer


def test_what_is_forgotten_shows() -> None:
    objects = fake_engine.open_set("small", None, 1.0)
    summary = continual(Amnesiac(), objects, **OPTIONS)  # type: ignore[arg-type]
    assert [row["learned"] for row in summary["rows"]] == [1, 2, 3, 4, 5, 6]
    assert [row["accuracy"] for row in summary["rows"]] == pytest.approx(
        [1, 1, 2 / 3, 1 / 2, 2 / 5, 1 / 3]
    )
    assert summary["rows"][-1]["wrong"] == sorted(summary["order"][:4])
    assert summary["accuracy_first_least"] == pytest.approx(1 / 3)
    assert sorted(summary["order"]) == sorted(objects)


def test_table_picture_and_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = ContinualConfig(
        objects="small", picture=tmp_path / "c.svg", json=tmp_path / "c.json", rotations=3
    )
    assert run(config, FAKE) == 0
    told = json.loads((tmp_path / "c.json").read_text())
    assert told["objects"] == 6
    assert len(told["rows"]) == 6
    assert all(0 <= row["accuracy"] <= 1 for row in told["rows"])
    assert (tmp_path / "c.svg").read_text().startswith("<svg")
    assert "learned" in capsys.readouterr().out


def test_a_broken_mesh_is_left_out(tmp_path: Path) -> None:
    config = ContinualConfig(objects="partly", picture=tmp_path / "c.svg", json=tmp_path / "c.json")
    assert run(config, FAKE) == 1
    assert json.loads((tmp_path / "c.json").read_text())["unusable"].keys() == {"broken"}
    with pytest.raises(ConfigError, match="--rotations"):
        run(ContinualConfig(objects="tiny", rotations=0), FAKE)
