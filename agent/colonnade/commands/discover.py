"""``colonnade discover``: a stream of objects without names, lived one episode after the other.

What memory keeps of an episode is written before the episode's line in the journal, and never
changed. So whatever was killed when, the mind is what its journalled episodes left in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from colonnade.checks import check_config
from colonnade.commands.command_line import command_line
from colonnade.commands.console import (
    Interrupted,
    Ticker,
    are,
    complain,
    counted,
    going_on_with,
    note,
    percent,
    show,
    stdout,
    ticking,
)
from colonnade.commands.copies import copies_in, tell_copies
from colonnade.commands.gone import gone_reason
from colonnade.commands.outcome import nothing_usable, tell_unusable
from colonnade.commands.roster import call_roster, names_before, refuse_unknown
from colonnade.config import DiscoverConfig
from colonnade.discovery import Encounter, judge_stream, summarise_stream
from colonnade.engine import ENGINE, Engine, UnlearnableError, load_engine
from colonnade.files import atomic_path, atomic_write, plain, write_json
from colonnade.journal import Journal, read_journal
from colonnade.json_option import write_json_option
from colonnade.output import make_folder
from colonnade.report.curves import draw_epochs, draw_graphs
from colonnade.run_folder import RunFolder
from colonnade.seeds import episode_rotation, episode_seed, stream_order
from colonnade.sets import set_identity
from colonnade.stopping import raise_if_stopped
from colonnade.workers import peak_rss_mb
from colonnade_models import __version__

__all__ = ["discover", "live_into"]


def live_into(
    run: RunFolder, config: DiscoverConfig, agent: Engine, once: Collection[str] = ()
) -> dict[str, Any]:
    """Live the stream that `config` asks for into an open run folder, or its rest.

    `once` are objects that the set is known to have had, besides those of the run. Raises what
    `discover` does.
    """
    stream = _Stream(run, config, agent)
    stream.begin(once)
    stream.live()
    return stream.finish()


@dataclass(frozen=True)
class _Episode:
    """One that is to come."""

    number: int
    epoch: int
    name: str


def discover(config: DiscoverConfig, engine: str = ENGINE) -> dict[str, Any]:
    """Do ``colonnade discover`` and return its summary; its `unusable` names what was left out.

    Raises:
        RunFolderError: the folder is in use, not empty, or holds another run.
        NothingUsableError: not one object could be met.
        Interrupted: Ctrl-C; finished episodes are saved.
    """
    check_config(config)
    agent = load_engine(engine)
    refuse_unknown(agent, config.out, config.objects, config.names, config.scale)
    with going_on_with(), RunFolder(config.out) as run:
        summary = live_into(run, config, agent)
    _tell(summary, run)
    tell_unusable(summary["unusable"], "met", "mend them and begin anew in another --out")
    write_json_option(config.json, summary)
    return summary


class _Stream:
    """The episodes of one run folder and the mind that they leave."""

    def __init__(self, run: RunFolder, config: DiscoverConfig, agent: Engine) -> None:
        self.run, self.config, self.agent = run, config, agent
        self.names: tuple[str, ...] = ()
        self.objects: Mapping[str, Any] = {}
        self.mind = agent.new_mind(config.seed)
        self.lived: list[Encounter] = []
        self.unusable: dict[str, str] = {}

    def begin(self, once: Collection[str]) -> None:
        """Start the run, or rebuild the mind from what it kept so far."""
        config = self.config
        matters: dict[str, Any] = {
            "objects": set_identity(config.objects),
            "noise": config.noise,
            "body": config.body,
            "seed": config.seed,
            "max_steps": config.max_steps,
            "scale": config.scale,
        }
        earlier = names_before(self.run, "discover") if config.resume else []
        if earlier:
            self.run.refuse_change(self.run.config()["discover"], matters)
        roster = call_roster(self.agent, config, earlier, once=once)
        for sentence in roster.left_out:
            complain(sentence)
        self.names, matters["names"] = roster.names, list(roster.names)
        if roster.there:
            self.objects = self.agent.open_set(config.objects, roster.there, config.scale)
        self.unusable = {name: gone_reason(name, config.objects) for name in roster.gone}
        if not self.run.begin("discover", matters, resume=config.resume, named=bool(config.names)):
            self.run.write_config("discover", matters)
            self.run.write_config("made", {"version": __version__, "command": command_line()})
        make_folder(self.run.felt)
        self.agent.prepare(note)
        self.lived, kept = _so_far(self.run, self.agent)
        self.mind.restore(kept)

    def live(self) -> None:
        """Live the episodes that are left.

        Raises Interrupted at Ctrl-C, and NothingUsableError where no object could be met.
        """
        last = self.lived[-1].number if self.lived else -1
        to_come = [episode for episode in self._plan() if episode.number > last]
        total = self.config.epochs * len(self.names)
        before = self.lived[-1].epoch if self.lived else 0
        if before > self.config.epochs:
            note(
                f"--epochs is {self.config.epochs}, and epoch {before} was lived before: nothing "
                "is left to do, and all that was lived is told."
            )
        if self.lived and to_come:
            lived = counted(len(self.lived), what="episode")
            note(f"Going on: {lived} {are(len(self.lived))} already lived.")
        try:
            with (
                Journal(self.run.episode_journal) as journal,
                ticking("Discovering", total, total - len(to_come)) as ticker,
            ):
                for episode in to_come:
                    raise_if_stopped()
                    self._live(episode, journal, ticker)
        except KeyboardInterrupt:
            raise Interrupted(
                f"Stopped: {len(self.lived)} of {total} episodes are saved in "
                f"{show(self.run.path)}; the same command with --resume goes on."
            ) from None
        if not self.lived:
            raise nothing_usable(self.config.objects, self.unusable)

    def finish(self) -> dict[str, Any]:
        """Write model, table, picture and summary, and return the last."""
        with atomic_path(self.run.model) as temporary:
            self.agent.save_memory(temporary, self.mind.memory)
        summary = summarise_stream(self.lived) | {
            "unusable": self.unusable,
            "copies": self._copies(),
            "model_bytes": self.run.model.stat().st_size,
            "peak_rss_mb": round(peak_rss_mb(), 1),
            "set": set_identity(self.config.objects),
            "scale": self.config.scale,
            "body": self.config.body,
            "noise": self.config.noise,
            "max_steps": self.config.max_steps,
            "seed": self.config.seed,
            "version": __version__,
            "command": command_line(),
        }
        _write_table(self.run.episodes, self.lived)
        atomic_write(self.run.path / "accuracy.svg", draw_epochs(summary["per_epoch"]))
        atomic_write(self.run.path / "graphs.svg", draw_graphs(self.lived))
        write_json(self.run.summary, summary)
        return summary

    def _copies(self) -> list[list[str]]:
        """Names of one and the same mesh among those that were met."""
        digests = {}
        for name in dict.fromkeys(encounter.object for encounter in self.lived):
            with suppress(LookupError, ValueError, OSError):  # it is gone by now
                digests[name] = self.agent.mesh_digest(self.objects[name])
        return copies_in(digests)

    def _plan(self) -> Iterator[_Episode]:
        number = 0
        for epoch in range(1, self.config.epochs + 1):
            for name in stream_order(self.config.seed, self.names, epoch):
                yield _Episode(number, epoch, name)
                number += 1

    def _live(self, episode: _Episode, journal: Journal, ticker: Ticker) -> None:
        """Meet the object, remember what there is to remember, write both down."""
        name, seed = episode.name, self.config.seed
        if name in self.unusable:
            ticker.tick(f"{name} cannot be used")
            return
        rotation = episode_rotation(seed, name, episode.epoch)
        own_seed = episode_seed(seed, name, episode.epoch)
        try:
            meeting = self.agent.meet(
                self.mind,
                self.objects[name],
                rotation,
                body=self.config.body,
                noise=self.config.noise,
                seed=own_seed,
                max_steps=self.config.max_steps,
            )
        except (ValueError, OSError, UnlearnableError) as error:
            self.unusable[name] = str(error)
            complain(str(error))
            ticker.tick(f"{name} cannot be used")
            return
        if meeting.felt is not None:
            self.agent.save_felt(_felt_file(self.run, episode.number), meeting.felt)
            self.mind.keep(meeting.felt)
        memory = self.mind.memory
        encounter = Encounter(
            number=episode.number,
            epoch=episode.epoch,
            object=name,
            seed=own_seed,
            rotation=plain(rotation),
            answer=meeting.answer,
            timeout=meeting.timeout,
            steps=meeting.steps,
            explored=meeting.explored,
            agreement=plain(meeting.agreement),
            rotation_found=plain(meeting.rotation),
            kept=None if meeting.felt is None else meeting.felt.name,
            surfels=sum(self.agent.surfel_count(memory[graph]) for graph in memory.names),
            seconds=meeting.seconds,
        )
        journal.append(asdict(encounter))
        self.lived.append(encounter)
        ticker.tick(f"{counted(len(memory.names))} known, {name} is called {meeting.answer}")


def _so_far(run: RunFolder, agent: Engine) -> tuple[list[Encounter], list[Any]]:
    """The episodes that were lived, and what was kept of them.

    They end before the first whose file is damaged: it is lived once more, as all after it.
    """
    told = {}
    for record in read_journal(run.episode_journal):
        with suppress(TypeError):  # another version's: it is lived once more
            encounter = Encounter(**record)
            told[encounter.number] = encounter
    lived, kept = [], []
    for number in sorted(told):
        if told[number].kept is not None:
            try:
                kept.append(agent.load_felt(_felt_file(run, number)))
            except ValueError as error:
                note(f"{error}, with all after it.")
                break
        lived.append(told[number])
    return lived, kept


def _felt_file(run: RunFolder, number: int) -> Path:
    return run.felt / f"{number:06d}.safetensors"


def _write_table(path: Path, lived: Sequence[Encounter]) -> None:
    """Write one row an episode, in their order, atomically."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            ("number", pa.int64()),
            ("epoch", pa.int64()),
            ("object", pa.string()),
            ("seed", pa.int64()),
            ("rotation", pa.list_(pa.float64())),
            ("answer", pa.string()),
            ("timeout", pa.bool_()),
            ("steps", pa.int64()),
            ("explored", pa.int64()),
            ("agreement", pa.float64()),
            ("rotation_found", pa.list_(pa.float64())),
            ("kept", pa.string()),
            ("surfels", pa.int64()),
            ("seconds", pa.float64()),
            ("new", pa.bool_()),
            ("correct", pa.bool_()),
            ("strictly", pa.bool_()),
        ]
    )
    rows = [
        asdict(one.encounter) | {"new": one.new, "correct": one.correct, "strictly": one.strictly}
        for one in judge_stream(lived)
    ]
    with atomic_path(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), temporary)


def _tell(summary: dict[str, Any], run: RunFolder) -> None:
    """Print a line an epoch, the headline, and where the picture is."""
    table = Table(title="Without names", title_justify="left", pad_edge=False)
    for column in ("epoch", "correct", "steps", "graphs", "refined", "surfels"):
        table.add_column(column, justify="right")
    for row in summary["per_epoch"]:
        table.add_row(
            str(row["epoch"]),
            percent(row["accuracy"]),
            f"{row['steps_mean']:.1f}",
            str(row["graphs"]),
            str(row["refined"]),
            f"{row['surfels']:,}",
        )
    stdout.print(table)
    stdout.print(
        f"{percent(summary['accuracy_after_first_epoch'])} correct after the first epoch, "
        f"{summary['graphs_per_object']:.2f} graphs an object, "
        f"{summary['objects_per_graph']:.2f} objects a graph.",
        markup=False,
        soft_wrap=True,
    )
    tell_copies(summary["copies"])
    picture = run.path / "accuracy.svg"
    stdout.print(f"Curve: {show(picture)}", markup=False, soft_wrap=True)
