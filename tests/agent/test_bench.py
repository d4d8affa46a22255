"""The benchmarks, with a small fake of mind and body: rows, tables, resuming, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.agent import fake_engine
from tests.agent.small_runs import stopped_after

from colonnade.bench import fewshot, moved, policies, scale, scaled, ycb
from colonnade.bench.command import BENCHES, bench
from colonnade.bench.config import (
    FewshotConfig,
    MovedConfig,
    PoliciesConfig,
    ScaleConfig,
    ScaledConfig,
    YcbConfig,
)
from colonnade.bench.published import PUBLISHED, TIMES
from colonnade.bench.spread import spread
from colonnade.bench.suites import read_suite
from colonnade.bench.table import cell, table
from colonnade.commands.console import Interrupted
from colonnade.episode_table import read_episodes
from colonnade.flags import ConfigError
from colonnade.run_folder import RunFolderError

FAKE = "tests.agent.fake_engine"


def asked(out: Path, **changes: Any) -> YcbConfig:
    config = YcbConfig(objects="small", rotations=2, seeds=(0, 1), out=out)
    return replace(config, **changes)


def told(out: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((out / "bench.json").read_text())
    return answer


def test_ycb_has_a_row_for_each_suite_body_and_condition(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "distinct.txt").write_text("# two\nmug\n\nspoon  # of metal\nmug\n")
    suites = (str(tmp_path / "distinct.txt"), "all")
    config = asked(tmp_path / "run", suite=suites, json=tmp_path / "s.json")
    assert ycb.run(config, FAKE) == 0
    rows = told(tmp_path / "run")["rows"]
    keys = [(row["suite"], row["body"], row["condition"]) for row in rows]
    assert len(set(keys)) == 2 * 2 * 4
    by_key = dict(zip(keys, rows, strict=True))
    assert by_key["distinct", "touch", "base"]["episodes"] == 2 * 14 * 2
    assert by_key["distinct", "touch", "noise"]["episodes"] == 2 * 2 * 2
    assert by_key["all", "camera", "noise"]["episodes"] == 6 * 2 * 2
    assert by_key["distinct", "touch", "rawnoise"]["published"]["correct"] == 75.0
    assert by_key["all", "camera", "noise"]["published"]["rotation_error"] == 29.9
    assert by_key["all", "camera", "rawnoise"]["published"] is None
    assert json.loads((tmp_path / "s.json").read_text())["rows"] == rows
    printed = capsys.readouterr().out
    assert "Recognition (theirs" in printed
    assert "83.9" in printed
    assert "Time and memory" in printed


def test_conditions_differ_in_noise_and_orientations(tmp_path: Path) -> None:
    ycb.run(asked(tmp_path / "run", names=("mug", "bowl"), body=("touch",), rotations=3), FAKE)
    shown = {
        name: read_episodes(tmp_path / "run" / "names-touch" / "seed0" / name / "episodes.parquet")
        for name in ("base", "randrot", "noise", "rawnoise")
    }
    assert [len(shown[name]) for name in shown] == [28, 6, 6, 6]
    for other in ("noise", "rawnoise"):
        for a, b in zip(shown["randrot"], shown[other], strict=True):
            assert (a.rotation == b.rotation).all()
            assert a.steps != b.steps
    assert told(tmp_path / "run")["rows"][0]["published"] is None  # a suite without a name


def test_ctrl_c_keeps_what_is_done_and_resume_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = asked(tmp_path / "run", body=("touch",), conditions=("noise", "randrot"))
    ycb.run(replace(config, out=tmp_path / "whole"), FAKE)
    done, go_on = stopped_after(17, monkeypatch)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("it was learned before")

    with pytest.raises(Interrupted, match="same command with --resume goes on"):
        ycb.run(config, FAKE)
    done.clear()
    monkeypatch.setattr(fake_engine, "learn", refuse)
    with pytest.raises(RunFolderError, match="is not empty: give --resume"):
        ycb.run(config, FAKE)
    with pytest.raises(Interrupted):
        ycb.run(replace(config, resume=True), FAKE)
    # 12 episodes a seed, two an object in the order of the set: the 18th is the next
    assert done[0] == "random:007"
    go_on()
    assert ycb.run(replace(config, resume=True), FAKE) == 0
    for a, b in zip(*(told(tmp_path / name)["rows"] for name in ("run", "whole")), strict=True):
        for clock in ("peak_rss_mb", "learn_s_median"):
            del a[clock], b[clock]
        assert a == b
    with pytest.raises(RunFolderError, match="are those of small, and --objects is tiny now"):
        ycb.run(replace(config, objects="tiny", resume=True), FAKE)


def test_without_out_it_says_where_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fake_engine, "learn", stop)
    with pytest.raises(Interrupted, match=r"--out runs/bench-ycb-\S+ --resume goes on"):
        ycb.run(YcbConfig(objects="tiny"), FAKE)


def test_what_cannot_be_used_is_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = asked(tmp_path / "run", objects="partly", conditions=("noise",), body=("touch",))
    assert ycb.run(config, FAKE) == 1
    answer = told(tmp_path / "run")
    assert list(answer["unusable"]) == ["broken"]
    assert answer["rows"][0]["objects"] == 2
    assert "broken.obj is cut short" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"suite": ("nowhere.txt",)}, "--suite nowhere.txt: there is no such text file"),
        ({"seeds": ()}, "--seeds takes one or more numbers"),
        ({"seeds": (1, 1)}, "--seeds names one seed twice"),
        ({"rotations": 0}, "--rotations is 0"),
        ({"resume": True, "out": None}, "--resume needs to know which run"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        ycb.run(replace(asked(tmp_path / "run"), **changes), FAKE)
    assert not (tmp_path / "run").exists()


def test_a_suite_without_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.txt").write_text("# nothing\n")
    with pytest.raises(ConfigError, match="names no object"):
        read_suite(str(tmp_path / "none.txt"))
    assert read_suite("all").names == ()


def test_policies_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = PoliciesConfig(objects="small", rotations=4, seeds=(0,), out=tmp_path / "run")
    assert policies.run(config, FAKE) == 0
    rows = told(tmp_path / "run")["rows"]
    assert [row["policy"] for row in rows] == ["distinguish", "curvature", "random"]
    assert rows[0]["steps_mean"] < rows[1]["steps_mean"]  # the fake walks three times as far
    assert "times as many" in capsys.readouterr().out


def test_fewshot_learns_from_so_many_views_and_draws_the_curve(tmp_path: Path) -> None:
    config = FewshotConfig(
        objects="small", views=(4, 1), rotations=3, seeds=(0,), out=tmp_path / "run"
    )
    assert fewshot.run(config, FAKE) == 0
    rows = told(tmp_path / "run")["rows"]
    assert [row["views"] for row in rows] == [1, 4]
    assert [row["surfels"] for row in rows] == [6 * 40, 6 * 160]  # 40 a view in the fake
    assert rows[0]["posed_rate"] <= rows[0]["accuracy"]
    drawn = ElementTree.parse(tmp_path / "run" / "fewshot.svg")
    texts = {element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"object", "object and pose", "views learned from"} <= texts


@pytest.mark.parametrize("views", [(), (0,), (15,)])
def test_there_are_14_views(tmp_path: Path, views: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match="--views takes numbers from 1 to 14"):
        fewshot.run(FewshotConfig(objects="small", views=views, out=tmp_path / "run"), FAKE)


def test_moved_has_a_row_for_each_motion_moment_and_manner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = MovedConfig(
        objects="small", shifts=(2, 5), turns=(30,), rotations=2, seeds=(0,), out=tmp_path / "run"
    )
    assert moved.run(config, FAKE) == 0
    still, *rows = told(tmp_path / "run")["rows"]
    assert still["noticed_rate"] == 0
    assert still["steps_after_mean"] == still["steps_mean"]
    assert len(rows) == 4 * 2 * 3
    assert len({row["motion"] for row in rows}) == len(rows)
    assert {(row["shift_cm"], row["turn_deg"]) for row in rows} == {
        (2, 0),
        (5, 0),
        (0, 30),
        (5, 30),
    }
    for row in rows:
        assert row["steps_after_mean"] == pytest.approx(row["steps_mean"] - 4)  # as in the fake
        assert row["noticed_rate"] == (row["manner"] == "noticed")
    printed, progress = capsys.readouterr()
    assert "5 cm, 30°" in printed
    assert "nothing" in printed
    assert "5 cm, 30°, once sure, the column is told: " in progress
    table = printed.partition("\n\n")[0].splitlines()
    lines = [line.split("  ") for line in table if "while unsure" in line]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert [line[2] for line in cells] == ["must notice", "is told", "ignores it"] * 4
    # where it is not up to the column, there is nothing to count
    assert [line[4] for line in cells] == ["100.0", "–", "–"] * 4
    for word in ("once sure  ", "takes the object to lie still", "false alarm", "since the motion"):
        assert word in printed
    assert "manner" not in printed


def test_scaled_has_a_row_for_each_size_with_and_without_the_search(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ScaledConfig(
        objects="small", sizes=(0.8, 1, 0.8), rotations=3, seeds=(0,), out=tmp_path / "run"
    )
    assert scaled.run(config, FAKE) == 0
    rows = told(tmp_path / "run")["rows"]
    assert [(row["any_size"], row["size"]) for row in rows] == [
        (False, 0.8), (False, 1), (True, 0.8), (True, 1),
    ]  # fmt: skip
    assert [row["size_error_percent_median"] for row in rows[:2]] == [pytest.approx(25), 0]
    assert 0 < rows[3]["size_error_percent_median"] < 2  # the fake is off by a per cent
    printed = capsys.readouterr().out
    assert "every size" in printed
    assert "learned size" in printed


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ((), "--sizes takes one or more numbers"),
        ((0.7, 0.05), "--sizes is 0.05, but must be 0.1 to 10"),
        ((11,), "--sizes is 11, but must be 0.1 to 10"),
        ((-1,), "--sizes is -1, but"),
        ((float("nan"),), "--sizes is nan, but"),
    ],
)
def test_nothing_is_shown_too_small_or_too_large(
    tmp_path: Path, sizes: tuple[float, ...], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        scaled.run(ScaledConfig(objects="small", sizes=sizes, out=tmp_path / "run"), FAKE)
    assert not (tmp_path / "run").exists()


def test_motions_are_positive(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="positive numbers"):
        moved.run(MovedConfig(objects="small", shifts=(-1,), out=tmp_path / "run"), FAKE)


def test_the_command_line_reaches_every_benchmark(tmp_path: Path) -> None:
    common = ["--rotations", "1", "--seeds", "0"]
    assert set(BENCHES) >= {"ycb", "policies", "fewshot", "moved", "scaled"}
    words = {
        "ycb": ["--root", "tiny", "--conditions", "noise,base", "--body", "camera"],
        "policies": ["--objects", "tiny", "--names", "mug"],
        "fewshot": ["--objects", "tiny", "--views", "1", "14"],
        "moved": ["--objects", "tiny", "--shifts", "5", "--turns", "45"],
        "scaled": ["--objects", "tiny", "--sizes", "0.7", "1"],
    }
    for name, own in words.items():
        out = tmp_path / name
        assert bench([name, *own, *common, "--out", str(out)], FAKE) == 0
        assert told(out)["options"]["seeds"] == [0]
    assert [row["condition"] for row in told(tmp_path / "ycb")["rows"]] == ["noise", "base"]


def test_published_numbers_are_numbers() -> None:
    assert TIMES.keys() <= PUBLISHED.keys()
    for row, numbers in PUBLISHED.items():
        assert row.suite in ("distinct", "similar", "all")
        assert row.columns in (1, 5)
        assert 50 <= numbers.correct <= 100
        assert 0 < numbers.rotation_error < 90
    assert all(times.update < times.step < times.episode for times in TIMES.values())


def test_a_table_is_as_wide_as_it_needs() -> None:
    text = table("Title", [("a long heading", ["n"]), ("", ["x"])], [["one", "1.0"], ["two", "–"]])
    lines = text.splitlines()
    assert lines[0] == "Title"
    assert lines[1].startswith("a long heading")
    assert lines[-2] == "one" + " " * 13 + "1.0"
    assert lines[-1] == "two" + " " * 15 + "–"


def test_cells() -> None:
    assert cell(None) == cell(float("nan")) == "–"
    assert cell("mug") == "mug"
    assert cell(3, "d") == "3"
    assert cell(0.5, ".0f", 100.0) == "50"


def test_scale_has_a_row_for_each_size_and_learns_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    config = ScaleConfig(objects="small", sizes=(2, 4, 9), episodes=4, out=out)
    assert scale.run(config, FAKE) == 0
    rows = told(out)["rows"]
    assert [row["objects"] for row in rows] == [2, 4, 6]  # there are no nine
    assert [row["episodes"] for row in rows] == [4, 4, 4]
    assert [row["memory_bytes"] for row in rows] == [n * 600 * 24 for n in (2, 4, 6)]
    assert {row["awake_bytes"] for row in rows} == {7}
    assert ElementTree.parse(out / "scale.svg").getroot().tag.endswith("svg")
    for row in rows:
        assert row["column_us"]["median"] <= row["column_us"]["p95"] <= row["column_us"]["most"]
    shown = read_episodes(out / "seed0" / "of4" / "shown" / "episodes.parquet")
    assert len({episode.object for episode in shown}) == 4
    printed = capsys.readouterr().out
    assert "column's step" in printed
    assert "grows as the number of objects to the" in printed

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("it was done before")

    monkeypatch.setattr(fake_engine, "learn", refuse)
    monkeypatch.setattr(fake_engine, "recognise", refuse)
    assert scale.run(replace(config, resume=True), FAKE) == 0
    again = told(out)["rows"]
    assert [row["accuracy"] for row in again] == [row["accuracy"] for row in rows]


def test_scale_counts_its_seeds_together(tmp_path: Path) -> None:
    out = tmp_path / "run"
    config = ScaleConfig(objects="small", sizes=(2, 3), episodes=2, seeds=(3, 5), out=out)
    assert scale.run(config, FAKE) == 0
    assert [row["episodes"] for row in told(out)["rows"]] == [4, 4]
    for seed in config.seeds:
        shown = read_episodes(out / f"seed{seed}" / "of3" / "shown" / "episodes.parquet")
        assert len(shown) == 2


def test_scale_spreads_evenly_and_fits_growth() -> None:
    assert spread(range(10), 3) == [0, 3, 6]
    assert spread(range(3), 10) == [0, 1, 2]
    assert spread(range(3), 0) == spread("", 3) == []
    assert scale.exponent([10, 100, 1000], [2, 2 * 10**0.5, 20]) == pytest.approx(0.5)
    assert scale.exponent([10], [2]) is None
    with pytest.raises(ConfigError, match="--sizes takes"):
        scale.run(ScaleConfig(sizes=(0, 5)), FAKE)
