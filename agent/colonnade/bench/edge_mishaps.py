"""The mishaps of ``colonnade bench edge``: what they cost on an emulated board.

Recorded episodes are done again over a cable, which is pulled out for a moment and flips bytes, and
with a board whose reset button is pressed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from colonnade.bench.kept import Kept
from colonnade.commands.console import ticking
from colonnade.commands.controller import send_model
from colonnade.controllers import Controller, emulated
from colonnade.hardware import HardwareEpisode
from colonnade_bridge.mishaps import FLIPPED_FOR, PULLED_FOR, Endurance, undisturbed
from colonnade_bridge.wire.cable import Cable, PortEnd
from colonnade_bridge.wire.link import Link

__all__ = ["endure"]

PATIENCE = 30.0
"""Seconds until a controller that does not answer is given up: far more than it may take."""


def endure(
    board: str, blob: bytes, episodes: Sequence[HardwareEpisode], kept: Kept
) -> dict[str, dict[str, Any]]:
    """What comes of each kind of mishap on an emulated board; see `Endurance`.

    Args:
        episodes: what was felt, and when a goal was asked for.

    Raises what `colonnade.controllers.emulated` does, and:
        WireError: the controller fell silent, and nothing had happened.
    """
    felt = [(np.stack(episode.percepts).tobytes(), episode.sought) for episode in episodes]

    def do() -> dict[str, dict[str, Any]]:
        with emulated(board, None) as controller:
            with Link(controller.url, controller.key) as link:
                send_model(link, blob)
            return _endure(controller, episodes)

    found: dict[str, dict[str, Any]] = kept.once(do, "mishaps", board, blob[16:32], felt)
    return found


def _endure(
    controller: Controller, episodes: Sequence[HardwareEpisode]
) -> dict[str, dict[str, Any]]:
    assert controller.reset is not None
    with (
        tempfile.TemporaryDirectory(prefix="colonnade-") as scratch,
        PortEnd(controller.url) as far,
        Cable(Path(scratch, "port"), far) as cable,
        Link(str(cable.path), controller.key, patience=PATIENCE) as link,
        ticking(f"Mishaps, {controller.name}", 2 * len(episodes) + 1) as ticker,
    ):
        calm = [undisturbed(link, each.percepts, each.sought) for each in episodes]
        found: dict[str, dict[str, Any]] = {}
        strikes: dict[str, Callable[[], None]] = {
            "pulled": partial(cable.pull, PULLED_FOR),
            "reset": controller.reset,
        }
        for kind, mishap in strikes.items():
            endurance = Endurance(link, cable)
            for episode in calm:
                endurance.strike(episode, mishap)
                ticker.tick(kind)
            found[kind] = {"mishaps": len(calm), **endurance.to_json()}
        endurance = Endurance(link, cable)
        endurance.flip(calm, FLIPPED_FOR, np.random.default_rng(0))
        ticker.tick("flipped")
        found["flipped"] = {"mishaps": 1, **endurance.to_json()}
    return found
