"""What a model and its runtime take of a controller: flash, RAM and stack, everything counted."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from colonnade_bridge.blob import HEADER, SECTIONS, EdgeModel
from colonnade_bridge.boards import BOARDS
from colonnade_bridge.build import TARGETS, build
from colonnade_bridge.edge import column_bytes
from colonnade_bridge.size_report import read_map
from colonnade_bridge.stack_report import deepest, read_graphs, worst
from colonnade_models.memory import ObjectMemory

__all__ = ["BOARDS", "ModelFootprint", "RuntimeFootprint", "model_footprint", "runtime_footprint"]

STEP = "cln_step"
_GRAPHS = "-fcallgraph-info=su"
_CORE = re.compile(r"cln_(?!key)\w+\.o|ports/memory\.o")
"""Objects of the mind, and of what it calls, without link and port."""


@dataclass(frozen=True)
class ModelFootprint:
    """What a model takes, bytes."""

    flash: int
    sections: Mapping[str, int]
    """Flash of each part of the blob; `header` is the first."""
    ram: int
    """Of its column, on a 32-bit controller."""
    surfels: Mapping[str, tuple[int, int]]
    """Of each object: those that were kept, of how many that were learned."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        kept, learned = (sum(counts) for counts in zip(*self.surfels.values(), strict=True))
        return {
            "flash_model_bytes": self.flash,
            "flash_model_sections": dict(self.sections),
            "column_bytes": self.ram,
            "surfels_kept": kept,
            "surfels_learned": learned,
            "surfels": {
                name: {"kept": kept, "learned": learned}
                for name, (kept, learned) in self.surfels.items()
            },
        }


@dataclass(frozen=True)
class RuntimeFootprint:
    """What the compiled runtime takes on one board, bytes."""

    mind_code_bytes: int
    """Flash of the mind, with what copies memory for it."""
    flash_code_bytes: int
    """Flash of the whole firmware, link and port included."""
    ram_bytes: int
    """RAM of the whole firmware: memory for the column, link, stack."""
    step_stack_bytes: int
    """Stack of a step at worst."""
    stack_bytes: int
    """Stack of the firmware at worst, interrupts included."""

    def to_json(self) -> dict[str, int]:
        """Plain values."""
        return asdict(self)


def model_footprint(blob: bytes, model: EdgeModel, learned: ObjectMemory) -> ModelFootprint:
    """What the model takes that `learned` was made into."""
    header = np.frombuffer(blob, HEADER, 1)[0]
    ends = [*map(int, header["offset"]), len(blob)]
    sections = {"header": HEADER.itemsize}
    sections |= {name: ends[k + 1] - ends[k] for k, name in enumerate(SECTIONS)}
    surfels = {
        name: (len(model.memory[name].table), len(learned[name].table)) for name in learned.names
    }
    return ModelFootprint(len(blob), sections, column_bytes(model), surfels)


def runtime_footprint(board: str) -> RuntimeFootprint | None:
    """What the firmware takes on a board; None where its compiler is not installed.

    Raises BuildError where it cannot be built.
    """
    if shutil.which(TARGETS[board]) is None or shutil.which("make") is None:
        return None
    firmware = build(board, extra=_GRAPHS)
    sizes, graph = read_map(firmware.map), read_graphs(firmware.elf.parent)
    return RuntimeFootprint(
        sum(part.code for part in sizes.parts if _CORE.fullmatch(part.name)),
        sizes.flash,
        sizes.ram,
        deepest(graph, STEP).bytes,
        worst(graph),
    )
