"""Objects that a run had and that are not in its set any more: the work goes on with the others."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from colonnade.commands.console import complain, counted, named, show
from colonnade.engine import Engine
from colonnade.names import joined
from colonnade.sets import is_shipped

__all__ = ["gone_from", "gone_reason", "tell_kept", "tell_missing"]


def gone_from(mind: Engine, spec: str, names: Sequence[str], scale: float) -> list[str]:
    """Those of `names` that the set `spec` has not got. Raises ValueError: there is no such set."""
    try:
        mind.open_set(spec, names, scale)
    except ValueError:
        found = mind.open_set(spec, None, scale)
    else:
        return []
    unlisted = [name for name in names if name not in found]
    if not is_shipped(spec):  # a folder lists all that it has, and was read twice by now
        return unlisted
    return [name for name in unlisted if not _opens(mind, spec, name, scale)]


def _opens(mind: Engine, spec: str, name: str, scale: float) -> bool:
    """Whether a set has an object that it does not list, as PyBullet's random shapes."""
    try:
        mind.open_set(spec, [name], scale)
    except ValueError:
        return False
    return True


def gone_reason(name: str, spec: str) -> str:
    """Why an object that is gone could not be used, and what to do."""
    return f"{name}: it is not in {spec} any more: put it back, or begin anew in another --out."


def tell_missing(run: Path, spec: str, missing: Sequence[str], shown: Sequence[str]) -> None:
    """Name in one line what was learned and could not be shown, as it is gone."""
    if missing:
        others = f", or leave it at the others with --names {shlex.quote(joined(shown))}"
        complain(
            f"{_counted_gone(run, spec, missing)}; put back what is missing"
            f"{others if shown else ''}.",
            "yellow",
        )


def tell_kept(run: Path, spec: str, missing: Sequence[str]) -> None:
    """Name in one line what was learned and is gone: it stays in the model."""
    if missing:
        what = "it" if len(missing) == 1 else "them"
        complain(
            f"{_counted_gone(run, spec, missing)}; what was learned of {what} is kept: put back "
            "what is missing, or train into another --out to learn what is there now.",
            "yellow",
        )


def _counted_gone(run: Path, spec: str, gone: Sequence[str]) -> str:
    verb = "is" if len(gone) == 1 else "are"
    learned = f"{counted(len(gone))} that {show(run)} learned"
    return f"{learned} {verb} not in {spec} any more: {named(gone)}"
