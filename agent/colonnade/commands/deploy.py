"""``colonnade deploy``: the mind on a controller, the body simulated here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.markup import escape
from rich.table import Table

from colonnade.budgets import budget_of
from colonnade.checks import check_config, check_scale
from colonnade.commands.console import (
    Interrupted,
    are,
    complain,
    counted,
    note,
    percent,
    stdout,
    ticking,
)
from colonnade.commands.controller import (
    check_controller,
    controller_of,
    meet,
    send_model,
    tell_complaint,
)
from colonnade.commands.evaluation import refuse_moved
from colonnade.deploy_config import DeployConfig
from colonnade.engine import ENGINE, Engine, load_engine
from colonnade.episode_options import EpisodeOptions
from colonnade.flags import Body, ConfigError
from colonnade.json_option import STDOUT, write_json_option
from colonnade.model_source import model_source
from colonnade.orientations import orientation
from colonnade.printable import printable
from colonnade.reach import REACH
from colonnade.seeds import episode_seed
from colonnade.stopping import ending, raise_if_stopped
from colonnade_bridge.wire.errors import WireError

if TYPE_CHECKING:
    from colonnade.controllers import Controller
    from colonnade.hardware import HardwareEpisode
    from colonnade_bridge.blob import EdgeModel
    from colonnade_bridge.wire.link import Link
    from colonnade_bridge.wire.messages import Telemetry

__all__ = ["Source", "complaints", "deploy", "source_of", "summarise"]


class CutShortError(RuntimeError):
    """The controller fell silent or went away before all episodes were done."""


class Source(NamedTuple):
    """What is deployed, and what is shown to it."""

    model: Path
    objects: str
    scale: float
    body: Body


def deploy(config: DeployConfig, engine: str = ENGINE) -> int:
    """Do ``colonnade deploy``; 0 when both minds said the same and no message was lost.

    Raises:
        ConfigError: not one controller is named, or a real one without a key.
        RunFolderError: there is no model.
        ToolError, BuildError, EmulatorError: the firmware cannot be built or run.
        BridgeError: the model does not fit in the controller.
        StoppedError: the controller was ordered to stop.
        WireError: the controller does not answer, or refused the model.
        CutShortError: it fell silent in an episode; those before are told.
        Interrupted: Ctrl-C; the episodes before are told.
    """
    check_config(config)
    check_controller(config)
    source = source_of(config)
    mind = load_engine(engine)
    names = _shown(config, source, mind)
    mind.prepare(note)
    blob, model = _exported(config, source, mind)
    with controller_of(config) as controller:
        from colonnade_bridge.wire.link import Link

        with Link(
            controller.url,
            controller.key,
            baud=config.baud,
            complain=tell_complaint,
        ) as link:
            meet(link, config)
            if config.record is not None:
                link.record(config.record)
            send_model(link, blob)
            before = link.telemetry()
            started = perf_counter()
            episodes: list[HardwareEpisode] = []

            def tell(told: Telemetry | None = None) -> dict[str, Any]:
                if not episodes:
                    return {}
                summary = summarise(episodes, controller, link, len(blob), told) | {
                    "seconds": perf_counter() - started,
                    "noise": config.noise,
                    "columns": config.columns,
                    "seed": config.seed,
                }
                write_json_option(config.json, summary)
                _tell(summary, episodes)
                for sentence in complaints(summary):
                    complain(sentence)
                return summary

            try:
                _run(config, source, mind, link, model, names, episodes)
                told = since(before, link.telemetry(), link)
                link.hear_out()
                summary = tell(told)
                ending()
            except KeyboardInterrupt:
                tell()
                raise Interrupted(f"Stopped {_how_far(config, len(episodes))}") from None
            except WireError as error:
                tell()
                raise CutShortError(f"{error} That was {_how_far(config, len(episodes))}") from None
            except OSError:
                tell()
                raise
    return 1 if complaints(summary) else 0


def _how_far(config: DeployConfig, done: int) -> str:
    """In which episode a deployment ended, or after all of them, and what is kept of it."""
    kept = [str(config.record)] if config.record is not None else []
    if done and config.json not in (None, STDOUT):
        kept.append(str(config.json))
    told = f"; {' and '.join(kept)} {are(len(kept))} kept" if kept else ""
    if done < config.episodes:
        return f"in episode {done + 1} of {config.episodes}{told}."
    return f"after {'all ' if done > 1 else ''}{counted(done, what='episode')}{told}."


def source_of(config: DeployConfig) -> Source:
    """The model's file and where its objects come from, and how large these are.

    Raises:
        ConfigError: the model's file does not say, or the set has its sizes in metres.
        RunFolderError: there is no model, or what it was trained from is gone.
    """
    found = model_source(config.model)
    if config.objects is not None:
        scale = 1.0 if config.scale is None else config.scale
        return Source(found.file, config.objects, scale, found.body)
    if found.trained is None:
        raise ConfigError(
            f"{config.model} is in no run folder: say with --objects SET what to show."
        )
    objects = found.trained["objects"]
    check_scale(objects, config.scale)
    refuse_moved(str(config.model), found.trained)
    scale = found.trained["scale"] if config.scale is None else config.scale
    return Source(found.file, objects, scale, found.body)


def _shown(config: DeployConfig, source: Source, mind: Engine) -> list[str]:
    """The objects that take turns."""
    known = mind.load_memory(source.model).names
    return list(
        mind.open_set(
            source.objects,
            config.names or (known if config.objects is None else None),
            source.scale,
        )
    )


def _exported(config: DeployConfig, source: Source, mind: Engine) -> tuple[bytes, EdgeModel]:
    """The blob that the controller gets, and the model in it as this computer reads it."""
    from colonnade_bridge.blob import read_blob
    from colonnade_bridge.export import export_blob

    note("Fitting the model to the controller.")
    budget = budget_of(config.budget_flash, config.budget_ram)
    blob = export_blob(mind.load_memory(source.model), REACH[source.body], budget)
    return blob, read_blob(blob)


def _run(
    config: DeployConfig,
    source: Source,
    mind: Engine,
    link: Link,
    model: EdgeModel,
    names: Sequence[str],
    episodes: list[HardwareEpisode],
) -> None:
    """Add the episodes to `episodes`, one by one."""
    from colonnade.hardware import recognise_on

    options = EpisodeOptions(
        body=source.body,
        noise=config.noise,
        max_steps=config.max_steps,
        columns=config.columns,
    )
    meshes = mind.open_set(source.objects, names, source.scale)
    with ticking("Recognising", config.episodes) as ticker:
        for number in range(config.episodes):
            raise_if_stopped()
            trial, which = divmod(number, len(names))
            name = names[which]
            turned = orientation("random", config.seed, name, trial)
            seed = episode_seed(config.seed, name, trial)
            episodes.append(recognise_on(link, model, meshes[name], turned, options, seed))
            ticker.tick(f"{name}: {episodes[-1].decision}")


def since(before: Telemetry, told: Telemetry, link: Link) -> Telemetry:
    """What the controller tells, with late steps and silences since `before` was told.

    One that was reset meanwhile has counted anew.
    """
    if link.counts.restarts:
        return told
    return replace(told, late=told.late - before.late, silences=told.silences - before.silences)


def summarise(
    episodes: Sequence[HardwareEpisode],
    controller: Controller,
    link: Link,
    model_bytes: int,
    told: Telemetry | None,
) -> dict[str, Any]:
    """What it came to, as plain values; `told` is what the controller tells, if it still does."""
    ram, stack = (told.ram, told.stack) if told else (0, 0)
    work = [ticks for episode in episodes for ticks in episode.work]
    errors = [
        e.rotation_error_deg for e in episodes if e.rotation_error_deg == e.rotation_error_deg
    ]
    return {
        "controller": controller.name,
        "episodes": len(episodes),
        "decisions_equal_to_host": sum(episode.equal for episode in episodes),
        "messages_lost": link.messages_lost,
        "accuracy": sum(episode.correct for episode in episodes) / len(episodes),
        f"{controller.work}_median": median(work),
        f"{controller.work}_max": max(work),
        "flash_code_bytes": controller.sizes.flash if controller.sizes else None,
        "flash_model_bytes": model_bytes,
        "ram_bytes": controller.sizes.ram if controller.sizes else ram + stack or None,
        "stack_bytes": stack or None,
        "steps": len(work),
        "steps_equal_to_host": sum(episode.steps_equal for episode in episodes),
        "goals": sum(episode.goals for episode in episodes),
        "goals_equal_to_host": sum(episode.goals_equal for episode in episodes),
        "rotation_error_deg_median": median(errors) if errors else None,
        "timeout_rate": sum(episode.timeout for episode in episodes) / len(episodes),
        "messages_sent": link.counts.sent,
        "messages_received": link.counts.line.received,
        "resets": link.counts.restarts,
        "reconnects": link.counts.reconnects,
        "late": told.late if told else None,
        "silences": told.silences if told else None,
    }


def complaints(summary: dict[str, Any]) -> list[str]:
    """What was not as it must be, a sentence each."""
    wrong = []
    if summary["decisions_equal_to_host"] < summary["episodes"]:
        wrong.append(
            "The controller did not decide as this computer did: see the table. If it did before, "
            "reset it: at boot it finds out whether its flash has changed."
        )
    if otherwise := summary["goals"] - summary["goals_equal_to_host"]:
        wrong.append(
            f"The controller wanted to touch elsewhere than this computer in "
            f"{counted(otherwise, summary['goals'], 'goal')}."
        )
    if summary["messages_lost"]:
        lost = counted(summary["messages_lost"], what="message")
        wrong.append(f"The line lost {lost}, which had to be sent again: check cable and plugs.")
    return wrong


def _tell(summary: dict[str, Any], episodes: Sequence[HardwareEpisode]) -> None:
    """The episodes as a table, and what matters in sentences."""
    table = Table(title=f"On {escape(summary['controller'])}", title_justify="left")
    for column in ("object", "decision", "steps", "rotation error", "as this computer"):
        table.add_column(column, overflow="fold")
    for episode in episodes:
        error = episode.rotation_error_deg
        table.add_row(
            escape(printable(episode.object)),
            escape(printable(episode.decision or "nothing")),
            str(episode.steps),
            f"{error:.1f}°" if error == error else "–",
            f"{episode.steps_equal}/{episode.steps} steps",
            style=None if episode.correct and episode.equal else "yellow",
        )
    stdout.print(table)
    work = next(key for key in ("instructions", "ticks") if f"{key}_median" in summary)
    code = summary["flash_code_bytes"]
    memory = f"{summary['flash_model_bytes']:,} bytes of flash for the model"
    memory += f" and {code:,} for the firmware" if code else ""
    if summary["ram_bytes"]:
        memory += f", {summary['ram_bytes']:,} bytes of RAM"
    if summary["stack_bytes"]:
        memory += f", of which {summary['stack_bytes']:,} of stack were ever used"
    memory += "."
    lines = [
        f"{percent(summary['accuracy'])} correct in {counted(len(episodes), what='episode')}, "
        f"{summary['decisions_equal_to_host']} of them decided as on this computer in every step; "
        f"{counted(summary['messages_lost'], what='message')} lost.",
        f"{summary[f'{work}_median']:,.0f} {work} a step (median), "
        f"{summary[f'{work}_max']:,} at most.",
        memory,
    ]
    resets, reconnects = summary["resets"], summary["reconnects"]
    if resets or reconnects:
        lines.append(
            f"Meanwhile there {'was' if resets == 1 else 'were'} "
            f"{counted(resets, what='reset')} of the controller, and the line was lost "
            f"{counted(reconnects, what='time')}."
        )
    for line in lines:
        stdout.print(line, markup=False, soft_wrap=True)
