"""Files of what was felt: what is written is read, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colonnade.felt_file import FeltFileError, load_felt, save_felt
from colonnade.mind import Felt


def felt(touches: int = 5, visits: int = 3) -> Felt:
    random = np.random.default_rng(touches)
    shapes = {
        "touches": (touches, 18), "practice": (2, 18), "jumps": (3, 7),
        "aims": (visits, 6), "visits": (visits, 18),
    }  # fmt: skip
    rows = {part: random.normal(size=shape).astype(np.float32) for part, shape in shapes.items()}
    return Felt(name="object-0007", spacing=0.0039, steps=41, **rows)


@pytest.mark.parametrize("visits", [0, 4])
def test_what_is_written_is_read(tmp_path: Path, visits: int) -> None:
    one = felt(7, visits)
    save_felt(tmp_path / "felt", one)
    again = load_felt(tmp_path / "felt")
    for part in ("touches", "practice", "jumps", "aims", "visits"):
        assert getattr(again, part).tobytes() == getattr(one, part).tobytes()
        assert getattr(again, part).shape == getattr(one, part).shape
    assert (again.name, again.spacing, again.steps) == (one.name, one.spacing, one.steps)
    save_felt(tmp_path / "copy", again)
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "felt").read_bytes()


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 0.999))
def test_a_file_cut_short_is_damaged(
    tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    file = tmp_path_factory.mktemp("felt") / "felt"
    save_felt(file, felt())
    data = file.read_bytes()
    file.write_bytes(data[: int(share * len(data))])
    with pytest.raises(FeltFileError, match="damaged"):
        load_felt(file)


@settings(max_examples=120, deadline=None)
@given(place=st.integers(0), bit=st.integers(0, 7))
def test_a_flipped_bit_is_damage(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    file = tmp_path_factory.mktemp("felt") / "felt"
    save_felt(file, felt())
    data = bytearray(file.read_bytes())
    data[place % len(data)] ^= 1 << bit
    file.write_bytes(bytes(data))
    try:
        again = load_felt(file)
    except FeltFileError:
        return
    assert again.touches.tobytes() == felt().touches.tobytes()  # white space between JSON's words


@pytest.mark.parametrize(
    "broken",
    [
        {"touches": np.zeros((0, 18), np.float32)},
        {"touches": np.full((2, 18), np.nan, np.float32)},
        {"practice": np.full((2, 18), np.inf, np.float32)},
        {"aims": np.zeros((1, 6), np.float32)},
        {"spacing": 0.0},
        {"spacing": float("nan")},
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, broken: dict[str, object]) -> None:
    from dataclasses import replace

    save_felt(tmp_path / "felt", replace(felt(), **broken))  # type: ignore[arg-type]
    with pytest.raises(FeltFileError):
        load_felt(tmp_path / "felt")


def test_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FeltFileError, match="none is missing"):
        load_felt(tmp_path / "none")
