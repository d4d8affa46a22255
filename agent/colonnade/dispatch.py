"""From the options of a command to the command, which is imported only now."""

from __future__ import annotations

from typing import Any

from colonnade.config import (
    DiscoverConfig,
    DoctorConfig,
    EvaluateConfig,
    ObjectsConfig,
    RunOnnxConfig,
    TrainConfig,
)
from colonnade.deploy_config import DeployConfig
from colonnade.export_config import ExportConfig
from colonnade.link_config import FindPortConfig, ReplayConfig

__all__ = ["do"]


def do(config: Any, engine: str) -> int:
    """Run the command that these options are of, and return its exit code."""
    if isinstance(config, DoctorConfig):
        from colonnade.doctor import doctor

        return doctor(config, engine)
    if isinstance(config, ObjectsConfig):
        from colonnade.commands.objects import objects

        return objects(config, engine)
    if isinstance(config, ExportConfig):
        from colonnade.commands.export import export

        return export(config, engine)
    if isinstance(config, DeployConfig):
        from colonnade.commands.deploy import deploy

        return deploy(config, engine)
    if isinstance(config, ReplayConfig):
        from colonnade.commands.replay import replay

        return replay(config)
    if isinstance(config, FindPortConfig):
        from colonnade.commands.find_port import find_port

        return find_port(config)
    if isinstance(config, RunOnnxConfig):
        from colonnade.commands.run_onnx import run_onnx

        return run_onnx(config)
    if isinstance(config, TrainConfig):
        from colonnade.commands.train import train

        done = train(config, engine)
    elif isinstance(config, EvaluateConfig):
        from colonnade.commands.evaluate import evaluate

        done = evaluate(config, engine)
    elif isinstance(config, DiscoverConfig):
        from colonnade.commands.discover import discover

        done = discover(config, engine)
    else:
        from colonnade.commands.explore import explore

        done = explore(config, engine)
    left = [done["unusable"], done.get("missing"), done.get("spoiled")]
    if not isinstance(config, EvaluateConfig):  # which shows what there is now
        left.append(done.get("changed"))
    return 1 if any(left) else 0
