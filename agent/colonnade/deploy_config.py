"""The options of ``colonnade deploy``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from colonnade.budgets import FlashBudget, RamBudget
from colonnade.flags import (
    AlsoRoot,
    Columns,
    JsonFile,
    LimitOption,
    Names,
    Noise,
    Scale,
    file_from,
    optional,
    word_from,
)
from colonnade_bridge.boards import BOARDS

__all__ = ["HELP", "BaudOption", "ControllerOptions", "DeployConfig"]

HELP = """Recognise with the mind on a robot's controller, and the body simulated here.

The model is sent over the signed link. Then the controller gets what is felt, says where it wants
to touch next, and decides. This computer's column gets the same: both must say the same, bit for
bit, after every step. --qemu builds the firmware and boots it on an emulated board, which counts
instructions, not cycles. --port is the same for a real board.

  colonnade deploy runs/mine --qemu an500
  colonnade deploy runs/mine --qemu an386 --episodes 100 --json hil.json --record hil.mavlog
  colonnade deploy runs/mine --port /dev/ttyACM0 --key robot.key"""


def _board(arguments: list[str]) -> str:
    if arguments[0] not in BOARDS:
        raise ValueError(f"choose {' or '.join(BOARDS)}")
    return arguments[0]


@dataclass(frozen=True, kw_only=True)
class BaudOption:
    """How fast a serial line is."""

    baud: int = 921_600
    """Symbols per second of a serial port; the firmware's own is the default."""


@dataclass(frozen=True, kw_only=True)
class ControllerOptions(BaudOption):
    """Which controller to talk to."""

    qemu: Annotated[str | None, optional(f"{{{','.join(BOARDS)}}}", "none", _board)] = None
    """Build the firmware and run it on an emulated board: an386 is a Cortex-M4F, an500 an M7F."""

    port: Annotated[str | None, optional("URL", "none", word_from)] = None
    """Talk to a board that runs it: a serial port such as /dev/ttyACM0, or socket://HOST:PORT."""

    key: Annotated[Path | None, optional("FILE", "drawn for --qemu", file_from)] = None
    """Key of the link: 32 bytes that the board's firmware was built with."""

    end_stop: bool = False
    """Go on with a controller that was ordered to stop. Without it, such a one is left alone."""


@dataclass(frozen=True, kw_only=True)
class DeployConfig(ControllerOptions, LimitOption):
    """Recognise with the mind on a controller, and the body simulated here."""

    model: Annotated[Path, tyro.conf.arg(metavar="RUN|MODEL"), tyro.conf.Positional]
    """Run folder that `colonnade train` made, or a model file."""

    episodes: int = 20
    """Episodes: the objects take turns, each time in another orientation."""

    objects: Annotated[str | None, optional("SET", "as-trained", word_from), AlsoRoot] = None
    """Set to show. Objects that the model does not know should be answered with `unknown`."""

    scale: Scale = None
    """Multiply every mesh of files by this, e.g. 0.001 for millimetres."""

    names: Names = ()
    """Only these objects; quote a name that has a comma: '"plate, blue",mug'."""

    noise: Noise = "standard"
    """standard: 2 mm, 2 degrees, 0.1 colour on what is perceived; raw: 1 mm on every pixel."""

    columns: Columns = 1
    """Patches of the sensor, each a column's own, that vote: 1 to 5, in a cross 12 mm apart."""

    seed: int = 0
    """Orientations, starting points and noise follow from it."""

    budget_flash: FlashBudget = None
    """Flash that the model may take: surfels are left out until it fits. none: all of them."""

    budget_ram: RamBudget = None
    """RAM that its column may take: CLN_MIND_BYTES of the firmware."""

    record: Annotated[Path | None, optional("FILE", "none", file_from)] = None
    """Record all that travels over the link as a .mavlog, which MAVLink's tools can read.

    An earlier recording there is replaced once the controller is met, and no other file."""

    json: JsonFile = None
    """Also write the summary to this file as JSON; - is stdout, and all else goes to stderr."""
