"""The options of the benchmarks: one frozen dataclass each, as in `colonnade.config`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from tyro.constructors import PrimitiveConstructorSpec

from colonnade.bench.bars import BOARD_EPISODES, ONNX_EPISODES
from colonnade.budgets import FlashBudget, RamBudget
from colonnade.checks import check_config
from colonnade.flags import (
    Body,
    BodyOption,
    Columns,
    ConfigError,
    JsonFile,
    LimitOption,
    Names,
    Noise,
    PartOptions,
    Set,
    StreamOptions,
    optional,
)
from colonnade.names import joined, split

__all__ = [
    "CONDITIONS",
    "BenchOptions",
    "Condition",
    "ContinualConfig",
    "EdgeConfig",
    "FewshotConfig",
    "MovedConfig",
    "PoliciesConfig",
    "ScaleConfig",
    "ScaledConfig",
    "UnsupervisedConfig",
    "YcbConfig",
    "check_bench",
]

Condition = Literal["base", "randrot", "noise", "rawnoise"]
CONDITIONS: tuple[Condition, ...] = ("base", "randrot", "noise", "rawnoise")
NOISES: tuple[Noise, ...] = ("none", "standard", "raw")
BODIES: tuple[Body, ...] = ("touch", "camera")


def _words(metavar: str, allowed: Sequence[str] = ()) -> Any:
    """A flag that takes words with commas between them, each one of `allowed` if that is given."""

    def read(arguments: list[str]) -> tuple[str, ...]:
        words = split(arguments[0])
        if not words or (allowed and not set(words) <= set(allowed)):
            raise ValueError(f"choose from {','.join(allowed) or metavar}, with commas between")
        return tuple(dict.fromkeys(words))

    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=metavar,
        instance_from_str=read,
        is_instance=lambda value: isinstance(value, tuple),
        str_from_instance=lambda value: [joined(value)],
    )


def _folder(arguments: list[str]) -> Path:
    return Path(arguments[0]).expanduser()


Numbers = Annotated[tuple[int, ...], tyro.conf.arg(metavar="N N ...")]
Suites = Annotated[tuple[str, ...], _words("FILE|all,...")]
Amounts = Annotated[tuple[float, ...], tyro.conf.arg(metavar="X X ...")]
Seeds = Annotated[tuple[int, ...], tyro.conf.arg(metavar="N N ...", aliases=("--seed",))]
Out = Annotated[Path | None, optional("DIR", "runs/bench-NAME-DATE-TIME", _folder)]


@dataclass(frozen=True, kw_only=True)
class NumbersOption:
    """Where the outcome goes."""

    json: JsonFile = None
    """Also write all numbers to this file as JSON; - is stdout, and all else goes to stderr."""


@dataclass(frozen=True, kw_only=True)
class SeedsOptions(NumbersOption):
    """What everything takes that is done once a seed, and may be stopped and resumed."""

    seeds: Numbers = (0, 1)
    """Everything is done once a seed, learning as well, and counted together."""

    out: Out = None
    """Folder for what is learned and for every episode."""

    resume: bool = False
    """Go on in --out: what is done is not done again."""


@dataclass(frozen=True, kw_only=True)
class BenchOptions(SeedsOptions, LimitOption, PartOptions):
    """What every benchmark that learns and recognises takes."""

    rotations: int = 10
    """Random orientations in which each object is recognised."""

    workers: int = 1
    """Processes to share the work; 1 keeps the times comparable."""


@dataclass(frozen=True, kw_only=True)
class ShownOptions:
    """What is shown, and how well it is sensed."""

    objects: Set = "builtin"
    """builtin, pybullet, random:000-049, or a folder of meshes."""

    noise: Noise = "standard"
    """none, standard: on what is perceived, raw: 1 mm on every depth pixel."""


@dataclass(frozen=True, kw_only=True)
class SuitesOptions:
    """Lists of objects of one set."""

    objects: Set
    """Folder of meshes, or builtin, pybullet, random:000-049."""

    suite: Suites = ("all",)
    """Text files of object names, one a line; `all` is every object. --names goes before it."""


@dataclass(frozen=True, kw_only=True)
class YcbConfig(BenchOptions, SuitesOptions):
    """The field's recognition benchmark."""

    conditions: Annotated[tuple[Condition, ...], _words("A,B,...", CONDITIONS)] = CONDITIONS
    """What is made hard: see above. base has its own 14 orientations."""

    body: Annotated[tuple[Body, ...], _words("touch,camera", BODIES)] = BODIES
    """touch: a fingertip that rides the surface. camera: looks from a distance and can jump."""

    columns: Columns = 1
    """Patches of the sensor, each a column's own, that vote: 1 to 5."""


@dataclass(frozen=True, kw_only=True)
class PoliciesConfig(BenchOptions, BodyOption, ShownOptions):
    """What it is worth to go where the leading hypotheses disagree."""


@dataclass(frozen=True, kw_only=True)
class FewshotConfig(BenchOptions, ShownOptions):
    """Accuracy over the number of views learned from."""

    views: Numbers = (1, 2, 4, 8, 14)
    """From how many of the published 14 orientations, the first ones, each object is learned."""


@dataclass(frozen=True, kw_only=True)
class ScaleConfig(BenchOptions, BodyOption, ShownOptions):
    """Accuracy, time and memory over the number of objects known."""

    objects: Set = "random:000-999"
    """builtin, pybullet, random:000-999, or a folder of meshes."""

    sizes: Numbers = (10, 30, 100, 300, 1000)
    """How many objects the memories hold, spread evenly over the set."""

    episodes: int = 250
    """Episodes a memory, about, spread evenly over its objects."""

    seeds: Numbers = (0,)
    """Everything is done once a seed, learning as well, and counted together."""

    rotations: tyro.conf.Suppress[int] = 1


@dataclass(frozen=True, kw_only=True)
class ContinualConfig(BenchOptions, BodyOption, ShownOptions):
    """Nothing is forgotten: learn one object at a time and show all learned so far."""

    rotations: int = 2
    """New random orientations in which each object is shown, every time others."""

    seeds: Seeds = (0,)
    """Everything is done once a seed, in an order of its own, and counted together."""

    picture: Annotated[Path | None, optional("SVG", "continual.svg in --out", _folder)] = None
    """Plot of accuracy over the sequence."""


@dataclass(frozen=True, kw_only=True)
class UnsupervisedConfig(SeedsOptions, StreamOptions, SuitesOptions):
    """Streams of objects whose names nobody tells."""

    noise: Annotated[tuple[Noise, ...], _words("none,standard,raw", NOISES)] = ("none", "standard")
    """What the sensor is disturbed by, in exploring as in recognising."""

    seeds: Numbers = (0, 1)
    """A stream is lived once a seed, and counted together."""

    out: Out = None
    """Folder for the streams, a run folder each."""

    resume: bool = False
    """Go on in --out: what was lived is not lived again."""


@dataclass(frozen=True, kw_only=True)
class MovedConfig(BenchOptions, BodyOption, ShownOptions):
    """Objects that are shifted or turned while they are recognised."""

    shifts: Amounts = (1.0, 2.0, 5.0)
    """Centimetres that the object is shifted, in any direction."""

    turns: Amounts = (15.0, 30.0, 45.0)
    """Degrees that it is turned, about any axis; last, the largest of both together."""


@dataclass(frozen=True, kw_only=True)
class ScaledConfig(BenchOptions, BodyOption, ShownOptions):
    """Objects that are smaller or larger than they were learned."""

    sizes: Amounts = (0.7, 0.85, 1.0, 1.2, 1.4)
    """How many times as large as learned they are shown: each 0.1 to 10."""


@dataclass(frozen=True, kw_only=True)
class EdgeConfig(BenchOptions, BodyOption, ShownOptions):
    """What the mind loses on a controller, and what it takes of one."""

    names: Names = ()
    """Only these objects of the set; all, but of the YCB set its ten distinct ones."""

    seeds: Seeds = (0,)
    """Learned and shown once a seed, and counted together; sizes, boards, times: of the first."""

    hil_episodes: int = BOARD_EPISODES
    """Episodes on each emulated board, and to some of them mishaps; 0 leaves the boards out."""

    onnx_episodes: int = ONNX_EPISODES
    """Episodes, at most, in which ONNX is compared with numba; 0 leaves ONNX out."""

    budget_flash: FlashBudget = None
    """Flash that the model may take: surfels are left out until it fits. none: all of them."""

    budget_ram: RamBudget = None
    """RAM that its column may take: CLN_MIND_BYTES of the firmware."""


def check_bench(config: SeedsOptions) -> None:
    """Refuse options that cannot be meant, before any work is done.

    Raises:
        ConfigError: one sentence that says which flag and what it takes.
    """
    check_config(config)
    if not config.seeds or min(config.seeds) < 0:
        raise ConfigError("--seeds takes one or more numbers from 0, e.g. --seeds 0 1.")
    if len(set(config.seeds)) < len(config.seeds):
        raise ConfigError("--seeds names one seed twice, whose episodes would count twice.")
    if config.resume and config.out is None:
        raise ConfigError("--resume needs to know which run: give its folder with --out DIR.")
