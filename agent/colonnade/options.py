"""From what was typed to a dataclass of options, or to help, or to what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import takewhile
from typing import Annotated, Any, Union, get_type_hints

import tyro

from colonnade.config import ConfigError

__all__ = ["Commands", "understand"]

Commands = Mapping[str, tuple[type[Any], str]]
"""The dataclass of options and the help of each command by name."""


def understand(given: Sequence[str], commands: Commands, prog: str, about: str) -> Any:
    """The options of the command that is asked for; exits with help or a complaint otherwise.

    Args:
        given: the command's name and what follows it.
        prog: what was typed before it.
        about: what the help of `prog` itself begins with.

    Raises:
        ConfigError: a flag is given more than once.
    """
    style = (tyro.conf.FlagCreatePairsOff,)
    if given and given[0] in commands:
        kind, help_text = commands[given[0]]
        _refuse_repeated(given[1:], kind)
        return tyro.cli(
            kind,
            prog=f"{prog} {given[0]}",
            description=help_text,
            args=list(given[1:]),
            config=style,
        )
    kinds = [
        Annotated[kind, tyro.conf.subcommand(name, description=text.partition("\n")[0])]
        for name, (kind, text) in commands.items()
    ]
    every: Any = Union[tuple(kinds)]  # noqa: UP007  (made at run time)
    return tyro.cli(
        every, prog=prog, description=about, args=list(given) or ["--help"], config=style
    )


@dataclass(frozen=True)
class _Flag:
    """A flag that takes a value."""

    names: tuple[str, ...]
    several: str
    """How several values are given with it; nothing where it takes one."""


def _flags(kind: type[Any]) -> Iterator[_Flag]:
    """Those of a dataclass of options, with the other names that they have."""
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        told = getattr(hints[field.name], "__metadata__", ())
        if hints[field.name] is bool or tyro.conf.Positional in told:
            continue
        aliases = (alias for one in told for alias in getattr(one, "aliases", None) or ())
        forms = [getattr(one, "metavar", None) or "" for one in told]
        several = next((form for form in forms if form.endswith("...")), "")
        yield _Flag((f"--{field.name.replace('_', '-')}", *aliases), several)


def _refuse_repeated(given: Sequence[str], kind: type[Any]) -> None:
    """Raise ConfigError where a flag is given twice, of which the parser would take the last."""
    words = takewhile(lambda word: word != "--", given)
    typed = [word.partition("=")[0].replace("_", "-") for word in words if word.startswith("--")]
    for flag in _flags(kind):
        found = [word for word in typed if word in flag.names]
        if len(found) < 2:
            continue
        if len(set(found)) > 1:
            raise ConfigError(f"{found[0]} and {found[1]} mean the same: give one of them.")
        together = f"give all its values together, {found[0]} {flag.several}"
        how = together if flag.several else "give it once"
        raise ConfigError(f"{found[0]} is given more than once: {how}.")
