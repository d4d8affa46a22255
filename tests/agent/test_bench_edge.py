"""`colonnade bench edge`: what it counts, what it compares with the bars, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.agent import fake_engine
from tests.bridge.small_model import percepts, small_blob, small_memory
from tests.bridge.tools import GCC, needs

from colonnade.bench import edge, edge_boards
from colonnade.bench.bars import BARS, BOARD_EPISODES, ONNX_EPISODES, judged
from colonnade.bench.command import bench
from colonnade.bench.edge_boards import work_of
from colonnade.bench.edge_tables import (
    bar_table,
    mishap_table,
    numba_table,
    recognition_table,
    work_table,
)
from colonnade.bench.edge_trials import paired, row_of, trials_of
from colonnade.bench.published import DISTINCT
from colonnade.flags import ConfigError
from colonnade.hardware import HardwareEpisode
from colonnade.orientations import orientation
from colonnade.seeds import episode_seed
from colonnade_bridge.footprint import BOARDS

FAKE = "tests.agent.fake_engine"


def episode(correct: bool = True, steps: int = 3, error: float = 4.0) -> HardwareEpisode:
    return HardwareEpisode(
        "first", "first", correct, False, steps, steps, 1, 1, rotation_error_deg=error
    )


def test_what_is_lost_is_counted_trial_by_trial() -> None:
    before = [episode(), episode(), episode(False), episode()]
    after = [episode(), episode(False), episode(), episode(False)]
    after[0].steps_equal = 2
    lost = paired(before, after)
    assert lost["points_lost"] == 25
    assert (lost["only_before"], lost["only_after"]) == (2, 1)
    assert (lost["equal_to_numba"], lost["steps_equal_to_numba"], lost["steps"]) == (3, 11, 12)
    with pytest.raises(ValueError, match="shorter"):
        paired(before, after[:3])


def test_a_row_averages_errors_of_right_answers_only() -> None:
    row = row_of("exported", [episode(error=2.0, steps=5), episode(False, 9, float("nan"))])
    assert (row["accuracy"], row["correct"], row["steps_mean"]) == (0.5, 1, 7)
    assert row["rotation_error_deg_median"] == 2
    assert row["posed_rate"] == 0.5
    assert row_of("exported", [episode(error=90.0)])["posed_rate"] == 0
    assert row_of("exported", [episode(False, 1, float("nan"))])["rotation_error_deg_mean"] is None


def test_trials_are_those_of_evaluate() -> None:
    meshes: Any = {"mug": SimpleNamespace(name="mug"), "bowl": SimpleNamespace(name="bowl")}
    trials = list(trials_of(meshes, ["mug", "bowl"], 2, seed=5))
    assert [(t.mesh.name, t.number) for t in trials] == [
        ("mug", 0), ("mug", 1), ("bowl", 0), ("bowl", 1)
    ]  # fmt: skip
    assert trials[1].seed == episode_seed(5, "mug", 1)
    assert (trials[1].rotation == orientation("random", 5, "mug", 1)).all()


def test_the_work_of_a_goal_is_what_its_step_took_more() -> None:
    done = HardwareEpisode("first", work=[10, 50, 70], sought=[False, True, True])
    work = work_of(done, [10, 40, 45])
    assert (work.steps, work.goals) == ([10, 40, 45], [10, 25])


def test_bars_are_met_up_to_their_limit() -> None:
    rows = {row["key"]: row for row in judged({"points_lost": 0.5, "model_bytes": 131_073})}
    assert rows.keys() == BARS.keys()
    assert rows["points_lost"]["met"] is True
    assert rows["model_bytes"]["met"] is False
    assert rows["an500.messages_lost"]["met"] is None
    printed = bar_table(list(rows.values())).splitlines()
    assert "bars of a board want 20 episodes, 5 of them" in printed[-1]
    ends = [line.split()[-4:] for line in printed if line.startswith("flash of the model")]
    assert ends == [["131,073", "131,072", "NOT", "MET"]]
    assert sum(line.endswith("not measured") for line in printed) == len(BARS) - 2


MEASURED = {
    "lost": {"points_lost": 0, "equal_to_numba": 4, "goals": 3, "goals_equal_to_numba": 3},
    "rows": [{}, {"episodes": 4}],
    "model": {"flash_model_bytes": 100},
    "runtime": {},
}


def mishap(**changes: float) -> dict[str, float]:
    calm = {"mishaps": 5, "steps": 90, "steps_equal": 90, "wrong": 0, "seconds": 0.4}
    return calm | {"messages_lost": 7} | changes


def test_of_mishaps_the_worst_counts() -> None:
    kinds = {"pulled": mishap(seconds=0.7), "reset": mishap(steps_equal=88, seconds=2.5)}
    numbers = MEASURED | {
        "hil": {},
        "onnx": {},
        "mishaps": {"an386": None, "an500": kinds | {"flipped": mishap(wrong=1)}},
    }
    rows = {row["key"]: row for row in judged(edge.measured(numbers))}
    for key, value in (("seconds", 2.5), ("otherwise", 2), ("wrong", 1)):
        assert (rows[f"an500.mishap_{key}"]["is"], rows[f"an500.mishap_{key}"]["met"]) == (
            value, False,
        )  # fmt: skip
        assert rows[f"an386.mishap_{key}"]["met"] is None
    assert rows["onnx.otherwise"]["met"] is None
    lines = [line.split() for line in mishap_table(numbers["mishaps"]).splitlines()]
    assert ["an500", "the", "board", "was", "reset", "5", "90", "88", "0", "2.50", "7"] in lines
    assert not any(line[:1] == ["an386"] for line in lines)
    assert mishap_table({"an386": None}) == ""


@pytest.mark.parametrize("missing", [0, 1])
def test_bars_want_the_episodes_that_they_speak_of(missing: int) -> None:
    boards, onnx = BOARD_EPISODES - missing, ONNX_EPISODES - missing
    done = dict.fromkeys(("instructions_median", "instructions_max", "messages_lost"), 0)
    done |= {"episodes": boards, "decisions_equal_to_host": boards}
    done |= {"goals": 9, "goals_equal_to_host": 8}
    calm = {"pulled": mishap(mishaps=5 - missing), "flipped": mishap(mishaps=1)}
    numbers = MEASURED | {
        "hil": {"an386": done, "an500": None},
        "mishaps": {"an386": calm, "an500": None},
        "onnx": {"episodes": onnx, "episodes_equal": onnx, "evidence_off": 0.0},
    }
    met = {row["key"]: row["met"] for row in judged(edge.measured(numbers))}
    assert met["an500.otherwise"] is met["an500.mishap_wrong"] is None
    for key in ("an386.otherwise", "an386.instructions_max", "an386.messages_lost"):
        assert met[key] is (None if missing else True)
    for key in ("onnx.otherwise", "onnx.evidence_off", "an386.mishap_seconds"):
        assert met[key] is (None if missing else True)
    assert met["an386.goals_otherwise"] is (None if missing else False)
    assert met["points_lost"] is True


def test_who_is_compared_with_numba_has_a_line() -> None:
    host = {"episodes": 2, "decisions_equal_to_host": 1, "steps": 30, "steps_equal_to_host": 29}
    numbers = {
        "rows": [{}, {"episodes": 40}],
        "lost": paired([episode()] * 40, [episode()] * 40),
        "hil": {"an386": None, "an500": host | {"goals": 9, "goals_equal_to_host": 8}},
        "onnx": {"episodes": 100, "episodes_equal": 99, "steps": 1500, "steps_equal": 1498}
        | {"evidence_off": 2e-6},
    }
    lines = [line.split() for line in numba_table(numbers).splitlines()]
    assert lines[-3:] == [
        ["C,", "controller", "40", "40", "120", "120", "40", "40", "–"],
        ["C,", "an500", "2", "1", "30", "29", "9", "8", "–"],
        ["ONNX,", "workstation", "100", "99", "1,500", "1,498", "–", "–", "2.0e-06"],
    ]


def test_tables_have_a_line_each() -> None:
    rows = [row_of("learned", [episode()]), row_of("exported", [episode(False)])]
    assert "controller, in C" in recognition_table(rows)
    assert work_table({"an386": None, "an500": None}) == ""
    counts = dict.fromkeys(("episodes", "decisions_equal_to_host", "messages_lost"), 20)
    kinds = ("instructions", "instructions_step", "instructions_goal")
    counts |= {f"{kind}_{of}": 1234 for kind in kinds for of in ("median", "max")}
    work = work_table({"an386": None, "an500": counts | {"accuracy": 1.0, "stack_bytes": 900}})
    assert "an500" in work
    assert "an386" not in work
    assert "neither sensing" in work.splitlines()[-1]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two models that were learned, exported and recognised with, all made up."""

    def compare(lab: Any, model: Any, kept: Any) -> edge._Compared:
        before: Any = [episode(steps=4), episode(steps=4)]
        after = [episode(steps=4), episode(model.seed == 0, steps=4)]
        for each in after:
            each.percepts = [row[None] for row in percepts(4)]
        trials: Any = [SimpleNamespace(number=number) for number in range(2)]
        return edge._Compared(small_memory(), "0", small_blob(), trials, before, after)

    monkeypatch.setattr(edge, "_compare", compare)
    monkeypatch.setattr(edge_boards, "footprints", lambda: dict.fromkeys(BOARDS))


@needs(*GCC)
@pytest.mark.usefixtures("small")
def test_it_tells_and_writes_all_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    words = ["edge", "--objects", "tiny", "--out", str(out), "--hil-episodes", "0"]
    assert bench([*words, "--seeds", "0", "1"], FAKE) == 0
    told = json.loads((out / "bench.json").read_text())
    assert [(row["mind"], row["episodes"]) for row in told["rows"]] == [
        ("learned", 4), ("exported", 4)
    ]  # fmt: skip
    assert told["lost"]["points_lost"] == 25
    assert told["model"]["flash_model_bytes"] == len(small_blob())
    assert sum(told["model"]["flash_model_sections"].values()) == len(small_blob())
    assert told["hil"] == told["mishaps"] == {}
    onnx = {"episodes": 4, "episodes_equal": 4, "steps": 16, "steps_equal": 16}
    assert onnx.items() <= told["onnx"].items()
    assert told["times"]["episodes"] == 2  # of the first seed
    met = {row["key"]: row["met"] for row in told["bars"]}
    assert (met["points_lost"], met["model_bytes"], met["an386.ram_bytes"]) == (False, True, None)
    assert (met["c.otherwise"], met["c.goals_otherwise"]) == (True, True)
    assert met["onnx.otherwise"] is met["onnx.evidence_off"] is None  # of 100 episodes
    printed = capsys.readouterr().out
    for part in ("Recognition", "25.0 points lost", "Size", "Time", "NOT MET"):
        assert part in printed
    assert "emulated" not in printed


def test_boards_that_cannot_be_emulated_are_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert edge_boards.boards_here() == ()
    assert "No board is emulated. This needs arm-none-eabi-gcc" in capsys.readouterr().err


def test_a_set_that_has_the_fields_ten_objects_is_asked_for_these(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(fake_engine.SETS, "ycb", (*DISTINCT, "002_master_chef_can"))
    config: Any = SimpleNamespace(objects="ycb", scale=1.0)
    assert edge._distinct(config, FAKE) == DISTINCT
    config.objects = "tiny"
    assert edge._distinct(config, FAKE) == ()


@needs(*GCC)
@pytest.mark.usefixtures("small")
def test_onnx_is_compared_in_as_many_episodes_as_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["edge", "--objects", "tiny", "--out", str(out), "--hil-episodes", "0"]
    for most, compared in ((0, {}), (3, {"episodes": 3, "episodes_equal": 3})):
        assert bench([*words, "--seeds", "0", "1", "--onnx-episodes", str(most)], FAKE) == 0
        told = json.loads((out / "bench.json").read_text())
        assert compared.items() <= told["onnx"].items()
        assert ("onnx" in told["times"]) == (most > 0)
        words.append("--resume")


@pytest.mark.parametrize("flag", ["--hil-episodes", "--onnx-episodes"])
def test_fewer_than_no_episodes_are_refused(flag: str, tmp_path: Path) -> None:
    words = ["edge", "--objects", "tiny", "--out", str(tmp_path / "run"), flag, "-1"]
    with pytest.raises(ConfigError, match=f"{flag} is -1"):
        bench(words, FAKE)
    assert not (tmp_path / "run").exists()
