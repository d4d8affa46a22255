"""Episodes as rows: a JSON record in the journal, a row of Parquet when all is done."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from colonnade.episode import Episode, StepTrace
from colonnade.files import atomic_path

__all__ = [
    "EpisodeTableError",
    "episode_from_record",
    "episode_to_record",
    "read_episodes",
    "read_table",
    "write_episodes",
    "write_steps",
]

_APART = {"trace", "percepts", "reach"}
"""Fields that have a file of their own."""
_FIELDS = [field.name for field in fields(Episode) if field.name not in _APART]
_VECTORS = {"rotation", "rotation_estimate"}
_NUMBERS = {
    "rotation_error_column_deg",
    "rotation_error_deg",
    "place_error_mm",
    "scale",
    "margin",
    "seconds",
    "sense_us",
    "infer_us",
    "policy_us",
    "total_us",
}


class EpisodeTableError(RuntimeError):
    """A table of episodes that cannot be read."""


def episode_to_record(episode: Episode) -> dict[str, Any]:
    """A JSON-ready record of an episode, with its trace when it has one."""
    record = {name: getattr(episode, name) for name in _FIELDS}
    if episode.trace is not None:
        record["trace"] = [_step_to_record(step) for step in episode.trace]
    if episode.percepts is not None:
        record["percepts"], record["reach"] = episode.percepts.tolist(), episode.reach
    return record


def episode_from_record(record: dict[str, Any]) -> Episode:
    """The episode again; None in a number's place is NaN (JSON has no NaN).

    Raises:
        EpisodeTableError: a field is missing.
    """
    try:
        values = {name: record[name] for name in _FIELDS}
    except KeyError as error:
        raise EpisodeTableError(f"an episode has no field {error}") from None
    for name in _VECTORS:
        values[name] = np.array([_number(item) for item in values[name]], dtype=np.float64)
    for name in _NUMBERS:
        values[name] = _number(values[name])
    trace = record.get("trace")
    values["trace"] = None if trace is None else [_step_from_record(step) for step in trace]
    felt = record.get("percepts")
    values["percepts"] = None if felt is None else np.array(felt, np.float32)
    values["reach"] = _number(record.get("reach"))
    return Episode(**values)


def write_episodes(path: Path, episodes: Sequence[Episode]) -> None:
    """Write one row an episode, ordered by object and trial, atomically."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = sorted(episodes, key=lambda episode: (episode.object, episode.trial))
    columns: dict[str, Any] = {}
    for name in _FIELDS:
        values = [getattr(episode, name) for episode in rows]
        if name in _VECTORS:
            columns[name] = pa.array([v.tolist() for v in values], type=pa.list_(pa.float64()))
        elif name in _NUMBERS:
            columns[name] = pa.array([float(v) for v in values], type=pa.float64())
        elif name in ("object", "decision"):
            columns[name] = pa.array(values, type=pa.string())
        else:
            columns[name] = pa.array([v.item() if hasattr(v, "item") else v for v in values])
    with atomic_path(path) as temporary:
        pq.write_table(pa.table(columns), temporary)


def read_episodes(path: Path) -> list[Episode]:
    """Read what `write_episodes` wrote; a missing file has no episodes.

    Raises:
        EpisodeTableError: the file is damaged.
    """
    if not path.is_file():
        return []
    records = read_table(path).to_pylist()
    try:
        return [episode_from_record(record) for record in records]
    except (EpisodeTableError, TypeError) as error:
        raise _unreadable(path, error) from error


def read_table(path: Path) -> Any:
    """Read any table of a run as a `pyarrow.Table`.

    Raises:
        EpisodeTableError: the file is missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> EpisodeTableError:
    reason = str(error).partition("\n")[0].rstrip(".")
    return EpisodeTableError(
        f"{path} cannot be read ({reason}): delete it, and its command makes it anew with --resume."
    )


def write_steps(path: Path, episodes: Iterable[Episode]) -> None:
    """Write one row a step of every episode that has a trace, atomically."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {"object": episode.object, "trial": episode.trial, **_step_to_record(step)}
        for episode in sorted(episodes, key=lambda episode: (episode.object, episode.trial))
        for step in episode.trace or ()
    ]
    for row in rows:
        row["evidence"] = list(row["evidence"].items())
    schema = pa.schema(
        [
            ("object", pa.string()),
            ("trial", pa.int64()),
            ("step", pa.int64()),
            ("location", pa.list_(pa.float32())),
            ("normal", pa.list_(pa.float32())),
            ("on_object", pa.bool_()),
            ("goal", pa.bool_()),
            ("evidence", pa.map_(pa.string(), pa.float64())),
            ("hypotheses", pa.int64()),
            ("sense_us", pa.float64()),
            ("infer_us", pa.float64()),
            ("policy_us", pa.float64()),
        ]
    )
    with atomic_path(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), temporary)


def _step_to_record(step: StepTrace) -> dict[str, Any]:
    return {
        "step": int(step.step),
        "location": [round(float(x), 7) for x in step.location],
        "normal": [round(float(x), 5) for x in step.normal],
        "on_object": bool(step.on_object),
        "goal": bool(step.goal),
        "evidence": {name: round(float(value), 4) for name, value in step.evidence.items()},
        "hypotheses": int(step.hypotheses),
        "sense_us": float(step.sense_us),
        "infer_us": float(step.infer_us),
        "policy_us": float(step.policy_us),
    }


def _step_from_record(record: dict[str, Any]) -> StepTrace:
    return StepTrace(
        step=record["step"],
        location=np.array([_number(x) for x in record["location"]], dtype=np.float32),
        normal=np.array([_number(x) for x in record["normal"]], dtype=np.float32),
        on_object=record["on_object"],
        goal=record["goal"],
        evidence={name: _number(value) for name, value in record["evidence"].items()},
        hypotheses=record["hypotheses"],
        sense_us=_number(record["sense_us"]),
        infer_us=_number(record["infer_us"]),
        policy_us=_number(record["policy_us"]),
    )


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
