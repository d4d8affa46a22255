"""What a model becomes in C: identifiers that compile, a header that says what is so, its bytes."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.bridge.fuzz_models import models
from tests.bridge.tools import GCC, needs

from colonnade_bridge.blob import read_blob
from colonnade_bridge.c_text import array_of, header_of, identifiers, words_of
from colonnade_bridge.edge import column_bytes
from colonnade_bridge.native import C_FLAGS, C_SOURCES

NAMES = [
    "mug", "MUG", "mug!", "plate, blue", "Flügelmutter", "扳手", "", "3-c_lego", "count", "a/b",
    "*/ int evil; /*", "back\\", 'say "no"', "line\nbreak",
]  # fmt: skip


@given(st.lists(st.text(max_size=12), unique=True, max_size=30))
@example(NAMES)
@example(["a", "a_2", "a!", "A"])
def test_every_name_becomes_an_identifier_of_its_own(names: list[str]) -> None:
    words = identifiers(names)
    assert len(set(words)) == len(names)
    assert all(re.fullmatch(r"CLN_OBJECT_[A-Z0-9_]+", word) for word in words)
    assert "CLN_OBJECT_COUNT" not in words


def test_names_can_be_recognised_in_their_identifiers() -> None:
    assert identifiers(["mug", "plate, blue", "Flügelmutter", "扳手", "mug!"]) == [
        "CLN_OBJECT_MUG", "CLN_OBJECT_PLATE_BLUE", "CLN_OBJECT_FLUGELMUTTER",
        "CLN_OBJECT_NAMELESS", "CLN_OBJECT_MUG_2",
    ]  # fmt: skip


def test_words_are_the_bytes_of_the_blob() -> None:
    blob = models()["one"] + b"\1\2\3"
    words = [int(word, 16) for word in re.findall(r"0x(\w{8})u,", words_of(blob))]
    bytes_ = b"".join(word.to_bytes(4, "little") for word in words)
    assert bytes_ == blob + b"\0"


PRINTING = """
#include <stdio.h>
#include "cln_config.h"
#include "colonnade.h"
int main(void)
{
    cln_model model;
    const char *name;
    int length = 0;
    static uint64_t memory[CLN_COLUMN_WORDS];
    cln_column *column;
    int error = cln_model_open(&model, cln_model_data, CLN_MODEL_BYTES);
    error = error ? error : cln_column_init(&column, memory, sizeof memory, &model, NULL);
    length = cln_model_name(&model, CLN_OBJECT_STEIN, &name);
    printf("%d %d %.*s %d %u %.3f %016llx %u", error, CLN_OBJECT_COUNT, length, name,
           CLN_MODEL_PERCEPTS, (unsigned)CLN_MODEL_BYTES, (double)CLN_MODEL_REACH,
           (unsigned long long)CLN_MODEL_HASH, (unsigned)CLN_COLUMN_BYTES);
    return 0;
}
"""


@needs(*GCC)
def test_a_program_learns_from_the_header_what_is_so(tmp_path: Path) -> None:
    blob = models()["two"]
    model = read_blob(blob)
    (tmp_path / "cln_config.h").write_text(header_of(blob, model), encoding="utf-8")
    (tmp_path / "cln_model_data.c").write_text(array_of(blob))
    (tmp_path / "main.c").write_text(PRINTING)
    sources = ["main.c", "cln_model_data.c", *map(str, sorted(C_SOURCES.glob("cln_*.c")))]
    command = ["gcc", *C_FLAGS, "-I.", f"-I{C_SOURCES}", *sources, "-lm", "-o", "main"]
    subprocess.run(command, cwd=tmp_path, check=True)
    said = subprocess.run([tmp_path / "main"], capture_output=True, check=True).stdout.decode()
    error, count, *name, percepts, size, reach, model_hash, column = said.split()
    assert (error, count, " ".join(name)) == ("0", "2", "Stein 石")
    assert (int(percepts), int(size), float(reach)) == (24, len(blob), 0.05)
    assert int(model_hash, 16) == int.from_bytes(blob[16:24], "little")
    assert 0 < int(column) - column_bytes(model) <= 128


@needs(*GCC)
def test_no_name_breaks_the_header(tmp_path: Path) -> None:
    blob = models()["two"]
    model = read_blob(blob)
    for name in NAMES:
        things = [replace(thing, name=name) for thing in model.memory.packed()[:1]]
        named = replace(model, memory=type(model.memory)(things))
        (tmp_path / "cln_config.h").write_text(header_of(blob, named), encoding="utf-8")
        (tmp_path / "main.c").write_text(
            '#include "cln_config.h"\nint main(void) { return CLN_OBJECT_COUNT - 1; }\n'
        )
        command = ["gcc", *C_FLAGS, "main.c", "-o", "main"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, f"{name!r}: {done.stderr}"
        assert subprocess.run([tmp_path / "main"]).returncode == 0


@pytest.mark.parametrize("reach", [0.05, 1.0, 0.1234567, 10.0, 1e-5])
def test_the_reach_is_a_float_of_c(reach: float) -> None:
    model = read_blob(models()["one"])
    settings = model.settings._replace(reach=type(model.settings.reach)(reach))
    header = header_of(models()["one"], replace(model, settings=settings))
    found = re.search(r"CLN_MODEL_REACH (\S+)f\n", header)
    assert found is not None
    assert re.fullmatch(r"\d+\.\d+(e-\d+)?|\d+e-\d+", found[1])
    assert type(model.settings.reach)(found[1]) == settings.reach
