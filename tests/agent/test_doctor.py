"""The doctor: plain words, and an exit code."""

from __future__ import annotations

import importlib.util
import json
import platform
import shutil
from pathlib import Path

import pytest

from colonnade import doctor as module
from colonnade.config import DoctorConfig
from colonnade.doctor import doctor, examine


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_import_error", lambda modules: None)


def test_doctor_of_this_computer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(DoctorConfig(json=tmp_path / "d.json")) == 0
    told = json.loads((tmp_path / "d.json").read_text())
    assert told["ok"]
    names = {finding["what"] for finding in told["findings"]}
    assert names >= {"Python", "base install", "numba", "cores", "memory", "disk", "cache folder"}
    assert "Colonnade can run here." in capsys.readouterr().out


def test_missing_pybullet_is_explained_and_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == "pybullet" else find(n))
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    found = {finding.what: finding for finding in examine()}
    assert found["pybullet"].state == "note"
    assert "only for CPython 3.11 or older on x86-64 Linux" in found["pybullet"].detail
    assert "aarch64" in found["pybullet"].detail


def test_missing_compilers_are_told_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    which = {"make": None, "qemu-system-arm": None}
    monkeypatch.setattr(shutil, "which", lambda name: which.get(name, name))
    found = {finding.what: finding for finding in examine()}["controllers"]
    assert found.state == "note"
    assert "missing make, qemu-system-arm" in found.detail or (
        "missing qemu-system-arm, make" in found.detail
    )
    assert "sudo apt install make qemu-system-arm" in found.detail
    which.clear()
    found = {finding.what: finding for finding in examine()}["controllers"]
    assert found.state == "ok"
    assert "arm-none-eabi-gcc" in found.detail


def test_missing_base_package_is_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda n: None if n == "safetensors" else find(n)
    )
    assert doctor(DoctorConfig()) == 1
    assert "Mend first: safetensors." in capsys.readouterr().out


def test_broken_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"\x00" * 20)
    for path in (tmp_path, tmp_path / "model.safetensors", tmp_path / "none.safetensors"):
        asked = DoctorConfig(model=path, json=tmp_path / "d.json")
        assert doctor(asked) == 1
        findings = json.loads((tmp_path / "d.json").read_text())["findings"]
        assert [one["state"] for one in findings if one["what"] == "model"] == ["broken"]


def test_the_disk_is_that_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    usage = shutil.disk_usage

    def note(path: Path) -> object:
        asked.append(path)
        return usage(path)

    monkeypatch.setattr(shutil, "disk_usage", note)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.safetensors").touch()
    runs = ("run", "run/model.safetensors", "gone/run")
    told = [found for run in runs for found in examine(tmp_path / run) if found.what == "disk"]
    assert asked == [tmp_path / "run", tmp_path / "run", tmp_path]
    assert told[0].detail.partition(" in ")[2].startswith(str(tmp_path / "run"))
    monkeypatch.chdir(tmp_path)
    list(examine())
    assert asked.pop() == tmp_path


@pytest.mark.parametrize("odd", ["[/x]", "[red]", "ends\\"])
def test_names_of_folders_are_told_as_they_are(
    odd: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [module.Finding(f"{odd}: model", "note", f"{odd} is missing in {odd}")]
    monkeypatch.setattr(module, "examine", lambda _: iter(found))
    assert doctor(DoctorConfig()) == 0
    told = capsys.readouterr().out
    assert f"{odd}: model" in told
    assert f"{odd} is missing in {odd}" in told


def test_the_cache_is_where_the_object_sets_keep_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> module.Finding:
        return next(finding for finding in examine() if finding.what == "cache folder")

    monkeypatch.chdir(tmp_path)
    for word in ("off", "OFF"):
        monkeypatch.setenv("COLONNADE_CACHE", word)
        assert found().state == "note"
        assert "switched off" in found().detail
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLONNADE_CACHE", "~/mine")
    assert found() == module.Finding("cache folder", "ok", str(tmp_path / "home" / "mine"))
    monkeypatch.delenv("COLONNADE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert found().detail == str(tmp_path / "xdg" / "colonnade")
    assert {path.name for path in tmp_path.iterdir()} == {"home", "xdg"}
    (tmp_path / "file").touch()
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "file"))
    assert "is not writable" in found().detail


def test_a_check_that_fails_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError("no such thing")

    monkeypatch.setattr(module, "core_count", fail)
    found = {finding.what: finding for finding in examine()}
    assert found["machine"].state == "broken"
    assert "could not be checked" in found["machine"].detail


def test_importing_is_tried_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert module._import_error(["json", "rich"]) is None
    error = module._import_error(["no_such_module_at_all"])
    assert error is not None
    assert "No module named" in error
