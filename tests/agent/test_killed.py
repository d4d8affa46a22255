"""Killed while it really learns, a run goes on and ends with the same bytes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.agent.meshes import egg, roller, wedge


def write_obj(path: Path, mesh) -> None:  # type: ignore[no-untyped-def]
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in mesh.vertices]
    lines += ["f " + " ".join(str(i + 1) for i in face) for face in mesh.faces]
    path.write_text("\n".join(lines) + "\n")


def start(arguments: list[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "colonnade", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_the_same_model_bit_for_bit(tmp_path: Path) -> None:
    meshes = tmp_path / "meshes"
    meshes.mkdir()
    for make in (egg, roller, wedge):
        write_obj(meshes / f"{make.__name__}.obj", make())
    options = ["train", "--objects", str(meshes), "--workers", "1", "--seed", "7", "--out"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    undisturbed = start([*options, str(whole)])
    _, stderr = undisturbed.communicate(timeout=300)
    assert undisturbed.returncode == 0, stderr.decode()

    process = start([*options, str(killed)])
    first = killed / "objects" / "egg.safetensors"
    while not first.exists() and process.poll() is None:
        time.sleep(0.002)
    process.kill()  # in the middle of the second object, or at worst in the third
    process.communicate()
    assert not (killed / "model.safetensors").exists()
    second = start([*options, str(killed), "--resume"])
    _, stderr = second.communicate(timeout=300)
    assert second.returncode == 0, stderr.decode()
    assert (killed / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert list(killed.rglob("*.partial")) == []
