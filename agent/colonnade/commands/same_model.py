"""The model of an evaluation, which must be the same from its first episode to its report."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from colonnade.engine import Engine
from colonnade.run_config import RunFolderError

__all__ = ["load_same", "model_digest"]


def model_digest(model: Path) -> str:
    """What tells a model's file from every other."""
    return hashlib.sha256(model.read_bytes()).hexdigest()


def load_same(mind: Engine, model: Path, digest: str) -> Any:
    """The memory in a model's file. Raises RunFolderError: it is not of that digest any more."""
    memory = mind.load_memory(model)
    if model_digest(model) != digest:  # now: a file that took its place while it was read is told
        raise RunFolderError(
            f"{model} has changed while it was evaluated: wait until whatever writes it has ended, "
            "then repeat the command."
        )
    return memory
