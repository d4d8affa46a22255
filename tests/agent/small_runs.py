"""What tests of the commands share: small runs of a fake of mind and body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.agent import fake_engine

from colonnade.config import TrainConfig
from colonnade.files import plain

FAKE = "tests.agent.fake_engine"
ROOT = Path(__file__).resolve().parents[2]
HEADLINES = {
    "objects", "episodes", "accuracy", "unknown_rate", "steps_mean", "timeout_rate",
    "rotation_error_deg_mean", "rotation_error_deg_median", "step_us", "episode_s_mean",
    "train_s", "surfels_mean", "model_bytes", "peak_rss_mb", "seed", "version",
    "false_unknown_rate", "unknown_recall", "rotation_error_plain_deg_median",
}  # fmt: skip


def config(out: Path, **changes: Any) -> TrainConfig:
    return replace(TrainConfig(out=out, objects="small", workers=1), **changes)


def rows(path: Path) -> list[dict[str, Any]]:
    """Episodes without what a clock measured; NaN as None, so that rows compare equal."""
    return [
        {key: value for key, value in plain(row).items() if not key.endswith(("_us", "seconds"))}
        for row in pq.read_table(path).to_pylist()
    ]


def stopped_after(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[str], Callable[[], None]]:
    """Let Ctrl-C come instead of an episode when `count` are done.

    Returns the objects of those, a list that may be cleared to stop once more after as many, and
    what to call for that to end.
    """
    done: list[str] = []
    recognise = fake_engine.recognise

    def recognise_some(memory: Any, mesh: Any, *others: Any, **seed: Any) -> Any:
        if len(done) == count:
            raise KeyboardInterrupt
        done.append(mesh.name)
        return recognise(memory, mesh, *others, **seed)

    monkeypatch.setattr(fake_engine, "recognise", recognise_some)
    return done, partial(monkeypatch.setattr, fake_engine, "recognise", recognise)
