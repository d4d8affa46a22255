"""Objects whose meshes are gone since a run began: it names them and goes on with the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.agent import fake_engine
from tests.agent.small_runs import FAKE, config, rows, stopped_after

from colonnade.bench import policies
from colonnade.bench.config import PoliciesConfig
from colonnade.cli import main
from colonnade.commands.console import Interrupted
from colonnade.commands.discover import discover
from colonnade.commands.evaluate import evaluate
from colonnade.commands.explore import explore
from colonnade.commands.gone import gone_from
from colonnade.commands.train import train
from colonnade.config import DiscoverConfig, EvaluateConfig, ExploreConfig
from colonnade.engine import load_engine

REASON = "bowl: it is not in mine any more: put it back, or begin anew in another --out."
Holds = Callable[..., None]


@pytest.fixture
def holds(monkeypatch: pytest.MonkeyPatch) -> Holds:
    """Makes the set `mine` hold just these objects."""

    def put(*names: str) -> None:
        monkeypatch.setitem(fake_engine.SETS, "mine", names)

    put("bowl", "mug", "spoon")
    return put


def code(*given: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*given, "--workers", "1", "--resume"], engine=FAKE)
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize("names", [(), ("--names", "bowl,mug,spoon"), ("--names", "bowl")])
def test_training_keeps_what_it_learned_of_them(
    names: tuple[str, ...], tmp_path: Path, holds: Holds, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    train(config(run, objects="mine"), FAKE)
    whole = (run / "model.safetensors").read_bytes()
    (run / "objects" / "mug.safetensors").unlink()
    holds("mug", "spoon")
    capsys.readouterr()
    assert code("train", "--objects", "mine", "--out", str(run), *names) == 1
    told = capsys.readouterr().err
    assert f"1 object that {run} learned is not in mine any more: bowl; what was learned" in told
    assert (run / "model.safetensors").read_bytes() == whole


@pytest.mark.parametrize("names", [(), ("--names", "bowl,mug,spoon"), ("--names", "mug")])
def test_a_model_is_put_together_again_though_the_whole_set_is_gone(
    names: tuple[str, ...],
    tmp_path: Path,
    holds: Holds,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = tmp_path / "run"
    train(config(run, objects="mine"), FAKE)
    whole = (run / "model.safetensors").read_bytes()
    for lost in ("model.safetensors", "training.jsonl"):
        (run / lost).unlink()
    monkeypatch.delitem(fake_engine.SETS, "mine")
    capsys.readouterr()
    assert code("train", "--objects", "mine", "--out", str(run), *names) == 1
    told = capsys.readouterr().err
    assert f"3 objects that {run} learned are not in mine any more: bowl, mug, spoon" in told
    assert (run / "model.safetensors").read_bytes() == whole
    assert code("train", "--objects", "mine", "--out", str(run), "--names", "mug,fork") == 1
    assert "There is no set 'mine'" in capsys.readouterr().err
    assert (run / "model.safetensors").read_bytes() == whole


def test_training_learns_the_others(
    tmp_path: Path, holds: Holds, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = config(tmp_path / "run", objects="mine")
    train(asked, FAKE)
    for name in ("bowl", "mug"):
        (asked.out / "objects" / f"{name}.safetensors").unlink()
    (asked.out / "model.safetensors").unlink()
    holds("mug", "spoon")
    summary = train(replace(asked, resume=True), FAKE)
    assert (summary["object_names"], summary["missing"]) == (["mug", "spoon"], [])
    assert summary["unusable"] == {"bowl": REASON}
    assert f"- {REASON}" in capsys.readouterr().err
    holds("bowl", "mug", "spoon", "cup")
    summary = train(replace(asked, resume=True, names=("cup",)), FAKE)
    assert summary["object_names"] == ["bowl", "mug", "spoon", "cup"]
    assert not summary["unusable"]


@pytest.mark.parametrize("names", [(), ("--names", "mug,bowl,spoon")])
def test_exploring_goes_on_with_the_others(
    names: tuple[str, ...],
    tmp_path: Path,
    holds: Holds,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    holds("mug", "bowl", "spoon")
    asked = ExploreConfig(objects="mine", out=tmp_path / "run", rotations=2, workers=1)
    _, go_on = stopped_after(3, monkeypatch)
    with pytest.raises(Interrupted):
        explore(asked, FAKE)
    go_on()
    holds("mug", "spoon")
    capsys.readouterr()
    given = ("explore", "--objects", "mine", "--rotations", "2", "--out", str(tmp_path / "run"))
    assert code(*given, *names) == 1
    assert "not in mine any more: bowl" in capsys.readouterr().err
    done = [(row["object"], row["trial"]) for row in rows(tmp_path / "run" / "episodes.parquet")]
    assert done == [("bowl", 0), ("mug", 0), ("mug", 1), ("spoon", 0), ("spoon", 1)]
    holds("mug", "bowl", "spoon")
    assert explore(replace(asked, resume=True), FAKE)["episodes"] == 6
    explore(replace(asked, out=tmp_path / "whole"), FAKE)
    table = "episodes.parquet"
    assert rows(tmp_path / "run" / table) == rows(tmp_path / "whole" / table)


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("names", [(), ("bowl", "mug")])
def test_an_evaluation_is_resumed_without_them(
    own: bool, names: tuple[str, ...], tmp_path: Path, holds: Holds
) -> None:
    train(config(tmp_path / "run", objects="mine"), FAKE)
    asked = EvaluateConfig(
        run=tmp_path / "run", rotations=1, workers=1, names=names, objects=None if own else "mine"
    )
    before = evaluate(asked, FAKE)["episodes"]
    holds("mug", "spoon")
    summary = evaluate(replace(asked, resume=True), FAKE)
    assert (summary["episodes"], summary["missing"]) == (before, ["bowl"])
    assert evaluate(replace(asked, resume=True, rotations=2), FAKE)["episodes"] == 2 * before - 1


def test_episodes_of_what_is_gone_are_counted_with_all(
    tmp_path: Path, holds: Holds, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(config(tmp_path / "run", objects="mine"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=2, workers=1)
    done, go_on = stopped_after(2, monkeypatch)
    with pytest.raises(Interrupted, match="2 of 6 episodes"):
        evaluate(asked, FAKE)
    done.clear()
    holds("mug", "spoon")
    with pytest.raises(Interrupted, match="4 of 6 episodes"):
        evaluate(replace(asked, resume=True), FAKE)
    go_on()


def test_what_was_never_there_is_still_an_error(tmp_path: Path, holds: Holds) -> None:
    asked = config(tmp_path / "run", objects="mine")
    with pytest.raises(fake_engine.FakeSetError, match="no object 'cup' in mine"):
        train(replace(asked, names=("cup",)), FAKE)
    assert not asked.out.exists()
    train(asked, FAKE)
    holds("mug")
    with pytest.raises(fake_engine.FakeSetError, match="no object 'cup' in mine"):
        train(replace(asked, names=("cup", "bowl"), resume=True), FAKE)
    with pytest.raises(fake_engine.FakeSetError, match="no object 'cup' in mine"):
        evaluate(EvaluateConfig(run=asked.out, names=("cup", "bowl"), workers=1), FAKE)


def test_what_was_shown_of_them_alone_is_kept(
    tmp_path: Path, holds: Holds, capsys: pytest.CaptureFixture[str]
) -> None:
    train(config(tmp_path / "run", objects="mine"), FAKE)
    asked = EvaluateConfig(run=tmp_path / "run", rotations=1, workers=1, names=("bowl",))
    evaluate(asked, FAKE)
    holds("mug", "spoon")
    summary = evaluate(replace(asked, resume=True), FAKE)
    assert (summary["episodes"], summary["missing"]) == (1, ["bowl"])
    assert capsys.readouterr().err.endswith("any more: bowl; put back what is missing.\n")


def test_the_report_of_some_has_the_pictures_of_all_that_are_there(
    tmp_path: Path, holds: Holds
) -> None:
    train(config(tmp_path / "run", objects="mine"), FAKE)
    holds("mug", "spoon")
    evaluate(EvaluateConfig(run=tmp_path / "run", rotations=1, workers=1, names=("mug",)), FAKE)
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert page.count("mesh not found") == 1


def test_a_stream_goes_on_without_them(tmp_path: Path, holds: Holds) -> None:
    asked = DiscoverConfig(objects="mine", out=tmp_path / "run", epochs=1)
    discover(asked, FAKE)
    holds("mug", "spoon")
    summary = discover(replace(asked, epochs=2, resume=True), FAKE)
    assert (summary["episodes"], summary["unusable"]) == (5, {"bowl": REASON})


def test_a_benchmark_goes_on_without_them(tmp_path: Path, holds: Holds) -> None:
    asked = PoliciesConfig(objects="mine", out=tmp_path / "run", rotations=1, seeds=(0,))
    assert policies.run(asked, FAKE) == 0
    holds("mug", "spoon")
    assert policies.run(replace(asked, rotations=2, resume=True), FAKE) == 1


Bench = Callable[[Path], tuple[str, ...]]


def suite_of(folder: Path) -> str:
    file = folder / "suite.txt"
    file.write_text("bowl\ncup\nmug\nspoon\n")
    return str(file)


ALL = ("--names", "bowl,cup,mug,spoon")
BENCHES: dict[str, Bench] = {
    "policies": lambda _: ("policies", "--rotations", "1", *ALL),
    "ycb of a suite": lambda at: ("ycb", "--rotations", "1", "--suite", suite_of(at)),
    "continual": lambda _: ("continual", *ALL),
    "unsupervised": lambda _: ("unsupervised", "--epochs", "2", *ALL),
    "scale of some": lambda _: ("scale", "--sizes", "2", "3", *ALL),
    "scale of the set": lambda _: ("scale", "--sizes", "2", "3"),
    "scale of all": lambda _: ("scale", "--sizes", "9"),
}


def run_bench(kind: str, folder: Path, *more: str) -> int:
    given = ("--objects", "mine", "--out", str(folder / "run"), *BENCHES[kind](folder), *more)
    with pytest.raises(SystemExit) as ended:
        main(["bench", *given[4:], *given[:4]], engine=FAKE)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def counts(folder: Path) -> list[tuple[int, int]]:
    told = json.loads((folder / "run" / "bench.json").read_text())
    return [(row.get("objects", row.get("learned")), row["episodes"]) for row in told["rows"]]


@pytest.mark.parametrize("kind", BENCHES)
def test_benchmarks_of_named_objects_go_on_without_them(
    kind: str, tmp_path: Path, holds: Holds, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second seed is begun when one is gone already; and all is well once it is back."""
    holds("bowl", "cup", "mug", "spoon")
    assert run_bench(kind, tmp_path, "--seeds", "0") == 0
    before = counts(tmp_path)
    holds("cup", "mug", "spoon")
    assert run_bench(kind, tmp_path, "--seeds", "0", "--resume") == 1
    assert counts(tmp_path) == before
    capsys.readouterr()
    assert run_bench(kind, tmp_path, "--seeds", "0", "1", "--resume") == 1
    assert REASON in capsys.readouterr().err
    holds("bowl", "cup", "mug", "spoon")
    assert run_bench(kind, tmp_path, "--seeds", "0", "1", "--resume") == 0


@pytest.mark.parametrize("kind", ["policies", "ycb of a suite", "unsupervised", "scale of some"])
def test_benchmarks_refuse_what_was_never_there(
    kind: str, tmp_path: Path, holds: Holds, capsys: pytest.CaptureFixture[str]
) -> None:
    holds("cup", "mug", "spoon")
    assert run_bench(kind, tmp_path) == 1
    assert capsys.readouterr().err == "there is no object 'bowl' in mine\n"
    assert not (tmp_path / "run").exists()


def test_a_folder_is_not_read_for_each_that_is_gone(
    holds: Holds, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    open_set = fake_engine.open_set

    def count(*given: Any) -> Mapping[str, fake_engine.FakeMesh]:
        opened.append(given)
        return open_set(*given)

    monkeypatch.setattr(fake_engine, "open_set", count)
    names = ["mug", "a", "b", "c"]
    assert gone_from(load_engine(FAKE), "mine", names, 1.0) == ["a", "b", "c"]
    assert len(opened) == 2


def test_random_shapes_are_there_though_no_set_lists_them() -> None:
    names = ["duck", "random:007", "gone"]
    assert gone_from(load_engine("colonnade.engine"), "pybullet", names, 1.0) == ["gone"]
