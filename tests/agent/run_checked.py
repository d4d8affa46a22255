"""What tests of the doctor on a run folder share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.agent.small_runs import FAKE

from colonnade.doctor_run import run_checks
from colonnade.finding import Finding

Typed = Callable[..., str]


def found(path: Path) -> dict[str, Finding]:
    """The last finding of each kind."""
    return {one.what: one for _, check in run_checks(path, FAKE) for one in check()}


def states(path: Path) -> set[str]:
    return {one.state for one in found(path).values()}
