"""The project that an exported model becomes: C sources that build as they are.

::

    model.blob                    the model as a controller's flash holds it
    cln_model_data.c, cln_config.h    the same as C, and what a program must know of it
    recognise.c, sample.txt       an example, and percepts for it
    Makefile, CMakeLists.txt      build it, or the firmware with the model in it
    colonnade/                    the runtime: the mind, the link, ports to boards
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from colonnade_bridge.blob import EdgeModel
from colonnade_bridge.build import SOURCES
from colonnade_bridge.c_text import array_of, header_of
from colonnade_bridge.sample import as_text, sample_of
from colonnade_bridge.wire.dialect import generate_c

__all__ = ["project_files"]

RUNTIME = "colonnade"
_PARTS = ("", "link", "ports", "firmware")
"""Folders of the sources that make up the runtime."""
_KINDS = {".c", ".h", ".ld", ".cflags", ".cmake", ".txt", ""}


def project_files(blob: bytes, model: EdgeModel) -> dict[str, bytes]:
    """The files of the project by their paths in it; the same model gives the same bytes.

    Raises WireError where the code of the wire cannot be generated.
    """
    files = {
        "model.blob": blob,
        "cln_model_data.c": array_of(blob).encode(),
        "cln_config.h": header_of(blob, model).encode(),
        "sample.txt": as_text(sample_of(model.memory)).encode(),
    }
    files |= {path.name: path.read_bytes() for path in _files_of(SOURCES / "project")}
    for part in _PARTS:
        files |= {
            str(Path(RUNTIME, part, path.name)): path.read_bytes()
            for path in _files_of(SOURCES / part)
        }
    return dict(sorted((files | _wire()).items()))


def _files_of(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_file() and path.suffix in _KINDS]


def _wire() -> dict[str, bytes]:
    """The generated headers of the wire, so that the firmware builds without Python."""
    with tempfile.TemporaryDirectory(prefix="colonnade-") as scratch:
        folder = Path(scratch, "wire")
        generate_c(folder)
        return {
            f"{RUNTIME}/wire/{path.relative_to(folder)}": path.read_bytes()
            for path in sorted(folder.rglob("*.h"))
        }
