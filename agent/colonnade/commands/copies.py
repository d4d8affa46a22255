"""Objects of one and the same mesh under several names, which nothing can tell apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from colonnade.commands.console import are, complain, named

__all__ = ["copies_in", "same_mesh", "tell_copies"]

MOST_TOLD = 5
"""Meshes of several names that are told in sentences of their own."""


def copies_in(digests: Mapping[str, str]) -> list[list[str]]:
    """The names that share a mesh, together, in their order.

    Args:
        digests: of each object's mesh by name, as `colonnade.engine.mesh_digest` gives them: two
            meshes are the same where they have a hash in common.
    """
    groups: list[tuple[set[str], list[str]]] = []
    for name, digest in digests.items():
        hashes, names = set(digest.split("+")), [name]
        for group in [group for group in groups if group[0] & hashes]:
            groups.remove(group)
            hashes, names = hashes | group[0], [*group[1], *names]
        groups.append((hashes, names))
    order = list(digests)
    found = [sorted(names, key=order.index) for _, names in groups if len(names) > 1]
    return sorted(found, key=lambda names: order.index(names[0]))


def same_mesh(names: Sequence[str]) -> str:
    """One sentence about names that share a mesh."""
    first, *others = names
    same = f"{named(others)} {are(len(others))} the same mesh as {named([first])}"
    return f"{same}: they cannot be told apart."


def tell_copies(copies: Sequence[Sequence[str]]) -> None:
    """Name what cannot be told apart, in a line each, and of very many the first."""
    for names in copies[:MOST_TOLD]:
        complain(same_mesh(names), "yellow")
    more = len(copies) - MOST_TOLD
    if more > 0:
        complain(f"The same holds for {more} more: see `copies` in summary.json.", "yellow")
