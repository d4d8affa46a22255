"""Worker processes: the same results, errors as they were, and no orphans."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from colonnade.run_folder import RunFolderError
from colonnade.workers import WorkerError, Workers, core_count, peak_rss_mb

ROOT = Path(__file__).resolve().parents[2]


def square(n: int) -> int:
    return n * n


def fail(n: int) -> int:
    if n == 1:
        raise RunFolderError("one sentence")
    if n == 2:
        raise FileNotFoundError(2, "No such file", "mesh.obj")
    if n == 3:
        os._exit(9)
    raise KeyError(n)


def test_same_results_with_any_number_of_workers() -> None:
    expected = {n: n * n for n in range(7)}
    for count in (1, 2):
        with Workers(count) as workers:
            assert dict(workers.run(square, range(7))) == expected
            assert dict(workers.run(square, range(7))) == expected
            assert workers.peak_rss_mb >= peak_rss_mb() > 1


def test_errors_come_back_as_what_they_were() -> None:
    with Workers(2) as workers, pytest.raises(RunFolderError, match=r"^one sentence$"):
        list(workers.run(fail, [1, 1]))
    with Workers(2) as workers, pytest.raises(FileNotFoundError) as error:
        list(workers.run(fail, [2, 2]))
    assert error.value.filename == "mesh.obj"


def test_death_of_a_worker_is_told() -> None:
    with Workers(2) as workers, pytest.raises(WorkerError, match=r"died .*--resume"):
        list(workers.run(fail, [3, 3]))


def test_no_tasks_start_no_process() -> None:
    with Workers(4) as workers:
        assert list(workers.run(square, [])) == []
    assert core_count() >= 1


def sign_in_and_stay(folder: str) -> None:
    """Leave this worker's number as a file, then work for longer than any test takes."""
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(600)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_workers_die_with_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "from colonnade.workers import Workers\n"
        "from tests.agent.test_workers import sign_in_and_stay\n"
        "if __name__ == '__main__':\n"
        f"    list(Workers(2).run(sign_in_and_stay, [{str(tmp_path)!r}] * 2))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    children: list[int] = []
    deadline = time.monotonic() + 120
    while len(children) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
        assert parent.poll() is None
        children = [int(path.name) for path in tmp_path.iterdir()]
    assert len(children) == 2
    assert all(is_running(child) for child in children)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while any(is_running(child) for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(is_running(child) for child in children)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
