"""``colonnade run-onnx``: recorded percepts recognised with an exported model."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from colonnade.commands.console import counted, percent, show, stdout, ticking
from colonnade.commands.felt import tell_unsound
from colonnade.config import RunOnnxConfig
from colonnade.json_option import write_json_option
from colonnade.printable import printable
from colonnade.stopping import raise_if_stopped
from colonnade_bridge.onnx.column import OPEN
from colonnade_bridge.onnx.model import OnnxModel
from colonnade_bridge.onnx.running import Outcome, run
from colonnade_bridge.percepts import read_percepts
from colonnade_envs.poses import quaternion_of

__all__ = ["run_onnx"]


def run_onnx(config: RunOnnxConfig) -> int:
    """Do ``colonnade run-onnx``; 0 when every episode was run.

    Raises OnnxModelError or PerceptsError where a file is not whole and sound.
    """
    recording = read_percepts(config.percepts.expanduser())
    tell_unsound(config.percepts, recording)
    model = OnnxModel(config.model.expanduser())
    outcomes = []
    with ticking("Recognising", len(recording)) as ticker:
        for outcome in run(model, recording):
            raise_if_stopped()
            outcomes.append(outcome)
            ticker.tick(outcome.answer)
    stdout.print(_table(outcomes, f"{show(config.percepts)} by {show(config.model)}"))
    stdout.print(_headline(outcomes), markup=False, soft_wrap=True)
    write_json_option(config.json, {"episodes": [_row(outcome) for outcome in outcomes]})
    return 0


def _table(outcomes: list[Outcome], title: str) -> Table:
    table = Table(title=escape(printable(title)), title_justify="left", box=SIMPLE, pad_edge=False)
    for column in ("shown", "decision"):
        table.add_column(column, overflow="fold")
    for column in ("place, mm", "rotation x y z w"):
        table.add_column(column, no_wrap=True)
    for column in ("steps", "ms a step"):
        table.add_column(column, justify="right")
    for outcome in outcomes:
        row = _row(outcome)
        known = outcome.decision.name is not None
        table.add_row(
            escape(printable(outcome.shown)),
            escape(printable(outcome.answer)) + (" (limit)" if row["timeout"] else ""),
            " ".join(f"{1e3 * x:.0f}" for x in row["place"]) if known else "",
            " ".join(f"{x:.2f}" for x in row["rotation"]) if known else "",
            str(outcome.steps),
            f"{1e3 * np.median(outcome.seconds):.1f}",
            style="yellow" if row["correct"] is False else None,
        )
    return table


def _headline(outcomes: list[Outcome]) -> str:
    milliseconds = 1e3 * np.concatenate([outcome.seconds for outcome in outcomes])
    sentence = (
        f"{counted(len(outcomes), what='episode')}, {len(milliseconds) / len(outcomes):.1f} steps "
        f"each, {np.median(milliseconds):.1f} ms a step (median), {milliseconds.max():.0f} ms the "
        "longest."
    )
    judged = [row["correct"] for row in map(_row, outcomes) if row["correct"] is not None]
    if judged:
        sentence = f"{percent(sum(judged) / len(judged))} correct in {sentence}"
    return sentence


def _row(outcome: Outcome) -> dict[str, Any]:
    """One episode, ready for JSON: how the object lies in the body's frame, metres."""
    decision = outcome.decision
    R, t = decision.pose[:9].reshape(3, 3).astype(np.float64), decision.pose[9:]
    return {
        "shown": outcome.shown or None,
        "decision": outcome.answer,
        "correct": outcome.answer == outcome.shown if outcome.shown else None,
        "timeout": decision.state == OPEN,
        "evidence": decision.evidence,
        "place": (-R.T @ t).tolist(),
        "rotation": quaternion_of(R.T).tolist(),
        "other_poses": decision.others,
        "steps": outcome.steps,
        "step_us_median": 1e6 * float(np.median(outcome.seconds)),
        "step_us_max": 1e6 * max(outcome.seconds),
    }
