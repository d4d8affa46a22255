"""What an export writes builds as it is, without Python, and recognises."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.bridge.small_model import small_memory
from tests.bridge.tools import ARM, CMAKE, GCC, GXX, MAKE, needs

from colonnade_bridge.blob import EdgeModel, read_blob
from colonnade_bridge.export import export_blob
from colonnade_bridge.project import project_files
from colonnade_bridge.sample import as_text, sample_of
from colonnade_bridge.wire.link import Link

KEY = bytes(range(32))


@cache
def exported() -> tuple[bytes, EdgeModel]:
    blob = export_blob(small_memory(), 0.05)
    return blob, read_blob(blob)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported model")  # Make takes it for two words
    for name, data in project_files(*exported()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "key").write_bytes(KEY)
    return folder


def run(folder: Path, *words: str) -> str:
    """What a command says that finds no Python."""
    environment = {**os.environ, "PYTHON": "false", "CLN_WIRE": ""}
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def recognised(said: str) -> list[tuple[str, str]]:
    """What was recognised, and what was shown, of each episode."""
    lines = [line for line in said.splitlines() if ", shown: " in line]
    return [(line.split(" after ")[0], line.split(", shown: ")[1]) for line in lines]


def test_the_same_model_gives_the_same_files() -> None:
    files = project_files(*exported())
    assert files == project_files(*exported())
    assert files["model.blob"] == exported()[0]
    assert {"Makefile", "CMakeLists.txt", "recognise.c", "sample.txt"} <= set(files)
    assert "colonnade/wire/cln_dialect.h" in files
    assert not [name for name in files if "fuzz" in name or name.endswith((".o", ".d"))]


@needs(*GCC)
@needs(*MAKE)
def test_make_builds_an_example_that_recognises_the_sample(project: Path) -> None:
    found = recognised(run(project, "make", "test"))
    assert [shown for _, shown in found] == list(exported()[1].memory.names)
    assert all(name == shown for name, shown in found)


@needs(*GCC)
@needs(*MAKE)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 2 3\n", "line 1 holds no percepts"),
        ("# mug\n\n" + "0 " * 17 + "x\n", "line 3 holds no percepts"),
        ("0 " * 18 * 6 + "\n", "line 1 holds no percepts"),
    ],
)
def test_the_example_refuses_what_are_no_percepts(project: Path, text: str, said: str) -> None:
    run(project, "make")
    program = project / "build" / "recognise"
    done = subprocess.run([program], input=text, capture_output=True, text=True)
    assert done.returncode == 1
    assert said in done.stderr


@needs(*GCC)
@needs(*MAKE)
def test_several_patches_stand_in_one_line(project: Path) -> None:
    run(project, "make")
    ((name, rows), *_) = sample_of(exported()[1].memory)
    text = as_text([(name, rows.reshape(-1, 3, 18))])
    done = subprocess.run(
        [project / "build" / "recognise"], input=text, capture_output=True, text=True
    )
    assert recognised(done.stdout) == [(name, name)]
    assert "after 3 steps" in done.stdout or "after 4 steps" in done.stdout


@needs(*GCC)
@needs(*MAKE)
def test_the_firmware_begins_with_the_model(project: Path, tmp_path: Path) -> None:
    run(project, "make", "firmware", "KEY=key")
    words = [project / "build" / "posix" / "colonnade.elf", "pty", tmp_path]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            with Link(process.stdout.readline().strip(), KEY) as link:
                model_hash = int.from_bytes(exported()[0][16:24], "little")
                assert link.status().model == model_hash
                ((name, rows), *_) = sample_of(exported()[1].memory)
                link.reset()
                decisions = [link.send_step(row) for row in rows[:10]]
        finally:
            process.kill()
    assert exported()[1].memory.names[decisions[-1].object] == name


@needs(*ARM)
@needs(*MAKE)
def test_the_firmware_builds_for_a_board(project: Path) -> None:
    run(project, "make", "firmware", "KEY=key", "TARGET=an500")
    elf = project / "build" / "an500" / "colonnade.elf"
    assert exported()[0] in elf.read_bytes()


@needs(*GCC)
@needs(*CMAKE)
def test_cmake_builds_both(project: Path, tmp_path: Path) -> None:
    run(project, "cmake", "-S", ".", "-B", str(tmp_path), f"-DCLN_KEY={project / 'key'}")
    run(project, "cmake", "--build", str(tmp_path), "-j2")
    said = run(tmp_path, "ctest", "--verbose")
    assert "100% tests passed" in said
    assert exported()[0] in (tmp_path / "colonnade" / "colonnade.elf").read_bytes()


@needs(*ARM)
@needs(*CMAKE)
@needs(*MAKE)
def test_cmake_links_for_a_board_in_a_folder_of_any_name(project: Path, tmp_path: Path) -> None:
    source = tmp_path / "my $model"
    shutil.copytree(project, source, ignore=shutil.ignore_patterns("build"))
    board = ["-DCLN_TARGET=an500", "-DCMAKE_TOOLCHAIN_FILE=colonnade/ports/arm-none-eabi.cmake"]
    generator = ["-G", "Unix Makefiles"]
    run(source, "cmake", *generator, "-S", ".", "-B", "build", "-DCLN_KEY=key", *board)
    run(source, "cmake", "--build", "build", "-j2")
    assert exported()[0] in (source / "build" / "colonnade" / "colonnade.elf").read_bytes()


@needs(*GCC)
@needs(*CMAKE)
def test_cmake_refuses_a_key_with_a_semicolon_in_one_sentence(
    project: Path, tmp_path: Path
) -> None:
    words = ["cmake", "-S", ".", "-B", str(tmp_path), f"-DCLN_KEY={project}/k;4"]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True)
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert f"CLN_KEY has to be the path of one file, without a semicolon: {project}/k;" in said
    assert "does not exist" not in said


def test_a_sample_is_text_to_the_last_bit() -> None:
    episodes = sample_of(exported()[1].memory)
    text = as_text(episodes)
    blocks = [block.splitlines() for block in text.strip().split("\n\n")]
    assert [block[0] for block in blocks] == [f"# {name}" for name, _ in episodes]
    for block, (_, rows) in zip(blocks, episodes, strict=True):
        read = np.array([line.split() for line in block[1:]], np.float32)
        assert read.tobytes() == rows.tobytes()
    assert as_text([("two\nlines", np.zeros((1, 18)))]).startswith("# two lines\n0.0 ")


@needs(*GCC)
@needs(*GXX)
def test_a_program_in_cpp_links_with_it(project: Path, tmp_path: Path) -> None:
    (tmp_path / "main.cpp").write_text(
        """#include <cstdio>
#include "cln_config.h"
#include "colonnade.h"
int main()
{
    static uint64_t memory[CLN_COLUMN_WORDS];
    cln_model model;
    cln_column *column = nullptr;
    int error = cln_model_open(&model, cln_model_data, CLN_MODEL_BYTES);
    if (!error) {
        error = cln_column_init(&column, memory, sizeof memory, &model, nullptr);
    }
    std::puts(cln_strerror(error));
}
"""
    )
    core = sorted((project / "colonnade").glob("cln_*.c"))
    words = ["gcc", "-std=c99", "-c", f"-I{project}", f"-I{project / 'colonnade'}"]
    run(tmp_path, *words, *map(str, core), str(project / "cln_model_data.c"))
    words = ["g++", "-Wall", "-Wextra", "-Werror", f"-I{project}", f"-I{project / 'colonnade'}"]
    run(tmp_path, *words, "main.cpp", *sorted(p.name for p in tmp_path.glob("*.o")), "-o", "main")
    assert run(tmp_path, "./main") == "no error\n"
