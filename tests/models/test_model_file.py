"""The model file: what is read is what was written, or it is refused in one sentence."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save
from tests.models.synthetic import random_table

from colonnade_models import model_file as F
from colonnade_models import surfel as S
from colonnade_models.learned import LearnedObject
from colonnade_models.memory import ObjectMemory
from colonnade_models.model_file import (
    ModelFileError,
    load_model,
    load_object,
    save_model,
    save_object,
)
from colonnade_models.twin import NATS, POSE_SIZE, RATE, TWIN_SIZE, UNMEASURED, WORTH

NAMES = ("random:007", "Tasse für 茶 ☕", "a b/c\\d\"'\n", "x" * 200)


def thing(name: str, seed: int, twins: int = 0) -> LearnedObject:
    random = np.random.default_rng(seed)
    rows = random.normal(size=(twins, TWIN_SIZE)).astype(np.float32)
    rows[:, WORTH] = random.uniform(0, 1, twins)
    rows[::2, NATS:] = UNMEASURED
    trust = np.array([0.1, 1.5], np.float32) * (1 + seed)
    return LearnedObject(
        name, random_table(20 + seed, seed), 0.004 + 0.001 * seed, 7 * seed, twins=rows, trust=trust
    )


@pytest.fixture
def memory() -> ObjectMemory:
    return ObjectMemory(thing(name, k, twins=k % 3) for k, name in enumerate(NAMES))


@pytest.fixture
def path(tmp_path: Path, memory: ObjectMemory) -> Path:
    save_model(tmp_path / "model.safetensors", memory)
    return tmp_path / "model.safetensors"


def refused(path: Path) -> str:
    """The one sentence with which a file is refused."""
    with pytest.raises(ModelFileError) as error:
        load_model(path)
    text = str(error.value)
    assert text
    assert "\n" not in text
    assert str(path) in text
    assert isinstance(error.value, ValueError)
    return text


def test_what_is_read_is_what_was_written(path: Path, memory: ObjectMemory) -> None:
    again = load_model(path)
    assert again.names == NAMES
    for a, b in zip(memory, again, strict=True):
        assert a.table.tobytes() == b.table.tobytes()
        assert a.twins.tobytes() == b.twins.tobytes()
        assert a.trust.tobytes() == b.trust.tobytes()
        assert b.table.dtype == np.float32
        assert b.steps == a.steps
        assert np.float32(a.spacing) == np.float32(b.spacing)
    for x, y in zip(memory.packed(), again.packed(), strict=True):
        for field, other in zip(x.packed, y.packed, strict=True):
            assert field.dtype == other.dtype
            assert field.tobytes() == other.tobytes()


def test_saving_what_was_loaded_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    save_model(tmp_path / "b", load_model(path))
    assert (tmp_path / "b").read_bytes() == path.read_bytes()


def test_two_saves_are_the_same_bytes(tmp_path: Path, memory: ObjectMemory) -> None:
    for name in "ab":
        save_model(tmp_path / name, memory, {"set": "builtin", "body": "touch", "seed": "0"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_one_object_alone(tmp_path: Path, path: Path) -> None:
    save_object(tmp_path / "one", thing("cup", 2, twins=2))
    again = load_object(tmp_path / "one")
    assert again.name == "cup"
    assert len(again.twins) == 2
    with pytest.raises(ModelFileError, match="4 objects where one was expected"):
        load_object(path)


def test_an_empty_memory_is_a_model_too(tmp_path: Path) -> None:
    save_model(tmp_path / "none", ObjectMemory())
    assert load_model(tmp_path / "none").names == ()


def test_every_truncation_is_refused(path: Path) -> None:
    data = path.read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    lengths = {*range(12), header - 1, header, header + 1, len(data) - 1, len(data) // 2}
    lengths |= set(range(12, len(data), 37))
    for length in sorted(lengths):
        path.write_bytes(data[:length])
        refused(path)
    path.write_bytes(data + b"\0")
    refused(path)
    path.write_bytes(data)
    load_model(path)


def test_every_changed_byte_is_refused(path: Path) -> None:
    data = path.read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    places = {*range(0, header, 3), *range(header, len(data), 53), len(data) - 1}
    for place in sorted(places):
        changed = bytearray(data)
        changed[place] ^= 1 << (place % 8)
        path.write_bytes(changed)
        refused(path)


def rewritten(path: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
    """Change tensors and header, and sign the file anew as a hostile writer would."""
    data = path.read_bytes()
    tensors = {name: array.copy() for name, array in load(data).items()}
    header = F._header_of(path, data)
    header.pop("sha256")
    change(tensors, header)
    signed = header | {"sha256": F._digest(tensors, header)}
    path.write_bytes(save(tensors, {"colonnade": json.dumps(signed, sort_keys=True)}))


def put(field: str, value: Any, at: Any = None) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    def change(tensors: dict[str, Any], header: dict[str, Any]) -> None:
        if at is None:
            tensors[field] = value
        else:
            tensors[field][at] = value

    return change


def name_them(names: Any) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    return lambda tensors, header: header.update(names=names)


def as_schema_2(tensors: dict[str, Any], header: dict[str, Any]) -> None:
    """What a file held before surfels were packed."""
    for name in ("place", "look", "spread", "corner", "step"):
        del tensors[f"surfel_{name}"]
    tables = [thing(name, k).table for k, name in enumerate(NAMES)]
    tensors["surfels"] = np.concatenate(tables)
    as_schema_3(tensors, header)
    header["schema"] = 2


def as_schema_3(tensors: dict[str, Any], header: dict[str, Any]) -> None:
    """What a file held before it was measured how well twins are told apart."""
    tensors["twins"] = np.ascontiguousarray(tensors["twins"][:, :POSE_SIZE])
    del tensors["trust"]
    header["schema"] = 3


def as_schema_4(tensors: dict[str, Any], header: dict[str, Any]) -> None:
    """What a file held before it was known what nats are worth."""
    tensors["twins"] = np.ascontiguousarray(tensors["twins"][:, :RATE])
    header["schema"] = 4


def test_of_twins_of_schema_4_it_is_not_known_what_nats_are_worth(
    path: Path, memory: ObjectMemory
) -> None:
    rewritten(path, as_schema_4)
    for old, new in zip(load_model(path), memory, strict=True):
        assert (old.twins[:, :RATE] == new.twins[:, :RATE]).all()
        assert (old.twins[:, RATE:] == UNMEASURED).all()
        assert (old.trust == new.trust).all()


def test_twins_of_schema_3_are_unmeasured(path: Path, memory: ObjectMemory) -> None:
    rewritten(path, as_schema_3)
    for old, new in zip(load_model(path), memory, strict=True):
        assert (old.twins[:, :POSE_SIZE] == new.twins[:, :POSE_SIZE]).all()
        assert (old.twins[:, POSE_SIZE:] == UNMEASURED).all()
        assert (old.trust == 1).all()
        assert (old.table == new.packed.unpacked().table).all()


@pytest.mark.parametrize("older", [as_schema_3, as_schema_4])
@pytest.mark.parametrize(
    "change",
    [
        put("twins", np.zeros((3, 13), np.float32)),
        put("twins", np.zeros((3, TWIN_SIZE), np.float32)),
        put("twins", np.zeros((3, 12))),
        put("twins", np.zeros((3, 14))),
        put("twins", np.zeros(42, np.float32)),
        lambda tensors, header: tensors.pop("twins"),
    ],
)
def test_damaged_twins_of_older_schemas_are_refused(path: Path, older: Any, change: Any) -> None:
    rewritten(path, older)
    rewritten(path, change)
    assert "twins" in refused(path)


def test_a_model_of_schema_2_is_read(path: Path, tmp_path: Path, memory: ObjectMemory) -> None:
    for known in memory:
        known.twins[:, POSE_SIZE:] = UNMEASURED
        known.trust[:] = 1
    save_model(tmp_path / "new", memory)
    rewritten(path, as_schema_2)
    save_model(path, load_model(path))
    assert path.read_bytes() == (tmp_path / "new").read_bytes()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (put("surfels", np.zeros((86, 24), np.float32)), "25 fields"),
        (put("surfels", np.zeros((86, 25))), "no float32 table"),
        (put("surfels", np.nan, (3, 7)), "not finite"),
        (put("surfels", 11.0, (3, 1)), "metres off"),
        (put("surfels", 0.0, (3, slice(S.NORMAL, S.NORMAL + 3))), "unit length"),
        (put("surfel_start", np.array([0, 60, 50, 70, 86], np.int32)), "empty"),
        (put("surfel_start", np.array([0, 20, 40, 60, 85], np.int32)), "does not fit"),
        (put("surfel_start", np.array([0, 86], np.int32)), "does not fit"),
        (put("surfel_start", np.array(0, np.int32)), "is odd"),
        (lambda tensors, header: tensors.pop("surfels"), "missing"),
    ],
)
def test_a_damaged_model_of_schema_2_is_refused(path: Path, change: Any, why: str) -> None:
    rewritten(path, as_schema_2)
    rewritten(path, change)
    assert why in refused(path)


HOSTILE = {
    "start beyond the end": put("surfel_start", 10**6, 2),
    "start before the beginning": put("surfel_start", -5, 1),
    "start does not begin at 0": put("surfel_start", 3, 0),
    "starts go down": put("surfel_start", np.array([0, 60, 50, 70, 86], np.int32)),
    "starts are floats": put("surfel_start", np.arange(5, dtype=np.float32)),
    "too few starts": put("surfel_start", np.array([0, 86], np.int32)),
    "places are signed": put("surfel_place", np.zeros(86, np.int32)),
    "looks are narrow": put("surfel_look", np.zeros((86, 5), np.uint8)),
    "looks are flat": put("surfel_look", np.zeros(86 * 10, np.uint8)),
    "spreads are short": put("surfel_spread", np.zeros(85, np.uint32)),
    "a step is NaN": put("surfel_step", np.nan, 1),
    "a step is zero": put("surfel_step", 0.0, 1),
    "a step is negative": put("surfel_step", -(2.0**-10), 1),
    "a step is no power of two": put("surfel_step", 1e-3, 1),
    "a corner is far off": put("surfel_corner", 2**31 - 1, (1, 0)),
    "a corner is farther off": put("surfel_corner", -(2**31), (1, 2)),
    "corners are flat": put("surfel_corner", np.zeros(12, np.int32)),
    "spacing is zero": put("spacing", 0.0, 1),
    "spacing is NaN": put("spacing", np.nan, 1),
    "spacing is short": put("spacing", np.ones(1, np.float32)),
    "steps are short": put("steps", np.ones(1, np.int32)),
    "twins are flat": put("twins", np.zeros(3, np.float32)),
    "twins are a number": put("twins", np.array(1.0, np.float32)),
    "twins are NaN": put("twins", np.nan, (0, 0)),
    "nats are NaN": put("twins", np.nan, (0, NATS)),
    "a twin lies infinitely far off": put("twins", np.inf, (0, 9)),
    "a nat is worth more than it says": put("twins", 1.1, (0, WORTH)),
    "trust is NaN": put("trust", np.nan, (0, 0)),
    "trust is nothing": put("trust", 0.0, (0, 1)),
    "trust is boundless": put("trust", 1e3, (0, 1)),
    "trust is flat": put("trust", np.ones(4, np.float32)),
    "twin starts go down": put("twin_start", np.array([0, 2, 1, 3, 3], np.int32)),
    "twin starts overflow": put("twin_start", np.array([0, 2**31 - 1, -(2**31), 3, 3], np.int32)),
    "twin starts wrap": put("twin_start", np.array([0, 2**31 - 1, -(2**31), -1, 3], np.int32)),
    "an object asks for petabytes": lambda tensors, header: (
        tensors["surfel_step"].__setitem__(0, 2.0**-7),
        tensors["surfel_place"].__setitem__(0, 2**30 - 1),
        tensors["spacing"].__setitem__(0, 2e-4),
    ),
    "a name is missing": name_them(list(NAMES[:3])),
    "a name stands twice": name_them(["a", "a", "b", "c"]),
    "a name is empty": name_them(["", "a", "b", "c"]),
    "a name is endless": name_them(["x" * 201, "a", "b", "c"]),
    "a name is a number": name_them([1, "a", "b", "c"]),
    "a name is a list": name_them([["a"], "a", "b", "c"]),
    "no names": name_them(None),
    "a tensor is gone": lambda tensors, header: tensors.pop("twins"),
    "another schema": lambda tensors, header: header.update(schema=99),
    "places are a number": put("surfel_place", np.array(1, np.uint32)),
    "starts are a number": put("surfel_start", np.array(1, np.int32)),
    "steps are bytes": put("steps", np.zeros(4, np.uint8)),
    "spacing is double": put("spacing", np.full(4, 0.005)),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_well_signed_but_unsound_model_is_refused(path: Path, what: str) -> None:
    change = HOSTILE[what]
    rewritten(path, lambda tensors, header: None)
    load_model(path)  # rewriting by itself is fine
    rewritten(path, change)
    refused(path)


def test_another_version_is_named(path: Path) -> None:
    rewritten(path, lambda tensors, header: header.update(schema=99))
    assert "schema 99" in refused(path)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 8, b"\xff" * 64, b"PK\x03\x04", b"\x02\0\0\0\0\0\0\0{}", b"\x02\0\0\0\0\0\0\0[]"],
)
def test_other_files_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "m").write_bytes(data)
    refused(tmp_path / "m")


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    assert "there is no model" in refused(tmp_path / "nothing")
    assert "cannot be read" in refused(tmp_path)


@pytest.mark.parametrize("fails", ["fsync", "replace", "write"])
def test_a_full_disk_leaves_the_old_model(
    path: Path, memory: ObjectMemory, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    old = path.read_bytes()

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    if fails == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    elif fails == "replace":
        monkeypatch.setattr(Path, "replace", full)
    else:
        real = os.fdopen

        class Full:
            """A file that takes nothing."""

            def __init__(self, *a: Any) -> None:
                self.file = real(*a)

            def __enter__(self) -> Full:
                return self

            def __exit__(self, *_: object) -> None:
                self.file.close()

            write = full

        monkeypatch.setattr(os, "fdopen", Full)
    memory.add(thing("new", 5))
    with pytest.raises(OSError, match="No space left"):
        save_model(path, memory)
    monkeypatch.undo()
    assert path.read_bytes() == old
    assert list(path.parent.iterdir()) == [path]


def test_nowhere_to_write(tmp_path: Path, memory: ObjectMemory) -> None:
    with pytest.raises(OSError, match="No such file"):
        save_model(tmp_path / "no" / "folder" / "m", memory)
