"""Export: what a mind learned, as the blob that a controller reads from its flash."""

from __future__ import annotations

from colonnade_bridge.blob import EdgeModel, write_blob
from colonnade_bridge.edge import Budget, edge_settings, fitted
from colonnade_models.memory import ObjectMemory

__all__ = ["BOARD", "export_blob", "for_controller"]

BOARD = Budget(flash=128 * 1024, ram=96 * 1024)
"""What a board has for the mind: a slot of its flash, and CLN_MIND_BYTES of its RAM."""


def for_controller(memory: ObjectMemory, reach: float, budget: Budget = BOARD) -> EdgeModel:
    """The model that a controller gets: as many surfels as fit, and steps that are short.

    `reach` (m) is how far the robot's sensor sees.
    Raises BlobError, in one sentence, where it cannot be made to fit.
    """
    return fitted(memory, edge_settings(reach), budget)


def export_blob(memory: ObjectMemory, reach: float, budget: Budget = BOARD) -> bytes:
    """The same as a blob, see docs/spec/blob.md."""
    return write_blob(for_controller(memory, reach, budget))
