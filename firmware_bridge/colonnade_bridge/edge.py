"""The edge: what a memory becomes so that a controller has room and time for it.

Two budgets: flash for the model, RAM for the column. Surfels are pruned, of every object the same
share, until the blob fits; hypotheses and percepts until the column does. What cannot be made to
fit is said so, with what it would take.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from colonnade_bridge.blob import EdgeModel, in_order, write_blob
from colonnade_bridge.counting import counted
from colonnade_bridge.errors import BlobError
from colonnade_bridge.prune import FEWEST, pruned
from colonnade_models.column_state import Settings, default_settings
from colonnade_models.evidence import default_tolerance
from colonnade_models.memory import ObjectMemory

__all__ = ["Budget", "column_bytes", "edge_settings", "fitted"]

PERCEPTS = 160
"""Percepts of an episode that are remembered: twice the patience with a tie."""
FEWEST_PERCEPTS, FEWEST_WINNERS = 96, 12
"""With fewer percepts, some of which met nothing, `unknown` could not be said."""
NEARLY_FULL = 0.985
"""Share of a budget for flash with which the search for the right share of surfels is content."""
SEARCHES = 8

# bytes in the memory of a 32-bit controller, see cln_init.c
COLUMN, PERCEPT, HYPOTHESIS, ALIGNMENT = 892, 88, 80, 8


class Budget(NamedTuple):
    """What a controller has for the mind; None: as much as it takes."""

    flash: int | None = None
    """Bytes for the blob."""
    ram: int | None = None
    """Bytes for the column."""


def edge_settings(reach: float = 0.1) -> Settings:
    """Settings that keep a step short.

    `reach` (m) is how far the sensor sees. Fewer poses are tried at a time, where they are most
    likely, and fewer hypotheses kept; a leader is challenged later and less often, and an object is
    called unknown later, as more percepts must make up for fewer poses. A step stops after some
    2,200 looks, 900 instructions each on average, and leaves the rest to the next. The numbers were
    chosen by episodes with the built-in objects and PyBullet's, not with those of benchmarks.
    """
    return default_settings()._replace(
        reach=np.float32(reach),
        seed_budget=600,
        seed_share=60,
        turns=8,
        resembling=np.float32(1.5),
        seed_slack=np.float32(7.0),
        refined_seeds=10,
        winners=24,
        refine_every=12,
        refined=4,
        proposals=64,
        hope=np.float32(3.0),
        first_challenge=6,
        challenge_every=10,
        probes=32,
        unknown_percepts=36,
        candidates=16,
        rivals=3,
        effort=2200,
    )


def column_bytes(model: EdgeModel) -> int:
    """RAM that the column takes on a 32-bit controller."""
    s, objects = model.settings, len(model.memory)
    hypotheses = s.winners + s.refined_seeds
    surfels = max(len(thing.packed.place) for thing in model.memory.packed())
    parts = (
        COLUMN, PERCEPT * model.percepts, model.percepts, HYPOTHESIS * hypotheses,
        HYPOTHESIS * s.proposals, -(-surfels // 8), 4 * hypotheses, hypotheses, 4 * objects,
        4 * objects,
    )  # fmt: skip
    return sum(-(-part // ALIGNMENT) * ALIGNMENT for part in parts)


def fitted(memory: ObjectMemory, settings: Settings, budget: Budget = Budget()) -> EdgeModel:  # noqa: B008
    """The model that fits in a budget with as many surfels as it can have.

    Raises BlobError where it cannot be made to fit.
    """
    kept = _within_flash(memory, settings, budget.flash)
    settings, percepts = _within_ram(kept, settings, budget.ram)
    return EdgeModel(kept, settings, default_tolerance(), percepts)


def _within_flash(memory: ObjectMemory, settings: Settings, flash: int | None) -> ObjectMemory:
    """The memory in a blob's order, with as many surfels as fit."""

    def with_share(share: float) -> tuple[ObjectMemory, int]:
        things = [pruned(thing, round(share * len(thing.table))) for thing in memory]
        kept = ObjectMemory([in_order(thing.packed) for thing in things])
        blob = write_blob(EdgeModel(kept, settings, default_tolerance(), PERCEPTS))
        return kept, len(blob)

    kept, size = with_share(1.0)
    if flash is None or size <= flash:
        return kept
    low, high, best = 0.0, 1.0, None
    share = 0.9 * flash / size
    for _ in range(SEARCHES):
        kept, size = with_share(share)
        if size <= flash:
            low, best = share, kept
            if size >= NEARLY_FULL * flash:
                break
        else:
            high = share
        share = min(max(share * flash / size, low + 0.1 * (high - low)), 0.95 * high)
    if best is None:
        best, size = with_share(0.0)
        if size > flash:
            what, room = counted(len(memory), "object"), counted(flash, "byte")
            do, each_they_take = (
                ("does", "it takes") if len(memory) == 1 else ("do", "each they take")
            )
            raise BlobError(
                f"{what} {do} not fit in {room} of flash: with as few as {FEWEST} surfels "
                f"{each_they_take} {size:,}; give more, or fewer objects."
            )
    return best


def _within_ram(memory: ObjectMemory, settings: Settings, ram: int | None) -> tuple[Settings, int]:
    """Settings and percepts with which the column fits."""
    most_twins = max(len(thing.twins) for thing in memory.packed())
    settings = settings._replace(proposals=max(settings.proposals, most_twins))
    percepts = PERCEPTS
    while ram is not None:
        model = EdgeModel(memory, settings, default_tolerance(), percepts)
        takes = column_bytes(model)
        if takes <= ram:
            break
        if percepts > FEWEST_PERCEPTS:
            percepts -= 16
        elif settings.winners > FEWEST_WINNERS:
            settings = settings._replace(winners=settings.winners - 4)
        elif settings.proposals > max(most_twins, 2 * settings.refined_seeds):
            least = max(most_twins, 2 * settings.refined_seeds)
            settings = settings._replace(proposals=max(settings.proposals - 8, least))
        else:
            raise BlobError(
                f"The column does not fit in {counted(ram, 'byte')} of RAM: with as few hypotheses "
                f"and percepts as it can have it takes {takes:,}; give more."
            )
    return settings, percepts
