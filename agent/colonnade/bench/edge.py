"""``colonnade bench edge``: what the mind loses on a controller, and what it takes of one.

Objects are learned, fitted to a controller's flash and RAM, and recognised in the same orientations
by a workstation's column with all that was learned and by the C code with what was exported. Then
the firmware does it on emulated boards, and steps are timed on this computer.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from colonnade.bench.bars import BOARD_EPISODES, ONNX_EPISODES, STRUCK, judged
from colonnade.bench.config import EdgeConfig
from colonnade.bench.edge_tables import tell
from colonnade.bench.kept import Kept
from colonnade.bench.laboratory import Laboratory, Model, laboratory
from colonnade.bench.published import DISTINCT
from colonnade.bench.spread import spread
from colonnade.budgets import budget_of
from colonnade.commands.console import note
from colonnade.commands.same_model import model_digest
from colonnade.engine import ENGINE, load_engine
from colonnade.episode_options import EpisodeOptions
from colonnade.flags import ConfigError
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
    digest: str
    """Of the memory's file."""
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
    for flag, episodes in (
        ("--hil-episodes", config.hil_episodes),
        ("--onnx-episodes", config.onnx_episodes),
    ):
        if episodes < 0:
            raise ConfigError(f"{flag} is {episodes}, but must be at least 0, which leaves it out.")
    names = config.names or _distinct(config, engine)
    with (
        laboratory("edge", config, config.objects, engine) as lab,
        Kept(lab.path / "edge.jsonl") as kept,
    ):
        models = lab.learn("seed{seed}/model", config.objects, names, body=config.body)
        found = [_compare(lab, model, kept) for model in models]
        numbers = _numbers(config, found, kept)
        tell(numbers)
        return lab.conclude(numbers.pop("rows"), **numbers)


def _distinct(config: EdgeConfig, engine: str) -> tuple[str, ...]:
    """The field's ten distinct objects, where the set has them; nothing, which means all, else."""
    has = load_engine(engine).open_set(config.objects, None, config.scale)
    return DISTINCT if set(DISTINCT) <= set(has) else ()


def _options(config: EdgeConfig) -> EpisodeOptions:
    return EpisodeOptions(body=config.body, noise=config.noise, max_steps=config.max_steps)


def _compare(lab: Laboratory[EdgeConfig], model: Model, kept: Kept) -> _Compared:
    """Recognise with all that was learned, then in C with what was exported of it."""
    from colonnade.bench.edge_trials import recognise_all, trials_of
    from colonnade_bridge.export import export_blob

    config, mind = lab.options, load_engine(lab.engine)
    before = lab.show(f"seed{model.seed}/before", [model], _options(config))
    names = list(dict.fromkeys(episode.object for episode in before))
    meshes = mind.open_set(config.objects, names, config.scale)
    memory = mind.load_memory(model.file)
    note("Fitting the model to the controller.")
    budget = budget_of(config.budget_flash, config.budget_ram)
    blob = export_blob(memory, REACH[config.body], budget)
    trials = list(trials_of(meshes, names, config.rotations, model.seed))
    after = recognise_all(blob, trials, _options(config), kept)
    return _Compared(memory, model_digest(model.file), blob, trials, before, after)


def _numbers(config: EdgeConfig, found: Sequence[_Compared], kept: Kept) -> dict[str, Any]:
    """All numbers; what a model takes and how fast it is, of the first seed's."""
    from colonnade.bench.edge_boards import footprints
    from colonnade.bench.edge_trials import paired, row_of
    from colonnade_bridge.blob import read_blob
    from colonnade_bridge.footprint import model_footprint

    first = found[0]
    before = [episode for each in found for episode in each.before]
    after = [episode for each in found for episode in each.after]
    runtime = footprints()
    numbers = {
        "rows": [row_of("learned", before), row_of("exported", after)],
        "lost": paired(before, after),
        "model": model_footprint(first.blob, read_blob(first.blob), first.memory).to_json(),
        "runtime": {board: it.to_json() if it else None for board, it in runtime.items()},
        **_boards(config, first, kept),
        **_columns(config, found, kept),
    }
    return numbers | {"bars": judged(measured(numbers))}


def _boards(config: EdgeConfig, first: _Compared, kept: Kept) -> dict[str, Any]:
    """What the emulated boards do, each of them, and what they endure."""
    from colonnade.bench.edge_boards import boards_here, in_the_loop
    from colonnade.bench.edge_mishaps import endure
    from colonnade_bridge.footprint import BOARDS

    both = zip(first.trials, first.after, strict=True)
    shown = sorted(both, key=lambda pair: pair[0].number)[: config.hil_episodes]
    if not shown:
        return {"hil": {}, "mishaps": {}}
    hil: dict[str, Any] = dict.fromkeys(BOARDS)
    mishaps: dict[str, Any] = dict.fromkeys(BOARDS)
    trials = [trial for trial, _ in shown]
    struck = [episode for _, episode in spread(shown, STRUCK)]
    for board in boards_here():
        hil[board] = in_the_loop(board, first.blob, trials, _options(config), kept)
        mishaps[board] = endure(board, first.blob, struck, kept)
    return {"hil": hil, "mishaps": mishaps}


def _columns(config: EdgeConfig, found: Sequence[_Compared], kept: Kept) -> dict[str, Any]:
    """What ONNX says of what was felt, and how long a step takes whom."""
    from colonnade.bench.edge_onnx import compare_onnx, onnx_of, together
    from colonnade.bench.edge_times import time_steps

    reach, compared, times = REACH[config.body], list[dict[str, Any]](), dict[str, Any]()
    recorded = [(each, episode) for each in found for episode in each.after]
    chosen = spread(recorded, config.onnx_episodes)
    for each in found:
        felt = [np.stack(episode.percepts) for whose, episode in chosen if whose is each]
        with onnx_of(each.memory, reach) if felt else nullcontext() as graph:
            if graph is not None:
                compared += compare_onnx(each.memory, graph, felt, reach, kept, each.digest)
            if each is found[0]:
                timed = [np.stack(episode.percepts) for episode in spread(each.after, TIMED)]
                times = time_steps(each.memory, each.blob, graph, timed, reach)
    return {"onnx": together(compared), "times": times}


def measured(numbers: dict[str, Any]) -> dict[str, float | None]:
    """What is compared with the bars, by their keys, where enough episodes were done."""
    lost, onnx = numbers["lost"], numbers["onnx"]
    values: dict[str, float | None] = {
        "points_lost": lost["points_lost"],
        "c.otherwise": numbers["rows"][1]["episodes"] - lost["equal_to_numba"],
        "c.goals_otherwise": lost["goals"] - lost["goals_equal_to_numba"],
        "model_bytes": numbers["model"]["flash_model_bytes"],
    }
    if onnx and onnx["episodes"] >= ONNX_EPISODES:
        values["onnx.otherwise"] = onnx["episodes"] - onnx["episodes_equal"]
        values["onnx.evidence_off"] = onnx["evidence_off"]
    for board, taken in numbers["runtime"].items():
        if taken is not None:
            values[f"{board}.code_bytes"] = taken["mind_code_bytes"]
            values[f"{board}.ram_bytes"] = taken["ram_bytes"]
    for board, done in numbers["hil"].items():
        if done is not None and done["episodes"] >= BOARD_EPISODES:
            values[f"{board}.otherwise"] = done["episodes"] - done["decisions_equal_to_host"]
            values[f"{board}.goals_otherwise"] = done["goals"] - done["goals_equal_to_host"]
            for key in ("instructions_median", "instructions_max", "messages_lost"):
                values[f"{board}.{key}"] = done[key]
    for board, kinds in numbers["mishaps"].items():
        if kinds is not None and max(kind["mishaps"] for kind in kinds.values()) >= STRUCK:
            each = kinds.values()
            values[f"{board}.mishap_seconds"] = max(kind["seconds"] for kind in each)
            values[f"{board}.mishap_wrong"] = sum(kind["wrong"] for kind in each)
            otherwise = sum(kind["steps"] - kind["steps_equal"] for kind in each)
            values[f"{board}.mishap_otherwise"] = otherwise
    return values
