"""Meshes that changed since they were learned are named, where the run folder can know it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from tests.agent import fake_engine
from tests.agent.small_runs import FAKE, config

from colonnade.bench import policies
from colonnade.bench.config import PoliciesConfig
from colonnade.commands import tasks
from colonnade.commands.changed import differ
from colonnade.commands.evaluate import evaluate
from colonnade.commands.explore import explore
from colonnade.commands.train import train
from colonnade.config import EvaluateConfig, ExploreConfig
from colonnade.engine import mesh_digest, open_set
from colonnade.journal import Journal, read_journal
from colonnade.run_folder import RunFolderError
from colonnade_envs.objects import ObjectMesh
from colonnade_envs.objects.raw import RawMesh

Told = Callable[[], list[str]]


def page(run: Path) -> str:
    """The report of a run."""
    return (run / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """The warnings since the last call."""

    def read() -> list[str]:
        return [line for line in capsys.readouterr().err.splitlines() if "is not the one" in line]

    return read


@pytest.fixture
def reshape(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Puts another mug in the place of the first, as a new process finds it."""

    def put() -> None:
        monkeypatch.setitem(fake_engine.RESHAPED, "mug", 1.2)
        tasks._object_set.cache_clear()

    yield put
    tasks._object_set.cache_clear()


def test_evaluation_names_what_changed(
    tmp_path: Path, told: Told, reshape: Callable[[], None]
) -> None:
    train(config(tmp_path / "run"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=1, workers=1)
    evaluate(asked, FAKE)
    assert told() == []
    reshape()
    evaluate(asked, FAKE)
    assert told() == [
        f"The mesh of 1 object is not the one that {tmp_path}/run learned by that name: mug; "
        "train into another --out to learn what is there now."
    ]
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["changed"] == ["mug"]
    assert "<dt>changed since learned</dt><dd>mug</dd>" in page(tmp_path / "run")
    evaluate(replace(asked, names=("bowl",), out=tmp_path / "bowl"), FAKE)
    evaluate(replace(asked, scale=2.0, out=tmp_path / "large"), FAKE)  # as asked for
    assert told() == []
    assert "changed since" not in page(tmp_path / "bowl")


def test_the_report_names_them_beside_what_went_wrong(
    tmp_path: Path, reshape: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    train(config(tmp_path, objects="tiny"), FAKE)
    reshape()
    recognise = fake_engine.recognise
    monkeypatch.setattr(
        fake_engine, "recognise", lambda *a, **b: replace(recognise(*a, **b), correct=False)
    )
    evaluate(EvaluateConfig(run=tmp_path, rotations=1, workers=1), FAKE)
    wrong = page(tmp_path).partition("What went wrong")[2]
    assert "Of these the mesh has changed since they were learned: <b>mug</b>." in wrong


def test_a_run_of_before_meshes_were_noted_still_works(
    tmp_path: Path, told: Told, reshape: Callable[[], None]
) -> None:
    train(config(tmp_path / "run"), FAKE)
    journal = tmp_path / "run" / "training.jsonl"
    records = list(read_journal(journal))
    assert all(record.pop("mesh") for record in records)
    journal.unlink()
    with Journal(journal) as older:
        for record in records:
            older.append(record)
    reshape()
    assert train(config(tmp_path / "run", resume=True), FAKE)["learned_now"] == 0
    evaluate(EvaluateConfig(run=tmp_path / "run", rotations=1, workers=1), FAKE)
    assert told() == []


def test_whatever_is_resumed_names_what_changed(
    tmp_path: Path, told: Told, reshape: Callable[[], None]
) -> None:
    exploring = ExploreConfig(
        objects="small", out=tmp_path / "explored", rotations=1, workers=1, resume=True
    )
    measuring = PoliciesConfig(
        objects="tiny", out=tmp_path / "bench", rotations=1, seeds=(0,), resume=True
    )
    training = config(tmp_path / "run", resume=True)
    jobs = (
        lambda: explore(exploring, FAKE),
        lambda: policies.run(measuring, FAKE),
        lambda: train(training, FAKE),
    )
    for job in jobs:
        job()
    assert told() == []
    reshape()
    for job in jobs:
        job()
        assert len(told()) == 1
    for file in ("explored/summary.json", "run/training.json"):
        assert json.loads((tmp_path / file).read_text())["changed"] == ["mug"]


def test_a_mesh_is_known_by_what_is_in_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "cache"))

    def digest(side: float) -> str:
        (tmp_path / "meshes").mkdir(exist_ok=True)
        trimesh.creation.box(np.full(3, side)).export(tmp_path / "meshes" / "box.stl")
        return mesh_digest(open_set(str(tmp_path / "meshes"), None, 1.0)["box"])

    first = digest(0.05)
    assert not set(digest(0.06).split("+")) & set(first.split("+"))
    assert digest(0.05) == first


@pytest.mark.parametrize("cached", [True, False])
def test_another_version_of_what_reads_the_files_is_no_change(
    cached: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where trimesh rounds or orders otherwise; nor is a file that says the same otherwise."""
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "cache") if cached else "off")
    (tmp_path / "meshes").mkdir()
    file = tmp_path / "meshes" / "box.ply"
    box = trimesh.creation.box(np.full(3, 0.05))
    box.export(file)

    def digest() -> str:
        return mesh_digest(open_set(str(tmp_path / "meshes"), None, 1.0)["box"])

    learned = digest()
    assert digest() == learned
    assert not differ(digest(), learned.partition("+")[2])  # as it was written down before
    finish = RawMesh.finish

    def rounded(raw: RawMesh, scale: float) -> ObjectMesh:
        return finish(raw, scale * (1 + 1e-6))

    with monkeypatch.context() as patch:
        patch.setattr(RawMesh, "finish", rounded)
        patch.setenv("COLONNADE_CACHE", "off")
        assert digest() != learned
        assert not differ(digest(), learned)
    box.export(file, encoding="ascii")
    assert not differ(digest(), learned)
    trimesh.creation.box(np.full(3, 0.06)).export(file)
    assert differ(digest(), learned)


def test_what_is_refused_is_refused_before_the_meshes_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(config(tmp_path / "run"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=1, workers=1)
    evaluate(asked, FAKE)

    def refuse(*_: object) -> None:
        raise AssertionError("looked at too early")

    monkeypatch.setattr(fake_engine, "mesh_digest", refuse)
    monkeypatch.setattr(fake_engine, "prepare", refuse)
    with pytest.raises(RunFolderError, match="--noise was standard and is now raw"):
        evaluate(replace(asked, noise="raw", resume=True), FAKE)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(RunFolderError, match="holds other files"):
        evaluate(replace(asked, out=tmp_path / "full"), FAKE)


def test_what_takes_long_shows_its_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train(config(tmp_path / "run"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=1, workers=1)
    evaluate(asked, FAKE)
    assert "Comparing" not in capsys.readouterr().err
    monkeypatch.setattr("colonnade.commands.changed.PATIENCE", 0.0)
    evaluate(asked, FAKE)
    assert "Comparing   6/6" in capsys.readouterr().err
    monkeypatch.setattr("colonnade.commands.changed.PATIENCE", 1.0)
    digest = fake_engine.mesh_digest

    def slow_at_first(mesh: fake_engine.FakeMesh) -> str:
        time.sleep(1.1 if mesh.name == "mug" else 0)  # as where processes are started
        return digest(mesh)

    monkeypatch.setattr(fake_engine, "mesh_digest", slow_at_first)
    evaluate(asked, FAKE)
    assert "Comparing" not in capsys.readouterr().err
