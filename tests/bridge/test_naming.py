"""What cannot be written says which file it was."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from colonnade_bridge.naming import naming
from colonnade_bridge.wire.recording import LinkLog

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full and rlimits are Linux's")

FLASH = """
import resource, sys
from pathlib import Path
from colonnade_bridge.emulator import _make_flash
resource.setrlimit(resource.RLIMIT_FSIZE, (102400, 102400))
try:
    _make_flash(Path(sys.argv[1]))
except OSError as error:
    print(error.errno, error.filename)
"""


def test_a_recording_on_a_full_disk_is_named() -> None:
    log = LinkLog(Path("/dev/full"))
    with pytest.raises(OSError, match="/dev/full") as caught:
        log.add(b"frame")
    log.close()
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, "/dev/full")


def test_a_frame_of_which_the_disk_takes_a_part_is_told_at_once(tmp_path: Path) -> None:
    log = LinkLog(tmp_path / "link.mavlog")

    class Disk:
        """Takes four bytes at a time, while it has room."""

        room, written = 24, b""

        def write(self, data: bytes) -> int:
            taken = bytes(data[: min(4, self.room)])
            if not taken:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.room -= len(taken)
            self.written += taken
            return len(taken)

    log._file.close()
    disk = log._file = Disk()  # type: ignore[assignment]
    log.add(b"frame")
    assert len(disk.written) == 8 + 5
    assert disk.written.endswith(b"frame")
    with pytest.raises(OSError, match=r"link\.mavlog"):
        log.add(b"frame")


def test_a_recording_that_has_no_place_is_named_as_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "no" / "link.mavlog"
    with pytest.raises(FileNotFoundError) as caught:
        LinkLog(path)
    assert caught.value.filename == str(path)


def test_a_flash_file_that_is_too_large_is_named(tmp_path: Path) -> None:
    flash = tmp_path / "flash"
    done = subprocess.run(
        [sys.executable, "-c", FLASH, flash], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(errno.EFBIG), str(flash)]


def test_a_name_that_an_error_has_is_kept() -> None:
    with pytest.raises(OSError, match="other") as caught, naming(Path("file")):
        raise OSError(errno.ENOSPC, "No space left on device", "other")
    assert caught.value.filename == "other"
