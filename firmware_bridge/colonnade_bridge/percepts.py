"""Recorded percepts: what a sensor felt, episode by episode, in one .npz file.

docs/spec/percepts.md says what is in it. It needs numpy and nothing else, so that every computer
can read it, and a field's recording can be recognised again anywhere.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.errors import BridgeError
from colonnade_models.percept import DIRECTION, LOCATION, NORMAL, ON_OBJECT, PERCEPT_SIZE

__all__ = [
    "PerceptsError",
    "RecordedPercepts",
    "read_percepts",
    "record",
    "unsound",
    "write_percepts",
]

Array = NDArray[np.float32]

SCHEMA = 1
REACH = 0.1
"""Metres that a sensor sees where nothing else is said, as in `column_state.default_settings`."""
FARTHEST = 1000.0
"""Metres within which anything is felt."""
LONGEST = 2.0
"""A normal or direction with more along an axis is none, as for the column."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time that every file carries, so that the same percepts give the same bytes."""
_DAMAGE = (
    OSError, ValueError, TypeError, EOFError, KeyError, AttributeError, NotImplementedError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What numpy and zipfile may raise on bytes that are no archive of arrays."""


class PerceptsError(BridgeError, ValueError):
    """A file of percepts is missing, damaged, or not one of ours; says which in one sentence."""


@dataclass(frozen=True, eq=False)
class RecordedPercepts:
    """T steps of C patches, in E episodes."""

    percepts: Array
    """(T, C, 18), see `colonnade_models.percept`, located in the body's frame of the episode."""
    episode: NDArray[np.int64]
    """(E,) the first step of each episode: 0 at first, rising."""
    objects: tuple[str, ...]
    """What was shown in each episode, nothing where that is not known."""
    reach: float = REACH
    """How far the sensor saw, m."""

    def __iter__(self) -> Iterator[tuple[str, Array]]:
        """Each episode's object and percepts (N, C, 18)."""
        return zip(self.objects, np.split(self.percepts, self.episode[1:]), strict=True)

    def __len__(self) -> int:
        return len(self.episode)


def record(episodes: Sequence[tuple[str, Array]], reach: float = REACH) -> RecordedPercepts:
    """A recording of episodes: what was shown, percepts (N, C, 18) with N >= 1 and one C.

    `reach` is how far the sensor saw, m.
    """
    starts = np.cumsum([0, *(len(rows) for _, rows in episodes)])[:-1]
    percepts = np.concatenate([rows for _, rows in episodes]).astype(np.float32)
    return RecordedPercepts(
        percepts, starts.astype(np.int64), tuple(name for name, _ in episodes), reach
    )


def unsound(recording: RecordedPercepts) -> int:
    """How many percepts no sensor can have felt; a column ignores most of them."""
    rows = recording.percepts.reshape(-1, PERCEPT_SIZE)
    with np.errstate(invalid="ignore"):
        sound = (
            np.isfinite(rows).all(axis=1)
            & (np.abs(rows[:, LOCATION : LOCATION + 3]) < FARTHEST).all(axis=1)
            & (np.abs(rows[:, NORMAL : DIRECTION + 3]) <= LONGEST).all(axis=1)
            & np.isin(rows[:, ON_OBJECT], (0, 1))
        )
    return int((~sound).sum())


def write_percepts(path: Path, recording: RecordedPercepts) -> None:
    """Write a recording. Raises OSError where the file cannot be written."""
    arrays = {
        "schema": np.array(SCHEMA),
        "percepts": recording.percepts,
        "episode": recording.episode,
        "object": np.array(recording.objects, np.str_),
        "reach": np.array(recording.reach, np.float32),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def read_percepts(path: Path) -> RecordedPercepts:
    """Read a recording. Raises PerceptsError, in one sentence, if it is not whole and sound."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise PerceptsError(
            f"there are no percepts at {path}: record some with `colonnade evaluate RUN --percepts`"
        ) from None
    except IsADirectoryError:
        raise PerceptsError(f"{path} is a folder: give the file of percepts in it") from None
    except _DAMAGE:
        raise PerceptsError(
            f"{path} is no whole file of percepts: record or copy it anew"
        ) from None
    return _checked(path, arrays)


def _checked(path: Path, arrays: dict[str, NDArray[Any]]) -> RecordedPercepts:
    """The recording, if every shape and index fits."""

    def need(truth: object, what: str) -> None:
        if not truth:
            raise PerceptsError(f"{path} holds no sound percepts: {what}")

    need("percepts" in arrays, "`percepts` is missing")
    need("schema" in arrays, "`schema` is missing")
    schema = arrays["schema"]
    need(schema.shape == () and schema == SCHEMA, f"their schema is not {SCHEMA}")
    percepts = arrays["percepts"]
    need(percepts.dtype == np.float32, "`percepts` are not float32")
    shape = percepts.shape
    need(len(shape) == 3 and shape[2] == PERCEPT_SIZE, f"`percepts` are not (T, C, {PERCEPT_SIZE})")
    need(shape[0] > 0 and shape[1] > 0, "there are none")
    episode = arrays.get("episode", np.zeros(1, np.int64))
    need(episode.dtype == np.int64 and episode.ndim == 1 and len(episode), "`episode` does not fit")
    need(episode[0] == 0 and (np.diff(episode) > 0).all(), "`episode` does not rise from 0")
    need(episode[-1] < shape[0], "an episode has no percepts")
    objects = arrays.get("object", np.full(len(episode), "", np.str_))
    need(objects.dtype.kind == "U" and objects.shape == episode.shape, "`object` does not fit")
    need("reach" in arrays, "`reach` is missing")
    reach = arrays["reach"]
    need(reach.shape == () and reach.dtype == np.float32, "`reach` does not fit")
    need(0 < reach < np.inf, "`reach` is no distance")
    names = tuple(objects.tolist())
    return RecordedPercepts(np.ascontiguousarray(percepts), episode, names, float(reach))
