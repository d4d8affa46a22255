"""`colonnade export`: what it writes and says, over what it writes, and what it refuses."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from inspect import signature
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.bridge.small_model import percepts, small_memory
from tests.bridge.tools import GCC, MAKE, needs

from colonnade.budgets import NO_LIMIT, Amount, budget_of
from colonnade.cli import main
from colonnade.commands import export as module
from colonnade.export_folder import MANIFEST, write_export
from colonnade.reach import REACH
from colonnade_bridge.blob import read_blob
from colonnade_bridge.boards import BOARDS, FLASH
from colonnade_bridge.edge import Budget
from colonnade_bridge.native import C_SOURCES, MOST_PATCHES
from colonnade_bridge.onnx.model import OnnxModel
from colonnade_bridge.percepts import record, write_percepts
from colonnade_envs.camera import CameraEnv
from colonnade_envs.touch import TouchEnv
from colonnade_models.model_file import save_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("learned") / "model.safetensors"
    save_model(file, small_memory())
    return file


@pytest.fixture(autouse=True)
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """No firmware is built, which tests of the bridge do, and nothing compiled before its time."""
    monkeypatch.setattr(module, "_runtimes", lambda: {"an386": None, "an500": None})
    monkeypatch.setattr("colonnade.engine.prepare", lambda say: None)


def exports(*words: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["export", *map(str, words)])
    return int(caught.value.code or 0)


def report_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return content


def test_a_project_and_a_report_are_written(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert (
        exports(model, "--out", out, "--budget-flash", "24KiB", "--json", tmp_path / "it.json") == 0
    )
    report = report_of(out)
    blob = (out / "model.blob").read_bytes()
    assert report["flash_model_bytes"] == len(blob) <= 24 * 1024
    assert sum(report["flash_model_sections"].values()) == len(blob)
    assert report["surfels_kept"] < report["surfels_learned"]
    kept = {thing.name: len(thing.table) for thing in read_blob(blob).memory}
    assert {name: row["kept"] for name, row in report["surfels"].items()} == kept
    assert report["model_sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
    assert report["reach"] == REACH["touch"]
    assert json.loads((tmp_path / "it.json").read_text()) == report
    said = capsys.readouterr().out
    assert f"{len(blob):,}" in said
    assert f"{report['surfels_kept']:,} of {report['surfels_learned']:,} surfels" in said
    assert "apt install make gcc-arm-none-eabi" in said
    assert str(tmp_path) not in (out / "report.json").read_text()


def test_the_same_model_gives_the_same_folder(model: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert exports(model, "--out", tmp_path / name) == 0
    one, two = (
        {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*.*")}
        for name in ("one", "two")
    )
    assert one == two


def test_the_reach_is_that_of_the_body_or_as_told(model: Path, run: Path, tmp_path: Path) -> None:
    """A run folder says which body its objects were learned with."""
    shutil.copy(model, run / "model.safetensors")
    config = (run / "config.toml").read_text()
    (run / "config.toml").write_text(config.replace('body = "touch"', 'body = "camera"'))
    for words, reach in (([run], 1.0), ([run, "--reach", "0.3"], 0.3), ([model], 0.05)):
        assert exports(*words, "--out", tmp_path / "out") == 0
        blob = (tmp_path / "out" / "model.blob").read_bytes()
        assert read_blob(blob).settings.reach == np.float32(reach)


def test_the_table_of_reaches_is_that_of_the_bodies() -> None:
    told = {"touch": TouchEnv, "camera": CameraEnv}
    found = {
        name: signature(kind.__init__).parameters["max_range"].default
        for name, kind in told.items()
    }
    assert found == REACH


@needs(*GCC)
@needs(*MAKE)
def test_what_is_lost_is_told(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "percepts.npz"
    write_percepts(file, record([("first", percepts()[:, None]), ("", percepts()[:, None])], 0.05))
    assert exports(model, "--out", tmp_path / "out", "--check", file) == 0
    check = report_of(tmp_path / "out")["check"]
    assert (check["episodes"], check["same_answers"]) == (2, 2)
    assert check["accuracy_before"] == check["accuracy_after"] == 1.0
    assert "2 recorded episodes: 100.0 % correct before, 100.0 % in C" in capsys.readouterr().out


def test_percepts_of_more_patches_than_a_controller_takes_are_refused(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "percepts.npz"
    write_percepts(file, record([("first", np.stack([percepts()] * 6, 1))], 0.05))
    assert exports(model, "--out", tmp_path / "out", "--check", file) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "has 6 patches a step, and a controller takes 5 at most" in said
    header = (C_SOURCES / "colonnade.h").read_text()
    assert f"#define CLN_MOST_PATCHES {MOST_PATCHES}\n" in header


@pytest.mark.parametrize(("code", "boards"), [(None, 0), (60_000, 2)])
def test_a_model_that_no_board_has_room_for_is_told(
    code: int | None, boards: int, model: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(module, "FLASH", 64 * 1024)
    sizes = dict.fromkeys(
        ("mind_code_bytes", "flash_code_bytes", "ram_bytes", "step_stack_bytes", "stack_bytes"),
        code,
    )
    measured = SimpleNamespace(to_json=lambda: sizes) if code else None
    monkeypatch.setattr(module, "_runtimes", lambda: dict.fromkeys(("an386", "an500"), measured))
    assert exports(model, "--out", tmp_path / "out", "--budget-flash", "24KiB") == 0
    said = capsys.readouterr().out
    assert said.count("may not link") == boards
    assert said.count("Give --budget-flash 3488 or less") == boards


@pytest.mark.parametrize(
    ("code", "advice"),
    [(60_000, r"--budget-flash \d+ or less"), (None, "a smaller --budget-flash")],
)
def test_a_model_that_leaves_less_than_a_firmware_may_take_is_told(
    code: int | None, advice: str
) -> None:
    """Where no firmware could be built the model alone counts."""
    most = FLASH - (code or 0) - module.SPARE
    found = {"flash_code_bytes": code} if code else None
    for size, told in ((most, 0), (most + 1, 1)):
        said = module._too_large({"flash_model_bytes": size, "runtime": {"an500": found}})
        assert len(said) == told
    assert re.search(rf"for an500 may not link: .* Give {advice}\.$", said[0])


def test_the_flash_is_that_of_the_linker_scripts() -> None:
    for board in BOARDS:
        script = (C_SOURCES / "ports" / f"{board}.ld").read_text()
        found = re.search(r"FLASH .*LENGTH = (\d+)K", script)
        assert found is not None
        assert int(found[1]) * 1024 == FLASH


def test_percepts_of_another_sensor_are_refused(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "percepts.npz"
    write_percepts(file, record([("first", percepts()[:, None])], 0.1))
    assert exports(model, "--out", tmp_path / "out", "--check", file) == 2
    assert "sees 0.1 m, and this export is for one that sees 0.05 m: give --reach 0.1" in " ".join(
        capsys.readouterr().err.split()
    )
    assert not (tmp_path / "out").exists()


def test_onnx_is_one_file_that_says_what_it_was_made_from(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert exports(model, "--target", "onnx", "--out", out) == 0
    assert {path.name for path in out.iterdir()} == {"model.onnx", "report.json", MANIFEST}
    made = OnnxModel(out / "model.onnx")
    assert made.names == small_memory().names
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    assert digest.encode() in (out / "model.onnx").read_bytes()
    assert report_of(out)["model_bytes"] == (out / "model.onnx").stat().st_size
    assert "colonnade run-onnx" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "complaint", "code"),
    [
        (["--budget-flash", "7000"], "do not fit in 7,000 bytes of flash", 1),
        (["--budget-ram", "5000"], "does not fit in 5,000 bytes of RAM", 1),
        (["--reach", "0"], "--reach is 0, but must be 0.001 to 10, in metres", 2),
        (["--reach", "1e-30"], "--reach is 1e-30, but must be", 2),
        (["--reach", "11"], "--reach is 11, but must be", 2),
        (["--target", "onnx", "--budget-flash", "64KiB"], "--budget-flash is for --target c", 2),
        (["--target", "onnx", "--check", "x.npz"], "--check is for --target c", 2),
        (["--check", "no.npz"], "there are no percepts at no.npz", 1),
        (["--budget-flash", "128kb"], "such as 131072 or 128KiB", 2),
        (["--budget-flash", "0"], "nothing fits in no bytes", 2),
        (["--budget-flash", "9" * 400], "no controller has more than 4096MiB", 2),
        (["--budget-ram", "4097MiB"], "no controller has more than 4096MiB", 2),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_written(
    words: list[str], complaint: str, code: int, model: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert exports(model, "--out", tmp_path / "out", *words) == code
    said = re.sub(r"[│\s]+", " ", capsys.readouterr().err)
    assert complaint in said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()


def test_no_model_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exports(tmp_path / "nothing", "--out", tmp_path / "out") == 1
    assert "is no run folder" in capsys.readouterr().err


def test_a_folder_with_something_else_is_left_alone(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.tex").write_text("dear")
    assert exports(model, "--out", tmp_path) == 1
    assert "is not empty and holds no export" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    assert exports(model, "--out", tmp_path / "thesis.tex") == 1
    assert "is a file: give a folder" in capsys.readouterr().err


def test_an_edit_is_told_before_any_work(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    write_export(out, {"recognise.c": b"1"}, {})
    (out / "recognise.c").write_text("mine")
    assert exports(model, "--target", "onnx", "--out", out) == 1
    assert "recognise.c was changed after it was exported" in capsys.readouterr().err
    assert (out / "recognise.c").read_text() == "mine"


def test_budgets_are_those_of_our_firmware_unless_told() -> None:
    assert budget_of() == Budget(131072, 98304)
    assert budget_of(Amount(5), NO_LIMIT) == Budget(5, None)
