"""``colonnade bench NAME``: which benchmarks there are, and how each is started.

A benchmark is a dataclass of options, a help text, and a module with ``run(config, engine)``,
imported when it is asked for, that prints a table and returns an exit code.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from colonnade.bench.config import (
    ContinualConfig,
    EdgeConfig,
    FewshotConfig,
    MovedConfig,
    PoliciesConfig,
    ScaleConfig,
    ScaledConfig,
    UnsupervisedConfig,
    YcbConfig,
)
from colonnade.json_option import json_apart
from colonnade.options import understand

__all__ = ["BENCHES", "Bench", "bench"]

_ABOUT = """Measure: every benchmark prints its own table, and writes all of its numbers as JSON.

  colonnade bench ycb --root DIR           the field's table of conditions, its numbers beside ours
  colonnade bench policies                 what going where the hypotheses disagree is worth
  colonnade bench fewshot                  accuracy over the number of views learned from
  colonnade bench unsupervised --root DIR  streams without names, the field's numbers beside ours
  colonnade bench continual                one object after the other, and nothing is forgotten
  colonnade bench scale                    accuracy, time and memory over the number of objects
  colonnade bench moved                    objects that are shifted or turned meanwhile
  colonnade bench scaled                   objects smaller or larger than they were learned
  colonnade bench edge                     what is lost on a controller, and what it takes there"""

_YCB = """The field's recognition benchmark: its conditions, scored by its rules.

Trains each suite of objects once a seed and body, and recognises them under every condition:
base (the 14 published orientations, no noise), randrot (new random ones), noise (randrot with
the standard noise on percepts), rawnoise (randrot with 1 mm on every depth pixel). A suite is a
text file of object names, or `all` objects of the root; the published numbers are printed
beside ours for suites called distinct, similar and all.

  colonnade bench ycb --root my_meshes
  colonnade bench ycb --root ycb --suite distinct.txt,similar.txt --out runs/ycb --json ycb.json
  colonnade bench ycb --root pybullet --conditions noise,rawnoise --body touch --seeds 0 1 2
  colonnade bench ycb --root ycb --suite distinct.txt --out runs/ycb --resume"""

_POLICIES = """What it is worth to go where the leading hypotheses disagree.

Recognises the same objects in the same orientations with three policies: distinguish, the
curvature-guided walk alone, and a random walk.

  colonnade bench policies
  colonnade bench policies --objects my_meshes --body camera --rotations 5"""

_FEWSHOT = """Accuracy and pose over the number of views that the objects were learned from.

A view is one of the published 14 orientations, scanned by a camera that stays on one side: what
cannot be seen from there is not learned.

  colonnade bench fewshot
  colonnade bench fewshot --objects my_meshes --views 1 2 4 8 14 --out runs/fewshot"""

_UNSUPERVISED = """Learning without labels: streams of objects whose names nobody tells.

In each epoch every object is met once, in a new order and orientation. Tells how often the answers
are right after the first epoch, graphs per object and objects per graph, by the field's rules; the
published numbers are printed beside ours for suites called distinct and similar.

  colonnade bench unsupervised --root my_meshes --epochs 5
  colonnade bench unsupervised --root ycb --suite distinct.txt,similar.txt --out runs/streams
  colonnade bench unsupervised --root builtin --names mug,bowl,die --noise standard --seeds 0"""

_CONTINUAL = """Learns one object after the other; after each, shows all learned so far again.

  colonnade bench continual
  colonnade bench continual --objects my_meshes --rotations 3 --out runs/mine --json mine.json
  colonnade bench continual --objects my_meshes --rotations 3 --out runs/mine --resume"""

_SCALE = """Accuracy, time and memory over the number of objects that are known.

Learns all objects once, puts memories of 10 to 1,000 of them together, and shows each memory some
of its own objects in random orientations. Times are of single steps.

  colonnade bench scale --out runs/scale --workers 2
  colonnade bench scale --objects builtin --sizes 5 10 20 --episodes 40"""

_MOVED = """Objects that are shifted or turned while they are recognised.

Each motion comes twice: after 6 to 10 steps, mostly before the decision, and after it, when the
object is touched on. The column notices by itself that its predictions fail; beside that stand a
column that is told and starts over, and one that takes the object to lie still. The first line is
the object that does lie still.

  colonnade bench moved
  colonnade bench moved --objects my_meshes --shifts 2 5 --turns 30 --rotations 2 --seeds 0"""

_SCALED = """Objects that are smaller or larger than they were learned.

Each size comes twice: for a column that knows the learned size only, and for one that takes every
size from 0.7 to 1.4 into account and tells it.

  colonnade bench scaled
  colonnade bench scaled --objects my_meshes --sizes 0.8 1.25 --rotations 2 --seeds 0"""


_EDGE = """What the mind loses on a controller, and what it takes of one.

Learns objects, fits them to a controller's flash and RAM, and recognises them in the same
orientations with all that was learned, and in C with what was exported. Tells flash, RAM and stack;
lets the firmware do it on two emulated boards, counts instructions, and pulls their cable, flips
bytes and resets them meanwhile; compares ONNX with numba, times a step on this computer by numba, C
and ONNX; and sets what must be reached beside what is.

  colonnade bench edge --names mug,bowl,can,spoon,apple,bottle,die,ball,brick,banana
  colonnade bench edge --root ycb --out runs/edge --json edge.json
  colonnade bench edge --root my_meshes --budget-flash 64KiB --hil-episodes 0"""


class Bench(NamedTuple):
    """One benchmark."""

    config: type[Any]
    """Dataclass of its options."""
    about: str
    """Its help."""
    module: str
    """Offers ``run(config, engine: str) -> int``."""


BENCHES: dict[str, Bench] = {
    "ycb": Bench(YcbConfig, _YCB, "colonnade.bench.ycb"),
    "policies": Bench(PoliciesConfig, _POLICIES, "colonnade.bench.policies"),
    "fewshot": Bench(FewshotConfig, _FEWSHOT, "colonnade.bench.fewshot"),
    "unsupervised": Bench(UnsupervisedConfig, _UNSUPERVISED, "colonnade.bench.unsupervised"),
    "continual": Bench(ContinualConfig, _CONTINUAL, "colonnade.bench.continual"),
    "scale": Bench(ScaleConfig, _SCALE, "colonnade.bench.scale"),
    "moved": Bench(MovedConfig, _MOVED, "colonnade.bench.moved"),
    "scaled": Bench(ScaledConfig, _SCALED, "colonnade.bench.scaled"),
    "edge": Bench(EdgeConfig, _EDGE, "colonnade.bench.edge"),
}


def bench(given: Sequence[str], engine: str) -> int:
    """Run the benchmark whose name and options are `given`, and return its exit code."""
    commands = {name: (each.config, each.about) for name, each in BENCHES.items()}
    config = understand(given, commands, "colonnade bench", _ABOUT)
    module = next(each.module for each in BENCHES.values() if isinstance(config, each.config))
    with json_apart(config.json):
        code: int = importlib.import_module(module).run(config, engine)
    return code
