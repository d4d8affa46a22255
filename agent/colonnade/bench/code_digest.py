"""A name for the code that a number came from: all of ours, and the libraries that compute."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from colonnade_bridge.build import sources_digest
from colonnade_bridge.wire.dialect import XML

__all__ = ["code_digest", "digest_of"]

PACKAGES = ("colonnade", "colonnade_envs", "colonnade_models", "colonnade_bridge")
LIBRARIES = ("numba", "numpy", "onnxruntime", "pybullet")


@cache
def code_digest() -> str:
    """What tells this code, Python and C, and the libraries that compute for it, from any other."""
    code = digest_of(PACKAGES, LIBRARIES) + sources_digest()
    return hashlib.sha256(code.encode() + XML.read_bytes()).hexdigest()


def digest_of(packages: Sequence[str], libraries: Sequence[str]) -> str:
    """A name for every Python source of packages, and the versions of what is installed."""
    content = hashlib.sha256()
    for package in packages:
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent
        for path in sorted(folder.rglob("*.py")):
            content.update(f"\0{package}/{path.relative_to(folder).as_posix()}\0".encode())
            content.update(path.read_bytes())
    for library in libraries:
        content.update(f"\0{library} {_version(library)}".encode())
    return content.hexdigest()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"
