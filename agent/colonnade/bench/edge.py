"""``colonnade bench edge``: what the mind loses on a controller, and what it takes of one.

Objects are learned, fitted to a controller's flash and RAM, and recognised in the same orientations
by a workstation's column with all that was learned and by the C code with what was exported. Then
the firmware does it on emulated boards, and steps are timed on this computer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from colonnade.bench.bars import judged
from colonnade.bench.config import EdgeConfig
from colonnade.bench.edge_tables import tell
from colonnade.bench.laboratory import Laboratory, Model, laboratory
from colonnade.bench.published import DISTINCT
from colonnade.budgets import budget_of
from colonnade.commands.console import note
from colonnade.config import ConfigError
from colonnade.engine import ENGINE, load_engine
from colonnade.episode_options import EpisodeOptions
from colonnade.reach import REACH

if TYPE_CHECKING:
    from colonnade.bench.edge_trials import Trial
    from colonnade.episode import Episode
    from colonnade.hardware import HardwareEpisode

__all__ = ["measured", "run"]

TIMED = 20
"""Episodes of which steps are timed."""


@dataclass
class _Compared:
    """What came of one model, before it was exported and after."""

    memory: Any
    blob: bytes
    trials: list[Trial]
    before: list[Episode]
    after: list[HardwareEpisode]


def run(config: EdgeConfig, engine: str = ENGINE) -> int:
    """Do ``colonnade bench edge`` and return its exit code.

    Raises what `ycb.run` does, and:
        BridgeError: the objects do not fit in the budget, or there is no C compiler.
        BuildError, EmulatorError, WireError: a board could not be built for, run or talked to.
    """
    if config.hil_episodes < 0:
        raise ConfigError(
            f"--hil-episodes is {config.hil_episodes}, but must be at least 0, which leaves it out."
        )
    names = config.names or _distinct(config, engine)
    with laboratory("edge", config, config.objects, engine) as lab:
        models = lab.learn("seed{seed}/model", config.objects, names, body=config.body)
        found = [_compare(lab, model) for model in models]
        numbers = _numbers(config, found)
        tell(numbers)
        return lab.conclude(numbers.pop("rows"), **numbers)


def _distinct(config: EdgeConfig, engine: str) -> tuple[str, ...]:
    """The field's ten distinct objects, where the set has them; nothing, which means all, else."""
    has = load_engine(engine).open_set(config.objects, None, config.scale)
    return DISTINCT if set(DISTINCT) <= set(has) else ()


def _options(config: EdgeConfig) -> EpisodeOptions:
    return EpisodeOptions(body=config.body, noise=config.noise, max_steps=config.max_steps)


def _compare(lab: Laboratory[EdgeConfig], model: Model) -> _Compared:
    """Recognise with all that was learned, then in C with what was exported of it."""
    from colonnade.bench.edge_trials import recognise_all, trials_of
    from colonnade_bridge.blob import read_blob
    from colonnade_bridge.export import export_blob
    from colonnade_bridge.native_mind import NativeMind

    config, mind = lab.options, load_engine(lab.engine)
    before = lab.show(f"seed{model.seed}/before", [model], _options(config))
    names = list(dict.fromkeys(episode.object for episode in before))
    meshes = mind.open_set(config.objects, names, config.scale)
    memory = mind.load_memory(model.file)
    note("Fitting the model to the controller.")
    budget = budget_of(config.budget_flash, config.budget_ram)
    blob = export_blob(memory, REACH[config.body], budget)
    trials = list(trials_of(meshes, names, config.rotations, model.seed))
    after = recognise_all(NativeMind(blob), read_blob(blob), trials, _options(config))
    return _Compared(memory, blob, trials, before, after)


def _numbers(config: EdgeConfig, found: Sequence[_Compared]) -> dict[str, Any]:
    """All numbers; what a model takes and how fast it is, of the first seed's."""
    from colonnade.bench.edge_boards import footprints, in_the_loop
    from colonnade.bench.edge_times import time_steps
    from colonnade.bench.edge_trials import paired, row_of
    from colonnade_bridge.blob import read_blob
    from colonnade_bridge.footprint import model_footprint

    first = found[0]
    before = [episode for each in found for episode in each.before]
    after = [episode for each in found for episode in each.after]
    runtime = footprints()
    felt = [np.stack(e.percepts) for e in _spread(first.after, TIMED)]
    shown = sorted(first.trials, key=lambda trial: trial.number)[: config.hil_episodes]
    numbers = {
        "rows": [row_of("learned", before), row_of("exported", after)],
        "lost": paired(before, after),
        "model": model_footprint(first.blob, read_blob(first.blob), first.memory).to_json(),
        "runtime": {board: it.to_json() if it else None for board, it in runtime.items()},
        "hil": in_the_loop(first.blob, shown, _options(config)) if shown else {},
        "times": time_steps(first.memory, first.blob, felt, REACH[config.body]),
    }
    return numbers | {"bars": judged(measured(numbers))}


def _spread(episodes: Sequence[HardwareEpisode], most: int) -> list[HardwareEpisode]:
    """As many of them, evenly spread."""
    return list(episodes[:: -(-len(episodes) // most)])


def measured(numbers: dict[str, Any]) -> dict[str, float | None]:
    """What is compared with the bars, by their keys."""
    lost, times = numbers["lost"], numbers["times"]
    values: dict[str, float | None] = {
        "points_lost": lost["points_lost"],
        "c.otherwise": numbers["rows"][1]["episodes"] - lost["equal_to_numba"],
        "c.goals_otherwise": lost["goals"] - lost["goals_equal_to_numba"],
        "model_bytes": numbers["model"]["flash_model_bytes"],
        "onnx.otherwise": times.get("onnx_otherwise"),
        "onnx.evidence_off": times.get("onnx_evidence_off"),
    }
    for board, taken in numbers["runtime"].items():
        if taken is not None:
            values[f"{board}.code_bytes"] = taken["mind_code_bytes"]
            values[f"{board}.ram_bytes"] = taken["ram_bytes"]
    for board, done in numbers["hil"].items():
        if done is not None:
            values[f"{board}.otherwise"] = done["episodes"] - done["decisions_equal_to_host"]
            for key in ("instructions_median", "instructions_max", "messages_lost"):
                values[f"{board}.{key}"] = done[key]
    return values
