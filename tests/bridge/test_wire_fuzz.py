"""The fuzz target of the wire compiles, knows its corpus, and finds nothing at once."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.bridge.scripted import SOURCES
from tests.bridge.tools import CLANG, MAKE, needs

from colonnade_bridge.wire.dialect import generate_c

CORPUS = SOURCES / "fuzz/corpus/receiver"


@needs(*CLANG)
@needs(*MAKE)
def test_receiver_and_link_survive_the_fuzzer(tmp_path: Path) -> None:
    generate_c(tmp_path / "wire")
    seen = [*CORPUS.iterdir()]
    done = subprocess.run(
        ["make", "-C", SOURCES / "fuzz", "receiver", f"BUILD={tmp_path}", "RUNS=3000"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Done 3000 runs" in done.stderr
    assert sorted(CORPUS.iterdir()) == sorted(seen)
    assert sum(path.stat().st_size for path in seen) < 20_000
