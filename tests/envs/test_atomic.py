"""What the envs write is whole or not there."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.envs import shapes

from colonnade_envs.atomic import atomic_path
from colonnade_envs.objects import cache, contact_sheet


def store(folder: Path) -> Path:
    assert cache.store("kind", "key", {"a": np.arange(3)})
    return next((folder / "kind").iterdir())


def draw(folder: Path) -> Path:
    return contact_sheet([shapes.box()], folder / "sheet.png", tile=32)


@pytest.fixture(autouse=True)
def cache_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path))


def test_names_that_the_file_system_takes_can_be_written(tmp_path: Path) -> None:
    name = "x" * 251 + ".png"
    contact_sheet([shapes.box()], tmp_path / name, tile=32)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("write", [store, draw])
def test_data_reach_the_disk_before_the_name_does(
    write: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, bool]] = []
    fsync, replace = os.fsync, Path.replace

    def flush(handle: int) -> None:
        done.append(("flush", os.path.isdir(f"/proc/self/fd/{handle}")))  # noqa: PTH112
        fsync(handle)

    def rename(self: Path, target: Path) -> Path:
        done.append(("rename", False))
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(Path, "replace", rename)
    written = write(tmp_path)
    assert done == [("flush", False), ("rename", False), ("flush", True)]
    assert list(written.parent.iterdir()) == [written]


@pytest.mark.parametrize("fails", ["fsync", "replace", "write"])
def test_a_full_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file"
    path.write_text("old")
    if fails != "write":
        monkeypatch.setattr(*((os, "fsync") if fails == "fsync" else (Path, "replace")), full)
    with pytest.raises(OSError, match="No space"), atomic_path(path) as temporary:  # noqa: PT012
        temporary.write_text("new")
        if fails == "write":
            full()
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_at_once_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with atomic_path(path) as one, atomic_path(path) as other:
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"  # left last
    assert list(tmp_path.iterdir()) == [path]


def test_storing_sweeps_what_killed_writers_left_long_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "gone")

    with monkeypatch.context() as dying:
        dying.setattr(Path, "replace", killed)
        dying.setattr(Path, "unlink", killed)
        for key in ("a", "b"):
            assert not cache.store("kind", key, {"a": np.arange(3)})
    old, young = (tmp_path / "kind").iterdir()
    two_days_ago = time.time() - 2 * 86400
    os.utime(old, (two_days_ago, two_days_ago))
    assert cache.store("kind", "key", {"a": np.arange(3)})
    left = set((tmp_path / "kind").iterdir())
    assert len(left) == 2
    assert young in left
    assert old.suffix == young.suffix == ".partial"
