"""The commands of the command line: the options of each, and what its help says."""

from __future__ import annotations

from colonnade.config import (
    BenchConfig,
    DiscoverConfig,
    DoctorConfig,
    EvaluateConfig,
    ExploreConfig,
    ObjectsConfig,
    RunOnnxConfig,
    TrainConfig,
)
from colonnade.deploy_config import HELP as HELP_OF_DEPLOY
from colonnade.deploy_config import DeployConfig
from colonnade.export_config import HELP as HELP_OF_EXPORT
from colonnade.export_config import ExportConfig
from colonnade.link_config import (
    HELP_OF_FIND_PORT,
    HELP_OF_REPLAY,
    FindPortConfig,
    ReplayConfig,
)
from colonnade.options import Commands

__all__ = ["ABOUT", "COMMANDS"]

ABOUT = """Learn objects the way a hand does, and recognise them in any orientation.

A simulated sensor explores each object of a set; a cortical column learns what it feels and
sees in the object's own reference frame; shown the object again in a new orientation, a few
touches tell which one it is and how it lies.

  colonnade explore                           learn and recognise the built-in objects, report
  colonnade objects my_meshes                 see what is in a folder of meshes
  colonnade train --objects my_meshes --out runs/mine
  colonnade evaluate runs/mine --noise raw    how good is it?
  colonnade discover --out runs/stream        the same without names: what is new, what is known?
  colonnade export runs/mine --out out        as C for a controller, or as ONNX
  colonnade deploy runs/mine --qemu an500     recognise with the mind on a controller
  colonnade bench                             the field's benchmark, and others
  colonnade doctor                            what works on this computer?

Every command explains itself: colonnade explore --help"""

_TRAIN = """Learn every object of a set by exploring it, and save what was learned.

Each finished object is saved at once: stop whenever you like, --resume goes on, and the model is
the same, bit for bit, as if it had never been stopped.

  colonnade train --objects my_meshes --out runs/mine
  colonnade train --objects my_meshes --names mug,bowl --scale 0.001 --out runs/two
  colonnade train --objects pybullet --body camera --seed 7 --out runs/camera
  colonnade train --objects my_meshes --out runs/mine --resume
  colonnade train --objects my_meshes --names plate --out runs/two --resume    one more object"""

_EVALUATE = """Show a run's objects in new orientations and count how often it is right.

Writes episodes.parquet, summary.json and report.html. Objects that the run never learned should
be answered with `unknown`, and are counted so.

  colonnade evaluate runs/mine
  colonnade evaluate runs/mine --rotations 50 --noise raw --out runs/mine-raw
  colonnade evaluate runs/mine --objects random:000-019 --out runs/strangers
  colonnade evaluate runs/mine --names mug --steps --json mug.json"""

_EXPLORE = """The main job: learn a set of objects, recognise them in new orientations, report.

  colonnade explore
  colonnade explore --names mug,bowl,spoon --rotations 3
  colonnade explore --objects my_meshes --noise raw --out runs/mine
  colonnade explore --objects my_meshes --noise raw --out runs/mine --resume"""

_DISCOVER = """Meet objects again and again without being told their names: learning without labels.

New ones are found to be new and learned, known ones recognised and refined. The true names are
used only to score: accuracy, graphs per object and objects per graph, epoch by epoch.

  colonnade discover --out runs/stream
  colonnade discover --objects my_meshes --noise standard --epochs 5 --out runs/noisy
  colonnade discover --objects my_meshes --noise standard --epochs 9 --out runs/noisy --resume"""

_OBJECTS = """List the objects of a set with their sizes and draw them on one contact sheet.

  colonnade objects
  colonnade objects my_meshes --scale 0.001
  colonnade objects pybullet --names duck,mug --out two.png"""

_RUN_ONNX = """Recognise recorded percepts with an exported ONNX model: no numba, no simulation.

It decides as the column does that was exported. Of a computer with no more than numpy and
onnxruntime ask the same with python -m colonnade_bridge.onnx MODEL.onnx PERCEPTS.npz

  colonnade evaluate runs/mine --percepts
  colonnade export runs/mine --target onnx --out out
  colonnade run-onnx out/model.onnx runs/mine/percepts.npz"""

_DOCTOR = """Check this computer: what works, what is missing, and what to do about it.

Of a run folder it reads every file: whether it is whole, and whether the run is complete. Exits
with 0 when Colonnade can run here, with 1 when something that it cannot do without is broken.

  colonnade doctor
  colonnade doctor runs/mine
  colonnade doctor model.safetensors"""

_BENCH = """Run a benchmark, print its table and write JSON; `colonnade bench` lists them.

  colonnade bench
  colonnade bench ycb --help"""

COMMANDS: Commands = {
    "explore": (ExploreConfig, _EXPLORE),
    "train": (TrainConfig, _TRAIN),
    "evaluate": (EvaluateConfig, _EVALUATE),
    "discover": (DiscoverConfig, _DISCOVER),
    "export": (ExportConfig, HELP_OF_EXPORT),
    "deploy": (DeployConfig, HELP_OF_DEPLOY),
    "replay": (ReplayConfig, HELP_OF_REPLAY),
    "find-port": (FindPortConfig, HELP_OF_FIND_PORT),
    "objects": (ObjectsConfig, _OBJECTS),
    "run-onnx": (RunOnnxConfig, _RUN_ONNX),
    "doctor": (DoctorConfig, _DOCTOR),
    "bench": (BenchConfig, _BENCH),
}
