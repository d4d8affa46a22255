"""``colonnade evaluate``: show a run's objects in new orientations and count what comes back."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from colonnade.checks import check_config, check_scale
from colonnade.commands.again import TRAIN_AGAIN, resumed_run
from colonnade.commands.changed import learned_meshes, tell_changed_meshes
from colonnade.commands.command_line import command_line
from colonnade.commands.console import (
    Interrupted,
    are,
    complain,
    counted,
    going_on_with,
    headline,
    note,
    result_table,
    show,
    stdout,
    ticking,
)
from colonnade.commands.copies import copies_in, tell_copies
from colonnade.commands.evaluation import (
    Evaluation,
    begin,
    find_objects,
    motion_in_words,
    refuse_moved,
    refuse_otherwise,
)
from colonnade.commands.felt import write_felt
from colonnade.commands.gone import gone_reason, tell_missing
from colonnade.commands.learned import not_of_run
from colonnade.commands.outcome import nothing_usable, tell_unusable
from colonnade.commands.same_model import load_same, model_digest
from colonnade.commands.tasks import EpisodeTask, ObjectSource, Unusable, recognise_object
from colonnade.config import EvaluateConfig
from colonnade.engine import ENGINE, load_engine
from colonnade.episode import Episode
from colonnade.episode_options import EpisodeOptions
from colonnade.episode_table import (
    episode_to_record,
    write_episodes,
    write_steps,
)
from colonnade.files import write_json
from colonnade.journal import Journal
from colonnade.json_option import write_json_option
from colonnade.motion import Motion
from colonnade.report.page import write_report
from colonnade.run_config import RunFolderError, trained_table
from colonnade.run_folder import RunFolder
from colonnade.sets import set_identity
from colonnade.summary import summarise
from colonnade.warm_up import compiled_here
from colonnade.workers import Workers
from colonnade_models import __version__

__all__ = ["Recognised", "evaluate", "evaluate_into", "recognise_into", "tell"]


@dataclass(frozen=True)
class Recognised:
    """What came of an evaluation's episodes."""

    episodes: list[Episode]
    """In the order of the objects, then of their trials."""
    unusable: Mapping[str, str]
    """Objects that could not be shown, with the reasons."""
    seconds: float
    missing: tuple[str, ...]
    """Objects that were to be shown and are not in the set any more."""
    changed: tuple[str, ...]
    """Objects whose meshes are not those that were learned, where that was asked for."""
    digest: str
    """Of the model."""


def evaluate(config: EvaluateConfig, engine: str = ENGINE) -> dict[str, Any]:
    """Do ``colonnade evaluate`` and return its summary; its `unusable` names what was left out.

    Raises:
        RunFolderError: RUN is no run folder, has no model yet, or the output is in use.
        NothingUsableError: not one object could be shown.
        Interrupted: Ctrl-C; finished episodes are saved.
    """
    check_config(config)
    run_path = config.run.expanduser()
    trained = trained_table(run_path)
    model = run_path / "model.safetensors"
    learned = _learned_names(model, trained, engine, config.run)
    own_set = config.objects is None
    if own_set:
        check_scale(str(trained["objects"]), config.scale)
        refuse_moved(str(config.run), trained)
    scale = (trained["scale"] if own_set else 1.0) if config.scale is None else config.scale
    left = [name for name in trained["names"] if name not in learned]
    if own_set and not config.names and left:
        note(f"Not shown, as it was never learned: {', '.join(left)}.")
    job = Evaluation(
        model=model,
        trained=trained,
        objects=str(trained["objects"]) if config.objects is None else config.objects,
        names=config.names or (learned if own_set else ()),
        scale=scale,
        rotations=config.rotations,
        seed=config.seed,
        options=EpisodeOptions(
            body=config.body or trained["body"],
            noise=config.noise,
            max_steps=config.max_steps,
            policy=config.policy,
            columns=config.columns,
            motion=Motion(times=config.moves, varied=True) if config.moves else None,
            any_size=config.any_size,
            record_steps=config.steps,
            record_percepts=config.percepts,
        ),
        size=config.size,
        once=learned if own_set else (),
    )
    folder = RunFolder(config.out or run_path)
    with going_on_with(), folder as run, Workers(config.workers) as workers:
        summary = evaluate_into(
            run, workers, job, engine, resume=config.resume, compare=job.scale == trained["scale"]
        )
    tell(summary, run.report)
    tell_unusable(summary["unusable"], "shown", "mend them and repeat the command")
    missing = summary["missing"]
    others = [name for name in job.names or summary["per_object"] if name not in missing]
    tell_missing(run_path, job.objects, missing, others)
    # at last: where it cannot be written, all else was told
    write_json_option(config.json, summary)
    return summary


def evaluate_into(
    run: RunFolder,
    workers: Workers,
    job: Evaluation,
    engine: str,
    *,
    resume: bool,
    compare: bool = False,
    outdated: Callable[[Path], None] | None = None,
) -> dict[str, Any]:
    """Run the episodes of `job` that are not done yet; write tables, summary and report.

    `compare` looks whether the meshes are those that were learned, and names the others;
    `outdated` is that of `colonnade.commands.evaluation.begin`.
    """
    done = recognise_into(
        run,
        workers,
        job,
        engine,
        resume=resume,
        tell_one_each=True,
        compare=compare,
        outdated=outdated,
    )
    wanted = done.episodes
    mind = load_engine(engine)
    write_episodes(run.episodes, wanted)
    if job.options.record_steps:
        write_steps(run.steps, wanted)
    if job.options.record_percepts:
        write_felt(run.percepts, wanted)
    memory, options = load_same(mind, job.model, done.digest), job.options
    summary = summarise(wanted, memory.names)
    summary |= _training_numbers(job.model.parent)
    summary |= {
        "unusable": {**job.left_out, **done.unusable},
        "missing": list(done.missing),
        "changed": [*job.changed, *done.changed],
        "copies": _copies(job.model, memory.names, wanted),
        "evaluate_s": done.seconds,
        "model_bytes": job.model.stat().st_size,
        "peak_rss_mb": round(workers.peak_rss_mb, 1),
        "compiled": compiled_here(),
        "set": set_identity(job.objects),
        "scale": job.scale,
        "body": options.body,
        "noise": options.noise,
        "policy": options.policy,
        "columns": options.columns,
        "moves": motion_in_words(options.motion),
        "any_size": options.any_size,
        "size": job.size,
        "rotations": job.rotations,
        "max_steps": options.max_steps,
        "seed": job.seed,
        "version": __version__,
        "command": command_line(),
    }
    write_json(run.summary, summary)
    write_report(run.report, summary, wanted, memory, job.trained, engine)
    run.drop_former_evaluation()
    return summary


def recognise_into(
    run: RunFolder,
    workers: Workers,
    job: Evaluation,
    engine: str,
    *,
    resume: bool,
    tell_one_each: bool = False,
    compare: bool = False,
    outdated: Callable[[Path], None] | None = None,
) -> Recognised:
    """Run the episodes of `job` that are not done yet, each kept in the journal at once.

    `tell_one_each` records the steps of each object's first episode even if `job.options` do not
    ask for them; `compare` and `outdated` are those of `evaluate_into`. Whatever is refused is
    refused before.

    Raises:
        RunFolderError: the folder holds something else, or the job or the model has changed.
        NothingUsableError: not one object could be shown.
        Interrupted: Ctrl-C; finished episodes are saved.
    """
    mind = load_engine(engine)
    digest = model_digest(job.model)
    refuse_otherwise(run, job, digest, resume=resume, anew=outdated is not None)
    names, gone = find_objects(run, job, mind, resume=resume)
    source = ObjectSource(job.objects, names, job.scale)
    with_trace = replace(job.options, record_steps=True)
    episodes = begin(run, job, names, gone, digest, resume=resume, outdated=outdated)
    changed: list[str] = []
    if compare:
        learned = learned_meshes(job.model.parent)
        changed = tell_changed_meshes(job.model.parent, learned, source, workers, engine).changed
    mind.prepare(note)
    started = perf_counter()
    tasks = [
        EpisodeTask(
            engine=engine,
            model=job.model,
            digest=digest,
            objects=source,
            name=name,
            trial=trial,
            orientations=job.orientations,
            options=with_trace if tell_one_each and trial == 0 else job.options,
            size=job.size,
            seed=job.seed,
        )
        for name in names
        for trial in range(job.rotations)
        if (name, trial) not in episodes
    ]
    if episodes and tasks:
        done = counted(len(episodes), what="episode")
        note(f"Going on: {done} {are(len(episodes))} already done.")
    total = len(episodes) + len(tasks)  # with what is done of objects that are gone
    unusable: dict[str, str] = {}
    try:
        _run_all(run, workers, tasks, episodes, unusable, total)
    except KeyboardInterrupt:
        raise Interrupted(
            f"Stopped: {len(episodes)} of {total} episodes are saved in {show(run.path)}; "
            "the same command with --resume goes on."
        ) from None
    keys = [(name, trial) for name in (*names, *gone) for trial in range(job.rotations)]
    wanted = [episodes[key] for key in keys if key in episodes]
    if not wanted:
        unusable |= {name: gone_reason(name, job.objects) for name in gone}
        raise nothing_usable(job.objects, unusable)
    return Recognised(wanted, unusable, perf_counter() - started, gone, tuple(changed), digest)


def tell(summary: Mapping[str, Any], report: Path) -> None:
    """Print the table, the headline and where the report is."""
    stdout.print(result_table(summary))
    stdout.print(headline(summary), markup=False, soft_wrap=True)
    tell_copies(summary["copies"])
    stdout.print(f"Report: {show(report)}", markup=False, soft_wrap=True)


def _learned_names(
    model: Path, trained: Mapping[str, Any], engine: str, run: Path
) -> tuple[str, ...]:
    """What the run was asked to learn and did: broken meshes were left out of its model."""
    command = resumed_run(model.parent)
    how = f"with `{command}`."
    if command is None:
        first = f"colonnade train --out {shlex.quote(str(run))} --resume"
        how = f"with `{first}` and the options it began with."
    if not model.exists():
        raise RunFolderError(f"{run} has no model.safetensors yet: finish its training {how}")
    try:
        memory = load_engine(engine).load_memory(model)
    except (ValueError, OSError) as error:
        why = str(error).removesuffix(TRAIN_AGAIN).rstrip(".")
        raise RunFolderError(f"{why}: copy it anew, or make it anew {how}") from error
    if foreign := not_of_run(load_engine(engine), model.parent, trained["names"], memory):
        raise RunFolderError(f"{foreign}: put its own back, or make it anew {how}")
    return tuple(name for name in trained["names"] if name in memory.names)


def _copies(model: Path, names: Sequence[str], episodes: Sequence[Episode]) -> list[list[str]]:
    """Objects in memory of one and the same mesh, where one of them was shown."""
    learned = learned_meshes(model.parent)
    shown = {episode.object for episode in episodes}
    copies = copies_in({name: learned[name] for name in names if name in learned})
    return [group for group in copies if shown & set(group)]


def _run_all(
    run: RunFolder,
    workers: Workers,
    tasks: list[EpisodeTask],
    episodes: dict[tuple[str, int], Episode],
    unusable: dict[str, str],
    total: int,
) -> None:
    """Do the tasks; what comes of each goes into `episodes` or `unusable` at once."""
    right = sum(episode.correct for episode in episodes.values())
    several = len({task.name for task in tasks}) > 1
    with (
        Journal(run.episode_journal) as journal,
        ticking("Recognising", total, len(episodes)) as ticker,
    ):
        for task, episode in workers.run(recognise_object, tasks):
            if isinstance(episode, Unusable):
                if task.name not in unusable and several:
                    complain(episode.reason)
                unusable[task.name] = episode.reason
                ticker.tick(f"{task.name} cannot be used")
                continue
            journal.append(episode_to_record(episode))
            episodes[task.name, task.trial] = episode
            right += episode.correct
            ticker.tick(f"{100 * right / len(episodes):.1f} % correct, {task.name}")


def _training_numbers(run: Path) -> dict[str, Any]:
    """How long learning took and how much it kept; a damaged summary costs these numbers only."""
    try:
        told = json.loads((run / "training.json").read_text(encoding="utf-8"))
        objects = {
            str(name): {"steps": int(row["steps"]), "seconds": float(row["seconds"])} | row
            for name, row in told["per_object"].items()
        }
        return {
            "train_s": float(told["train_s"]),
            "surfels_mean": float(told["surfels_mean"]),
            "training": objects,
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {"train_s": None, "surfels_mean": None, "training": {}}
