"""Building the firmware: from the package alone, once, and never larger than the board."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests.bridge.tools import ARM, GCC, MAKE, needs

from colonnade_bridge import build as builder
from colonnade_bridge.boards import BOARDS
from colonnade_bridge.build import SOURCES, BuildError, build, sources
from colonnade_bridge.cache_folder import CacheError
from colonnade_bridge.size_report import read_map
from colonnade_bridge.tools import ToolError


@needs(*GCC)
@needs(*MAKE)
def test_what_was_built_is_kept_until_a_source_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "cache"))
    first = build("posix", program="check")
    made = first.elf.stat().st_mtime_ns
    assert build("posix", program="check") == first
    assert first.elf.stat().st_mtime_ns == made
    copy = tmp_path / "c"
    for path in sources():
        copied = copy / path.relative_to(SOURCES)
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_bytes(path.read_bytes())
    monkeypatch.setattr(builder, "SOURCES", copy)
    assert build("posix", program="check") == first
    with (copy / "ports" / "check.c").open("a") as file:
        file.write("/* changed */\n")
    assert build("posix", program="check").elf != first.elf


@needs(*GCC)
@needs(*MAKE)
def test_a_cache_may_be_relative_and_have_spaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLONNADE_CACHE", "my cache")
    key = tmp_path / "my key"
    key.write_bytes(bytes(range(32)))
    before = {path.name for path in SOURCES.iterdir()}
    firmware = build("posix", key=key)
    assert firmware.elf.is_relative_to(tmp_path / "my cache")
    assert key.read_bytes() in firmware.elf.read_bytes()
    assert {path.name for path in SOURCES.iterdir()} == before
    assert {path.name for path in tmp_path.iterdir()} == {"my cache", "my key"}


@needs(*ARM)
@needs(*MAKE)
@pytest.mark.parametrize("board", BOARDS)
def test_what_does_not_fit_into_the_ram_is_not_built(board: str, tmp_path: Path) -> None:
    def link(stack: int) -> subprocess.CompletedProcess[str]:
        words = ["make", "-s", f"TARGET={board}", "PROGRAM=check", f"BUILD={tmp_path}"]
        return subprocess.run(
            [*words, f"STACK={stack}"], cwd=SOURCES, capture_output=True, text=True, check=False
        )

    assert link(120 * 1024).returncode == 0
    full = link(128 * 1024)
    assert full.returncode != 0
    assert "region `RAM' overflowed" in full.stderr


def test_each_board_has_its_memories_and_its_processor() -> None:
    ports = {path.stem for path in (SOURCES / "ports").glob("*.cflags")}
    assert ports == set(BOARDS)
    assert all((SOURCES / "ports" / f"{board}.ld").is_file() for board in BOARDS)


@needs(*ARM)
@needs("cmake", "cmake")
def test_cmake_builds_the_same_firmware_and_again_with_another_key(tmp_path: Path) -> None:
    key = tmp_path / "it's $1(x) & co#1" / "key"
    key.parent.mkdir()
    key.write_bytes(bytes(range(32)))
    words = ["cmake", "-S", SOURCES, "-B", tmp_path / "cmake", "-DCLN_TARGET=an500"]
    words += [f"-DCLN_KEY={key}", f"-DPython3_EXECUTABLE={sys.executable}"]
    words += [f"-DCMAKE_TOOLCHAIN_FILE={SOURCES / 'ports' / 'arm-none-eabi.cmake'}"]
    subprocess.run(words, capture_output=True, check=True)
    words = ["cmake", "--build", tmp_path / "cmake", "--parallel", "2"]
    subprocess.run(words, capture_output=True, check=True)
    by_make = read_map(build("an500", key=key).map)
    by_cmake = read_map(tmp_path / "cmake" / "colonnade.map")
    assert by_cmake.ram == by_make.ram
    assert by_cmake.flash == pytest.approx(by_make.flash, abs=64)
    assert (tmp_path / "cmake").stat().st_mode & 0o077 == 0  # the key is in there
    key.write_bytes(bytes(range(100, 132)))
    os.utime(key, (0, 0))  # a key is another by its bytes, not by its age
    subprocess.run(words, capture_output=True, check=True)
    firmware = (tmp_path / "cmake" / "colonnade.elf").read_bytes()
    assert key.read_bytes() in firmware
    assert bytes(range(32)) not in firmware
    looked_at = (tmp_path / "cmake" / "CMakeFiles" / "Makefile.cmake").read_text()
    assert all(f"{flags}.cflags" in looked_at for flags in ("/cln", "ports/an500"))


@needs(*GCC)
@needs(*MAKE)
def test_what_holds_the_key_is_its_owners_alone() -> None:
    firmware = build("posix")
    key = firmware.key.read_bytes()
    holding = {path for path in firmware.elf.parent.rglob("*") if path.is_file()}
    holding = {path for path in holding if key in path.read_bytes()}
    holding.add(firmware.elf.parent / "cln_key.c")
    assert {path.name for path in holding} == {"key", "cln_key.c", "cln_key.o", "colonnade.elf"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in holding)


@needs(*GCC)
@needs(*MAKE)
def test_what_the_compiler_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Makefile").write_text("all:\n\t@echo 'main.c:1: error: it is wrong' >&2; false\n")
    monkeypatch.setattr(builder, "SOURCES", tmp_path)
    with pytest.raises(BuildError, match=r"for posix could not be built: main\.c:1: error: it is"):
        build("posix", tmp_path / "out")


@needs(*GCC)
@needs(*MAKE)
@pytest.mark.parametrize(
    ("raised", "kind", "said"),
    [
        ("OSError: [Errno 28] No space left on device", CacheError, "set COLONNADE_CACHE to"),
        ("a.WireError: There is no wire.", BuildError, "could not be built: There is no wire"),
    ],
)
def test_what_python_says_is_told_without_its_traceback(
    raised: str, kind: type[Exception], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = f"echo 'Traceback (most recent call last):' >&2; echo '{raised}' >&2; false"
    (tmp_path / "Makefile").write_text(f"all:\n\t@{told}\n")
    monkeypatch.setattr(builder, "SOURCES", tmp_path)
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "cache"))
    with pytest.raises(kind, match=said) as caught:
        build("posix")
    assert "Traceback" not in str(caught.value)
    assert list((tmp_path / "cache" / "firmware").iterdir()) == []


@needs(*GCC)
@needs(*MAKE)
def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "file"))
    with pytest.raises(CacheError, match=r"file cannot keep the firmware .*: set COLONNADE_CACHE"):
        build("posix")


@needs(*GCC)
@needs(*MAKE)
def test_links_that_cannot_be_made_are_not_told_as_of_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "my cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(BuildError, match=r"my cache/.* \(No such file.*\): set TMPDIR to a folder"):
        build("posix", program="check")


def test_what_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="posix, an386, an500"):
        build("an505")
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(ToolError, match="apt install gcc-arm-none-eabi libnewlib-arm-none-eabi"):
        build("an500")


@needs(*GCC)
@needs(*MAKE)
@pytest.mark.parametrize("goal", ["all", "size", "stack"])
def test_make_says_which_python_it_needs(goal: str, tmp_path: Path) -> None:
    words = ["make", "-s", goal, f"BUILD={tmp_path}", "PYTHON=false"]
    done = subprocess.run(words, cwd=SOURCES, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "error: false has no colonnade_bridge: give PYTHON=" in done.stderr
    assert "Traceback" not in done.stderr


@needs(*MAKE)
def test_make_tells_no_stack_of_a_process(tmp_path: Path) -> None:
    (tmp_path / "cln_dialect.h").touch()
    words = ["make", "stack", "TARGET=posix", f"BUILD={tmp_path}", f"WIRE={tmp_path}"]
    words += [f"PYTHON={sys.executable}"]
    done = subprocess.run(words, cwd=SOURCES, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "give TARGET=an386 or an500" in done.stderr
    assert not list(tmp_path.rglob("*.o"))


@needs(*GCC)
@needs("cmake", "cmake")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-DCLN_KEY=nokey"], "nokey, which does not exist"),
        (["-DCLN_KEY=KEY", "-DCMAKE_SYSTEM_NAME=Generic"], "say which with -DCLN_TARGET=an500"),
        (["-DCLN_KEY=KEY", "-DCLN_TARGET=an500"], "-DCMAKE_TOOLCHAIN_FILE="),
        (["-DCLN_KEY=KEY", "-DPython3_EXECUTABLE=PYTHON"], "has no colonnade_bridge"),
    ],
)
def test_cmake_refuses_what_cannot_be_built(options: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(bytes(32))
    bare = tmp_path / "python3"  # without packages
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)
    named = {"KEY=KEY": f"KEY={tmp_path / 'key'}", "=PYTHON": f"={bare}"}
    given = options
    for word, meant in named.items():
        given = [option.replace(word, meant) for option in given]
    words = ["cmake", "-S", SOURCES, "-B", tmp_path / "made", *given]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert said in " ".join(done.stderr.split())
