"""The episodes of ``colonnade bench edge``: the same objects in the same orientations, by C.

On a workstation they are recognised as `colonnade evaluate` does it; here the controller's C code
runs on this computer, chooses its own goals, and numba runs beside it on what was exported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from colonnade.bench.edge_records import from_record, to_record
from colonnade.bench.kept import Kept
from colonnade.bench.laboratory import POSED_DEG
from colonnade.commands.console import ticking
from colonnade.episode_options import EpisodeOptions
from colonnade.hardware import HardwareEpisode, recognise_on
from colonnade.orientations import orientation
from colonnade.seeds import episode_seed
from colonnade.stopping import raise_if_stopped
from colonnade_bridge.blob import read_blob
from colonnade_bridge.native_mind import NativeMind
from colonnade_envs.objects import ObjectMesh

__all__ = ["Outcome", "Trial", "paired", "recognise_all", "row_of", "trials_of"]


class Trial(NamedTuple):
    """One object as it is shown once."""

    mesh: ObjectMesh
    number: int
    """Which of its orientations this is."""
    rotation: NDArray[np.float64]
    """(4,) object -> world."""
    seed: int

    @property
    def key(self) -> tuple[str, int, int]:
        """What tells it from others of the same set."""
        return self.mesh.name, self.number, self.seed


class Outcome(Protocol):
    """What is counted of an episode, whoever thought."""

    @property
    def correct(self) -> bool: ...
    @property
    def timeout(self) -> bool: ...
    @property
    def steps(self) -> int: ...
    @property
    def rotation_error_deg(self) -> float: ...


def trials_of(
    meshes: Mapping[str, ObjectMesh], names: Sequence[str], rotations: int, seed: int
) -> Iterator[Trial]:
    """Each object in each of its orientations, as `colonnade evaluate` shows them."""
    for name in names:
        for number in range(rotations):
            turned = orientation("random", seed, name, number)
            yield Trial(meshes[name], number, turned, episode_seed(seed, name, number))


def recognise_all(
    blob: bytes, trials: Sequence[Trial], options: EpisodeOptions, kept: Kept
) -> list[HardwareEpisode]:
    """The episodes of the trials with the C code, which thinks with a blob.

    Raises NativeError where the C code cannot be compiled.
    """
    mind, model = NativeMind(blob), read_blob(blob)
    episodes: list[HardwareEpisode] = []
    with ticking("In C       ", len(trials)) as ticker:
        for trial in trials:
            raise_if_stopped()

            def do(trial: Trial = trial) -> dict[str, Any]:
                return to_record(
                    recognise_on(mind, model, trial.mesh, trial.rotation, options, trial.seed)
                )

            record = kept.once(do, "c", blob[16:32], options, trial.key)
            episodes.append(from_record(record))
            ticker.tick(f"{trial.mesh.name}: {episodes[-1].decision}")
    return episodes


def row_of(mind: str, episodes: Sequence[Outcome]) -> dict[str, Any]:
    """The numbers of one mind; rotation errors are up to the true symmetry, of right answers."""
    steps = [episode.steps for episode in episodes]
    errors = [e.rotation_error_deg for e in episodes if np.isfinite(e.rotation_error_deg)]
    return {
        "mind": mind,
        "episodes": len(episodes),
        "correct": sum(episode.correct for episode in episodes),
        "accuracy": float(np.mean([episode.correct for episode in episodes])),
        "posed_rate": float(np.mean([_is_posed(episode) for episode in episodes])),
        "timeout_rate": float(np.mean([episode.timeout for episode in episodes])),
        "steps_mean": float(np.mean(steps)),
        "steps_median": float(np.median(steps)),
        "rotation_error_deg_mean": float(np.mean(errors)) if errors else None,
        "rotation_error_deg_median": float(np.median(errors)) if errors else None,
    }


def _is_posed(episode: Outcome) -> bool:
    return episode.correct and episode.rotation_error_deg <= POSED_DEG


def paired(before: Sequence[Outcome], after: Sequence[HardwareEpisode]) -> dict[str, Any]:
    """What was lost from one mind to the other, trial by trial in the same order."""
    both = list(zip(before, after, strict=True))
    return {
        "points_lost": 100 * float(np.mean([a.correct - b.correct for a, b in both])),
        "only_before": sum(a.correct and not b.correct for a, b in both),
        "only_after": sum(b.correct and not a.correct for a, b in both),
        "equal_to_numba": sum(episode.equal for episode in after),
        "steps": sum(episode.steps for episode in after),
        "steps_equal_to_numba": sum(episode.steps_equal for episode in after),
        "goals": sum(episode.goals for episode in after),
        "goals_equal_to_numba": sum(episode.goals_equal for episode in after),
    }
