"""Meshes that are not what was learned under their names: files change, and names are not kept."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from colonnade.commands.console import complain, counted, it_or_them, named, show, ticking
from colonnade.commands.learned import told_of
from colonnade.commands.tasks import MeshTask, ObjectSource, Unusable, digest_of_mesh
from colonnade.workers import Workers

__all__ = ["Compared", "differ", "learned_meshes", "tell_changed_meshes", "tell_spoiled"]

PATIENCE = 1.0
"""Seconds since the first mesh after which progress is shown."""


@dataclass(frozen=True)
class Compared:
    """What became of the meshes that were learned."""

    changed: list[str]
    """Objects whose meshes are others now."""
    spoiled: dict[str, str]
    """Objects whose meshes cannot be used any more, with the reasons."""


def learned_meshes(run: Path) -> dict[str, str]:
    """Digest of the mesh that each object of a run was learned from, by name.

    Objects are left out that were learned before digests were written down.
    """
    return {name: learned.mesh for name, learned in told_of(run).items() if learned.mesh}


def tell_changed_meshes(
    run: Path, learned: Mapping[str, str], source: ObjectSource, workers: Workers, engine: str
) -> Compared:
    """Name in one line the objects of `source` whose meshes are not what `run` learned.

    Args:
        learned: digest of the mesh that was learned, by name.
    """
    tasks = [MeshTask(engine, source, name) for name in source.names if name in learned]
    found: dict[str, str | Unusable] = {}
    first, ticker = None, None
    with ExitStack() as stack:
        for task, digest in workers.run(digest_of_mesh, tasks):
            found[task.name] = digest
            first = first or perf_counter()  # which processes that start have delayed
            if ticker is not None:
                ticker.tick(task.name)
            elif perf_counter() - first >= PATIENCE:
                ticker = stack.enter_context(ticking("Comparing  ", len(tasks), len(found)))
    spoiled = {one.name: one.reason for one in found.values() if isinstance(one, Unusable)}
    changed = [
        task.name
        for task in tasks
        if isinstance(digest := found[task.name], str) and differ(digest, learned[task.name])
    ]
    if changed:
        complain(
            f"The mesh of {counted(len(changed))} is not the one that {show(run)} learned by that "
            f"name: {named(changed)}; train into another --out to learn what is there now.",
            "yellow",
        )
    return Compared(changed, spoiled)


def tell_spoiled(run: Path, spoiled: Mapping[str, str]) -> None:
    """Name in one line the learned objects whose meshes cannot be used any more."""
    if spoiled:
        complain(
            f"The mesh of {counted(len(spoiled))} that {show(run)} learned cannot be used any "
            f"more: {named(list(spoiled))}; what was learned of {it_or_them(len(spoiled))} is "
            f"kept. {next(iter(spoiled.values()))}",
            "yellow",
        )


def differ(now: str, learned: str) -> bool:
    """Whether two digests have no hash in common.

    So neither another version of what reads the files, nor a file that says the same in other
    words, is a change; and runs that kept one hash only are still understood.
    """
    return not set(now.split("+")) & set(learned.split("+"))
