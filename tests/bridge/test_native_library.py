"""The C code's library is kept where everything that is built is kept, and compiled once."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.bridge.tools import GCC, needs

from colonnade_bridge import native
from colonnade_bridge.cache_folder import CacheError, cache_folder

pytestmark = needs(*GCC)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What would be compiled from now on, where the one of before is copied instead."""
    whole, targets = Path(native.library()._name), list[Path]()

    def copy(_: Sequence[Path], target: Path) -> None:
        targets.append(target)
        shutil.copyfile(whole, target)

    monkeypatch.setattr(native, "_compile", copy)
    return targets


def test_it_is_compiled_once_into_the_cache(
    compiled: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "cache"))
    for _ in range(2):
        native.library.__wrapped__()
    (target,) = compiled
    assert target.parent == tmp_path / "cache" / "native"
    assert target.is_file()


def test_where_the_cache_is_off_it_goes_with_the_process(
    compiled: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLONNADE_CACHE", "off")
    native.library.__wrapped__()
    assert compiled[0].parent == cache_folder() / "native"
    assert list(tmp_path.iterdir()) == []


def test_it_is_not_kept_below_the_home_folder_where_the_platform_says_otherwise(
    compiled: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("COLONNADE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    native.library.__wrapped__()
    assert compiled[0].parent == tmp_path / "colonnade" / "native"


def test_a_cache_that_cannot_keep_it_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "file"))
    with pytest.raises(CacheError, match=r"file cannot keep the C runtime .*: set COLONNADE_CACHE"):
        native.library.__wrapped__()
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho 'as: a.o: No space left on device' >&2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "full"))
    with pytest.raises(
        CacheError, match=r"full cannot keep .*No space left.*: set COLONNADE_CACHE"
    ):
        native.library.__wrapped__()
