"""docs/spec/blob.md says of every field where it stands, and what of it is checked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.bridge.fuzz_models import models
from tests.bridge.hostile import sealed, with_hash
from tests.bridge.tools import GCC, needs

from colonnade_bridge.blob import HEADER, OBJECT, SECTIONS, SETTINGS, TABLES, read_blob
from colonnade_bridge.cells import NEAR
from colonnade_bridge.errors import BlobError
from colonnade_bridge.native import C_SOURCES, NativeColumn
from colonnade_bridge.rounding import TWIN

PAGE = (Path(__file__).parents[2] / "docs" / "spec" / "blob.md").read_text(encoding="utf-8")


def chapter(title: str) -> str:
    """What stands under the heading that begins so."""
    found = re.search(rf"^## {title}[^\n]*\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def rows_of(text: str) -> list[tuple[int, str]]:
    """Offset and type of each row of the first table."""
    return [(int(at), kind) for at, kind in re.findall(r"^ *\| (\d+) \| ([^|]+?) \|", text, re.M)]


def as_told(kind: np.dtype[Any]) -> list[tuple[int, str]]:
    """The same of a row of numpy's."""
    told = []
    for name in kind.names or ():
        field, offset = (kind.fields or {})[name][:2]
        letter, bits = field.base.kind, 8 * field.base.itemsize
        count = int(np.prod(field.shape)) if field.shape else 1
        word = f"{count} bytes" if (letter, bits) == ("u", 8) else f"{letter}{bits}"
        told.append((offset, word if count == 1 or "bytes" in word else f"{count} x {word}"))
    return told


@pytest.mark.parametrize(
    ("title", "kind"), [("Header", HEADER), ("An object", OBJECT), ("A twin", TWIN)]
)
def test_every_field_stands_where_the_page_says(title: str, kind: np.dtype[Any]) -> None:
    assert rows_of(chapter(title)) == as_told(kind)
    assert f"{title}: {kind.itemsize} bytes" in PAGE


def test_a_row_of_the_index_is_as_told() -> None:
    assert rows_of(chapter("The index")) == as_told(NEAR)
    assert f"The row, {NEAR.itemsize} bytes" in PAGE


def test_every_setting_stands_where_the_page_says() -> None:
    cells = re.findall(r"\| (\d+) \| ([if])32 (\w+)", chapter("Settings").replace("| |", "|"))
    told = {int(at): (letter, name) for at, letter, name in cells}
    fields = {
        (SETTINGS.fields or {})[name][1]: (
            (SETTINGS.fields or {})[name][0].kind,
            name.removeprefix("tolerance_"),
        )
        for name in SETTINGS.names or ()
    }
    assert told == fields
    assert f"Settings: {SETTINGS.itemsize} bytes" in PAGE


def test_sections_stand_in_the_order_of_the_page_and_of_c() -> None:
    table = chapter("Header").partition("| section |")[2]
    assert re.findall(r"^\| (\w+) \| (?!---)", table, re.MULTILINE) == list(SECTIONS)
    header = (C_SOURCES / "cln_blob.h").read_text()
    enum = re.search(r"enum \{\n(.*?)CLN_SECTIONS", header, re.DOTALL)
    assert enum is not None
    assert len(re.findall(r"CLN_\w+,", enum[1])) == len(SECTIONS)


def test_the_tables_are_as_many_floats_as_told() -> None:
    count = sum(map(len, TABLES.values()))
    assert f"## Tables: {count:,} floats" in PAGE


@needs(*GCC)
def test_a_made_up_hash_is_refused_by_python_and_left_to_others_by_the_runtime() -> None:
    blob = models()["two"]
    for digest in (bytes(16), bytes([blob[16] ^ 1]) + blob[17:32]):
        forged = with_hash(blob, digest)
        assert NativeColumn(forged).names == NativeColumn(blob).names
        with pytest.raises(BlobError, match="not the model that its hash tells"):
            read_blob(forged)
    assert sealed(blob) == with_hash(blob, blob[16:32]) == blob
