"""From what was typed to a dataclass of options, or to help, or to what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Union

import tyro

__all__ = ["Commands", "understand"]

Commands = Mapping[str, tuple[type[Any], str]]
"""The dataclass of options and the help of each command by name."""


def understand(given: Sequence[str], commands: Commands, prog: str, about: str) -> Any:
    """The options of the command that is asked for; exits with help or a complaint otherwise.

    Args:
        given: the command's name and what follows it.
        prog: what was typed before it.
        about: what the help of `prog` itself begins with.
    """
    style = (tyro.conf.FlagCreatePairsOff,)
    if given and given[0] in commands:
        kind, help_text = commands[given[0]]
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
