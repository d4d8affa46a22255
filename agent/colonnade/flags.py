"""What flags share: their types, how they are read, and the bases of those that have the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from tyro.constructors import PrimitiveConstructorSpec

from colonnade.names import joined, split

__all__ = [
    "VIEWS",
    "AlsoRoot",
    "Body",
    "BodyOption",
    "Columns",
    "ConfigError",
    "Folder",
    "JsonFile",
    "LimitOption",
    "Names",
    "Noise",
    "Orientations",
    "PartOptions",
    "Policy",
    "Scale",
    "Set",
    "SetOption",
    "ShowOptions",
    "StreamOptions",
    "file_from",
    "optional",
    "word_from",
]

Body = Literal["touch", "camera"]
Noise = Literal["none", "standard", "raw"]
Columns = Literal[1, 2, 3, 4, 5]
Policy = Literal["distinguish", "curvature", "random"]
Orientations = Literal["random", "euler", "base"]
VIEWS = 14
"""How many training orientations the field has."""


class ConfigError(ValueError):
    """An option that cannot be meant; the message says what to give instead."""


def _split(arguments: list[str]) -> tuple[str, ...]:
    names = split(arguments[0])
    if not names:  # an unset variable in a script must not mean all
        raise ValueError("give at least one name, or leave --names out to mean all")
    return names


def file_from(arguments: list[str]) -> Path:
    return Path(arguments[0]).expanduser()


def word_from(arguments: list[str]) -> str:
    return arguments[0]


def _positive(arguments: list[str]) -> float:
    return float(arguments[0])


def optional(metavar: str, otherwise: str, read: Callable[[list[str]], Any]) -> Any:
    """A flag that may be left out; `otherwise` is what its help shows as the default."""
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=metavar,
        instance_from_str=read,
        is_instance=lambda value: True,
        str_from_instance=lambda value: [str(value) if value else otherwise],
    )


Names = Annotated[
    tuple[str, ...],
    PrimitiveConstructorSpec(
        nargs=1,
        metavar="A,B,...",
        instance_from_str=_split,
        is_instance=lambda value: isinstance(value, tuple),
        str_from_instance=lambda value: [joined(value) or "all"],
    ),
]
"""Object names, separated by commas on the command line; none means all of the set."""

Scale = Annotated[float | None, optional("FLOAT", "as-trained", _positive)]
JsonFile = Annotated[Path | None, optional("FILE", "none", file_from)]
AlsoRoot = tyro.conf.arg(aliases=("--root",))
"""The field's benchmark calls a set of objects the root; every command that
takes one understands both."""
Set = Annotated[str, tyro.conf.arg(metavar="SET"), AlsoRoot]
Folder = Annotated[Path, tyro.conf.arg(metavar="DIR")]


@dataclass(frozen=True, kw_only=True)
class SetOption:
    """Where objects come from."""

    objects: Set = "builtin"
    """builtin, pybullet, random:000-049, or a folder or file (OBJ, STL, PLY, GLB, URDF)."""


@dataclass(frozen=True, kw_only=True)
class PartOptions:
    """Which objects of a set, and how large."""

    names: Names = ()
    """Only these objects of the set; quote a name that has a comma: '"plate, blue",mug'."""

    scale: float = 1.0
    """Multiply every mesh of files by this, e.g. 0.001 for millimetres."""


@dataclass(frozen=True, kw_only=True)
class BodyOption:
    """What senses them."""

    body: Body = "touch"
    """touch: a fingertip that rides the surface. camera: looks from a distance and can jump."""


@dataclass(frozen=True, kw_only=True)
class LimitOption:
    """How long an episode may last."""

    max_steps: int = 500
    """Give up an episode after so many steps and count its strongest hypothesis."""


@dataclass(frozen=True, kw_only=True)
class ShowOptions(LimitOption):
    """How what was learned is shown again."""

    rotations: int = 10
    """Random orientations of each object."""

    noise: Noise = "standard"
    """standard: 2 mm, 2 degrees, 0.1 colour on what is perceived; raw: 1 mm on every pixel."""

    columns: Columns = 1
    """Patches of the sensor, each a column's own, that vote: 1 to 5, in a cross 12 mm apart."""

    steps: bool = False
    """Also record every step of every episode in steps.parquet."""


@dataclass(frozen=True, kw_only=True)
class StreamOptions(BodyOption, PartOptions):
    """How objects are met whose names nobody tells."""

    epochs: int = 10
    """Times that each object is met, every time in another order and new orientations."""

    max_steps: int = 500
    """Give up recognising after so many steps; memory then stays as it is."""
