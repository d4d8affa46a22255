"""Fixtures that several tests of the agent use."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.agent import fake_engine
from tests.agent.run_checked import Typed
from tests.agent.small_runs import FAKE

from colonnade.commands.explore import explore
from colonnade.config import ExploreConfig


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A whole run: two objects that were learned and shown."""
    asked = ExploreConfig(objects="tiny", out=tmp_path / "run", rotations=2, workers=1, steps=True)
    explore(asked, FAKE)
    return tmp_path / "run"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Has a command typed, and returns it."""

    def type_in(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["/usr/bin/colonnade", *words])
        return " ".join(["colonnade", *words])

    return type_in


@pytest.fixture
def hangups() -> Iterator[None]:
    """A suite that nohup began ignores SIGHUP, and what it starts would, too."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is learned, as it is learned."""
    names: list[str] = []
    learn = fake_engine.learn

    def noted(mesh: Any, **options: Any) -> Any:
        names.append(mesh.name)
        return learn(mesh, **options)

    monkeypatch.setattr(fake_engine, "learn", noted)
    return names
