"""The options of every command: one frozen dataclass each, whose fields become flags.

There is no second schema: the docstring under a field is its help text, its default is the
flag's default, and what a run was made with is written from the same dataclass into
``config.toml``. A flag of several commands stands in a base that they share.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from colonnade.flags import (
    AlsoRoot,
    Body,
    BodyOption,
    Folder,
    JsonFile,
    Names,
    Noise,
    PartOptions,
    Policy,
    Scale,
    SetOption,
    ShowOptions,
    StreamOptions,
    file_from,
    optional,
    word_from,
)

__all__ = [
    "BenchConfig",
    "DiscoverConfig",
    "DoctorConfig",
    "EvaluateConfig",
    "ExploreConfig",
    "ObjectsConfig",
    "RunOnnxConfig",
    "TrainConfig",
]


def _body(arguments: list[str]) -> str:
    if arguments[0] not in ("touch", "camera"):
        raise ValueError("choose touch or camera")
    return arguments[0]


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
