"""The C side of the wire, compiled once."""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bridge.scripted import KEY, Controller, Served, build_library, model
from tests.bridge.tools import GCC

from colonnade_bridge.wire.cable import Cable
from colonnade_bridge.wire.link import Link


@pytest.fixture(scope="session")
def wire_code(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    if shutil.which(GCC[0]) is None:
        pytest.skip(f"needs {GCC[0]}: sudo apt install {GCC[1]}")
    return build_library(tmp_path_factory.mktemp("wire"))


@pytest.fixture
def controller(wire_code: ctypes.CDLL) -> Controller:
    return Controller(wire_code)


@pytest.fixture
def served(controller: Controller) -> Served:
    return Served(controller)


@pytest.fixture
def cable(tmp_path: Path, served: Served) -> Iterator[Cable]:
    """A pty to the controller, plugged in."""
    with Cable(tmp_path / "port", served) as cable:
        yield cable


@pytest.fixture
def link(cable: Cable) -> Iterator[Link]:
    """To that controller, which has a model and begins an episode."""
    with Link(str(cable.path), KEY, patience=8) as link:
        link.upload(*model())
        link.reset()
        yield link
