"""The options of ``colonnade export``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from colonnade.budgets import FlashBudget, RamBudget
from colonnade.flags import Folder, JsonFile, file_from, optional

__all__ = ["HELP", "ExportConfig"]

HELP = """Turn what was learned into C sources that build as they are, or into one ONNX file.

For C, surfels are left out until the model fits in the flash that there is, and the column gets the
RAM that there is: DIR holds the model as a blob and as C, the runtime, an example that recognises,
firmware for boards, and report.json, which says what all of it takes. --check says what was lost
by that: recorded percepts are recognised by both.

  colonnade export runs/mine --out out
  colonnade export runs/mine --budget-flash 64KiB --check runs/mine/percepts.npz --out out
  colonnade export runs/mine --target onnx --out out-onnx
  make -C out test && make -C out firmware TARGET=an500"""


def _metres(arguments: list[str]) -> float:
    return float(arguments[0])


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """Turn what was learned into C sources for a controller, or into an ONNX file."""

    model: Annotated[Path, tyro.conf.arg(metavar="RUN|MODEL"), tyro.conf.Positional]
    """Run folder that `colonnade train` made, or a model file."""

    target: Literal["c", "onnx"] = "c"
    """c: a blob for flash, and C99 sources. onnx: one graph for computers with onnxruntime."""

    out: Folder
    """Folder to write, new or a former export."""

    budget_flash: FlashBudget = None
    """For c: flash that the model may take. none: as much as it takes."""

    budget_ram: RamBudget = None
    """For c: RAM that its column may take. none: as much as it takes."""

    reach: Annotated[float | None, optional("METRES", "as-trained", _metres)] = None
    """How far the robot's sensor sees, 1 mm to 10 m."""

    check: Annotated[Path | None, optional("PERCEPTS.npz", "none", file_from)] = None
    """For c: percepts recorded by `colonnade evaluate RUN --percepts`, to tell what was lost."""

    json: JsonFile = None
    """Also write the report to this file as JSON; - is stdout, and all else goes to stderr."""
