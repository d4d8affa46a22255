"""``colonnade run-onnx`` and its plain twin, on computers that have hardly anything installed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.bridge.onnx_models import memory, path
from tests.models.episodes import episode

from colonnade_bridge.percepts import record, write_percepts
from colonnade_models import column as C

ROOT = Path(__file__).parents[2]
LACKING = """
import runpy, sys
class Lacking:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Lacking())
sys.argv = {arguments}
runpy.run_module({module!r}, run_name="__main__")
"""
HEAVY = {"numba", "llvmlite", "safetensors", "gymnasium", "pybullet", "trimesh", "scipy", "onnx"}
ALL = {*HEAVY, "tyro", "rich", "pyarrow", "matplotlib", "serial", "pymavlink", "PIL"}


def run_without(names: set[str], module: str, *arguments: object) -> subprocess.CompletedProcess:  # type: ignore[type-arg]
    """Run a module as a program in a Python that cannot import `names`."""
    code = LACKING.format(names=names, arguments=[module, *map(str, arguments)], module=module)
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "200"},
    )


@pytest.fixture(scope="module")
def percepts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("recorded") / "percepts.npz"
    shown = [("first", 0), ("brick", 3), ("stranger", 1)]
    write_percepts(file, record([(name, episode(name, s)[0][:, None]) for name, s in shown]))
    return file


def steps_of(name: str, seed: int) -> int:
    column = C.init(memory())
    rows = episode(name, seed)[0]
    return next(i for i, row in enumerate(rows, 1) if C.step(column, memory(), row) != C.OPEN)


def test_numpy_and_onnxruntime_are_enough(percepts: Path) -> None:
    done = run_without(ALL, "colonnade_bridge.onnx", path(), percepts)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "episode 1: first (shown: first)",
        "episode 2: brick (shown: brick)",
        "episode 3: unknown (shown: stranger)",
    ]
    assert f", {steps_of('brick', 3)} steps, " in lines[1]


def test_help_says_what_the_plain_twin_does() -> None:
    done = run_without(ALL, "colonnade_bridge.onnx", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: python -m colonnade_bridge.onnx MODEL.onnx PERCEPTS.npz")
    assert "Recognise recorded percepts" in done.stdout
    assert run_without(ALL, "colonnade_bridge.onnx").returncode == 2


def test_a_single_percept_is_told_as_one(tmp_path: Path) -> None:
    rows = episode("brick", 3)[0][:, None].copy()
    rows[4, 0, 0] = np.nan
    file = tmp_path / "percepts.npz"
    write_percepts(file, record([("brick", rows)]))
    done = run_without(ALL, "colonnade_bridge.onnx", path(), file)
    assert f"1 percept of {file} cannot have been felt." in done.stderr


def test_the_readme_says_how_it_is_found_where_nothing_of_ours_is_installed() -> None:
    """Without `site` nothing is installed but what the path names."""
    found = re.search(
        r"^PYTHONPATH=(\S+) python -m (\S+) ", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    assert found is not None
    libraries = Path(np.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-S", "-m", found[2]],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{found[1]}:{libraries}"},
    )
    assert done.stderr.startswith("usage: ")


def test_the_command_tells_decisions_poses_and_times(percepts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = run_without(HEAVY, "colonnade", "run-onnx", path(), percepts, "--json", out)
    assert done.returncode == 0, done.stderr
    first, brick, stranger = json.loads(out.read_text())["episodes"]
    assert (first["decision"], first["correct"], first["timeout"]) == ("first", True, False)
    assert first["steps"] == steps_of("first", 0)
    _, turn, shift = episode("first", 0)
    off = (Rotation.from_quat(first["rotation"]).inv() * turn).magnitude()
    assert np.degrees(off) < 6
    assert np.linalg.norm(np.array(first["place"]) - shift) < 0.004
    assert first["step_us_max"] >= first["step_us_median"] > 0
    assert brick["other_poses"] > 0
    assert (stranger["decision"], stranger["correct"]) == ("unknown", False)
    assert "66.7 % correct in 3 episodes" in done.stdout
    assert "ms a step" in done.stdout


@pytest.mark.parametrize("module", ["colonnade", "colonnade_bridge.onnx"])
def test_damage_is_told_in_one_sentence(module: str, percepts: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(path().read_bytes()[:-1000])
    command = ["run-onnx"] if module == "colonnade" else []
    for model, file, word in (
        (cut, percepts, "cut.onnx"),
        (tmp_path / "none.onnx", percepts, "there is no model"),
        (path(), tmp_path / "none.npz", "there are no percepts"),
        (path(), path(), "no whole file of percepts"),
    ):
        done = run_without(HEAVY, module, *command, model, file)
        assert done.returncode == 1, done.stderr
        assert word in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert "Traceback" not in done.stderr


def test_export_without_onnx_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['onnx'] = None\n"
        "from pathlib import Path\n"
        "from colonnade_bridge.onnx import MissingOnnxError, export\n"
        "from colonnade_models.memory import ObjectMemory\n"
        "try:\n    export(ObjectMemory(), Path())\n"
        "except MissingOnnxError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "pip install -e '.[onnx]' -c constraints.txt" in done.stdout, done.stderr
