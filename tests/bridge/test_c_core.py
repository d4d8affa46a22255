"""The C core as a library: what it calls, what it is called, what it keeps, what it takes."""

from __future__ import annotations

import re
import subprocess

import pytest
from tests.bridge.targets import TARGETS, objects_of
from tests.bridge.tools import needs

from colonnade_bridge.native import C_SOURCES, library

COMPILED = [pytest.param(name, marks=TARGETS[name].marks()) for name in TARGETS]
ALLOWED = {"sqrtf", "memcpy", "memmove", "memset", "memcmp"}
"""All that the core may call; compilers call the latter four by themselves."""
INSPECTED = [
    pytest.param("x86-64", marks=needs("nm", "binutils")),
    pytest.param("cortex-m4", marks=TARGETS["cortex-m4"].marks()),
]


def symbols_of(target: str) -> list[tuple[str, str]]:
    """Letter and name of each symbol, see `man nm`."""
    nm = TARGETS[target].compiler.replace("gcc", "nm") if target == "cortex-m4" else "nm"
    command = [nm, "--format=posix", *map(str, objects_of(target))]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in said.splitlines() if line and not line.endswith(":")]
    return [(row[1], row[0]) for row in rows]


@pytest.mark.parametrize("target", COMPILED)
def test_compiles_without_a_warning(target: str) -> None:
    names = {path.stem for path in objects_of(target)}
    assert names == {path.stem for path in C_SOURCES.glob("cln_*.c")}


@pytest.mark.parametrize("target", INSPECTED)
def test_names_begin_with_cln(target: str) -> None:
    public = [name for letter, name in symbols_of(target) if letter.isupper() and letter != "U"]
    assert {"cln_step", "cln_sense", "cln_strerror"} <= set(public)
    assert [name for name in public if not name.startswith("cln_")] == []


@pytest.mark.parametrize("target", INSPECTED)
def test_calls_nothing_but_itself_and_what_is_allowed(target: str) -> None:
    symbols = symbols_of(target)
    own = {name for letter, name in symbols if letter not in "Uu"}
    called = {name for letter, name in symbols if letter in "Uuvw"}
    assert "cln_strerror" in own
    assert called - own - ALLOWED == set()


@pytest.mark.parametrize("target", INSPECTED)
def test_keeps_nothing_but_in_what_the_caller_gave(target: str) -> None:
    """No variable lives in the core: what is not code is constant."""
    assert [name for letter, name in symbols_of(target) if letter in "BbDdCcGgSs"] == []


@pytest.mark.parametrize("target", [INSPECTED[1]])
def test_sensing_is_small(target: str) -> None:
    (sensing,) = (path for path in objects_of(target) if path.stem == "cln_sensing")
    said = subprocess.run(["arm-none-eabi-size", sensing], capture_output=True, text=True)
    assert 1000 < int(said.stdout.splitlines()[1].split()[0]) <= 2662


def test_errors_and_their_sentences_stand_in_the_same_order() -> None:
    header = (C_SOURCES / "cln_error.h").read_text()
    body = re.search(r"enum \{(.*?)\};", header, re.DOTALL)
    assert body is not None
    numbers = {name: int(value) for name, value in re.findall(r"(CLN_\w+) = (-?\d+)", body[1])}
    most = numbers.pop("CLN_ERRORS")
    assert list(numbers.values()) == [-k for k in range(most)]
    source = (C_SOURCES / "cln_error.c").read_text()
    table = re.search(r"sentence\[CLN_ERRORS\] = \{(.*?)\n\};", source, re.DOTALL)
    assert table is not None
    sentences = re.findall(r'"([^"]+)"', table[1])
    assert len(sentences) == len(set(sentences)) == most
    say = library().cln_strerror
    assert [say(code).decode() for code in numbers.values()] == sentences
    # the order itself: a few whose words tell which they are
    for name, word in (
        ("OK", "no error"), ("ALIGNMENT", "aligned"), ("TRUNCATED", "truncated"),
        ("VERSION", "version"), ("CRC", "checksum"), ("ENDIAN", "endian"), ("LIMITS", "limits"),
    ):  # fmt: skip
        code = numbers["CLN_OK" if name == "OK" else f"CLN_ERROR_{name}"]
        assert word in sentences[-code], name


@pytest.mark.parametrize("code", [1, 99, -99, 2**31 - 1, -(2**31)])
def test_what_is_no_error_is_said_to_be_unknown(code: int) -> None:
    assert library().cln_strerror(code) == b"an unknown error"
