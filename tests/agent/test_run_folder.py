"""Run folders: locks, refusals, and what they say."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from tests.agent import fake_engine
from tests.agent.small_runs import FAKE

from colonnade.commands.discover import discover
from colonnade.commands.evaluate import evaluate
from colonnade.commands.explore import explore
from colonnade.commands.train import train
from colonnade.config import DiscoverConfig, EvaluateConfig, ExploreConfig, TrainConfig
from colonnade.discovery import Encounter
from colonnade.episode import Episode, StepTrace
from colonnade.run_config import read_run_config
from colonnade.run_folder import RunFolder, RunFolderError

ASKED = {"objects": "tiny", "names": ["mug", "bowl"], "seed": 0, "body": "touch"}


def begun(path: Path) -> None:
    with RunFolder(path) as run:
        assert not run.begin("train", ASKED, resume=False)
        run.write_config("train", ASKED)
        run.objects.mkdir()
        run.object_file("mug").write_text("learned")


def test_config_reads_back_with_all_its_tables(tmp_path: Path) -> None:
    begun(tmp_path / "a")
    with RunFolder(tmp_path / "a") as run:
        run.write_config("evaluate", {"noise": "raw"})
        assert run.config() == {"train": ASKED, "evaluate": {"noise": "raw"}}
    assert read_run_config(tmp_path / "a")["train"] == ASKED


def test_resume_of_an_empty_folder_just_begins(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "a") as run:
        assert not run.begin("train", ASKED, resume=True)


@pytest.mark.parametrize("resume", [False, True])
def test_a_run_of_which_nothing_came_may_begin_anew(tmp_path: Path, resume: bool) -> None:
    begun(tmp_path)
    with RunFolder(tmp_path) as run:
        run.object_file("mug").unlink()
        run.training_journal.touch()
        assert not run.begin("train", {**ASKED, "scale": 0.001}, resume=resume)
        run.write_config("evaluate", {})
        assert run.begin("train", ASKED, resume=True)


def test_non_empty_folder_is_refused_without_resume(tmp_path: Path) -> None:
    begun(tmp_path / "a")
    with RunFolder(tmp_path / "a") as run:
        with pytest.raises(RunFolderError, match=r"not empty: give --resume .* or another --out"):
            run.begin("train", ASKED, resume=False)
        assert run.begin("train", ASKED, resume=True)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("seed", 1, "--seed was 0 and is now 1"),
        ("body", "camera", "--body was touch and is now camera"),
        ("objects", "small", "objects are those of tiny, and --objects is small now"),
        ("names", ["mug"], "which has bowl as well: `colonnade evaluate"),
    ],
)
def test_resume_with_other_options_is_refused(
    tmp_path: Path, key: str, value: object, words: str
) -> None:
    begun(tmp_path / "a")
    with RunFolder(tmp_path / "a") as run, pytest.raises(RunFolderError, match=words):
        run.begin("train", {**ASKED, key: value}, resume=True)


@pytest.mark.parametrize(
    ("now", "which", "steps"),
    [
        (["mug", "my cup", "bowl"], "(added: my cup)", "name them with --names mug,bowl, "),
        (["bowl", "cup"], "(added: cup; gone: mug)", "name them with --names mug,bowl, "),
    ],
)
@pytest.mark.parametrize("command", [train, discover])
def test_resume_where_the_set_has_other_objects_now_says_which(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: Any,
    now: list[str],
    which: str,
    steps: str,
) -> None:
    asked: Any = DiscoverConfig(objects="mine", out=tmp_path / "run", epochs=1)
    if command is train:
        asked = TrainConfig(objects="mine", out=tmp_path / "run", workers=1)

    def begin(**changes: Any) -> None:
        command(replace(asked, **changes), FAKE)

    monkeypatch.setitem(fake_engine.SETS, "mine", ("mug", "bowl"))
    begin()
    monkeypatch.setitem(fake_engine.SETS, "mine", tuple(now))
    with pytest.raises(RunFolderError, match=re.escape(which)) as told:
        begin(resume=True)
    assert steps in str(told.value)
    assert "--names was" not in str(told.value)
    begin(resume=True, names=("mug", "bowl"))
    if command is discover:  # and train goes on with all
        with pytest.raises(RunFolderError, match="--names was mug,bowl and is now bowl"):
            begin(resume=True, names=("bowl",))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"objects": "tiny"}, "its objects are those of mine, and --objects is tiny now"),
        ({"seed": 1}, "--seed was 0 and is now 1"),
    ],
)
def test_another_set_or_seed_is_told_and_not_what_follows_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: Any, words: str
) -> None:
    """The names that it does not have, or their order."""
    monkeypatch.setitem(fake_engine.SETS, "mine", ("fork", "spoon"))
    run, one = tmp_path / "run", ("spoon",)
    train(TrainConfig(objects="mine", names=one, out=run, workers=1), FAKE)
    train(TrainConfig(objects="mine", names=("fork",), out=run, workers=1, resume=True), FAKE)
    shown = EvaluateConfig(run=run, objects="mine", names=one, rotations=1, workers=1)
    evaluate(shown, FAKE)
    stream = DiscoverConfig(objects="mine", names=one, out=tmp_path / "stream", epochs=1)
    discover(stream, FAKE)
    for names in ((), one):
        jobs: list[tuple[Any, Any]] = [
            (train, TrainConfig(objects="mine", names=names, out=run, workers=1)),
            (explore, ExploreConfig(objects="mine", names=names, out=run, workers=1)),
            (evaluate, replace(shown, names=names)),
            (discover, replace(stream, names=names)),
        ]
        for command, asked in jobs:
            with pytest.raises(RunFolderError, match=words):
                command(replace(asked, resume=True, **changes), FAKE)


def test_a_set_in_another_order_is_gone_on_with_in_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = DiscoverConfig(objects="mine", out=tmp_path / "stream", epochs=1)
    learned = TrainConfig(objects="mine", out=tmp_path / "run", workers=1)
    monkeypatch.setitem(fake_engine.SETS, "mine", ("mug", "bowl"))
    discover(stream, FAKE)
    train(learned, FAKE)
    monkeypatch.setitem(fake_engine.SETS, "mine", ("bowl", "mug"))
    assert train(replace(learned, resume=True), FAKE)["object_names"] == ["mug", "bowl"]
    discover(replace(stream, resume=True), FAKE)
    assert read_run_config(stream.out)["discover"]["names"] == ["mug", "bowl"]


def test_evaluation_of_a_model_that_changed_is_not_resumed(tmp_path: Path) -> None:
    with RunFolder(tmp_path) as run, pytest.raises(RunFolderError, match="model has changed"):
        run.refuse_change({"model": "a1"}, {"model": "b2"})


def test_resume_of_what_is_no_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    with RunFolder(tmp_path) as run, pytest.raises(RunFolderError, match="holds no run"):
        run.begin("train", ASKED, resume=True)
    assert (tmp_path / "holiday.jpg").exists()


def test_damaged_config_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("= what")
    with pytest.raises(RunFolderError, match=r"config.toml is damaged"):
        read_run_config(tmp_path)
    (tmp_path / "config.toml").write_text("[[train]]")
    with pytest.raises(RunFolderError, match=r"damaged \(train is no table\)"):
        read_run_config(tmp_path)
    with pytest.raises(RunFolderError, match="does not exist"):
        read_run_config(tmp_path / "none")


def test_out_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(RunFolderError, match="is a file; give --out a folder"):
        RunFolder(tmp_path / "a")


def test_second_writer_is_refused_until_the_first_leaves(tmp_path: Path) -> None:
    with RunFolder(tmp_path), pytest.raises(RunFolderError, match=f"process {os.getpid()}"):
        RunFolder(tmp_path)
    RunFolder(tmp_path).close()


def test_lock_of_a_killed_process_does_not_stand_in_the_way(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from colonnade.run_folder import RunFolder\n"
        "run = RunFolder(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(RunFolderError, match=f"process {holder.pid}"):
        RunFolder(tmp_path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    RunFolder(tmp_path).close()


def test_objects_get_files_of_their_own(tmp_path: Path) -> None:
    with RunFolder(tmp_path) as run:
        files = {run.object_file(name) for name in ("random:007", "random/007", "..", "a b")}
        assert len(files) == 4
        assert all(file.parent == tmp_path / "objects" for file in files)


def test_the_spec_names_every_column_of_the_tables() -> None:
    text = (Path(__file__).parents[2] / "docs" / "spec" / "run_folder.md").read_text()
    episodes, _, rest = text.partition("## steps.parquet")
    steps, _, rest = rest.partition("## episodes.parquet of `colonnade discover`")
    encounters = rest.partition("## summary.json")[0].partition("`felt/")[0]
    for kind, part in ((Episode, episodes), (StepTrace, steps), (Encounter, encounters)):
        rows = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
        named = {word for row in rows for word in re.findall(r"`(\w+)`", row)}
        assert {f.name for f in fields(kind)} - {"trace", "percepts", "reach"} == named - (
            {StepTrace: {"object", "trial"}, Encounter: {"new", "correct", "strictly"}}.get(
                kind, set()
            )
        )
