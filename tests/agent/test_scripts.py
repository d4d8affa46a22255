"""The scripts: what the README shows is found and run."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import re
import stat
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


def script(name: str) -> ModuleType:
    """A Python script as a module; it has no ending."""
    loader = importlib.machinery.SourceFileLoader(name, str(ROOT / "scripts" / name))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def check_docs() -> ModuleType:
    return script("check_docs")


@pytest.fixture
def bench() -> ModuleType:
    return script("bench_recognition")


def test_blocks_are_found(check_docs: ModuleType) -> None:
    page = "a\n```bash\nls\n```\n```python\nx\n```\n```bash\ncolonnade doctor # see\n```\n"
    blocks = check_docs.blocks_of(page)
    assert blocks == ["ls\n", "colonnade doctor # see\n"]
    assert check_docs.without(blocks[1], ["colonnade doctor"]) == ""
    assert check_docs.without(blocks[0], ["colonnade doctor"]) == "ls"


def test_readme_begins_with_the_two_commands(check_docs: ModuleType) -> None:
    first = check_docs.blocks_of((ROOT / "README.md").read_text(encoding="utf-8"))[0]
    commands = [line.partition("#")[0].strip() for line in first.splitlines()]
    assert commands == ["scripts/demo", "scripts/test"]


def test_every_page_with_commands_is_checked(check_docs: ModuleType) -> None:
    names = {page.relative_to(ROOT).as_posix() for page in check_docs.pages()}
    assert names >= {"README.md", "CONTRIBUTING.md", "docs/column.md", "docs/spec/model.md"}


def test_python_scripts_are_linted_though_they_have_no_ending() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]
    python = [
        path
        for path in (ROOT / "scripts").iterdir()
        if path.suffix != ".py" and path.read_text().partition("\n")[0].endswith("python3")
    ]
    assert len(python) >= 2
    for path in python:
        relative = path.relative_to(ROOT).as_posix()
        assert any(fnmatch(relative, pattern) for pattern in configured["extend-include"])


def answer(accuracy: float | None, degrees: float | None) -> dict[str, object]:
    steps = {"total": 600.0, "infer": 90.0}
    return {"accuracy": accuracy, "rotation_error_deg_median": degrees, "step_us": steps}


@pytest.mark.parametrize(
    ("accuracy", "degrees", "sentences"),
    [
        (1.0, 1.0, []),
        (0.9, 10.0, []),
        (0.8, 1.0, [r"80\.0% of episodes .* were right, fewer than 90\.0%\.$"]),
        (1.0, 11.0, [r"median rotation error is 11\.0 degrees, .* 10 degrees at most\.$"]),
        (0.0, None, [r"0\.0% of episodes", "median rotation error is unknown"]),
        (None, None, ["no episodes", "median rotation error is unknown"]),
        (float("nan"), float("nan"), ["nan% of episodes", "median rotation error is nan"]),
    ],
)
def test_a_bench_of_broken_recognition_fails(
    bench: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    accuracy: float | None,
    degrees: float | None,
    sentences: list[str],
) -> None:
    monkeypatch.setattr(bench, "colonnade", lambda *words: (answer(accuracy, degrees), 1.0))
    monkeypatch.setattr(sys, "argv", ["bench_recognition", "--quick"])
    if not sentences:
        bench.main()
        return
    with pytest.raises(SystemExit) as ended:
        bench.main()
    told = str(ended.value.code).splitlines()  # a string: Python prints it and exits with 1
    assert len(told) == len(sentences)
    for line, sentence in zip(told, sentences, strict=True):
        assert re.search(sentence, line)


@pytest.mark.parametrize(
    "script", ["demo", "test", "lint", "check_docs", "bench_recognition", "../.ci/run"]
)
def test_scripts_can_be_run_and_parse(script: str) -> None:
    path = ROOT / "scripts" / script
    assert path.stat().st_mode & stat.S_IXUSR
    if "bash" in path.read_text().splitlines()[0]:
        subprocess.run(["bash", "-n", path], check=True)


def test_lint_names_lines_of_c_that_are_too_long(tmp_path: Path) -> None:
    lint = (ROOT / "scripts" / "lint").read_text()
    check = lint[lint.index("short_c_lines() {") : lint.index("check ruff check")]
    assert "\ncheck short_c_lines\n" in lint
    for folder in ("firmware_bridge", "tests"):
        (tmp_path / folder / "c").mkdir(parents=True)
    wide = {
        "firmware_bridge/c/a.c": 100,
        "firmware_bridge/c/cln_fuzz_model.c": 107,
        "firmware_bridge/c/b.h": 101,
        "tests/c/c.c": 102,
    }
    for name, columns in wide.items():
        (tmp_path / name).write_text("\n" + "x" * columns + "\n")
    done = subprocess.run(
        ["bash", "-c", check + "short_c_lines"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    named = sorted(line.split(":x")[0] for line in done.stdout.splitlines())
    assert named == ["firmware_bridge/c/b.h:2", "tests/c/c.c:2"]


def test_set_up_says_what_is_missing_without_python(tmp_path: Path) -> None:
    """On a PATH without any Python the script ends with a sentence, not with a riddle."""
    copy = tmp_path / "scripts"
    copy.mkdir()
    for name in ("setup.sh", "demo"):
        (copy / name).write_bytes((ROOT / "scripts" / name).read_bytes())
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("bash", "dirname", "cat", "cksum"):
        found = next(
            folder / tool
            for folder in map(Path, os.environ["PATH"].split(":"))
            if (folder / tool).exists()
        )
        (tools / tool).symlink_to(found)
    result = subprocess.run(
        [tools / "bash", copy / "demo"],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "Colonnade needs Python 3.11 or newer" in result.stderr


def test_weights_are_found_again_from_what_they_decided() -> None:
    """Pairs drawn as the model of `fit_evidence` says: which row is the true one is a coin toss."""
    fit = script("fit_evidence").fit
    random = np.random.default_rng(0)
    weights = np.array([0.5, 0.2, 0.0])
    one, other = random.gamma(1.0, 2.0, (2, 30000, 3))
    first = random.random(30000) < 1.0 / (1.0 + np.exp((one - other) @ weights))
    true, twin = (np.where(first[:, None], a, b) for a, b in ((one, other), (other, one)))
    found, loss = fit(true, twin)
    assert np.allclose(found, weights, atol=0.04)
    assert loss < 0.6


def test_fitting_without_a_model_is_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "fit_evidence", "nowhere"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "nowhere" in done.stderr
