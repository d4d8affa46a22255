"""A model for the edge fits in what there is, or is refused with what it would take."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bridge.targets import CORE, TARGETS
from tests.bridge.tools import GCC, needs
from tests.models.synthetic import blob, learned

from colonnade_bridge.blob import EdgeModel, write_blob
from colonnade_bridge.c_text import POINTERS
from colonnade_bridge.edge import Budget, column_bytes, edge_settings, fitted
from colonnade_bridge.errors import BlobError
from colonnade_bridge.native import NativeColumn
from colonnade_bridge.prune import FEWEST
from colonnade_models.memory import ObjectMemory
from colonnade_models.twin import TWIN_SIZE

MEMORY = ObjectMemory([learned(f"blob {n}", blob(n), count=2500) for n in (1, 2)])
SETTINGS = edge_settings(0.05)


def surfels_of(model: EdgeModel) -> list[int]:
    return [len(thing.table) for thing in model.memory]


def test_without_a_budget_all_is_kept() -> None:
    model = fitted(MEMORY, SETTINGS)
    assert surfels_of(model) == surfels_of(EdgeModel(MEMORY, SETTINGS, model.tolerance, 160))
    assert model.settings == SETTINGS


@pytest.mark.parametrize("share", [0.9, 0.6, 0.4])
def test_as_many_surfels_are_kept_as_fit(share: float) -> None:
    whole = len(write_blob(fitted(MEMORY, SETTINGS)))
    flash = round(share * whole)
    model = fitted(MEMORY, SETTINGS, Budget(flash=flash))
    assert 0.9 * flash < len(write_blob(model)) <= flash
    before, after = surfels_of(fitted(MEMORY, SETTINGS)), surfels_of(model)
    shares = [few / all_ for few, all_ in zip(after, before, strict=True)]
    assert max(shares) - min(shares) < 0.02


def test_too_little_flash_is_refused_with_what_it_takes() -> None:
    with pytest.raises(BlobError, match=r"2 objects do not fit in 7,000 bytes of flash") as caught:
        fitted(MEMORY, SETTINGS, Budget(flash=7000))
    least = int(str(caught.value).split("take ")[1].split(";")[0].replace(",", ""))
    assert surfels_of(fitted(MEMORY, SETTINGS, Budget(flash=least))) == [FEWEST, FEWEST]
    with pytest.raises(BlobError):
        fitted(MEMORY, SETTINGS, Budget(flash=least - 1))


def test_one_of_a_kind_is_told_as_one() -> None:
    one = ObjectMemory([next(iter(MEMORY))])
    with pytest.raises(BlobError, match=r"^1 object does not fit in 1 byte .* surfels it takes "):
        fitted(one, SETTINGS, Budget(flash=1))
    with pytest.raises(BlobError, match=r"fit in 1 byte of RAM"):
        fitted(one, SETTINGS, Budget(ram=1))


@given(st.integers(4000, 40000))
@settings(max_examples=25, deadline=None)
def test_the_column_takes_no_more_ram_than_there_is(ram: int) -> None:
    try:
        model = fitted(MEMORY, SETTINGS, Budget(ram=ram))
    except BlobError as refusal:
        least = int(str(refusal).split("takes ")[1].split(";")[0].replace(",", ""))
        assert least > ram
        assert column_bytes(fitted(MEMORY, SETTINGS, Budget(ram=least))) == least
    else:
        assert column_bytes(model) <= ram
        assert surfels_of(model) == surfels_of(fitted(MEMORY, SETTINGS))


def test_surfels_that_are_left_out_take_no_ram() -> None:
    flash = round(0.4 * len(write_blob(fitted(MEMORY, SETTINGS))))
    pruned = fitted(MEMORY, SETTINGS, Budget(flash=flash))
    ram = column_bytes(pruned)
    assert ram < column_bytes(fitted(MEMORY, SETTINGS))
    model = fitted(MEMORY, SETTINGS, Budget(flash=flash, ram=ram))
    assert (model.settings, model.percepts) == (pruned.settings, pruned.percepts)


def test_there_is_room_for_the_twins_of_any_object() -> None:
    thing = MEMORY["blob 1"]
    many = np.zeros((90, TWIN_SIZE), np.float32)
    many[:, [0, 4, 8]] = 1
    model = fitted(ObjectMemory([replace(thing, twins=many)]), SETTINGS)
    assert model.settings.proposals >= 90
    NativeColumn(write_blob(model))


@needs(*GCC)
@pytest.mark.parametrize("ram", [None, 20000])
def test_what_c_asks_for_here_is_what_is_told_and_longer_addresses(ram: int | None) -> None:
    model = fitted(MEMORY, SETTINGS, Budget(ram=ram))
    told = column_bytes(model)
    assert told <= NativeColumn(write_blob(model)).bytes <= told + POINTERS


ASKING = """
#include <stdio.h>
#include "colonnade.h"
static uint32_t blob[1 << 18];
int main(void)
{
    cln_model model;
    size_t bytes = fread(blob, 1, sizeof blob, stdin);
    int error = cln_model_open(&model, blob, bytes);
    printf("%d %u", error, (unsigned)cln_column_bytes(&model, NULL));
    return 0;
}
"""


@pytest.mark.parametrize("target", [pytest.param("armv7", marks=TARGETS["armv7"].marks())])
def test_what_a_controller_asks_for_is_what_is_told(target: str, tmp_path: Path) -> None:
    """On a processor of 32 bits, byte for byte."""
    (tmp_path / "asking.c").write_text(ASKING)
    TARGETS[target].compile([tmp_path / "asking.c", *CORE, "-lm", "-o", "asking"], tmp_path)
    for ram in (None, 20000, 16000):
        model = fitted(MEMORY, SETTINGS, Budget(flash=30000, ram=ram))
        said = subprocess.run(
            [TARGETS[target].runner, tmp_path / "asking"],
            input=write_blob(model), capture_output=True, check=True,
        )  # fmt: skip
        assert said.stdout.decode() == f"0 {column_bytes(model)}"
