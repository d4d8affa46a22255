"""The blob: read as it was written, refused by Python and C alike, and harmless where it opens."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bridge.fuzz_models import models
from tests.bridge.hostile import ERRORS, FIELDS, Opener, changed, sealed
from tests.bridge.tools import GCC, needs
from tests.models.synthetic import random_table

from colonnade_bridge.blob import (
    HEADER,
    OBJECT,
    SECTIONS,
    TABLES,
    EdgeModel,
    in_order,
    read_blob,
    write_blob,
)
from colonnade_bridge.edge import edge_settings
from colonnade_bridge.errors import BlobError
from colonnade_bridge.native import MODEL_BYTES, NativeColumn, library
from colonnade_models.evidence import default_tolerance
from colonnade_models.learned import LearnedObject
from colonnade_models.memory import ObjectMemory

pytestmark = needs(*GCC)

NAMES = ("two", "wide", "one")


@cache
def blob_of(name: str = "two") -> bytes:
    return models()[name]


def code_of(blob: bytes, offset: int = 0) -> int:
    """What cln_model_open says of a blob that lies `offset` bytes behind an aligned address."""
    room = np.zeros(len(blob) + 16, np.uint8)
    begin = -room.ctypes.data % 8 + offset
    room[begin : begin + len(blob)] = np.frombuffer(blob, np.uint8)
    model = ctypes.create_string_buffer(MODEL_BYTES)
    at = ctypes.c_void_p(room.ctypes.data + begin)
    return int(library().cln_model_open(model, at, ctypes.c_size_t(len(blob))))


def header_of(blob: bytes) -> np.void:
    return np.frombuffer(blob, HEADER, 1)[0]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_is_what_was_written(name: str) -> None:
    model = read_blob(blob_of(name))
    again = read_blob(write_blob(model))
    assert (write_blob(model) == blob_of(name)) == (name != "wide")  # which no writer would make
    assert model.memory.names == again.memory.names
    for one, other in zip(model.memory.packed(), again.memory.packed(), strict=True):
        assert all((a == b).all() for a, b in zip(one.packed, other.packed, strict=True))
        assert one.twins.tobytes() == other.twins.tobytes()
        assert (one.trust == other.trust).all()
        assert one.spacing == other.spacing
    assert (model.settings, model.tolerance) == (again.settings, again.tolerance)
    assert model.percepts == 24


def test_what_was_learned_stands_in_the_blob() -> None:
    """The surfels are those that went in, in another order, and so are settings and trust."""
    things = [LearnedObject(name, random_table(60, k), 0.01) for k, name in enumerate("ab")]
    things[1] = replace(things[1], trust=np.array([0.3, 2.0], np.float32))
    chosen = edge_settings(0.07)._replace(winners=11, margin=np.float32(4.5))
    memory = ObjectMemory([in_order(thing.packed) for thing in things])
    model = read_blob(write_blob(EdgeModel(memory, chosen, default_tolerance(), percepts=33)))
    for thing, read in zip(things, model.memory, strict=True):
        assert sorted(map(bytes, thing.table)) == sorted(map(bytes, read.table))
    assert (model.memory["b"].trust == things[1].trust).all()
    assert (model.settings.winners, model.settings.margin, model.percepts) == (11, 4.5, 33)
    assert model.settings.reach == np.float32(0.07)


def test_the_same_model_gives_the_same_bytes_and_another_another_hash() -> None:
    blob, model = blob_of(), read_blob(blob_of())
    other = write_blob(replace(model, percepts=25))
    assert write_blob(model) == blob
    assert (header_of(other)["hash"] != header_of(blob)["hash"]).any()


def test_names_are_utf8_for_both() -> None:
    assert (
        NativeColumn(blob_of()).names == read_blob(blob_of()).memory.names == ("brick", "Stein 石")
    )


def test_sections_lie_as_the_header_says() -> None:
    header = header_of(blob_of())
    assert (header["offset"] % 4 == 0).all()
    assert header["offset"][0] == HEADER.itemsize
    assert (np.diff(header["offset"].astype(np.int64)) > 0).all()
    tables = np.frombuffer(
        blob_of(), "<f4", sum(map(len, TABLES.values())), header["offset"][SECTIONS.index("tables")]
    )
    assert (tables == np.concatenate(list(TABLES.values()))).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_blob_that_ends_early_is_refused(name: str) -> None:
    blob = blob_of(name)
    offsets = [int(offset) for offset in header_of(blob)["offset"]]
    ends = {0, 1, HEADER.itemsize - 1, len(blob) - 1}
    for end in sorted(ends | {at + k for at in offsets for k in (-1, 0, 1)}):
        assert code_of(blob[:end]) == ERRORS["truncated"], end
        with pytest.raises(BlobError, match="truncated: export it again or copy it anew"):
            read_blob(blob[:end])


@pytest.mark.parametrize("name", NAMES)
def test_a_section_that_reaches_beyond_the_end_is_refused(name: str) -> None:
    """Cut short with a length and a checksum that fit: the header's counts tell."""
    blob = blob_of(name)
    for offset in header_of(blob)["offset"][1:]:
        cut = sealed(blob[: int(offset) - 4])
        assert code_of(cut) == ERRORS["model"]
        with pytest.raises(BlobError, match="makes no sense"):
            read_blob(cut)


def test_what_follows_the_blob_does_not_matter() -> None:
    assert code_of(blob_of() + b"\xff" * 64) == 0
    assert read_blob(blob_of() + b"\xff" * 64).memory.names == ("brick", "Stein 石")


def test_every_flipped_bit_is_refused() -> None:
    blob = blob_of("one")
    anywhere = np.random.default_rng(0).integers(8 * HEADER.itemsize, 8 * len(blob), 400)
    for bit in [*range(8 * HEADER.itemsize), *anywhere.tolist()]:
        flipped = bytearray(blob)
        flipped[bit // 8] ^= 1 << bit % 8
        assert code_of(bytes(flipped)) < 0, bit
        with pytest.raises(BlobError):
            read_blob(bytes(flipped))


def test_each_kind_of_damage_has_its_own_error() -> None:
    blob = blob_of()
    swapped = blob[3::-1] + blob[4:]
    assert code_of(swapped) == ERRORS["endian"]
    assert code_of(b"\0" + blob[1:]) == ERRORS["magic"]
    assert code_of(blob[:4] + b"\2" + blob[5:]) == ERRORS["version"]
    assert code_of(blob[:-1] + b"\xff") == ERRORS["crc"]
    for bad, words in (
        (swapped, "no Colonnade blob"),
        (blob[:4] + b"\2" + blob[5:], "has version 2, this program reads 1"),
        (blob[:-1] + b"\xff", "damaged, its checksum differs"),
    ):
        with pytest.raises(BlobError, match=words):
            read_blob(bad)


@pytest.mark.parametrize(("offset", "code"), [(0, 0), (4, 0), (1, -2), (2, -2), (3, -2)])
def test_a_blob_must_be_aligned(offset: int, code: int) -> None:
    assert code_of(blob_of(), offset) == code


def test_other_tables_are_refused_by_python() -> None:
    blob = changed(blob_of(), "tables", 0, struct.pack("<f", 0.5))
    with pytest.raises(BlobError, match="other tables than this version"):
        read_blob(blob)


def test_as_many_objects_as_a_blob_holds_and_no_more() -> None:
    things = [LearnedObject(f"number {n}", random_table(24, n, 0.01), 0.02) for n in range(129)]
    ordered = [in_order(thing.packed) for thing in things]

    def write(count: int) -> bytes:
        memory = ObjectMemory(ordered[:count])
        return write_blob(EdgeModel(memory, edge_settings(0.05), default_tolerance(), 64))

    assert len(NativeColumn(write(128)).names) == 128
    for count in (0, 129):
        with pytest.raises(BlobError, match=f"holds 1 to 128 objects, not {count}"):
            write(count)


def test_surfels_in_another_order_are_not_written() -> None:
    thing = LearnedObject("a", random_table(60, 1), 0.01)
    model = EdgeModel(ObjectMemory([thing]), edge_settings(0.05), default_tolerance(), 64)
    with pytest.raises(BlobError, match="surfels of a are not in the order"):
        write_blob(model)


@pytest.fixture(scope="module")
def opener() -> Iterator[Opener]:
    with Opener() as opener:
        yield opener


def test_what_is_sound_is_thought_with(opener: Opener) -> None:
    for name in NAMES:
        assert opener.open(blob_of(name)) == (0, 12)


@pytest.mark.parametrize(
    "along", [(1024, 512, 8192), (2048, 4096, 512), (65535, 65535, 65535), (0, 3, 3), (3, 3, 0)]
)
def test_a_box_of_blocks_whose_number_overflows_is_refused(
    along: tuple[int, int, int], opener: Opener
) -> None:
    blob = changed(blob_of(), "objects", FIELDS["objects"]["along"][0], struct.pack("<3H", *along))
    assert opener.open(blob) == (ERRORS["model"], 0)
    with pytest.raises(BlobError, match="makes no sense"):
        read_blob(blob)


@pytest.mark.parametrize("name", ["place", "normal", "bend", "direction", "colour"])
@pytest.mark.parametrize("value", [0.0, -1.0, 1e-40, 3e38, np.inf, np.nan])
def test_tolerances_without_sense_are_refused(name: str, value: float, opener: Opener) -> None:
    """Without this a logarithm of infinity is taken, which takes for ever."""
    offset = FIELDS["settings"][f"tolerance_{name}"][0]
    blob = changed(blob_of(), "settings", offset, struct.pack("<f", value))
    assert opener.open(blob) == (ERRORS["model"], 0)


@pytest.mark.parametrize("value", [0.0, -1.0, np.inf, np.nan])
def test_a_rate_that_is_never_too_slow_is_refused(value: float, opener: Opener) -> None:
    blob = changed(blob_of(), "settings", FIELDS["settings"]["slow"][0], struct.pack("<f", value))
    assert opener.open(blob) == (ERRORS["model"], 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("turns", 0), ("turns", 3), ("turns", 32), ("turns", -8), ("probes", 0),
    ],
)  # fmt: skip
def test_a_search_without_sense_is_refused(name: str, value: int, opener: Opener) -> None:
    blob = changed(blob_of(), "settings", FIELDS["settings"][name][0], struct.pack("<i", value))
    assert opener.open(blob) == (ERRORS["model"], 0)


def test_blocks_that_share_a_row_are_refused(opener: Opener) -> None:
    """Otherwise a small blob takes for ever to be checked."""
    header = np.frombuffer(blob_of(), HEADER, 1)[0]
    begin = int(header["offset"][SECTIONS.index("blocks")])
    blocks = np.frombuffer(blob_of(), "<u2", int(header["blocks"]), begin).copy()
    near = np.flatnonzero(blocks)
    for where, number in ((near[3], blocks[near[2]]), (near[0], 2), (near[-1], 0xFFFF)):
        bad = blocks.copy()
        bad[where] = number
        blob = changed(blob_of(), "blocks", 0, bad.tobytes())
        assert opener.open(blob) == (ERRORS["model"], 0)


@pytest.mark.parametrize("value", [3e38, -1.0, np.inf, np.nan])
def test_tables_without_sense_are_refused(value: float, opener: Opener) -> None:
    before = len(TABLES["cosine"]) + len(TABLES["sine"]) + len(TABLES["curvature"])
    for offset in (4 * before, 4 * (before + 6 * 16 + 15)):
        blob = changed(blob_of(), "tables", offset, struct.pack("<f", value))
        assert opener.open(blob) == (ERRORS["model"], 0)


def test_entries_and_bases_that_lead_elsewhere_are_refused(opener: Opener) -> None:
    for name, part in (("two", "bases"), ("wide", "entries")):
        blob = changed(blob_of(name), part, 0, b"\xff\xff")
        assert opener.open(blob) == (ERRORS["model"], 0)


def test_a_twin_without_a_rotation_is_refused(opener: Opener) -> None:
    blob = changed(blob_of(), "twins", 0, bytes(8))
    assert opener.open(blob) == (ERRORS["model"], 0)


numbers = st.one_of(
    st.sampled_from([0, 1, 2, 3, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF]),
    st.sampled_from([np.nan, np.inf, -np.inf, 3e38, -1.0, 1e-40, 0.5]).map(
        lambda x: int.from_bytes(struct.pack("<f", x), "little")
    ),
    st.integers(0, 2**32 - 1),
)


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, int, bytes]:
    """A section, or the header, where in it something is replaced, and by what."""
    part = draw(st.sampled_from(["header", *SECTIONS]))
    if part not in FIELDS:
        return part, draw(st.integers(0, 400)), draw(numbers).to_bytes(4, "little")
    offset, size = FIELDS[part][draw(st.sampled_from(sorted(FIELDS[part])))]
    rows = {"objects": OBJECT.itemsize, "header": size}.get(part, 0)
    offset += rows * draw(st.integers(0, 12 if part == "header" else 1))
    return (
        part,
        max(offset, 4 if part == "header" else 0),
        draw(numbers).to_bytes(4, "little")[:size],
    )


@given(st.sampled_from(NAMES), st.lists(edits(), min_size=1, max_size=3))
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whoever_changes_a_blob_is_refused_or_does_no_harm(
    opener: Opener, name: str, edits: list[tuple[str, int, bytes]]
) -> None:
    blob = blob_of(name)
    for part, offset, number in edits:
        blob = changed(blob, part, offset, number)
    error, steps = opener.open(blob)
    assert error in ERRORS.values()
    assert (steps > 0) <= (error == 0)
    with suppress(BlobError):
        read_blob(blob)
