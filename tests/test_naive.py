"""The plain references are found where they are looked for."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("agent", "envs", "firmware_bridge", "models")


def test_each_is_called_as_the_module_that_it_mirrors() -> None:
    modules = {file.stem for package in PACKAGES for file in (ROOT / package).rglob("*.py")}
    mirrors = {file.stem for file in (ROOT / "tests" / "naive").glob("*.py")}
    assert mirrors - modules == set()
