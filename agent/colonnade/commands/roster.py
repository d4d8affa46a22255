"""Which objects a command is about: those that its run has, and those that are added to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colonnade.commands.gone import gone_from
from colonnade.config import DiscoverConfig, TrainConfig
from colonnade.engine import Engine
from colonnade.run_folder import RunFolder

__all__ = [
    "Roster",
    "call_roster",
    "names_asked",
    "names_before",
    "names_of",
    "refuse_unknown",
]

Job = TrainConfig | DiscoverConfig


@dataclass(frozen=True)
class Roster:
    """The objects of a run, in their order."""

    names: tuple[str, ...]
    """All of them: what the run has, then what is added."""
    added: tuple[str, ...]
    gone: tuple[str, ...]
    """Those that the set has not got any more."""
    asked: int
    """How many this command asked for."""
    left_out: tuple[str, ...]
    """A sentence for each thing in the set that looks like an object and is none."""

    @property
    def there(self) -> tuple[str, ...]:
        """Those whose meshes can be looked for."""
        return tuple(name for name in self.names if name not in self.gone)


def refuse_unknown(
    mind: Engine, out: Path | None, spec: str, names: Sequence[str], scale: float
) -> None:
    """Open the set before a folder is made for it in vain; one that is there may know what is gone.

    Args:
        out: the folder, if it is not to be a new one.
        names: all of the set if there are none.

    Raises ValueError: there is no such set, or no such object in it.
    """
    if out is None or not out.expanduser().exists():
        mind.open_set(spec, names or None, scale)


def call_roster(
    mind: Engine,
    config: Job,
    earlier: Sequence[str],
    *,
    grows: bool = False,
    once: Collection[str] = (),
) -> Roster:
    """The objects that `config` asks for in a run that has the objects `earlier`.

    Where it names none, it goes on with all that the run has, if the set has nothing besides. Those
    of `once` were in the set though the run does not have them, as another run did.

    Raises ValueError: there is no such set and no run that had it, or an object is named that was
    never known to be in it.
    """
    known = dict.fromkeys([*earlier, *(name for name in config.names if name in once)])
    try:
        gone = gone_from(mind, config.objects, list(known), config.scale)
    except ValueError:  # the whole set is gone, or nothing is left in it
        if not earlier or set(config.names) - known.keys():
            raise
        names = list(earlier) if grows or not config.names else list(config.names)
        return _roster(names, (), names, config.names or names)
    if config.names:
        wanted = [name for name in config.names if name not in gone]
        found = mind.open_set(config.objects, wanted, config.scale) if wanted else {}
        asked = list(found) if len(wanted) == len(config.names) else [*dict.fromkeys(config.names)]
        added = [name for name in asked if name not in earlier]
        names = [*earlier, *added] if grows else asked
        return _roster(names, added, gone, asked)
    found = mind.open_set(config.objects, None, config.scale)
    left_out = getattr(found, "left_out", ())
    added = [name for name in found if name not in earlier]
    names = list(found) if added else list(earlier)  # `begin` says how they differ
    return _roster(names, added, gone, list(found), left_out)


def _roster(
    names: Sequence[str],
    added: Sequence[str],
    gone: Sequence[str],
    asked: Sequence[str],
    left_out: Sequence[str] = (),
) -> Roster:
    absent = tuple(name for name in names if name in gone)
    return Roster(tuple(names), tuple(added), absent, len(asked), tuple(left_out))


def names_before(run: RunFolder, section: str) -> list[str]:
    """What an earlier run here was asked for by the table `section`, if anything came of it."""
    return [] if run.is_fresh() else names_asked(run, section)


def names_asked(run: RunFolder, section: str) -> list[str]:
    """What an earlier run here was asked for by the table `section` of its config.toml."""
    return names_of(run.config(), section)


def names_of(config: Mapping[str, Any], section: str) -> list[str]:
    """The names in the table `section` of what a config.toml holds."""
    names = config.get(section, {}).get("names", [])
    return [str(name) for name in names] if isinstance(names, list) else []
