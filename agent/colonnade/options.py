"""From what was typed to a dataclass of options, or to help, or to what is wrong with it."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_type_hints

import tyro

from colonnade.flags import ConfigError

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
        ConfigError: a flag is given more than once, or a value cannot be meant.
    """
    style = (tyro.conf.FlagCreatePairsOff,)
    if given and given[0] in commands:
        kind, help_text = commands[given[0]]
        _refuse_repeated(given[1:], kind)
        _refuse_values(given[1:], kind)
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
    """A flag that takes a value, or an argument without one."""

    names: tuple[str, ...]
    several: str
    """How several values are given with it; nothing where it takes one."""
    kinds: frozenset[Any]
    """Types that its value may have."""
    metavar: str
    positional: bool


def _flags(kind: type[Any]) -> Iterator[_Flag]:
    """Those of a dataclass of options, with the other names that they have."""
    hints, types = get_type_hints(kind, include_extras=True), get_type_hints(kind)
    for field in fields(kind):
        told = getattr(hints[field.name], "__metadata__", ())
        if hints[field.name] is bool:
            continue
        aliases = (alias for one in told for alias in getattr(one, "aliases", None) or ())
        forms = [getattr(one, "metavar", None) or "" for one in told]
        several = next((form for form in forms if form.endswith("...")), "")
        plain = types[field.name]
        yield _Flag(
            names=(f"--{field.name.replace('_', '-')}", *aliases),
            several=several,
            kinds=frozenset(get_args(plain) or (plain,)),
            metavar=next(filter(None, forms), ""),
            positional=tyro.conf.Positional in told,
        )


def _switches(kind: type[Any]) -> list[str]:
    """Those flags of a dataclass of options that take no value."""
    types = get_type_hints(kind)
    return [f"--{name.replace('_', '-')}" for name in types if types[name] is bool]


def _refuse_repeated(given: Sequence[str], kind: type[Any]) -> None:
    """Raise ConfigError where a flag is given twice, of which the parser would take the last."""
    words = takewhile(lambda word: word != "--", given)
    typed = [_flag_of(word) for word in words if word.startswith("--")]
    for flag in _flags(kind):
        found = [word for word in typed if word in flag.names and not flag.positional]
        if len(found) < 2:
            continue
        if len(set(found)) > 1:
            raise ConfigError(f"{found[0]} and {found[1]} mean the same: give one of them.")
        together = f"give all its values together, {found[0]} {flag.several}"
        how = together if flag.several else "give it once"
        raise ConfigError(f"{found[0]} is given more than once: {how}.")


def _refuse_values(given: Sequence[str], kind: type[Any]) -> None:
    """Raise ConfigError where a value cannot be meant, in words better than the parser's."""
    if {"-h", "--help"} & set(given):
        return
    flags = {name: flag for flag in _flags(kind) for name in flag.names if not flag.positional}
    places = [flag for flag in _flags(kind) if flag.positional]
    words = list(takewhile(lambda word: word != "--", given))
    for place, word in enumerate(words):
        name, is_one, value = word.partition("=")
        flag = flags.get(_flag_of(word)) if word.startswith("--") else None
        if flag is not None and is_one:
            _refuse_value(name, flag, value)
        elif flag is not None and place + 1 < len(words):
            after = words[place + 1 :]
            if _looks_like_a_flag(after[0]):
                _hint_at_equals(name, flag, after[0], {*flags, *_switches(kind)})
                continue
            values = list(takewhile(lambda value: not _looks_like_a_flag(value), after))
            for each in values if flag.kinds & {int, float} and flag.several else values[:1]:
                _refuse_value(name, flag, each)
        elif not word and places and (not place or _flag_of(words[place - 1]) not in flags):
            _refuse_value(places[0].metavar, places[0], word)


def _refuse_value(name: str, flag: _Flag, value: str) -> None:
    """Raise ConfigError for a path of no letters, or for a number that is none."""
    if Path in flag.kinds and not value:  # an unset variable in a script must not mean here
        what = {"FILE": "a file", "PNG": "a file", "SVG": "a file"}.get(flag.metavar, "a folder")
        what = "a run folder or a model file" if flag.metavar == "RUN|MODEL" else what
        raise ConfigError(f"{name} is empty: give {what}.")
    numbers = {int: ("a whole number", "whole numbers"), float: ("a number", "numbers")}
    for kind, (one, more) in numbers.items():
        if kind in flag.kinds:
            try:
                kind(value)
            except ValueError:
                what = more if flag.several else one
                raise ConfigError(f"{name} takes {what}, and {value!r} is none.") from None


def _hint_at_equals(name: str, flag: _Flag, value: str, known: Collection[str]) -> None:
    """Raise ConfigError where what follows a flag that takes words is a flag, or looks like one.

    What does not begin with two dashes cannot be one, and what does may be misspelt.
    """
    if not {str, Path} & flag.kinds:
        return
    if value.startswith("--") and _flag_of(value) in known:
        raise ConfigError(f"{name} has no value: give one before {value}.")
    raise ConfigError(
        f"{name} has no value, as {value} looks like an option: if it is meant, give "
        f"{name}={shlex.quote(value)}."
    )


def _looks_like_a_flag(word: str) -> bool:
    return word.startswith("-") and word != "-" and not word[1:2].isdigit()


def _flag_of(word: str) -> str:
    """The flag that a word gives, spelt as in the help."""
    return word.partition("=")[0].replace("_", "-")
