"""Meshes that are not what was learned under their names: files change, and names are not kept."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

from colonnade.commands.console import complain, counted, named, show, ticking
from colonnade.commands.tasks import MeshTask, ObjectSource, digest_of_mesh
from colonnade.journal import read_journal
from colonnade.workers import Workers

__all__ = ["learned_meshes", "tell_changed_meshes"]

PATIENCE = 1.0
"""Seconds since the first mesh after which progress is shown."""


def learned_meshes(journal: Path) -> dict[str, str]:
    """Digest of the mesh that each object was learned from, by name.

    Objects are left out that were learned before digests were written down.
    """
    digests = {record.get("name"): record.get("mesh") for record in read_journal(journal)}
    return {name: digest for name, digest in digests.items() if name and digest}


def tell_changed_meshes(
    run: Path, learned: Mapping[str, str], source: ObjectSource, workers: Workers, engine: str
) -> list[str]:
    """Name in one line, and return, the objects of `source` whose meshes `run` did not learn.

    Args:
        learned: digest of the mesh that was learned, by name.
    """
    tasks = [MeshTask(engine, source, name) for name in source.names if name in learned]
    found: dict[str, str | None] = {}
    first, ticker = None, None
    with ExitStack() as stack:
        for task, digest in workers.run(digest_of_mesh, tasks):
            found[task.name] = digest
            first = first or perf_counter()  # which processes that start have delayed
            if ticker is not None:
                ticker.tick(task.name)
            elif perf_counter() - first >= PATIENCE:
                ticker = stack.enter_context(ticking("Comparing  ", len(tasks), len(found)))
    changed = [task.name for task in tasks if _differ(found[task.name], learned[task.name])]
    if changed:
        complain(
            f"The mesh of {counted(len(changed))} is not the one that {show(run)} learned by that "
            f"name: {named(changed)}; train into another --out to learn what is there now.",
            "yellow",
        )
    return changed


def _differ(now: str | None, learned: str) -> bool:
    """Whether two digests have no hash in common; a mesh that cannot be read is told elsewhere.

    So neither another version of what reads the files, nor a file that says the same in other
    words, is a change; and runs that kept one hash only are still understood.
    """
    return now is not None and not set(now.split("+")) & set(learned.split("+"))
