"""``colonnade replay``: what a recording of a link says, said again to a controller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.table import Table

from colonnade.checks import check_config
from colonnade.commands.console import are, complain, counted, note, stdout
from colonnade.commands.controller import (
    check_controller,
    controller_of,
    hash_of,
    meet,
    send_model,
    tell_complaint,
)
from colonnade.flags import ConfigError
from colonnade.json_option import write_json_option
from colonnade.link_config import ReplayConfig

if TYPE_CHECKING:
    from colonnade_bridge.wire.messages import StepDecision
    from colonnade_bridge.wire.replay import Replay

__all__ = ["EmptyLogError", "OtherModelError", "replay"]

MOST_TOLD = 10
"""Decisions that differ of which the table tells."""


class OtherModelError(RuntimeError):
    """The controller has another model than was recorded; the message says what to do."""


class EmptyLogError(RuntimeError):
    """The recording holds no steps."""


def replay(config: ReplayConfig) -> int:
    """Do ``colonnade replay``; 0 when every decision was the same.

    Raises:
        ConfigError: not one controller is named, a real one without a key, or an emulated one
            without a model.
        BlobError: what is to be sent is no model.
        EmptyLogError: the recording holds no steps.
        OtherModelError: the controller has another model than the first step was recorded with, or
            is to be sent one.
        StoppedError: the controller was ordered to stop.
        WireError: the file is no recording, or the controller does not answer.
    """
    from colonnade_bridge.wire.link import Link
    from colonnade_bridge.wire.recording import cut_bytes
    from colonnade_bridge.wire.replay import recorded_model
    from colonnade_bridge.wire.replay import replay as say_again

    check_config(config)
    check_controller(config)
    blob = _blob(config)
    recorded = recorded_model(config.log.expanduser())
    if recorded is None:
        raise EmptyLogError(f"{config.log} holds no step that could be said again.")
    if cut := cut_bytes(config.log.expanduser()):
        rest = f"{counted(cut, what='byte')} at its end {are(cut)} no frame"
        note(f"{config.log} was cut short: {rest}.")
    if blob is not None:
        _refuse_other(config, recorded, hash_of(blob), f"{config.model} is")
    with (
        controller_of(config) as controller,
        Link(controller.url, controller.key, baud=config.baud, complain=tell_complaint) as link,
    ):
        meet(link, config)
        if blob is not None:
            send_model(link, blob)
        _refuse_other(config, recorded, link.status().model, "the controller has")
        outcome = say_again(config.log.expanduser(), link)
    _tell(outcome)
    write_json_option(config.json, _summary(controller.name, outcome))
    return 1 if outcome.different else 0


def _blob(config: ReplayConfig) -> bytes | None:
    """The model to send."""
    from colonnade_bridge.blob import read_blob
    from colonnade_bridge.errors import BlobError

    if config.model is None:
        if config.qemu is not None:
            raise ConfigError("--qemu needs --model BLOB: an emulated board begins without one.")
        return None
    blob = config.model.read_bytes()
    try:
        read_blob(blob)
    except BlobError as error:
        raise BlobError(f"{config.model} cannot be sent: {error}") from error
    return blob


def _refuse_other(config: ReplayConfig, recorded: int, model: int, has: str) -> None:
    if model != recorded:
        raise OtherModelError(
            f"{config.log} was recorded with {_named(recorded)}, and {has} {_named(model)}: send "
            "the one that was in use with --model model.blob."
        )


def _named(model: int) -> str:
    """A model as sentences call it."""
    return f"model {model:016x}" if model else "none"


def _tell(outcome: Replay) -> None:
    if outcome.different:
        table = Table(box=SIMPLE, pad_edge=False)
        for column in ("step", "then", "now"):
            table.add_column(column)
        for step, then, now in outcome.different[:MOST_TOLD]:
            table.add_row(str(step), _words(then), _words(now))
        stdout.print(table)
        number = counted(len(outcome.different), outcome.steps, "decision")
        complain(f"{number} differ from what was recorded.")
    else:
        stdout.print(f"{counted(outcome.steps, what='step')}: all decisions as recorded.")


def _words(decision: StepDecision) -> str:
    """A decision in few words."""
    what = "nothing" if decision.object < 0 else f"object {decision.object}"
    return f"{decision.verdict.name.lower()}, {what}, {decision.evidence:.2f} nats"


def _summary(controller: str, outcome: Replay) -> dict[str, Any]:
    return {
        "controller": controller,
        "steps": outcome.steps,
        "different": [
            {"step": step, "then": _plain(then), "now": _plain(now)}
            for step, then, now in outcome.different
        ],
    }


def _plain(decision: StepDecision) -> dict[str, Any]:
    return {
        "verdict": decision.verdict.name.lower(),
        "object": decision.object,
        "evidence": decision.evidence,
    }
