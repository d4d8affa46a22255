"""The options of every command: one frozen dataclass each, whose fields become flags.

There is no second schema: the docstring under a field is its help text, its default is the
flag's default, and what a run was made with is written from the same dataclass into
``config.toml``. A flag of several commands stands in a base that they share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from tyro.constructors import PrimitiveConstructorSpec

from colonnade.names import joined, split

__all__ = [
    "AlsoRoot",
    "BenchConfig",
    "Body",
    "BodyOption",
    "Columns",
    "ConfigError",
    "DiscoverConfig",
    "DoctorConfig",
    "EvaluateConfig",
    "ExploreConfig",
    "Folder",
    "JsonFile",
    "LimitOption",
    "Names",
    "Noise",
    "ObjectsConfig",
    "Orientations",
    "PartOptions",
    "Policy",
    "RunOnnxConfig",
    "Scale",
    "StreamOptions",
    "TrainConfig",
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


def _body(arguments: list[str]) -> str:
    if arguments[0] not in ("touch", "camera"):
        raise ValueError("choose touch or camera")
    return arguments[0]


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


@dataclass(frozen=True, kw_only=True)
class TrainConfig(BodyOption, PartOptions, SetOption):
    """Learn every object of a set by touching it, and save what was learned."""

    out: Folder
    """Run folder to make."""

    views: int = 0
    """Learn only what a camera sees in the first N of 14 orientations of the object; 0: all."""

    seed: int = 0
    """Everything random follows from it: same seed, same model, bit for bit."""

    workers: int = 0
    """Processes to share the work; 0 is one per core. Results do not depend on it."""

    resume: bool = False
    """Go on with a run, and add what --names names to it: objects already learned are kept."""

    json: JsonFile = None
    """Also write the summary to this file as JSON; - is stdout, and all else goes to stderr."""


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(ShowOptions):
    """Show what a run has learned in new orientations and count how often it is right."""

    run: Annotated[Path, tyro.conf.arg(metavar="RUN"), tyro.conf.Positional]
    """Run folder that `colonnade train` made."""

    objects: Annotated[str | None, optional("SET", "as-trained", word_from), AlsoRoot] = None
    """Set to show. Objects that the run never learned should be answered with `unknown`."""

    names: Names = ()
    """Only these objects; quote a name that has a comma: '"plate, blue",mug'."""

    body: Annotated[Body | None, optional("{touch,camera}", "as-trained", _body)] = None
    """Body to sense with."""

    seed: int = 0
    """Orientations, starting points and noise follow from it."""

    workers: int = 0
    """Processes to share the work; 0 is one per core. Results do not depend on it."""

    percepts: bool = False
    """Also record what is felt in percepts.npz, to recognise it again with `colonnade run-onnx`."""

    policy: Policy = "distinguish"
    """distinguish: goes where its hypotheses disagree. curvature, random: only walks."""

    any_size: bool = False
    """Recognise objects 0.7 to 1.4 times as large as learned, and tell the size; takes longer."""

    size: float = 1.0
    """Show objects so many times as large as they are in the set: 0.1 to 10."""

    moves: int = 0
    """Shift the object by up to 5 cm and turn it by up to 45 degrees 0 to 20 times an episode."""

    resume: bool = False
    """Go on with an evaluation that was stopped: finished episodes are kept."""

    scale: Scale = None
    """Multiply every mesh of files by this, e.g. 0.001 for millimetres."""

    out: Annotated[Path | None, optional("DIR", "RUN", file_from)] = None
    """Folder for episodes.parquet, summary.json and report.html."""

    json: JsonFile = None
    """Also write the summary to this file as JSON; - is stdout, and all else goes to stderr."""


@dataclass(frozen=True, kw_only=True)
class ExploreConfig(ShowOptions, BodyOption, PartOptions, SetOption):
    """The main job: learn a set of objects, recognise them in new orientations, write a report."""

    out: Annotated[Path | None, optional("DIR", "runs/explore-DATE-TIME", file_from)] = None
    """Run folder to make."""

    seed: int = 0
    """Everything random follows from it."""

    workers: int = 0
    """Processes to share the work; 0 is one per core. Results do not depend on it."""

    resume: bool = False
    """Go on with a run that was stopped; needs --out."""

    json: JsonFile = None
    """Also write the summary to this file as JSON; - is stdout, and all else goes to stderr."""


@dataclass(frozen=True, kw_only=True)
class DiscoverConfig(StreamOptions, SetOption):
    """Meet the objects of a set again and again without being told their names."""

    out: Folder
    """Run folder to make."""

    names: Names = ()
    """Only these objects, as for `train`: which are met; names are never told to the mind."""

    noise: Noise = "none"
    """standard: 2 mm, 2 degrees, 0.1 colour on what is perceived; raw: 1 mm on every pixel."""

    seed: int = 0
    """Order, orientations, starting points and noise follow from it."""

    resume: bool = False
    """Go on with a stream that was stopped, or for more --epochs."""

    json: JsonFile = None
    """Also write the summary to this file as JSON; - is stdout, and all else goes to stderr."""


@dataclass(frozen=True, kw_only=True)
class ObjectsConfig(PartOptions):
    """List the objects of a set with their sizes and draw them on one contact sheet."""

    listed: Annotated[str | None, optional("SET", "builtin", word_from), tyro.conf.Positional] = (
        None
    )
    """builtin, pybullet, random:000-049, or a folder (or one file) of meshes."""

    objects: Annotated[str | None, optional("SET", "builtin", word_from), AlsoRoot] = None
    """The same, as the other commands call it."""

    out: Annotated[Path | None, optional("PNG", "objects-SET.png", file_from)] = None
    """Picture to draw."""

    json: JsonFile = None
    """Also write the list to this file as JSON; - is stdout, and all else goes to stderr."""


@dataclass(frozen=True, kw_only=True)
class RunOnnxConfig:
    """Recognise recorded percepts with an exported ONNX model: only onnxruntime computes."""

    model: Annotated[Path, tyro.conf.arg(metavar="MODEL.onnx"), tyro.conf.Positional]
    """File that `colonnade export MODEL --target onnx` wrote."""

    percepts: Annotated[Path, tyro.conf.arg(metavar="PERCEPTS.npz"), tyro.conf.Positional]
    """File that `colonnade evaluate RUN --percepts` wrote."""

    json: JsonFile = None
    """Also write the decisions to this file as JSON; - is stdout, and all else goes to stderr."""


@dataclass(frozen=True)
class BenchConfig:
    """Benchmarks have options of their own: see `colonnade.bench.config`."""


@dataclass(frozen=True)
class DoctorConfig:
    """Check this computer: what works, what is missing, and what to do about it."""

    model: Annotated[
        Path | None, optional("RUN|MODEL", "none", file_from), tyro.conf.Positional
    ] = None
    """Also check all files of this run folder, or this model file."""

    json: JsonFile = None
    """Also write the findings to this file as JSON; - is stdout, and all else goes to stderr."""
