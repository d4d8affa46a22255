"""Pixels go to the controller, which senses them itself: the bits of the C eye on this computer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.bridge.firmwares import board, posix, upload
from tests.bridge.patches import FOV
from tests.bridge.small_model import small_blob
from tests.bridge.tools import ARM, GCC, MAKE, QEMU, needs
from tests.bridge.touch_pixels import touches

from colonnade_bridge.blob import read_blob
from colonnade_bridge.native import NativeEye
from colonnade_bridge.native_mind import NativeMind
from colonnade_bridge.wire.link import Link, Patch
from colonnade_bridge.wire.messages import StepDecision, StepVerdict
from colonnade_models import percept as P

pytestmark = [needs(*GCC), needs(*MAKE)]

EMULATED = [needs(*ARM), needs(*QEMU)]
CONTROLLERS = ["posix", *(pytest.param(name, marks=EMULATED) for name in ("an386", "an500"))]


@pytest.fixture(params=CONTROLLERS, scope="module")
def link(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Link]:
    folder = tmp_path_factory.mktemp("flash")
    if request.param == "posix":
        with posix(folder) as link:
            upload(link)
            yield link
        return
    with board(request.param, folder / "flash") as (link, _):
        upload(link)
        yield link


def sensed(patch: Patch) -> NDArray[np.float32]:
    """What the C eye makes of a patch here, from the numbers that travel."""
    reach = float(read_blob(small_blob()).settings.reach)
    eye = NativeEye(len(patch.depth), FOV, reach)
    depth = patch.depth.astype(np.float32) * np.float32(patch.unit)
    return eye.sense(depth, patch.rgb.astype(np.float32) / np.float32(255), patch.pose)


def both(link: Link, steps: list[list[Patch]]) -> Iterator[tuple[StepDecision, StepDecision]]:
    """What is said to each step there, given the pixels, and here, given the percepts."""
    here = NativeMind(small_blob())
    link.reset()
    for number, patches in enumerate(steps):
        rows, asks = np.stack([sensed(patch) for patch in patches]), number >= 4
        told = here.send_step(rows, goal=asks)
        yield link.send_patches(patches, goal=asks), told
        if told.verdict is not StepVerdict.OPEN:
            return


@pytest.mark.parametrize("side", [8, 16])
def test_a_touched_object_is_recognised_from_pixels_bit_for_bit(link: Link, side: int) -> None:
    steps = [[patch] for patch in touches(side)]
    for number, (there, here) in enumerate(both(link, steps)):
        assert there.same(here), number
    assert there.verdict is StepVerdict.RECOGNISED
    assert read_blob(small_blob()).memory.names[there.object] == "first"
    assert number >= 8  # the odd patches were among them
    link.hear_out()
    assert link.messages_lost == 0


def test_patches_of_one_step_may_be_small_and_large(link: Link) -> None:
    steps = [[a, b] for a, b in zip(touches(8)[::2], touches(16)[1::2], strict=True)]
    for number, (there, here) in enumerate(both(link, steps)):
        assert there.same(here), number
    assert number >= 4


def test_what_is_seen_decides(link: Link) -> None:
    """Another colour, another depth, another place of the eye: each is told by the evidence."""
    first = touches(8)[:6]
    said = [decision for decision, _ in both(link, [[patch] for patch in first])]
    for change in (
        first[5]._replace(rgb=255 - first[5].rgb),
        first[5]._replace(depth=first[5].depth + np.uint16(300)),
        first[5]._replace(unit=1.1e-5),
        first[5]._replace(pose=first[5].pose + np.float32([0.002, 0, 0, 0, 0, 0, 0])),
    ):
        *_, (there, here) = both(link, [[patch] for patch in [*first[:5], change]])
        assert there.same(here)
        assert not there.same(said[-1])


def test_the_touches_are_of_all_kinds() -> None:
    """What the tests above rest on: surfaces met with and without a fit, and looked past."""
    rows = np.stack([sensed(patch) for patch in touches(8)])
    assert rows[3, P.ON_OBJECT] == 0
    assert rows[:, P.ON_OBJECT].sum() == len(rows) - 1
    assert np.ptp(rows[:, P.CURVATURE]) > 10
    assert np.ptp(rows[rows[:, P.ON_OBJECT] > 0, P.COLOUR + 1]) > 0.1
