"""The work that processes share: learn one object, recognise one once, look at one mesh.

A task is small and plain. What is big (the memory, the meshes) is opened once in each process
and kept, so that the next task finds it warm. An object that cannot be used is a result, not an
error: it must not stop the work on the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Any

from colonnade.commands.same_model import load_same
from colonnade.engine import UnlearnableError, load_engine
from colonnade.episode import Episode
from colonnade.episode_options import EpisodeOptions
from colonnade.files import atomic_path
from colonnade.flags import Body, Orientations
from colonnade.orientations import orientation
from colonnade.refused_names import why_refused
from colonnade.seeds import episode_seed, learning_seed
from colonnade.summary import judge

__all__ = [
    "EpisodeTask",
    "LearnTask",
    "Learned",
    "MeshTask",
    "ObjectSource",
    "Unusable",
    "digest_of_mesh",
    "learn_object",
    "recognise_object",
]


@dataclass(frozen=True)
class ObjectSource:
    """Where a process finds the meshes."""

    spec: str
    names: tuple[str, ...]
    scale: float


@dataclass(frozen=True)
class LearnTask:
    """Learn `name` of the set and write it to `file`."""

    engine: str
    objects: ObjectSource
    name: str
    body: Body
    views: int
    seed: int
    file: Path


@dataclass(frozen=True)
class Learned:
    """What learning one object took."""

    name: str
    surfels: int
    steps: int
    seconds: float
    mesh: str = ""
    """Digest of the mesh, see `colonnade.engine.mesh_digest`; nothing in runs of before."""


@dataclass(frozen=True)
class Unusable:
    """An object that cannot be learned or shown."""

    name: str
    reason: str
    """One sentence that names the object and says what to do."""


@dataclass(frozen=True)
class MeshTask:
    """Look at the mesh of `name`."""

    engine: str
    objects: ObjectSource
    name: str


@dataclass(frozen=True)
class EpisodeTask:
    """Recognise `name` in the orientation of `trial`, with the memory in `model`."""

    engine: str
    model: Path
    digest: str
    objects: ObjectSource
    name: str
    trial: int
    orientations: Orientations
    options: EpisodeOptions
    size: float
    seed: int


def learn_object(task: LearnTask) -> Learned | Unusable:
    """Do a `LearnTask`. The file appears only when it is whole."""
    engine = load_engine(task.engine)
    begin = perf_counter()
    mesh = _mesh(task)
    if isinstance(mesh, Unusable):
        return mesh
    reason = why_refused(task.name)
    if reason is not None:
        return Unusable(task.name, reason)
    seed = learning_seed(task.seed, task.name)
    try:
        learned = engine.learn(mesh, body=task.body, seed=seed, views=task.views)
    except UnlearnableError as error:
        return Unusable(task.name, str(error))
    try:
        with atomic_path(task.file) as temporary:
            engine.save_learned(temporary, learned)
            engine.load_learned(temporary)  # what cannot be read must not count as learned
    except ValueError as error:
        reason = str(error).rpartition(": ")[2]
        return Unusable(
            task.name,
            f"{task.name}: what was learned of it cannot be used ({reason}): look at it with "
            "`colonnade objects`, and mend its mesh or leave it out with --names.",
        )
    return Learned(
        name=task.name,
        surfels=engine.surfel_count(learned),
        steps=int(getattr(learned, "steps", 0)),
        seconds=perf_counter() - begin,
        mesh=engine.mesh_digest(mesh),
    )


def recognise_object(task: EpisodeTask) -> Episode | Unusable:
    """Do an `EpisodeTask`. Raises RunFolderError: the model is not that of the task any more."""
    memory = _memory(task.engine, task.model, task.digest)
    mesh = _mesh(task)
    if isinstance(mesh, Unusable):
        return mesh
    if task.size != 1.0:
        mesh = _enlarged(task.engine, task.objects, task.name, task.size)
    episode = load_engine(task.engine).recognise(
        memory,
        mesh,
        orientation(task.orientations, task.seed, task.name, task.trial),
        task.options,
        seed=episode_seed(task.seed, task.name, task.trial),
    )
    return judge(replace(episode, object=task.name), memory.names, task.trial)


def digest_of_mesh(task: MeshTask) -> str | Unusable:
    """Do a `MeshTask`."""
    mesh = _mesh(task)
    return mesh if isinstance(mesh, Unusable) else load_engine(task.engine).mesh_digest(mesh)


def _mesh(task: LearnTask | EpisodeTask | MeshTask) -> Any:
    """The mesh that the task is about, or `Unusable`."""
    objects = _object_set(task.engine, task.objects)
    try:
        return objects[task.name]
    except (ValueError, OSError) as error:
        return Unusable(task.name, str(error))


@lru_cache(maxsize=2)
def _object_set(engine: str, source: ObjectSource) -> Any:
    return load_engine(engine).open_set(source.spec, source.names, source.scale)


@lru_cache(maxsize=2)
def _enlarged(engine: str, source: ObjectSource, name: str, times: float) -> Any:
    return load_engine(engine).enlarged(_object_set(engine, source)[name], times)


@lru_cache(maxsize=1)
def _memory(engine: str, model: Path, digest: str) -> Any:
    return load_same(load_engine(engine), model, digest)
