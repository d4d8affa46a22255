"""What the commands print: results on stdout, progress and notes on stderr."""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from colonnade.conditions import conditions
from colonnade.names import listed
from colonnade.printable import printable

__all__ = [
    "Interrupted",
    "Ticker",
    "are",
    "complain",
    "counted",
    "going_on_with",
    "headline",
    "it_or_them",
    "named",
    "note",
    "percent",
    "result_table",
    "show",
    "stderr",
    "stdout",
    "ticking",
    "typed",
]

MOST_NAMED = 20

stdout = Console(highlight=False, emoji=False)
stderr = Console(stderr=True, highlight=False, emoji=False)


class Interrupted(Exception):  # noqa: N818  (nothing went wrong)
    """The user pressed Ctrl-C; the message says what is saved and how to go on."""


@contextmanager
def going_on_with(resume: str = "--resume") -> Iterator[None]:
    """Say how to go on, whenever Ctrl-C came and also if the command did not name its folder."""
    try:
        yield
    except Interrupted as error:
        raise Interrupted(str(error).replace("with --resume", f"with {resume}")) from None
    except KeyboardInterrupt:  # between two pieces of work: nothing is lost
        raise Interrupted(f"Stopped: the same command with {resume} goes on.") from None


def note(text: str) -> None:
    """Say something that is not a result."""
    stderr.print(printable(text), style="dim", markup=False, soft_wrap=True)


def complain(text: str, colour: str = "red") -> None:
    """Say that something went wrong, in one line."""
    line = printable(" ".join(text.split()))
    stderr.print(line, style=colour, markup=False, soft_wrap=True)


def counted(number: int, of: int | None = None, what: str = "object") -> str:
    """'1 object', '3 objects', '2 of 3 objects'."""
    share = "" if of is None or of == number else f"{number} of "
    total = number if of is None else of
    return f"{share}{total} {what}{'' if total == 1 else 's'}"


def are(number: int) -> str:
    """The verb of so many."""
    return "is" if number == 1 else "are"


def it_or_them(number: int) -> str:
    """What so many are called that were just named."""
    return "it" if number == 1 else "them"


def named(names: Sequence[str]) -> str:
    """The names, or the first of many."""
    return listed(names, MOST_NAMED)


def percent(share: float) -> str:
    """A share as per cent, or a dash when there is none."""
    return "–" if share is None or math.isnan(share) else f"{100 * share:.1f} %"


class Ticker:
    """Counts finished pieces of work: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, what: str, total: int, done: int, progress: Progress | None) -> None:
        self._what, self._total, self._done = what, total, done
        self._progress = progress
        self._told = perf_counter()
        self._bar = (
            progress.add_task(what, total=total, completed=done, detail="") if progress else None
        )

    def tick(self, detail: str) -> None:
        """One more is done; `detail` is what to say beside the bar."""
        self._done += 1
        if self._progress is not None and self._bar is not None:
            self._progress.update(self._bar, advance=1, detail=printable(detail))
        elif perf_counter() - self._told > 5 or self._done == self._total:
            self._told = perf_counter()
            note(f"{self._what} {self._done}/{self._total}  {detail}")


@contextmanager
def ticking(what: str, total: int, done: int = 0) -> Iterator[Ticker]:
    """Show progress while the block runs."""
    if not stderr.is_terminal or os.environ.get("CI"):
        yield Ticker(what, total, done, None)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", style="dim", markup=False),
    )
    with Progress(*columns, console=stderr) as progress:
        yield Ticker(what, total, done, progress)


def result_table(summary: Mapping[str, Any]) -> Table:
    """An evaluation's objects, how they were shown, and headline numbers as one table."""
    title = "\n".join(["Recognition", *map(escape, conditions(summary))])
    table = Table(title=title, title_justify="left", pad_edge=False, show_footer=True)
    table.caption_justify = "left"
    if late := round(summary["timeout_rate"] * summary["episodes"]):
        table.caption = (
            f"{counted(late, summary['episodes'], 'episode')} came to the limit of "
            f"{summary['max_steps']} steps without an answer that was sure"
        )
    table.add_column("object", footer="all", overflow="fold")
    table.add_column("correct", justify="right", footer=percent(summary["accuracy"]))
    table.add_column("steps", justify="right", footer=_number(summary["steps_mean"]))
    table.add_column(
        "rotation error", justify="right", footer=_degrees(summary["rotation_error_deg_median"])
    )
    for name, row in summary["per_object"].items():
        table.add_row(
            escape(printable(name)),
            f"{row['correct']}/{row['episodes']}",
            _number(row["steps_mean"]),
            _degrees(row["rotation_error_deg_median"]),
            style=None if row["correct"] == row["episodes"] else "yellow",
        )
    return table


def headline(summary: Mapping[str, Any]) -> str:
    """One sentence with what matters."""
    error = summary["rotation_error_deg_median"]
    episodes = counted(summary["episodes"], what="episode")
    pose = "" if math.isnan(error) else f" pose within {_degrees(error)} (median),"
    sentence = (
        f"{percent(summary['accuracy'])} correct in {episodes}, "
        f"{_number(summary['steps_mean'])} steps each,{pose} "
        f"{_number(summary['step_us']['total'])} µs a step (median)."
    )
    if summary["objects_unseen"]:
        unseen = summary["objects_unseen"]
        sentence += (
            f" {counted(unseen)} {'was' if unseen == 1 else 'were'} never learned: "
            f"{percent(summary['unknown_recall'])} of their episodes ended with `unknown`."
        )
    return sentence


def show(path: Path) -> str:
    """A path as the user would type it."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def typed(path: Path) -> str:
    """A path as it stands in a command that can be copied into a shell."""
    return shlex.quote(show(path))


def _number(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}"


def _degrees(value: float | None) -> str:
    text = _number(value)
    return text if text == "–" else f"{text}°"
