"""The firmware as a Linux process: on a terminal, a socket, standard input; flash in files."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial
from tests.bridge.tools import GCC, MAKE, needs

from colonnade_bridge.build import build

pytestmark = [needs(*GCC), needs(*MAKE)]

HELLO = b"colonnade check\n"


@contextmanager
def running(line: str, folder: Path) -> Iterator[str]:
    """Run it; gives what it prints of where it listens."""
    words = [build("posix", program="check").elf, line, folder]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def talk(folder: Path, said: bytes) -> bytes:
    words = [build("posix", program="check").elf, "stdio", folder]
    return subprocess.run(words, input=said, capture_output=True, check=True, timeout=20).stdout


def test_on_standard_input_it_ends_with_it(tmp_path: Path) -> None:
    assert talk(tmp_path, b"f\nhello") == HELLO + b"f 2\nhello"


def test_flash_is_files_that_stay(tmp_path: Path) -> None:
    assert talk(tmp_path, b"r\nk\nr\n") == HELLO + b"r 0\nk 1\nr 1\n"
    assert talk(tmp_path, b"r\n") == HELLO + b"r 1\n"
    assert {path.name for path in tmp_path.iterdir()} == {
        "model-a",
        "model-b",
        "state-a",
        "state-b",
    }
    assert (tmp_path / "state-a").read_bytes().rstrip(b"\xff") == b""
    assert (tmp_path / "model-b").read_bytes().rstrip(b"\xff") == b"kept".ljust(16, b"\0")
    assert (tmp_path / "model-a").stat().st_size >= 128 * 1024


FULL_DISK = """#include <errno.h>
#include <sys/types.h>
int posix_fallocate(int file, off_t begin, off_t count) { return file < 0 ? 0 : ENOSPC; }
"""


def test_flash_that_was_only_promised_room_has_it_before_it_is_written(tmp_path: Path) -> None:
    slot = tmp_path / "model-a"
    with slot.open("wb") as file:
        file.truncate(262144)
    assert talk(tmp_path, b"") == HELLO
    assert slot.read_bytes() == bytes(262144)
    assert slot.stat().st_blocks * 512 >= 262144


def test_flash_that_gets_no_room_ends_in_a_sentence(tmp_path: Path) -> None:
    full = tmp_path / "full.so"
    words = ["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", full]
    subprocess.run(words, input=FULL_DISK, text=True, check=True)
    words = [build("posix", program="check").elf, "stdio", tmp_path]
    done = subprocess.run(
        words, input=b"", capture_output=True, env={"LD_PRELOAD": str(full)}, timeout=20
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == os.fsencode(tmp_path / "model-a") + b": No space left on device\n"


def test_the_folder_of_its_flash_is_made(tmp_path: Path) -> None:
    assert talk(tmp_path / "flash", b"r\n") == HELLO + b"r 0\n"


def test_flash_is_one_process_alone(tmp_path: Path) -> None:
    words = [build("posix", program="check").elf, "stdio", tmp_path]
    with running("pty", tmp_path):
        done = subprocess.run(words, input=b"", capture_output=True, check=False, timeout=20)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == os.fsencode(tmp_path) + b": another process uses it as its flash\n"
    assert talk(tmp_path, b"") == HELLO


def test_flash_outlives_being_killed(tmp_path: Path) -> None:
    with running("pty", tmp_path) as port, serial.Serial(port, timeout=5) as line:
        line.write(b"k\n")
        line.read_until(b"k 1\n")
    assert talk(tmp_path, b"r\n") == HELLO + b"r 1\n"


@pytest.mark.parametrize("kind", ["pty", "tcp:0"])
def test_whoever_leaves_may_come_back(kind: str, tmp_path: Path) -> None:
    with running(kind, tmp_path) as told:
        port = told if kind == "pty" else f"socket://127.0.0.1:{told}"
        for _ in range(3):
            with serial.serial_for_url(port, timeout=5) as line:
                line.write(b"echo")
                assert line.read_until(b"echo").endswith(b"echo")


def seconds_of(pid: int) -> float:
    """Processor time of a process."""
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def hear(line: int, wanted: bytes) -> None:
    """Read until this has come; before anybody opens the other end there is an error to be read."""
    heard, patience = b"", time.monotonic() + 5
    while not heard.endswith(wanted):
        assert select.select([line], [], [], 5)[0], heard
        try:
            heard += os.read(line, 100)
        except OSError:
            assert time.monotonic() < patience, heard
            time.sleep(0.01)


def test_a_device_that_was_unplugged_is_opened_again(tmp_path: Path) -> None:
    device = tmp_path / "ttyUSB0"

    def plug() -> int:
        master, slave = pty.openpty()
        tty.setraw(slave)
        device.symlink_to(os.ttyname(slave))
        os.close(slave)
        return master

    line = plug()
    words = [build("posix", program="check").elf, device, tmp_path]
    with subprocess.Popen(words) as process:
        try:
            hear(line, HELLO)
            for _ in range(2):
                device.unlink()
                os.close(line)
                before = seconds_of(process.pid)
                time.sleep(0.5)
                assert seconds_of(process.pid) - before < 0.1
                line = plug()
                time.sleep(1.2)
                os.write(line, b"echo")
                hear(line, b"echo")
        finally:
            process.kill()
            os.close(line)


@pytest.mark.parametrize("line", ["/dev/no-such-device", "stdio"])
def test_what_it_cannot_open_is_named(line: str, tmp_path: Path) -> None:
    folder = tmp_path / ("missing/flash" if line == "stdio" else "")
    words = [build("posix", program="check").elf, line, folder]
    done = subprocess.run(words, input=b"", capture_output=True, check=False, timeout=20)
    assert done.returncode == 1
    assert b"No such file or directory" in done.stderr


@pytest.mark.parametrize("port", ["abc", "", "80000", "-1", "+1", " 1", "57 60", "5760x", "9" * 30])
def test_what_is_no_port_is_refused_before_flash_is_touched(port: str, tmp_path: Path) -> None:
    words = [build("posix", program="check").elf, f"tcp:{port}", tmp_path]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")
    assert "PORT 0 to 65535" in done.stderr
    assert (done.stdout, list(tmp_path.iterdir())) == ("", [])
