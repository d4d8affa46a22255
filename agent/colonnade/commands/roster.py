"""Which objects a command is about: those that its run has, and those that are added to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from colonnade.commands.gone import gone_from
from colonnade.config import DiscoverConfig, TrainConfig
from colonnade.engine import Engine
from colonnade.run_folder import RunFolder

__all__ = ["Roster", "call_roster", "names_asked", "names_before", "refuse_unknown"]

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


def refuse_unknown(mind: Engine, config: Job) -> None:
    """Open the set before a folder is made for it in vain; one that is there may know what is gone.

    Raises ValueError: there is no such set, or no such object in it.
    """
    if not config.out.expanduser().exists():
        mind.open_set(config.objects, config.names or None, config.scale)


def call_roster(
    mind: Engine, config: Job, earlier: Sequence[str], *, grows: bool = False
) -> Roster:
    """The objects that `config` asks for in a run that has the objects `earlier`.

    Where it names none, it goes on with all that the run has, if the set has nothing besides.

    Raises ValueError: there is no such set, or an object is named that neither it nor the run has.
    """
    gone = gone_from(mind, config.objects, earlier, config.scale)
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
    names = run.config().get(section, {}).get("names", [])
    return [str(name) for name in names] if isinstance(names, list) else []
