"""The scripts: what the README shows is found and run."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import stat
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def check_docs() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("check_docs", str(ROOT / "scripts/check_docs"))
    spec = importlib.util.spec_from_loader("check_docs", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


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


@pytest.mark.parametrize("script", ["demo", "test", "lint", "check_docs", "../.ci/run"])
def test_scripts_can_be_run_and_parse(script: str) -> None:
    path = ROOT / "scripts" / script
    assert path.stat().st_mode & stat.S_IXUSR
    if "bash" in path.read_text().splitlines()[0]:
        subprocess.run(["bash", "-n", path], check=True)


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
