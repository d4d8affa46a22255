"""The boards of ``colonnade bench edge``: what the mind takes of them, and what it does there.

Each episode is done twice on the board: as it is, and once more with the same percepts but no goal
asked for, which tells what a step takes and what a goal does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from colonnade.bench.edge_trials import Trial
from colonnade.bench.kept import Kept
from colonnade.commands.console import note, ticking
from colonnade.commands.controller import send_model
from colonnade.commands.deploy import summarise
from colonnade.controllers import emulated
from colonnade.episode_options import EpisodeOptions
from colonnade.hardware import HardwareEpisode, recognise_on
from colonnade.stopping import raise_if_stopped
from colonnade_bridge.blob import read_blob
from colonnade_bridge.footprint import BOARDS, RuntimeFootprint, runtime_footprint
from colonnade_bridge.tools import ToolError, find_tool
from colonnade_bridge.wire.link import Link

__all__ = ["boards_here", "footprints", "in_the_loop", "work_of"]


class _Work(NamedTuple):
    """Instructions of the steps of some episodes."""

    steps: list[int]
    """Of each step without its goal."""
    goals: list[int]
    """Of each goal."""


def footprints() -> dict[str, RuntimeFootprint | None]:
    """What the firmware takes on each board; None where its compiler is not installed."""
    note("Building the firmware to measure it.")
    found = {board: runtime_footprint(board) for board in BOARDS}
    if None in found.values():
        note(
            "What the runtime takes was not measured: "
            "sudo apt install make gcc-arm-none-eabi libnewlib-arm-none-eabi"
        )
    return found


def boards_here() -> tuple[str, ...]:
    """The boards that can be built for and emulated here: all, or none, which is said."""
    try:
        for tool in ("arm-none-eabi-gcc", "make", "qemu-system-arm"):
            find_tool(tool)
    except ToolError as error:
        note(f"No board is emulated. {error}")
        return ()
    return tuple(BOARDS)


def in_the_loop(
    board: str, blob: bytes, trials: Sequence[Trial], options: EpisodeOptions, kept: Kept
) -> dict[str, Any]:
    """What `colonnade deploy` tells of the trials on a board, and the work of steps and goals.

    Raises:
        BuildError, EmulatorError: the firmware cannot be built or run.
        WireError: the controller fell silent.
    """

    def do() -> dict[str, Any]:
        return _on(board, blob, trials, options)

    keys = [trial.key for trial in trials]
    found: dict[str, Any] = kept.once(do, "board", board, blob[16:32], options, keys)
    return found


def _on(
    board: str, blob: bytes, trials: Sequence[Trial], options: EpisodeOptions
) -> dict[str, Any]:
    model = read_blob(blob)
    episodes: list[HardwareEpisode] = []
    works: list[_Work] = []
    with emulated(board, None) as controller, Link(controller.url, controller.key) as link:
        send_model(link, blob)
        with ticking(f"On {board}   ", len(trials)) as ticker:
            for trial in trials:
                raise_if_stopped()
                episode = recognise_on(link, model, trial.mesh, trial.rotation, options, trial.seed)
                episodes.append(episode)
                works.append(work_of(episode, _felt_again(link, episode.percepts)))
                ticker.tick(f"{trial.mesh.name}: {episode.decision}")
        told = link.telemetry()
        link.hear_out()
        summary = summarise(episodes, controller, link, len(blob), told)
    steps = [ticks for work in works for ticks in work.steps]
    goals = [ticks for work in works for ticks in work.goals]
    return summary | {
        "instructions_step_median": median(steps),
        "instructions_step_max": max(steps),
        "instructions_goal_median": median(goals) if goals else None,
        "instructions_goal_max": max(goals) if goals else None,
    }


def _felt_again(link: Link, percepts: Iterable[NDArray[np.float32]]) -> list[int]:
    """Instructions of each step when the same is felt and no goal is asked for."""
    link.reset()
    return [link.send_step(rows).work for rows in percepts]


def work_of(episode: HardwareEpisode, alone: Sequence[int]) -> _Work:
    """What its steps took alone, and what its goals took besides."""
    asked = zip(episode.work, alone, episode.sought, strict=True)
    return _Work(list(alone), [both - step for both, step, sought in asked if sought])
