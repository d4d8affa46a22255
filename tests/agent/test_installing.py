"""What is missing is installed as Colonnade was: no index has it."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from colonnade import installing
from colonnade.doctor import examine
from colonnade.engine import MissingExtraError
from colonnade.installing import how_to_install


class Installed:
    """A Colonnade that was installed from `url`, if pip says so."""

    requires = (
        "numpy>=2.0",
        "pybullet>=3.2.6; (python_version < '3.12') and extra == 'sim'",
        "scipy>=1.13; extra == 'sim'",
        'torch>=2.6; extra == "train"',
    )

    def __init__(self, url: str | None, *, editable: bool) -> None:
        told = {"url": url, "dir_info": {"editable": editable}}
        self.told = None if url is None else json.dumps(told)

    def read_text(self, file: str) -> str | None:
        return self.told if file == "direct_url.json" else None


def install(monkeypatch: pytest.MonkeyPatch, url: str | None, *, editable: bool = True) -> None:
    monkeypatch.setattr(installing, "distribution", lambda _: Installed(url, editable=editable))


def test_a_checkout_is_installed_from_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my checkout"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    install(monkeypatch, folder.as_uri())
    assert how_to_install("train") == f"pip install -e '.[train]' in {folder}"
    assert how_to_install(missing=["numpy"]) == f"pip install -e . in {folder}"
    (folder / "constraints.txt").touch()
    assert how_to_install("sim") == f"pip install -e '.[sim]' -c constraints.txt in {folder}"
    told = {finding.what: finding.detail for finding in examine()}
    assert "colonnade[" not in " ".join(told.values())
    lacking = MissingExtraError.from_import(ModuleNotFoundError("No module", name="PIL"))
    assert f"'.[sim]' -c constraints.txt in {folder} (then" in str(lacking)


@pytest.mark.parametrize(
    ("url", "editable"), [(None, True), ("file:///gone", True), ("file:///", False)]
)
def test_elsewhere_packages_are_named_with_their_versions(
    url: str | None, editable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, url, editable=editable)
    assert how_to_install("train") == "pip install 'torch>=2.6'"
    assert how_to_install("sim", ["scipy"]) == "pip install 'scipy>=1.13'"
    assert how_to_install("sim", ["pillow"]) == "pip install pillow"
    assert how_to_install(missing=["numpy"]) == "pip install 'numpy>=2.0'"


def test_what_is_not_installed_at_all_names_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: str) -> Installed:
        raise PackageNotFoundError

    monkeypatch.setattr(installing, "distribution", none)
    assert how_to_install("sim", ["scipy", "trimesh"]) == "pip install scipy trimesh"
