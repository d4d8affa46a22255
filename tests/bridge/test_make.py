"""Make knows what it built with, and builds anew what was built with anything else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.bridge.tools import GCC, MAKE, needs

from colonnade_bridge.build import SOURCES

pytestmark = [needs(*GCC), needs(*MAKE)]

CONFIG = "#define CLN_MODEL_BYTES 4u\nextern const unsigned cln_model_data[1];\n"
MODEL = '#include "cln_config.h"\nconst unsigned cln_model_data[1] = {%s};\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where it is built, with two keys, the second from long ago, and a model."""
    for number, name in enumerate("ab"):
        key = tmp_path / name
        key.write_bytes(bytes([number + 1] * 32))
        os.utime(key, (1e9 / (number + 1), 1e9 / (number + 1)))
    (tmp_path / "cln_config.h").write_text(CONFIG)
    (tmp_path / "model.c").write_text(MODEL % "0x01020304")
    return tmp_path


def make(folder: Path, made: str, *words: str) -> bytes:
    """Make one of the files of the firmware for this computer and return it."""
    target = folder / "made" / made
    given = [f"BUILD={folder / 'made'}", f"PYTHON={sys.executable}", *words]
    subprocess.run(["make", "-s", target, *given], cwd=SOURCES, capture_output=True, check=True)
    return target.read_bytes()


def test_another_key_is_taken_though_its_file_is_older(folder: Path) -> None:
    first = make(folder, "cln_key.o", f"KEY={folder / 'a'}")
    assert bytes([1] * 32) in first
    second = make(folder, "cln_key.o", f"KEY={folder / 'b'}")
    assert bytes([2] * 32) in second
    assert bytes([1] * 32) not in second
    assert (folder / "made" / "cln_key.c").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("flag", ["EXTRA=-DCLN_FIRST", "CFLAGS=-O1 -DNAMED='\"it is\"'"])
def test_other_flags_are_taken_and_the_same_ones_build_nothing(folder: Path, flag: str) -> None:
    def built(*words: str) -> int:
        make(folder, "ports/check.o", "PROGRAM=check", *words)
        return (folder / "made" / "ports" / "check.o").stat().st_mtime_ns

    first = built()
    assert built() == first
    second = built(flag)
    assert second > first
    assert built(flag) == second


def test_a_first_model_and_another_one_are_taken(folder: Path) -> None:
    assert b"cln_model_data" not in make(folder, "firmware/main.o")
    words = [f"MODEL={folder / 'model.c'}"]
    assert b"cln_model_data" in make(folder, "firmware/main.o", *words)
    assert bytes([4, 3, 2, 1]) in make(folder, "cln_model_data.o", *words)
    (folder / "model.c").write_text(MODEL % "0x05060708")
    os.utime(folder / "model.c", (1e9, 1e9))
    assert bytes([8, 7, 6, 5]) in make(folder, "cln_model_data.o", *words)


UNFIT = "$#&'\"`()*:;<>?[\\{|"


@pytest.mark.parametrize("given", ["in the command", "in the environment"])
@pytest.mark.parametrize("folder", [SOURCES, SOURCES / "project"])
@pytest.mark.parametrize("unfit", [*UNFIT, " ", "\t"])
def test_a_key_that_make_would_not_take_for_one_path_is_refused(
    unfit: str, folder: Path, given: str
) -> None:
    key = f"my{unfit}key"
    words = ["make", "-s", "-n", "firmware"] + ([f"KEY={key}"] if given == "in the command" else [])
    environment = {**os.environ, "KEY": key}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(
        "KEY has to be the path of one file, without a space or any of "
        f"{' '.join(UNFIT)}: {key}.  Stop.\n"
    )


@pytest.mark.parametrize("folder", [SOURCES, SOURCES / "project"])
@pytest.mark.parametrize("key", ["", " "])
def test_a_key_that_has_no_name_is_refused(folder: Path, key: str) -> None:
    words = ["make", "-s", "-n", "firmware", f"KEY={key}"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "KEY is empty: leave it out" in done.stderr


@pytest.mark.parametrize("name", ["schlüssel-鍵", "a,b+c=d@e~f%g", "-k"])
def test_a_key_of_any_other_name_is_taken_as_it_is(folder: Path, name: str) -> None:
    shutil.copy(SOURCES / "Makefile", folder)
    shutil.copy(SOURCES / "cln.cflags", folder)
    (folder / name).write_bytes(bytes([3] * 32))
    for key in (name, str(folder / name)):
        words = ["make", "-s", "made/cln_key.c", "BUILD=made", f"KEY={key}"]
        subprocess.run(words, cwd=folder, capture_output=True, check=True)
        assert (folder / "made" / "cln_key.c").read_text().count("0x03,") == 32
        (folder / "made" / "cln_key.c").unlink()


def test_without_a_key_one_is_drawn_and_kept(folder: Path) -> None:
    drawn = make(folder, "key")
    assert len(drawn) == 32
    assert drawn in make(folder, "cln_key.o")
