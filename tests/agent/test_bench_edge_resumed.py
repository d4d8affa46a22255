"""`colonnade bench edge` over several seeds: pooled, and stopped and gone on with."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.agent import fake_engine
from tests.bridge.small_model import percepts, small_blob, small_memory
from tests.bridge.tools import GCC, needs

from colonnade.bench import edge, edge_boards, edge_mishaps, edge_trials
from colonnade.bench.command import bench
from colonnade.bench.edge_records import from_record, to_record
from colonnade.bench.kept import Kept
from colonnade.commands.console import Interrupted
from colonnade.files import plain
from colonnade.hardware import HardwareEpisode
from colonnade_bridge import export
from colonnade_bridge.footprint import BOARDS

FAKE = "tests.agent.fake_engine"


def recorded(name: str, correct: bool = True, steps: int = 4) -> HardwareEpisode:
    rows = list(percepts(steps)[:, None])
    return HardwareEpisode(
        name, name, correct, False, steps, steps, 1, 1, [7] * steps, 3.5, [True] * steps, rows
    )


class Done:
    """What was done of the work that is stood in for, and after how much of it Ctrl-C comes."""

    def __init__(self) -> None:
        self.work: Counter[str] = Counter()
        self.stop_after = 10**6

    def count(self, what: str) -> None:
        if self.work.total() == self.stop_after:
            raise KeyboardInterrupt
        self.work[what] += 1


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Done:
    """Recognising on a workstation is a fake's; C, boards and their mishaps are stood in for."""
    done = Done()

    def recognise_on(mind: Any, model: Any, mesh: Any, *_: Any) -> HardwareEpisode:
        done.count("c")
        return recorded(mesh.name, correct=mesh.name != "mug")

    def on_board(board: str, blob: bytes, trials: Any, options: Any) -> dict[str, Any]:
        done.count(board)
        counts = dict.fromkeys(("messages_lost", "steps", "goals", "stack_bytes"), 1)
        counts |= dict.fromkeys(("steps_equal_to_host", "goals_equal_to_host"), 1)
        kinds = ("instructions", "instructions_step", "instructions_goal")
        counts |= {f"{kind}_{of}": 100 for kind in kinds for of in ("median", "max")}
        whole = {"episodes": len(trials), "decisions_equal_to_host": len(trials)}
        return counts | whole | {"accuracy": 1.0}

    class Emulated:
        def __init__(self, board: str, key: None) -> None:
            self.name, self.url, self.key = board, "", b""

        def __enter__(self) -> Any:
            done.count(f"mishaps on {self.name}")
            return self

        def __exit__(self, *_: object) -> None: ...

    def endure(controller: Any, episodes: Any) -> dict[str, Any]:
        calm = {"steps": 4, "steps_equal": 4, "wrong": 0, "seconds": 0.5, "messages_lost": 1}
        return {"reset": {"mishaps": len(episodes), **calm}}

    mind = SimpleNamespace(open_set=fake_engine.open_set, load_memory=lambda _: small_memory())
    monkeypatch.setattr(edge, "load_engine", lambda _: mind)
    monkeypatch.setattr(export, "export_blob", lambda *_: small_blob())
    monkeypatch.setattr(edge_trials, "recognise_on", recognise_on)
    monkeypatch.setattr(edge_boards, "footprints", lambda: dict.fromkeys(BOARDS))
    monkeypatch.setattr(edge_boards, "boards_here", lambda: BOARDS)
    monkeypatch.setattr(edge_boards, "_on", on_board)
    monkeypatch.setattr(edge_mishaps, "emulated", Emulated)
    monkeypatch.setattr(edge_mishaps, "Link", lambda *_: nullcontext())
    monkeypatch.setattr(edge_mishaps, "send_model", lambda *_: None)
    monkeypatch.setattr(edge_mishaps, "_endure", endure)
    return done


def words(out: Path, *more: str) -> list[str]:
    fixed = ["edge", "--objects", "small", "--names", "mug,bowl", "--rotations", "2"]
    return [*fixed, "--seeds", "0", "1", "2", "--hil-episodes", "3", "--out", str(out), *more]


def told(out: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((out / "bench.json").read_text())
    return answer


@needs(*GCC)
def test_seeds_are_counted_together(
    done: Done, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(words(tmp_path / "run"), FAKE) == 0
    numbers = told(tmp_path / "run")
    assert [row["episodes"] for row in numbers["rows"]] == [12, 12]
    before, after = numbers["rows"]
    assert after["correct"] == 6  # in C each mug is wrong
    assert numbers["lost"]["points_lost"] == pytest.approx(100 * (before["correct"] - 6) / 12)
    assert numbers["lost"]["steps"] == 48
    assert numbers["onnx"]["episodes"] == 12
    assert numbers["hil"]["an500"]["episodes"] == 3
    assert numbers["mishaps"]["an386"]["reset"]["mishaps"] == 3
    once = dict.fromkeys(("an386", "an500", "mishaps on an386", "mishaps on an500"), 1)
    assert done.work == {"c": 12, **once}
    assert "Mishaps on emulated boards" in capsys.readouterr().out


@needs(*GCC)
@pytest.mark.parametrize("stop_after", [0, 5, 12, 13])
def test_ctrl_c_keeps_what_is_done_and_resume_goes_on(
    done: Done, tmp_path: Path, stop_after: int
) -> None:
    assert bench(words(tmp_path / "whole"), FAKE) == 0
    all_work = done.work.copy()
    done.work.clear()
    done.stop_after = stop_after
    with pytest.raises(Interrupted, match="the same command with --resume goes on"):
        bench(words(tmp_path / "run"), FAKE)
    done.stop_after = 10**6
    assert bench(words(tmp_path / "run", "--resume"), FAKE) == 0
    assert done.work == all_work  # nothing twice
    whole, resumed = told(tmp_path / "whole"), told(tmp_path / "run")
    for numbers in (whole, resumed):
        for clock in ("times", "options", "command"):
            del numbers[clock]
    assert resumed == whole
    assert bench(words(tmp_path / "run", "--resume"), FAKE) == 0
    assert done.work == all_work


@needs(*GCC)
def test_another_blob_is_recognised_with_anew(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bench(words(tmp_path / "run"), FAKE) == 0
    other = bytearray(small_blob())
    other[16] ^= 1  # another hash; nobody reads it here
    monkeypatch.setattr(edge_trials, "NativeMind", lambda _: None)
    monkeypatch.setattr(edge_trials, "read_blob", lambda _: None)
    with Kept(tmp_path / "run" / "edge.jsonl") as kept:
        trials: Any = [SimpleNamespace(mesh=SimpleNamespace(name="mug"), key=("mug", 0, 1), seed=1)]
        trials[0].rotation = None
        options: Any = "options"
        for blob in (small_blob(), small_blob(), bytes(other)):
            edge_trials.recognise_all(blob, trials, options, kept)
    assert done.work["c"] == 12 + 2


@pytest.mark.parametrize("correct", [True, False])
def test_an_episode_comes_back_from_its_record(correct: bool) -> None:
    episode = recorded("mug", correct)
    episode.percepts = [np.random.default_rng(1).normal(size=(3, 18)).astype(np.float32)] * 2
    episode.percepts[0][0, 0] = np.nan
    if not correct:
        episode.rotation_error_deg, episode.decision = float("nan"), None
    again = from_record(json.loads(json.dumps(plain(to_record(episode)))))
    assert np.stack(again.percepts).tobytes() == np.stack(episode.percepts).tobytes()
    assert again.percepts[0].shape == (3, 18)
    episode.percepts = again.percepts = []
    assert repr(again) == repr(episode)
    assert from_record(to_record(episode)).percepts == []


def test_what_is_kept_is_done_once_for_what_it_depends_on(tmp_path: Path) -> None:
    calls: list[int] = []

    def do() -> list[float]:
        calls.append(1)
        return [len(calls), float("nan")]

    for _ in range(2):
        with Kept(tmp_path / "kept.jsonl") as kept:
            assert kept.once(do, "a", 1) == [1, None]
    with Kept(tmp_path / "kept.jsonl") as kept:
        assert kept.once(do, "a", "1") == [2, None]
        with pytest.raises(ZeroDivisionError):
            kept.once(lambda: 1 / 0, "b")
        assert kept.once(do, "b") == [3, None]
    (tmp_path / "kept.jsonl").write_bytes((tmp_path / "kept.jsonl").read_bytes()[:-5])
    with Kept(tmp_path / "kept.jsonl") as kept:
        assert kept.once(do, "a", 1) == [1, None]
        assert kept.once(do, "b") == [4, None]  # its line was torn
