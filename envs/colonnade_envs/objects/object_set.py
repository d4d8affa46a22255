"""A set of objects by name: listed without loading, each mesh read when it is asked for."""

from __future__ import annotations

import difflib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from colonnade_envs.objects.mesh import ObjectMesh

__all__ = ["ObjectSet", "ObjectSetError", "Source", "suggestion"]


class ObjectSetError(ValueError):
    """A set or a name that does not exist; the message says what does."""


class Source(Protocol):
    """Where one object comes from; a small picklable value."""

    def load(self, name: str) -> ObjectMesh:
        """Read or make the mesh; raises MeshError."""
        ...


class ObjectSet(Mapping[str, ObjectMesh]):
    """Lazy mapping name -> ObjectMesh; keeps the meshes used last.

    Small to send to another process: only where the objects are travels, not the meshes.
    """

    KEPT = 64

    def __init__(
        self, spec: str, sources: Mapping[str, Source], left_out: Sequence[str] = ()
    ) -> None:
        self.spec = spec
        """What it was opened with."""
        self.left_out = tuple(left_out)
        """A sentence for each thing beside the objects that looks like one and is none."""
        self._sources = dict(sources)
        self._recent: OrderedDict[str, ObjectMesh] = OrderedDict()

    @property
    def names(self) -> tuple[str, ...]:
        """All names in order; nothing is loaded."""
        return tuple(self._sources)

    def __getitem__(self, name: str) -> ObjectMesh:
        """Load, check and return a mesh; raises ObjectSetError (no such name) or MeshError."""
        if name not in self._sources:
            raise ObjectSetError(
                f"there is no object '{name}' in {self.spec}: {suggestion(name, self.names)}"
            )
        mesh = self._recent.pop(name, None)
        if mesh is None:
            mesh = self._sources[name].load(name)
        self._recent[name] = mesh
        if len(self._recent) > self.KEPT:
            self._recent.popitem(last=False)
        return mesh

    def __contains__(self, name: object) -> bool:
        return name in self._sources

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def __repr__(self) -> str:
        return f"ObjectSet({self.spec!r}, {len(self)} objects)"

    def __getstate__(self) -> dict[str, object]:
        kept = {"spec": self.spec, "left_out": self.left_out, "_sources": self._sources}
        return {**kept, "_recent": OrderedDict()}

    def only(self, names: Sequence[str]) -> ObjectSet:
        """The set of just these names, in this order; raises ObjectSetError."""
        chosen: dict[str, Source] = {}
        for name in names:
            if name not in self._sources:
                raise ObjectSetError(
                    f"there is no object '{name}' in {self.spec}: {suggestion(name, self.names)}"
                )
            chosen[name] = self._sources[name]
        if not chosen:
            raise ObjectSetError(f"no object of {self.spec} was asked for: give at least one name.")
        return ObjectSet(self.spec, chosen)


def suggestion(wanted: str, known: Sequence[str]) -> str:
    """'did you mean ...?' with close names, or the first names there are; a whole clause."""
    lower = {name.lower(): name for name in known}
    close = [lower[name] for name in difflib.get_close_matches(wanted.lower(), lower, n=3)]
    close += [
        name for name in known if wanted and wanted.lower() in name.lower() and name not in close
    ]
    if close:
        return "did you mean " + ", ".join(map(_apart, close[:3])) + "?"
    shown = ", ".join(map(_apart, known[:8]))
    shown += f" and {len(known) - 8} more" if len(known) > 8 else ""
    return f"it has {shown}." if shown else "it is empty."


def _apart(name: str) -> str:
    """A name as it stands in a list: in double quotes where it has a comma, as CSV does it."""
    return '"' + name.replace('"', '""') + '"' if "," in name else name
