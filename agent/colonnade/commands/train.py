"""``colonnade train``: learn every object of a set, one file an object, then one model."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from time import perf_counter
from typing import Any

from colonnade.checks import check_config
from colonnade.commands.changed import tell_changed_meshes, tell_spoiled
from colonnade.commands.command_line import command_line
from colonnade.commands.console import (
    Interrupted,
    complain,
    counted,
    going_on_with,
    named,
    note,
    show,
    stdout,
    ticking,
    typed,
)
from colonnade.commands.gone import gone_reason, tell_kept
from colonnade.commands.learned import journalled, learned_before
from colonnade.commands.outcome import nothing_usable, tell_unusable
from colonnade.commands.roster import call_roster, names_asked, names_before, refuse_unknown
from colonnade.commands.tasks import Learned, LearnTask, ObjectSource, Unusable, learn_object
from colonnade.config import TrainConfig
from colonnade.engine import ENGINE, load_engine
from colonnade.files import atomic_path, write_json
from colonnade.journal import Journal
from colonnade.json_option import write_json_option
from colonnade.output import make_folder
from colonnade.run_folder import RunFolder
from colonnade.sets import set_identity
from colonnade.workers import Workers
from colonnade_models import __version__

__all__ = ["learn_into", "train"]


def train(config: TrainConfig, engine: str = ENGINE) -> dict[str, Any]:
    """Do ``colonnade train`` and return its summary; its `unusable` names what was left out.

    Raises:
        RunFolderError: the folder is in use, not empty, or holds another run.
        NothingUsableError: not one object could be learned.
        Interrupted: Ctrl-C; finished objects are saved.
    """
    check_config(config)
    refuse_unknown(load_engine(engine), config.out, config.objects, config.names, config.scale)
    with going_on_with(), RunFolder(config.out) as run, Workers(config.workers) as workers:
        summary = learn_into(run, workers, config, engine, grows=True)
        summary["peak_rss_mb"] = round(workers.peak_rss_mb, 1)
        write_json(run.path / "training.json", summary)
    stdout.print(
        f"{_outcome(summary)}: {summary['surfels_mean']:.0f} surfels each, "
        f"{summary['model_bytes'] / 1e3:.0f} kB in {show(run.model)}",
        markup=False,
        soft_wrap=True,
    )
    stdout.print(f"Next: colonnade evaluate {typed(run.path)}", markup=False, soft_wrap=True)
    tell_unusable(summary["unusable"], "learned", "mend them and repeat the command with --resume")
    tell_kept(run.path, config.objects, summary["missing"])
    write_json_option(config.json, summary)
    return summary


def _outcome(summary: Mapping[str, Any]) -> str:
    """What this command did, and not an earlier one that it went on with."""
    known = counted(summary["objects"], summary["objects"] + len(summary["unusable"]))
    if not summary["learned_now"]:
        return f"Learned nothing new, {known} had been learned already"
    if summary["learned_now"] < summary["objects"]:
        known += f" ({summary['learned_now']} of them now)"
    return f"Learned {known} in {summary['train_s']:.1f} s"


def learn_into(
    run: RunFolder,
    workers: Workers,
    config: TrainConfig,
    engine: str,
    *,
    grows: bool = False,
    once: Collection[str] = (),
) -> dict[str, Any]:
    """Learn what `config` asks for into an open run folder, or what is left of it.

    An object that cannot be used is left out and named; --resume tries it once more. Where the run
    `grows`, objects that --names adds come after those that it has; without --names it goes on with
    those, if the set has nothing besides. What the set has not got any more is left as it is, as is
    what has changed in it or cannot be used any more; that it had what is asked for is known by the
    run, or by `once`.
    """
    mind = load_engine(engine)
    matters: dict[str, Any] = {
        "objects": set_identity(config.objects),
        "body": config.body,
        "views": config.views,
        "seed": config.seed,
        "scale": config.scale,
    }
    earlier = names_before(run, "train") if config.resume else []
    if earlier:  # before the names, which may be others for no other reason
        run.refuse_change(run.config()["train"], matters)
    roster = call_roster(mind, config, earlier, grows=grows, once=once)
    for sentence in roster.left_out:
        complain(sentence)
    names = roster.names
    matters["names"] = list(names)
    source = ObjectSource(config.objects, roster.there, config.scale)
    goes_on = run.begin(
        "train", matters, resume=config.resume, named=bool(config.names), grows=grows
    )
    if goes_on:
        _warn_of_other_version(run)
    elif (asked := names_asked(run, "train")) not in ([], list(names)):
        note(f"Begun anew: nothing was learned yet of what was asked for before ({named(asked)}).")
    if earlier and roster.added:
        note(f"Added to the run: {named(roster.added)}.")
    elif config.names and roster.asked < len(earlier):
        note(f"The run has {counted(len(earlier))}, and goes on with all of them.")
    if not goes_on or (earlier and roster.added):
        run.write_config("train", matters)
        run.write_config("made", {"version": __version__, "command": command_line()})
    make_folder(run.objects)

    before = learned_before(mind, run, names)
    finished = dict(before.whole)
    meshes = {name: one.mesh for name, one in {**finished, **before.lost}.items() if one.mesh}
    compared = tell_changed_meshes(run.path, meshes, source, workers, engine)
    as_learned = meshes.keys() - {*compared.changed, *compared.spoiled, *roster.gone}
    for name in before.lost:
        if name not in as_learned:  # so it cannot be learned once more as it was
            finished[name] = before.take_back(mind, run, name)
    spoiled = dict(compared.spoiled)
    tasks = [
        LearnTask(
            engine=engine,
            objects=source,
            name=name,
            body=config.body,
            views=config.views,
            seed=config.seed,
            file=run.object_file(name),
        )
        for name in roster.there
        if name not in finished
    ]
    before.tell_once_more(run, [task.name for task in tasks])
    if finished and tasks:
        note(f"Going on: {len(finished)} of {len(names)} objects are already learned.")
    if tasks:
        mind.prepare(note)
    begin, learned_earlier = perf_counter(), len(finished)
    seconds_before = sum(learned.seconds for learned in finished.values())
    unusable = {
        name: gone_reason(name, config.objects) for name in roster.gone if name not in finished
    }
    try:
        _learn_all(run, workers, tasks, finished, unusable)
        for name in [name for name in before.lost if name in unusable]:
            spoiled[name] = unusable.pop(name)
            finished[name] = before.take_back(mind, run, name)
            seconds_before += finished[name].seconds
            learned_earlier += 1
        _complete_journal(run, finished)
    except KeyboardInterrupt:
        raise Interrupted(
            f"Stopped: {len(finished)} of {len(names)} objects are saved in {show(run.path)}; "
            "the same command with --resume goes on."
        ) from None

    if not finished:
        raise nothing_usable(config.objects, unusable)
    learned = [name for name in names if name in finished]
    if tasks or not before.is_current(mind, {name: finished[name] for name in learned}):
        memory = mind.build_memory([mind.load_learned(run.object_file(name)) for name in learned])
        with atomic_path(run.model) as temporary:
            mind.save_memory(temporary, memory)
    rows = [finished[name] for name in learned]
    tell_spoiled(run.path, spoiled)
    return {
        "objects": len(learned),
        "learned_now": len(learned) - learned_earlier,
        "object_names": learned,
        "unusable": unusable,
        "missing": [name for name in roster.gone if name in finished],
        "changed": compared.changed,
        "spoiled": spoiled,
        "train_s": perf_counter() - begin + seconds_before,
        "surfels_mean": sum(row.surfels for row in rows) / max(1, len(rows)),
        "surfels_total": sum(row.surfels for row in rows),
        "steps_mean": sum(row.steps for row in rows) / max(1, len(rows)),
        "model_bytes": run.model.stat().st_size,
        "body": config.body,
        "seed": config.seed,
        "version": __version__,
        "per_object": {row.name: asdict(row) for row in rows},
    }


def _learn_all(
    run: RunFolder,
    workers: Workers,
    tasks: list[LearnTask],
    finished: dict[str, Learned],
    unusable: dict[str, str],
) -> None:
    """Do the tasks; what comes of each goes into `finished` or `unusable` at once."""
    several = len(finished) + len(tasks) > 1
    _complete_journal(run, finished)
    with (
        Journal(run.training_journal) as journal,
        ticking("Learning   ", len(finished) + len(tasks), len(finished)) as ticker,
    ):
        for task, learned in workers.run(learn_object, tasks):
            if isinstance(learned, Unusable):
                unusable[task.name] = learned.reason
                if several:
                    complain(learned.reason)
                ticker.tick(f"{task.name} cannot be used")
                continue
            journal.append(asdict(learned))
            finished[learned.name] = learned
            ticker.tick(f"{learned.name}: {learned.surfels} surfels in {learned.steps} touches")


def _complete_journal(run: RunFolder, finished: Mapping[str, Learned]) -> None:
    """Write down again what the journal has lost."""
    lost = finished.keys() - journalled(run.path)
    with Journal(run.training_journal) as journal:
        for name, row in finished.items():
            if name in lost:
                journal.append(asdict(row))


def _warn_of_other_version(run: RunFolder) -> None:
    made: Mapping[str, Any] = run.config().get("made", {})
    before = made.get("version", __version__)
    if before != __version__:
        note(f"This run was begun by Colonnade {before}; this is {__version__}.")
