"""What is to go to a robot: a model's file, and the run that it came from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from colonnade.flags import Body
from colonnade.run_config import RunFolderError, trained_table

__all__ = ["ModelSource", "model_source"]


class ModelSource(NamedTuple):
    """A model and what is known of it."""

    file: Path
    trained: Mapping[str, Any] | None
    """The [train] table of its run; None where it lies in no run folder."""

    @property
    def body(self) -> Body:
        """What it felt with; a fingertip where nobody knows."""
        return "touch" if self.trained is None else self.trained["body"]


def model_source(path: Path) -> ModelSource:
    """The model in a run folder, or a model file.

    Raises:
        RunFolderError: there is no model, or the run folder is damaged.
    """
    path = path.expanduser()
    if path.is_file() and not (path.parent / "config.toml").is_file():
        return ModelSource(path, None)
    folder = path.parent if path.is_file() else path
    trained = trained_table(folder)
    file = path if path.is_file() else folder / "model.safetensors"
    if not file.is_file():
        raise RunFolderError(f"{path} has no model.safetensors yet: finish its training.")
    return ModelSource(file, trained)
