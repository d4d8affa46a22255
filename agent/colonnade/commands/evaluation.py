"""What an evaluation is asked for, and its beginning in a folder, anew or where it was stopped."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from colonnade.commands.console import named, note, show
from colonnade.commands.gone import gone_from
from colonnade.commands.roster import names_asked
from colonnade.engine import Engine
from colonnade.episode import Episode
from colonnade.episode_options import EpisodeOptions
from colonnade.episode_table import EpisodeTableError, episode_from_record
from colonnade.flags import Orientations
from colonnade.journal import read_journal
from colonnade.motion import Motion
from colonnade.names import listed
from colonnade.run_folder import ASIDE, RunFolder, RunFolderError
from colonnade.sets import is_gone, set_identity

__all__ = [
    "Evaluation",
    "begin",
    "find_objects",
    "motion_in_words",
    "refuse_moved",
    "refuse_otherwise",
]


@dataclass(frozen=True)
class Evaluation:
    """What to show to which model; the outcome depends on these and nothing else."""

    model: Path
    trained: Mapping[str, Any]
    """The [train] table of the run that made the model."""
    objects: str
    names: tuple[str, ...]
    scale: float
    rotations: int
    seed: int
    options: EpisodeOptions
    orientations: Orientations = "random"
    size: float = 1.0
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Objects that could not be learned just before, with the reasons."""
    once: tuple[str, ...] = ()
    """Objects that were in the set when they were learned."""
    changed: tuple[str, ...] = ()
    """Objects whose meshes are not those that were learned."""


def refuse_otherwise(
    run: RunFolder, job: Evaluation, digest: str, *, resume: bool, anew: bool
) -> None:
    """Refuse what does not go with what is in the folder, before any mesh is looked for.

    Args:
        digest: of the model's file.
        anew: where what is resumed was of another model, it may begin anew.

    Raises:
        RunFolderError: the folder holds something else, or what is resumed was asked otherwise.
    """
    _refuse_foreign(run, job.model.parent)
    before = run.config().get("evaluate")
    if resume and before is not None:
        other = anew and before.get("model") != digest
        run.refuse_change(before, {**_matters(job, digest), **({"model": None} if other else {})})


def find_objects(
    run: RunFolder, job: Evaluation, mind: Engine, *, resume: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is shown, and what was to be shown and is not in the set any more.

    Raises:
        RunFolderError: nothing of what was learned is there.
        ValueError: there is no such set, or an object is named that it never had.
    """
    earlier = names_asked(run, "evaluate") if resume else []
    wanted = list(job.names or earlier)
    once = {*job.once, *earlier}
    known = [name for name in wanted if name in once]
    gone = gone_from(mind, job.objects, known, job.scale) if known else []
    there = [name for name in job.names if name not in gone]
    if job.names and not there and earlier:  # what was shown of them before is kept
        return (), tuple(gone)
    if job.names and not there:
        raise RunFolderError(
            f"Nothing that {show(job.model.parent)} learned is in {job.objects} any more "
            f"({named(gone)}): put it back, or say with --objects SET where it is now."
        )
    return tuple(mind.open_set(job.objects, there or None, job.scale)), tuple(gone)


def begin(
    run: RunFolder,
    job: Evaluation,
    names: Sequence[str],
    gone: Sequence[str],
    digest: str,
    *,
    resume: bool,
    outdated: Callable[[Path], None] | None = None,
) -> dict[tuple[str, int], Episode]:
    """Write down what is evaluated, and return the episodes that are already done.

    Args:
        names: all objects that are shown.
        gone: those that cannot be shown any more; what is done of them is kept.
        digest: of the model's file.
        outdated: where what is resumed was of another model, it is begun anew, and its folder told
            to this.

    Raises:
        RunFolderError: what is resumed is more than is asked for now.
    """
    before = run.config().get("evaluate")
    episodes: dict[tuple[str, int], Episode] = {}
    if resume and before is not None and outdated and before.get("model") != digest:
        if run.set_evaluation_aside():
            outdated(run.path)
    elif resume and before is not None:
        episodes = _done(run.episode_journal)
        _refuse_shrinking(run, [*names, *gone], job.rotations, episodes)
    else:
        if run.set_evaluation_aside():
            note(
                f"The earlier evaluation in {show(run.path)} is kept beside, as *{ASIDE}, until "
                "this one is complete."
            )
    done = {name for name, _ in episodes}
    shown = [*names, *(name for name in gone if name in done)]
    values = {**_matters(job, digest), "names": shown, "rotations": job.rotations}
    model, folder = job.model.parent.resolve(), run.path.resolve()
    if model != folder:
        values["run"] = os.path.relpath(model, folder)
    run.write_config("evaluate", values)
    return episodes


def _matters(job: Evaluation, digest: str) -> dict[str, Any]:
    """What the outcome depends on, but for which objects are shown and how often."""
    options = job.options
    return {
        "model": digest,
        "objects": set_identity(job.objects),
        "scale": job.scale,
        "noise": options.noise,
        "body": options.body,
        "orientations": job.orientations,
        "policy": options.policy,
        "columns": options.columns,
        "moves": motion_in_words(options.motion),
        "any_size": options.any_size,
        "size": job.size,
        "seed": job.seed,
        "max_steps": options.max_steps,
        "steps": options.record_steps,
        **({"percepts": True} if options.record_percepts else {}),
    }


def _refuse_shrinking(
    run: RunFolder, names: Sequence[str], rotations: int, done: Collection[tuple[str, int]]
) -> None:
    """Keep finished (object, trial) episodes from being left out of what is resumed."""
    lost = [name for name in dict.fromkeys(name for name, _ in done) if name not in names]
    most = 1 + max((trial for _, trial in done), default=-1)
    if most > rotations:
        why = f"it has {most} orientations of an object and --rotations is {rotations}"
    elif lost:
        why = f"it has episodes with objects that are not asked for now ({listed(lost, 5)})"
    else:
        return
    raise RunFolderError(
        f"Cannot resume the evaluation in {show(run.path)}, as {why}: ask for as much as before, "
        "leave out --resume to evaluate anew, or give another --out."
    )


def _refuse_foreign(run: RunFolder, trained: Path) -> None:
    """Keep the evaluation out of folders that hold something else."""
    if run.path.resolve() == trained.resolve() or run.is_empty():
        return
    held = run.config()
    if "train" in held or "evaluate" not in held:
        what = "another run" if "train" in held else "other files"
        raise RunFolderError(
            f"{show(run.path)} holds {what}: give --out a folder of its own, "
            "or leave it out to evaluate in RUN."
        )


def _done(journal: Path) -> dict[tuple[str, int], Episode]:
    episodes = {}
    for record in read_journal(journal):
        try:
            episode = episode_from_record(record)
        except EpisodeTableError:  # written by another version: do it once more
            continue
        episodes[episode.object, episode.trial] = episode
    return episodes


def refuse_moved(run: str, trained: Mapping[str, Any]) -> None:
    """Say where the meshes of `run` were, before anything looks for them in vain.

    Args:
        trained: the run's [train] table.

    Raises:
        RunFolderError: they are not there.
    """
    if is_gone(trained["objects"]):
        scale = "" if trained["scale"] == 1.0 else f" --scale {trained['scale']:g}"
        raise RunFolderError(
            f"{run} was trained from {trained['objects']}, which is not there any more: say where "
            f"its meshes are now with --objects SET{scale}."
        )


def motion_in_words(motion: Motion | None) -> str:
    """How the object is moved, in words."""
    return "none" if motion is None else str(motion)
