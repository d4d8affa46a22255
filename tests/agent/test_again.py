"""The command that is told for a run to go on: the one that made it, wherever the run is now."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.agent.run_checked import Typed, found
from tests.agent.small_runs import FAKE, config

from colonnade.commands.again import resumed_run
from colonnade.commands.evaluate import evaluate
from colonnade.commands.explore import explore
from colonnade.commands.train import train
from colonnade.config import EvaluateConfig, ExploreConfig


def test_the_commands_that_are_told_are_those_that_made_it(run: Path, typed: Typed) -> None:
    """A folder that `explore` chose is named, and an evaluation has a command of its own."""
    asked = ExploreConfig(objects="tiny", out=run / "new", rotations=2, workers=1, steps=True)
    typed("explore", "--objects", "tiny")
    explore(asked, FAKE)
    for file in ("training.json", "summary.json", "report.html"):
        (run / "new" / file).unlink()
        told = found(run / "new")[file].detail
        assert told.endswith(f"`colonnade explore --objects tiny --out {run / 'new'} --resume`")
    command = typed("evaluate", str(run / "new"), "--rotations", "3", "--resume")
    evaluate(EvaluateConfig(run=run / "new", rotations=3, workers=1), FAKE)
    (run / "new" / "report.html").unlink()
    assert found(run / "new")["report.html"].detail.endswith(f"with --resume: `{command}`")


@pytest.mark.parametrize("command", ["3", "'rm -rf x'", "'colonnade \"'", "'colonnade dance'"])
def test_what_is_no_command_of_ours_is_not_advised(run: Path, command: str) -> None:
    with (run / "config.toml").open() as file:
        kept = [line for line in file if not line.startswith(("[made]", "command", "version"))]
    (run / "config.toml").write_text(f"{''.join(kept)}\n[made]\ncommand = {command}\n")
    (run / "training.json").unlink()
    assert found(run)["training.json"].detail.endswith("the command that made it with --resume")


@pytest.mark.parametrize("out", ["--out {}", "--out={}"])
def test_a_run_that_was_moved_goes_on_where_it_is(out: str, tmp_path: Path, typed: Typed) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    typed("train", *out.format(there).split(), "--objects", "tiny")
    train(config(there, objects="tiny"), FAKE)
    there.rename(here)
    (here / "model.safetensors").unlink()
    told = found(here)["model"].detail
    assert told.endswith(f"`colonnade train --objects tiny --out {here} --resume`")


@pytest.mark.parametrize("flag", ["--objects my", "--objects=my", "--root my"])
def test_a_folder_of_meshes_is_found_from_any_other(
    flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, meshes = tmp_path / "run", tmp_path / "some where" / "my"
    meshes.mkdir(parents=True)
    run.mkdir()
    (run / "config.toml").write_text(
        f"""[train]\nobjects = "{meshes}"\n"""
        f"""[made]\ncommand = "colonnade train {flag} --seed 3 --out runs/mine"\n"""
    )
    monkeypatch.chdir(tmp_path / "some where")
    assert resumed_run(run) == f"colonnade train --seed 3 --objects my --out {run} --resume"
    monkeypatch.chdir(run)
    expected = f"colonnade train --seed 3 --objects '{meshes}' --out . --resume"
    assert resumed_run(run) == expected
