"""The options of ``colonnade find-port`` and ``colonnade replay``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from colonnade.deploy_config import BaudOption, ControllerOptions
from colonnade.flags import JsonFile, file_from, optional, word_from

__all__ = ["HELP_OF_FIND_PORT", "HELP_OF_REPLAY", "FindPortConfig", "ReplayConfig"]

HELP_OF_FIND_PORT = """Find the ports that have a controller behind them.

It listens for heartbeats, at all serial ports unless one is named, and sends nothing; but opening a
port may reset some boards. Exits with 1 when none was heard.

  colonnade find-port --key robot.key
  colonnade find-port --key robot.key --port socket://robot.local:5760"""

HELP_OF_REPLAY = """Say again to a controller what a recording of a link says, and compare.

The steps of the recording are sent again in their order; exits with 1 where the controller decides
otherwise. It must have the model that was in use: --model sends it, as an exported model.blob.

  colonnade deploy runs/mine --qemu an500 --record hil.mavlog
  colonnade export runs/mine --out out
  colonnade replay hil.mavlog --model out/model.blob --qemu an386
  colonnade replay field.mavlog --port /dev/ttyACM0 --key robot.key"""


@dataclass(frozen=True, kw_only=True)
class FindPortConfig(BaudOption):
    """Find the ports that have a controller behind them."""

    key: Annotated[Path | None, optional("FILE", "none", file_from)] = None
    """Key of the link; without it controllers are found, and not what they say."""

    port: Annotated[str | None, optional("URL", "all", word_from)] = None
    """Listen here only: a serial port, or socket://HOST:PORT."""

    json: JsonFile = None
    """Also write what was found to this file as JSON; - is stdout, and all else goes to stderr."""


@dataclass(frozen=True, kw_only=True)
class ReplayConfig(ControllerOptions):
    """Say again to a controller what a recording of a link says, and compare its decisions."""

    log: Annotated[Path, tyro.conf.arg(metavar="LOG.mavlog"), tyro.conf.Positional]
    """What `colonnade deploy --record` wrote."""

    model: Annotated[Path | None, optional("BLOB", "what it has", file_from)] = None
    """Send this model first: model.blob of `colonnade export`."""

    json: JsonFile = None
    """Also write the comparison to this file as JSON; - is stdout, and all else goes to stderr."""
