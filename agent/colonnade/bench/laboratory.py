"""A laboratory: the folder of one benchmark, in which models are learned and objects shown.

Everything goes through run folders and their journals below it, so that Ctrl-C keeps what is
done and --resume goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from colonnade.bench.config import BenchOptions, check_bench
from colonnade.bench.folder import bench_folder, names_had, write_numbers
from colonnade.commands.console import note
from colonnade.commands.evaluate import Recognised, recognise_into
from colonnade.commands.evaluation import Evaluation
from colonnade.commands.gone import gone_reason
from colonnade.commands.outcome import tell_unusable
from colonnade.commands.roster import names_before, refuse_unknown
from colonnade.commands.train import learn_into
from colonnade.config import TrainConfig
from colonnade.engine import load_engine
from colonnade.episode import Episode
from colonnade.episode_options import EpisodeOptions
from colonnade.episode_table import write_episodes
from colonnade.files import atomic_path, write_json
from colonnade.flags import Body, Orientations
from colonnade.run_folder import RunFolder
from colonnade.summary import summarise
from colonnade.workers import Workers

__all__ = ["POSED_DEG", "Laboratory", "Model", "Part", "laboratory"]

POSED_DEG = 20.0
"""Rotation error up to which a right answer knows the pose as well: what the field calls unique."""

Options = TypeVar("Options", bound=BenchOptions)


@dataclass(frozen=True)
class Model:
    """One memory that was learned for a benchmark."""

    file: Path
    trained: Mapping[str, Any]
    """The [train] table of its run."""
    names: tuple[str, ...]
    """What it holds."""
    seconds: tuple[float, ...]
    """What learning each object took, its mesh's loading included."""
    surfels: int
    bytes: int
    seed: int


class Part(NamedTuple):
    """What came of a memory of some of a model's objects."""

    episodes: list[Episode]
    """In the order of the objects, then of their trials."""
    file: int
    ram: int
    awake: int
    """Bytes on disk, in the computer's memory, and of those what holds objects that are awake."""


class Laboratory(Generic[Options]):
    """See the module; made by `laboratory`."""

    def __init__(self, folder: RunFolder, workers: Workers, options: Options, engine: str) -> None:
        self.folder, self.workers, self.options, self.engine = folder, workers, options, engine
        self.unusable: dict[str, str] = {}
        """Objects that could not be used, with the reasons."""
        self._told_outdated = False
        self._had = names_had(folder)

    @property
    def path(self) -> Path:
        """The benchmark's folder."""
        return self.folder.path

    def learn(
        self,
        name: str,
        objects: str,
        names: tuple[str, ...],
        *,
        body: Body,
        views: int = 0,
    ) -> list[Model]:
        """A model of `names` (all if there are none) of a set for each of --seeds, in their order.

        All are of the same objects, also where one is gone that was there for the first.

        Args:
            name: run folder for what is learned; ``{seed}`` in it becomes the seed.

        Raises what `colonnade.commands.train.train` does.
        """
        models: list[Model] = []
        for seed in self.options.seeds:
            models.append(self._learn(name, objects, names, body, seed, views))
            names = names or tuple(models[0].trained["names"])
        return models

    def asked(self, name: str) -> list[str]:
        """Which objects the first of the models in `name` was to have, if anything came of it."""
        with RunFolder(self.path / name.format(seed=self.options.seeds[0])) as run:
            return names_before(run, "train")

    def _learn(
        self, name: str, objects: str, names: tuple[str, ...], body: Body, seed: int, views: int
    ) -> Model:
        config = TrainConfig(
            out=self.path / name.format(seed=seed),
            objects=objects,
            names=names,
            body=body,
            views=views,
            seed=seed,
            scale=self.options.scale,
            resume=True,
        )
        with RunFolder(config.out) as run:
            summary = learn_into(run, self.workers, config, self.engine, once=self._had)
            write_json(run.path / "training.json", summary)
            trained = run.config()["train"]
            self.unusable |= summary["unusable"]
            return Model(
                file=run.model,
                trained=trained,
                names=tuple(summary["object_names"]),
                seconds=tuple(row["seconds"] for row in summary["per_object"].values()),
                surfels=summary["surfels_total"],
                bytes=summary["model_bytes"],
                seed=seed,
            )

    def show(
        self,
        name: str,
        models: Sequence[Model],
        options: EpisodeOptions,
        *,
        rotations: int | None = None,
        orientations: Orientations = "random",
        size: float = 1.0,
    ) -> list[Episode]:
        """Show each of the models, which differ by their seeds, what it learned.

        Args:
            name: run folder for the episodes; ``{seed}`` in it becomes the seed.
            rotations: of each object; --rotations, if None.
            size: how many times as large as learned what is shown is.

        Returns:
            All episodes, in the order of the models, then of the objects and their trials.

        Raises what `colonnade.commands.evaluate.evaluate` does.
        """
        episodes: list[Episode] = []
        for model in models:
            job = Evaluation(
                model=model.file,
                trained=model.trained,
                objects=str(model.trained["objects"]),
                names=model.names,
                once=model.names,
                scale=self.options.scale,
                rotations=rotations or self.options.rotations,
                seed=model.seed,
                options=options,
                orientations=orientations,
                size=size,
            )
            done = self._recognise(self.path / name.format(seed=model.seed), job)
            episodes += done.episodes
            self.unusable |= done.unusable
        return episodes

    def show_part(
        self,
        name: str,
        model: Model,
        known: Sequence[str],
        shown: Sequence[str],
        options: EpisodeOptions,
        *,
        rotations: int,
        seed: int,
    ) -> Part:
        """Put a memory of the objects `known` of a model together, and show it those of `shown`.

        Args:
            name: folder for that memory's model, and below it a run folder for the episodes.
            rotations: of each object.
            seed: orientations, starting places and noise follow from it.

        Raises what `colonnade.commands.evaluate.evaluate` does.
        """
        mind = load_engine(self.engine)
        with RunFolder(model.file.parent) as learned:
            memory = mind.build_memory(
                [mind.load_learned(learned.object_file(known_name)) for known_name in known]
            )
        with RunFolder(self.path / name) as folder:
            with atomic_path(folder.model) as temporary:
                mind.save_memory(temporary, memory)
            (ram, awake), file = mind.memory_bytes(memory), folder.model.stat().st_size
            job = Evaluation(
                model=folder.model,
                trained={**model.trained, "names": list(known)},
                objects=str(model.trained["objects"]),
                names=tuple(shown),
                once=model.names,
                scale=self.options.scale,
                rotations=rotations,
                seed=seed,
                options=options,
            )
            done = self._recognise(folder.path / "shown", job)
        self.unusable |= done.unusable
        return Part(done.episodes, file, ram, awake)

    def _recognise(self, path: Path, job: Evaluation) -> Recognised:
        """Do what is left of `job` in its run folder; all of it, where more was learned since."""
        with RunFolder(path) as run:
            done = recognise_into(
                run, self.workers, job, self.engine, resume=True, outdated=self._tell_outdated
            )
            write_episodes(run.episodes, done.episodes)
            run.drop_former_evaluation()
        self.unusable |= {name: gone_reason(name, job.objects) for name in done.missing}
        return done

    def _tell_outdated(self, _: Path) -> None:
        if not self._told_outdated:
            note("More was learned since: what was shown to models that have changed begins anew.")
        self._told_outdated = True

    def measure(self, episodes: Sequence[Episode], models: Sequence[Model]) -> dict[str, Any]:
        """The headline numbers of episodes with these models of one and the same set."""
        seconds = sorted(second for model in models for second in model.seconds)
        posed = [e.correct and e.rotation_error_deg <= POSED_DEG for e in episodes]
        return summarise(episodes, models[0].names) | {
            "posed_rate": sum(posed) / len(posed),
            "learn_s_median": seconds[len(seconds) // 2] if seconds else None,
            "surfels": sum(model.surfels for model in models) / len(models),
            "model_bytes": sum(model.bytes for model in models) / len(models),
            "peak_rss_mb": round(self.workers.peak_rss_mb, 1),
        }

    def conclude(self, rows: list[dict[str, Any]], **more: Any) -> int:
        """Write all numbers into bench.json and --json, name what was left out; the exit code."""
        write_numbers(self.folder, self.options, {**more, "unusable": self.unusable, "rows": rows})
        tell_unusable(self.unusable, "used", "mend them and repeat the command with --resume")
        return 1 if self.unusable else 0


@contextmanager
def laboratory(
    kind: str, options: Options, objects: str, engine: str
) -> Iterator[Laboratory[Options]]:
    """The benchmark `kind` of a set of objects, in --out or in a new folder below runs/.

    Raises:
        ConfigError: options that cannot be meant.
        RunFolderError: the folder is in use, holds something else, or --resume is not given.
    """
    check_bench(options)
    refuse_unknown(load_engine(engine), options.out, objects, options.names, options.scale)
    with (
        bench_folder(kind, options, objects, options.scale) as folder,
        Workers(options.workers) as workers,
    ):
        yield Laboratory(folder, workers, options, engine)
