"""Recorded percepts come back as they were, or are refused in one sentence."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from colonnade_bridge.percepts import PerceptsError, read_percepts, record, unsound, write_percepts

FLOATS = st.floats(width=32, allow_nan=True, allow_infinity=True)


def refused(file: Path, words: str) -> None:
    with pytest.raises(PerceptsError, match=words) as caught:
        read_percepts(file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def recording(tmp_path: Path) -> Path:
    random = np.random.default_rng(3)
    file = tmp_path / "percepts.npz"
    episodes = [(name, random.normal(size=(n, 2, 18))) for name, n in (("mug", 3), ("", 5))]
    write_percepts(file, record(episodes))
    return file


@settings(deadline=None, derandomize=True)
@given(st.data())
def test_percepts_come_back_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    patches = data.draw(st.integers(1, 3))
    steps = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    names = data.draw(st.lists(st.text(max_size=5), min_size=len(steps), max_size=len(steps)))
    names = [name.rstrip("\0") for name in names]  # numpy's strings have no zeros at their ends
    rows = [data.draw(arrays(np.float32, (n, patches, 18), elements=FLOATS)) for n in steps]
    file = tmp_path_factory.mktemp("percepts") / "some.npz"
    reach = data.draw(st.floats(0.0625, 2, width=32))
    write_percepts(file, record(list(zip(names, rows, strict=True)), reach))
    assert read_percepts(file).reach == reach
    again = list(read_percepts(file))
    assert [name for name, _ in again] == names
    for (_, read), written in zip(again, rows, strict=True):
        np.testing.assert_array_equal(read, written)


def test_the_same_percepts_give_the_same_bytes(tmp_path: Path) -> None:
    first = recording(tmp_path).read_bytes()
    assert recording(tmp_path).read_bytes() == first


def test_one_episode_needs_no_more_than_its_percepts(tmp_path: Path) -> None:
    file = tmp_path / "plain.npz"
    np.savez(file, schema=1, reach=np.float32(0.1), percepts=np.zeros((4, 1, 18), np.float32))
    [(name, rows)] = read_percepts(file)
    assert (name, rows.shape) == ("", (4, 1, 18))


def test_every_cut_is_refused(tmp_path: Path) -> None:
    file = recording(tmp_path)
    data = file.read_bytes()
    for length in range(0, len(data), 11):
        file.write_bytes(data[:length])
        refused(file, "no whole file")


def test_a_flipped_byte_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    file = recording(tmp_path)
    whole = [(name, rows.tobytes()) for name, rows in read_percepts(file)]
    data = bytearray(file.read_bytes())
    seen = 0
    for place in range(0, len(data), 5):
        data[place] ^= 0x10
        file.write_bytes(data)
        data[place] ^= 0x10
        try:
            assert [(name, rows.tobytes()) for name, rows in read_percepts(file)] == whole
        except PerceptsError:
            seen += 1
    assert seen > 20


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "`percepts` is missing"),
        ({"schema": np.array(2)}, "schema"),
        ({"schema": None}, "`schema` is missing"),
        ({"reach": None}, "`reach` is missing"),
        ({"percepts": np.zeros((4, 18), np.float32)}, "not \\(T, C, 18\\)"),
        ({"percepts": np.zeros((4, 1, 18))}, "not float32"),
        ({"percepts": np.zeros((0, 1, 18), np.float32)}, "there are none"),
        ({"episode": np.array([1])}, "rise from 0"),
        ({"episode": np.array([0, 2, 2])}, "rise from 0"),
        ({"episode": np.array([0, 4])}, "no percepts"),
        ({"episode": np.array([[0]])}, "does not fit"),
        ({"reach": np.array(0, np.float32)}, "no distance"),
        ({"reach": np.array(0.1)}, "`reach` does not fit"),
        ({"object": np.array(["a", "b"])}, "`object` does not fit"),
        ({"object": np.array([None])}, "no whole file"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, given: dict[str, np.ndarray[Any, Any] | None], words: str
) -> None:
    file, sound = (
        tmp_path / "odd.npz",
        {
            "schema": np.array(1),
            "reach": np.array(0.1, np.float32),
            "percepts": np.zeros((4, 1, 18), np.float32),
        },
    )
    kept = {name: array for name, array in {**sound, **given}.items() if array is not None}
    np.savez(file, **(kept if given else {"other": np.zeros(1)}))
    refused(file, words)


def test_a_file_that_is_not_there_or_not_ours(tmp_path: Path) -> None:
    refused(tmp_path / "none.npz", "there are no percepts")
    refused(tmp_path, "is a folder")
    single = io.BytesIO()
    np.save(single, np.zeros(3))
    other = tmp_path / "other.npz"
    other.write_bytes(single.getvalue())
    refused(other, "no whole file")


def test_what_cannot_have_been_felt_is_counted() -> None:
    rows = np.zeros((6, 2, 18), np.float32)
    assert unsound(record([("mug", rows)])) == 0
    rows[0, 1, 9] = np.nan
    rows[1, 0, 0] = 1e30
    rows[2, 0, 3] = 5
    rows[3, 1, 14] = 0.5
    assert unsound(record([("mug", rows)])) == 4
