"""The C code on other processors says what the kernels of numba say here, to the bit.

They are emulated. On this one the code runs as another compiler makes it, and where it is checked
that nothing is out of bounds or undefined. Cortex-M is for the tests of the firmware.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.bridge.bits import bits_of
from tests.bridge.parity import Episode, Steps, blob_of, by_numba, steps_of
from tests.bridge.patches import FOV, RANGE, Patch, random_patch, wild_patch
from tests.bridge.targets import TARGETS, objects_of

from colonnade_models import percept as P
from colonnade_models.sensing import make_eye, sense

Driver = Callable[[Sequence[str | Path], bytes], list[str]]
DRIVER = Path(__file__).with_name("parity_driver.c")
EPISODES = (
    ("default", Episode("first", 7)),
    ("hurried", Episode("brick", 8, misses=0.2)),
    ("measured", Episode("brick", 9, patches=3, absurd=0.1)),
    ("eager", Episode("third", 10, moved_at=16, misses=0.1)),
    ("crowd", Episode("second", 11)),
)


RUN_ON = ("clang", "sanitized", "aarch64", "armv7")


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=TARGETS[name].marks()) for name in RUN_ON]
)
def driver(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Driver:
    """The program that runs the C code, on each target."""
    target = TARGETS[request.param]
    folder = tmp_path_factory.mktemp("parity")
    program = folder / "parity_driver"
    target.compile([DRIVER, *objects_of(request.param), "-o", program, "-lm"], folder)
    runner = [str(shutil.which(target.runner))] if target.runner else []

    def run(arguments: Sequence[str | Path], given: bytes) -> list[str]:
        command = [*runner, str(program), *map(str, arguments)]
        done = subprocess.run(command, input=given, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().splitlines()

    return run


def step_bytes(steps: Steps) -> bytes:
    """An episode as the driver reads it."""
    parts = [np.uint32(len(rows)).tobytes() + rows.astype("<f4").tobytes() for rows in steps]
    return b"".join(parts) + bytes(4)


def patch_bytes(patches: Iterable[Patch]) -> bytes:
    """Patches as the driver reads them."""
    lens = np.array([np.tan(FOV / 2), RANGE], "<f4").tobytes()
    return b"".join(
        np.int32(len(patch.depth)).tobytes() + lens + b"".join(part.tobytes() for part in patch)
        for patch in patches
    )


@pytest.mark.parametrize("model", sorted({model for model, _ in EPISODES}))
def test_steps(driver: Driver, model: str, tmp_path: Path) -> None:
    blob = tmp_path / "model.blob"
    blob.write_bytes(blob_of(model))
    episodes = [steps_of(what) for name, what in EPISODES if name == model]
    expected = [line for steps in episodes for line in by_numba(blob_of(model), steps)]
    assert driver(["step", blob], b"".join(map(step_bytes, episodes))) == expected


@pytest.mark.parametrize("kind", [random_patch, wild_patch])
def test_percepts(driver: Driver, kind: Callable[[int], Patch]) -> None:
    patches = [kind(seed) for seed in range(5000, 5250)]
    expected, out = [], np.zeros(P.PERCEPT_SIZE, np.float32)
    for patch in patches:
        sense(*patch, make_eye(len(patch.depth), FOV, RANGE), out)
        expected.append(bits_of(out))
    said = driver(["sense"], patch_bytes(patches))
    assert [line.split() for line in said] == expected
