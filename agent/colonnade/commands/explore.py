"""``colonnade explore``: the main job, learn and recognise a set of objects and report on it."""

from __future__ import annotations

import shlex
from datetime import datetime
from pathlib import Path
from typing import Any

from colonnade.checks import check_config
from colonnade.commands.console import going_on_with, note, show, typed
from colonnade.commands.evaluate import evaluate_into, tell
from colonnade.commands.evaluation import Evaluation
from colonnade.commands.gone import tell_kept
from colonnade.commands.outcome import tell_unusable
from colonnade.commands.roster import names_before, refuse_unknown
from colonnade.commands.train import learn_into
from colonnade.config import ExploreConfig, TrainConfig
from colonnade.engine import ENGINE, Engine, load_engine
from colonnade.episode_options import EpisodeOptions
from colonnade.files import write_json
from colonnade.json_option import write_json_option
from colonnade.names import joined
from colonnade.run_folder import ASIDE, RunFolder, RunFolderError
from colonnade.workers import Workers

__all__ = ["explore", "free_folder"]


def explore(config: ExploreConfig, engine: str = ENGINE) -> dict[str, Any]:
    """Do ``colonnade explore`` and return its summary, with what was `spoiled` since it learned.

    Raises:
        RunFolderError: the folder is in use, not empty, or holds another run or fewer objects.
        NothingUsableError: not one object could be learned.
        Interrupted: Ctrl-C; finished objects and episodes are saved.
    """
    check_config(config)
    training = TrainConfig(
        out=config.out or free_folder("explore"),
        objects=config.objects,
        names=config.names,
        body=config.body,
        seed=config.seed,
        workers=config.workers,
        resume=config.resume,
        scale=config.scale,
    )
    mind = load_engine(engine)
    refuse_unknown(mind, training.out, config.objects, config.names, config.scale)
    resume = "--resume" if config.out else f"--out {typed(training.out)} --resume"
    with going_on_with(resume), RunFolder(training.out) as run, Workers(config.workers) as workers:
        note(f"Exploring {config.objects} into {show(run.path)}")
        if config.resume:
            _refuse_more(run, training, mind)
        trained = learn_into(run, workers, training, engine)
        write_json(run.path / "training.json", trained)
        job = Evaluation(
            model=run.model,
            trained=run.config()["train"],
            objects=config.objects,
            names=tuple(trained["object_names"]),
            once=tuple(trained["object_names"]),
            scale=config.scale,
            rotations=config.rotations,
            seed=config.seed,
            options=EpisodeOptions(
                body=config.body,
                noise=config.noise,
                max_steps=config.max_steps,
                columns=config.columns,
                record_steps=config.steps,
            ),
            left_out=trained["unusable"],
            changed=tuple(trained["changed"]),
        )
        summary = evaluate_into(
            run, workers, job, engine, resume=config.resume, outdated=_tell_outdated
        )
    tell(summary, run.report)
    tell_unusable(summary["unusable"], "used", f"mend them and repeat the command with {resume}")
    tell_kept(run.path, config.objects, summary["missing"])
    write_json_option(config.json, summary)
    return summary | {"spoiled": trained["spoiled"]}


def _refuse_more(run: RunFolder, asked: TrainConfig, mind: Engine) -> None:
    """Raise where objects are asked for that the run has not: `train` adds those.

    Raises:
        RunFolderError: which says so.
        ValueError: there is no such object.
    """
    before = names_before(run, "train")
    more = [name for name in asked.names if name not in before]
    if not before or not more:
        return
    mind.open_set(asked.objects, more, asked.scale)
    usual = TrainConfig(out=asked.out)
    flags = {
        f"--{key}": str(getattr(asked, key))
        for key in ("objects", "body", "seed", "scale")
        if getattr(asked, key) != getattr(usual, key)
    }
    words = [word for flag in flags.items() for word in flag]
    adding = ["colonnade", "train", *words, f"--names={joined(more)}", "--out", show(run.path)]
    raise RunFolderError(
        f"Cannot resume {show(run.path)} with more objects: `{shlex.join(adding)} --resume` adds "
        f"them, then `colonnade evaluate {typed(run.path)}` shows all; or give another --out."
    )


def _tell_outdated(folder: Path) -> None:
    note(
        f"More was learned since the evaluation in {show(folder)}: it begins anew, and what there "
        f"was is kept beside, as *{ASIDE}, until it is complete."
    )


def free_folder(kind: str) -> Path:
    """A folder under runs/ that says what it is and when it was made, and that nobody has yet."""
    base = Path("runs") / f"{kind}-{datetime.now():%Y-%m-%d-%H%M}"
    path, count = base, 1
    while path.exists():
        count += 1
        path = base.with_name(f"{base.name}-{count}")
    return path
