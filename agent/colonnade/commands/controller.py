"""Which controller a command talks to, and the model that it is sent."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from colonnade.commands.console import complain, note, ticking
from colonnade.deploy_config import ControllerOptions
from colonnade.flags import ConfigError

if TYPE_CHECKING:
    from colonnade.controllers import Controller
    from colonnade_bridge.wire.link import Link

__all__ = [
    "StoppedError",
    "check_controller",
    "controller_of",
    "hash_of",
    "meet",
    "send_model",
    "tell_complaint",
]


class StoppedError(RuntimeError):
    """The controller was ordered to stop."""


def check_controller(config: ControllerOptions) -> None:
    """Refuse what names no controller, or two, or one that cannot be talked to."""
    if config.qemu is not None and config.port is not None:
        raise ConfigError("--qemu and --port name two controllers: leave one of them out.")
    if config.qemu is None and config.port is None:
        raise ConfigError("Say where to: --qemu an500 for an emulated board, or --port URL.")
    if config.key is not None:
        from colonnade_bridge.wire.keys import read_key

        read_key(config.key)
    elif config.port is not None:
        raise ConfigError("--port needs --key FILE: the key that its firmware was built with.")


def controller_of(config: ControllerOptions) -> AbstractContextManager[Controller]:
    """The controller, booted first where it is emulated; see `colonnade.controllers.emulated`."""
    from colonnade.controllers import Controller, emulated

    if config.qemu is not None:
        note(f"Building the firmware for {config.qemu} and booting it.")
        return emulated(config.qemu, config.key)
    assert config.port is not None
    assert config.key is not None
    return nullcontext(Controller(config.port, config.port, config.key, None, "ticks"))


def tell_complaint(error: int) -> None:
    """Warn of what the controller complains of where what it keeps may be lost."""
    from colonnade_bridge.wire.errors import ERROR_FLASH, ERROR_STATE, explain

    if error in (ERROR_FLASH, ERROR_STATE):
        complain(f"The controller complains: {explain(error)}.", "yellow")


def meet(link: Link, config: ControllerOptions) -> None:
    """Open the session with a controller that may be moved.

    Raises:
        StoppedError: it was ordered to stop, and nobody said that this is over.
        WireError: it does not answer.
    """
    from colonnade_bridge.wire.messages import State

    if link.open().state is State.STOPPED and not config.end_stop:
        raise StoppedError(
            f"The controller at {config.port} was ordered to stop, and does: give --end-stop if "
            "the robot may move again."
        )


def hash_of(blob: bytes) -> int:
    """What the wire calls a model by."""
    return int.from_bytes(blob[16:24], "little")


def send_model(link: Link, blob: bytes) -> None:
    """Send the model, unless the controller has it already."""
    model = hash_of(blob)
    if link.status().model == model:
        note("The controller has this model already.")
        return
    with ticking("Uploading  ", len(blob) // 1024) as ticker:
        told = 0

        def progress(arrived: int) -> None:
            nonlocal told
            while told < arrived // 1024:
                told += 1
                ticker.tick("KiB")

        link.upload(blob, model, progress)
