"""The doctor on a run folder: what is damaged, what is not complete, and what is well."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.agent.run_checked import found, states
from tests.agent.small_runs import FAKE

from colonnade.bench import policies
from colonnade.bench.config import PoliciesConfig
from colonnade.commands.explore import explore
from colonnade.config import DoctorConfig, ExploreConfig
from colonnade.doctor import doctor
from colonnade.doctor_run import run_checks


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
    half = len(content) // 2
    if file == "config.toml":  # which is whole, too, where it ends with a line
        half = content.index(b"tiny")
    (run / file).write_bytes(content[:half])
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
