"""Models that somebody changed, sent to the real firmware: refused, and it thinks on as before."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from tests.bridge.firmwares import board, posix
from tests.bridge.hostile import ERRORS, FIELDS, changed, sealed, with_hash
from tests.bridge.small_model import model_hash, percepts, small_blob
from tests.bridge.tools import ARM, GCC, MAKE, QEMU, needs

from colonnade_bridge.blob import HEADER
from colonnade_bridge.wire.errors import ControllerError
from colonnade_bridge.wire.link import Link
from colonnade_bridge.wire.messages import StepDecision

pytestmark = [needs(*ARM), needs(*GCC), needs(*MAKE), needs(*QEMU)]


@contextmanager
def link_to(target: str, folder: Path) -> Iterator[Link]:
    """A link to the firmware on an emulated board or as a process."""
    if target == "posix":
        with posix(folder) as link:
            yield link
        return
    with board(target, folder / "flash") as (link, _):
        yield link


def at(part: str, field: str) -> tuple[str, int]:
    return part, FIELDS[part][field][0]


def hostile() -> dict[str, bytes]:
    """Blobs whose checksums are right and whose numbers lead elsewhere."""
    blob, nan = small_blob(), struct.pack("<f", np.nan)
    boxes = struct.pack("<3H", 2048, 4096, 512)
    return {
        "a section beyond the end": changed(blob, *at("header", "offset"), b"\xf0\xff\xff\xff"),
        "a box that overflows": changed(blob, *at("objects", "along"), boxes),
        "a tolerance that is no number": changed(blob, *at("settings", "tolerance_colour"), nan),
        "a tolerance of nothing": changed(blob, *at("settings", "tolerance_place"), bytes(4)),
        "surfels without end": changed(blob, *at("objects", "surfels"), b"\xff\xff"),
        "bases that lead elsewhere": changed(blob, "bases", 0, b"\xff\xff"),
        "nothing but a header": sealed(blob[: HEADER.itemsize]),
    }


def episode(link: Link) -> list[StepDecision]:
    link.reset()
    return [link.send_step(row, goal=True) for row in percepts(6)]


@pytest.mark.parametrize("target", ["posix", "an386"])
def test_the_firmware_refuses_a_model_with_a_made_up_hash(target: str, tmp_path: Path) -> None:
    """Sound in every byte, but it would pass for another one."""
    forged = with_hash(small_blob(), bytes(range(1, 17)))
    with link_to(target, tmp_path) as link:
        with pytest.raises(ControllerError, match="not the model that was announced"):
            link.upload(forged, model_hash(forged))
        assert link.status().model == 0
        assert link.upload(small_blob(), model_hash(small_blob())).model == model_hash(small_blob())


@pytest.mark.parametrize(("target", "most"), [("posix", 7), ("an386", 2)])
def test_the_firmware_refuses_hostile_models_and_thinks_on(
    target: str, most: int, tmp_path: Path
) -> None:
    with link_to(target, tmp_path) as link:
        link.upload(small_blob(), model_hash(small_blob()))
        before = episode(link)
        assert before[-1].object >= 0
        for what, blob in list(hostile().items())[:most]:
            with pytest.raises(ControllerError) as refused:
                link.upload(blob, model_hash(blob))
            assert refused.value.code == ERRORS["model"], what
            assert link.status().model == model_hash(small_blob())
            assert all(map(StepDecision.same, before, episode(link))), what
        status = link.status()
        assert (status.boots, status.fallback) == (1, False)
        with pytest.raises(ControllerError, match="no model"):
            link.roll_back()
