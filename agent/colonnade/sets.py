"""Sets of objects by their words: which come with Colonnade, and which are a user's own files."""

from __future__ import annotations

from pathlib import Path

__all__ = ["is_gone", "is_shipped", "leads_to_gone", "set_identity"]


def is_shipped(spec: str) -> bool:
    """Whether a set has its own sizes in metres and no files that a user gave."""
    return spec in ("builtin", "pybullet") or spec.partition(":")[0] == "random"


def set_identity(spec: str) -> str:
    """A set's name, or its folder's full path, so that it is found from any other folder."""
    if is_shipped(spec):
        return spec  # and not a folder here that has this name by chance
    path = Path(spec).expanduser()
    return str(path.resolve()) if path.exists() else spec


def is_gone(identity: str) -> bool:
    """Whether a set that `set_identity` told is not where it was."""
    return Path(identity).is_absolute() and not Path(identity).exists()


def leads_to_gone(spec: str, identity: str) -> bool:
    """Whether `spec` leads to where a set was that is gone."""
    return is_gone(identity) and str(Path(spec).expanduser().resolve()) == identity
