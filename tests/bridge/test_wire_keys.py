"""Keys that only their owner can read, and time stamps that never go backwards."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from colonnade_bridge.wire import keys
from colonnade_bridge.wire.errors import KeyFileError
from colonnade_bridge.wire.keys import Stamps, create_key, read_key


def test_a_key_is_read_as_it_was_created(tmp_path: Path) -> None:
    path = tmp_path / "robot.key"
    key = create_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key(path) == key
    assert len(key) == 32
    assert create_key(tmp_path / "other.key") != key


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "robot.key"
    key = create_key(path)
    with pytest.raises(KeyFileError, match="exists already"):
        create_key(path)
    assert read_key(path) == key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "robot.key"
    create_key(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_key(path)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_has_32_bytes(tmp_path: Path, length: int) -> None:
    path = tmp_path / "robot.key"
    path.touch(0o600)
    path.write_bytes(bytes(length))
    with pytest.raises(KeyFileError, match="32 bytes"):
        read_key(path)


def test_a_key_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read"):
        read_key(tmp_path / "robot.key")


def test_stamps_grow_though_the_clock_is_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "robot.key.stamp"
    stamps = Stamps(path)
    used = [stamps.next() for _ in range(1000)]
    monkeypatch.setattr(time, "time", lambda: 0.0)
    used += [stamps.next() for _ in range(10)]
    used += [Stamps(path).next() for _ in range(10)]  # each a process of its own
    assert used == sorted(set(used))
    assert abs(used[0] / 1e5 - (time.time_ns() / 1e9 - 1420070400)) < 5


def test_stamps_overtake_what_was_heard() -> None:
    stamps = Stamps(None)
    ahead = stamps.next() + 10**9
    stamps.hear(ahead)
    assert stamps.next() == ahead + 1


def test_stamps_are_written_rarely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "robot.key.stamp"
    stamps = Stamps(path)
    begin = time.time()
    written = set()
    for second in range(300):
        monkeypatch.setattr(time, "time", lambda second=second: begin + second)
        stamps.next()
        written.add(path.read_text())
    assert len(written) <= 6


def test_a_broken_file_of_stamps_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "robot.key.stamp"
    path.write_text("nonsense")
    stamp = Stamps(path).next()
    assert int(path.read_text()) > stamp


def test_stamps_end(monkeypatch: pytest.MonkeyPatch) -> None:
    stamps = Stamps(None)
    stamps.hear(keys.LAST_STAMP)
    with pytest.raises(KeyFileError, match="used up"):
        stamps.next()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be written"):
        Stamps(tmp_path / "nowhere" / "robot.key.stamp").next()
