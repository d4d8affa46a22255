"""The fuzz targets of model and step compile, know their corpora, and find nothing at once."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tests.bridge.fuzz_models import FUZZ, SCRIPTS, seeds
from tests.bridge.hostile import sealed
from tests.bridge.tools import CLANG, GCC, MAKE, needs

from colonnade_bridge.blob import TABLES
from colonnade_bridge.native import NativeColumn

CORPORA = {"blob": seeds, "step": lambda: SCRIPTS}
ANEW = "write them anew: python -m tests.bridge.fuzz_models"


@needs(*CLANG)
@needs(*MAKE)
@pytest.mark.parametrize("target", CORPORA)
def test_it_survives_the_fuzzer(target: str, tmp_path: Path) -> None:
    runs = 2000 if target == "blob" else 400
    done = subprocess.run(
        ["make", "-C", FUZZ, target, f"BUILD={tmp_path}", f"RUNS={runs}", "FUZZ=-seed=1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"Done {runs} runs" in done.stderr


@pytest.mark.parametrize("target", CORPORA)
def test_the_corpus_is_small_and_complete(target: str) -> None:
    found = {path.name: path.stat().st_size for path in (FUZZ / "corpus" / target).iterdir()}
    assert sum(found.values()) < 20_000
    assert set(found) == set(CORPORA[target]())


@pytest.mark.parametrize("target", ["receiver", *CORPORA])
def test_the_fuzzer_may_make_what_is_as_long_as_the_corpus(target: str) -> None:
    """Or it would cut the longest of it."""
    recipe = (FUZZ / "Makefile").read_text().partition(f"\n{target}:")[2].partition("\n\n")[0]
    (longest,) = re.findall(r"-max_len=(\d+)", recipe)
    sizes = [path.stat().st_size for path in (FUZZ / "corpus" / target).iterdir()]
    assert max(sizes) <= int(longest)


@needs(*GCC)
def test_the_models_are_of_this_version() -> None:
    """Or the fuzzer would get no farther than the header."""
    words = re.findall(r"0x(\w{8})u,", (FUZZ / "cln_fuzz_model.c").read_text())
    assert NativeColumn(b"".join(int(word, 16).to_bytes(4, "little") for word in words)).names, ANEW
    tables = np.concatenate(list(TABLES.values())).astype("<f4").tobytes()
    for path in (FUZZ / "corpus" / "blob").iterdir():
        assert NativeColumn(sealed(path.read_bytes() + tables)).names, f"{path.name}: {ANEW}"
