"""An emulated controller: QEMU's MPS2 boards with our firmware, their UART on a pseudo-terminal.

QEMU counts instructions, not cycles: with `icount` it takes 64 ns of its own time for each,
whatever the computer does meanwhile. So counts repeat, and no milliseconds of silicon follow from
them.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import tempfile
import tty
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from colonnade_bridge.boards import BOARDS
from colonnade_bridge.errors import BridgeError
from colonnade_bridge.naming import naming
from colonnade_bridge.tools import find_tool

__all__ = ["Emulator", "EmulatorError"]

SLOT_BYTES = 0x100000
"""What is erased of a flash file when it is made: SLOTS of ports/an*.ld."""
CHIP_OFFSET = 0xFF000
"""Where the number stands in it that tells a board from others, see ports/mps2.c."""
_PSRAM_BYTES = 0x1000000
_SHIFT = 6
"""An instruction takes 2**6 ns; the ports count on it."""
_PR_SET_PDEATHSIG = 1


class EmulatorError(BridgeError, RuntimeError):
    """QEMU would not start or broke off; the message says why."""


class Emulator:
    """A board that runs; leave its block to switch it off.

    Args:
        board: one of `BOARDS`.
        firmware: the ELF file that it runs.
        flash: file of what the firmware writes, kept when the board is switched off; it is made if
            it is not there. None: the board forgets.
        icount: whether time is counted in instructions. Without it the board is as fast as it can.
        idles: whether time also passes while the board waits. If not, waiting takes no time at all,
            and a run repeats exactly, but a host is then always late.

    Raises:
        ToolError: QEMU is not installed.
        EmulatorError: it would not start.
        ValueError: there is no such board.
    """

    port: str
    """The pseudo-terminal of its UART, to be opened as a serial port."""

    def __init__(
        self,
        board: str,
        firmware: Path,
        *,
        flash: Path | None = None,
        icount: bool = True,
        idles: bool = True,
    ) -> None:
        if board not in BOARDS:
            raise ValueError(f"There is no board {board}: choose {' or '.join(BOARDS)}.")
        qemu = find_tool("qemu-system-arm")
        self._scratch = tempfile.TemporaryDirectory(prefix="colonnade-")
        flash = Path(self._scratch.name, "flash") if flash is None else flash
        _make_flash(flash)
        words = [qemu, "-machine", f"mps2-{board},memory-backend=flash"]
        words += ["-object", f"memory-backend-file,id=flash,size=16M,mem-path={flash},share=on"]
        words += ["-nodefaults", "-display", "none", "-serial", "pty", "-qmp", "stdio", "-S"]
        words += ["-kernel", str(firmware)]
        if icount:
            words += ["-icount", f"shift={_SHIFT},sleep={'on' if idles else 'off'}"]
        self._line = -1  # held open, so that QEMU need not find out who comes and goes
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `close`)
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C is for us, who then switch it off
            preexec_fn=_die_with_parent,
        )
        try:
            self._hear()
            self._ask("qmp_capabilities")
            self.port = self._find_port()
            self._line = os.open(self.port, os.O_RDWR | os.O_NOCTTY)
            tty.setraw(self._line)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def run(self, boots: float = 5.0) -> None:
        """Let it run: it stands still when it is made, so that the port can be opened before.

        Args:
            boots: seconds to wait until it says something.

        Raises:
            EmulatorError: it said nothing.
        """
        self._ask("cont")
        if boots and not select.select([self._line], [], [], boots)[0]:
            raise EmulatorError(f"The firmware said nothing for {boots:g} s after its start.")

    def halt(self) -> None:
        """Let it stand still; its time does, too."""
        self._ask("stop")

    def reset(self) -> None:
        """Press its reset button. What is in RAM and flash stays, as it does on a board."""
        self._ask("system_reset")

    def close(self) -> None:
        """Switch it off at once."""
        self._process.kill()
        self._process.wait()
        if self._line >= 0:
            os.close(self._line)
            self._line = -1
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                stream.close()
        self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _find_port(self) -> str:
        for device in self._ask("query-chardev"):
            kind, _, name = device["filename"].partition(":")
            if kind == "pty":
                return cast(str, name)
        raise EmulatorError("QEMU gave its UART no pseudo-terminal.")

    def _ask(self, command: str) -> Any:
        """Give a command of QEMU's machine protocol and return its answer."""
        stream = cast(IO[bytes], self._process.stdin)
        try:
            stream.write(json.dumps({"execute": command}).encode() + b"\n")
            stream.flush()
        except BrokenPipeError:
            raise self._broken() from None
        while True:
            told = self._hear()
            if "error" in told:
                raise EmulatorError(f"QEMU refused {command}: {told['error']['desc']}.")
            if "return" in told:
                return told["return"]

    def _hear(self) -> dict[str, Any]:
        stream = cast(IO[bytes], self._process.stdout)
        while line := stream.readline():
            if line.startswith(b"{"):  # QEMU also tells people about its terminal
                return cast(dict[str, Any], json.loads(line))
        raise self._broken()

    def _broken(self) -> EmulatorError:
        self._process.wait()
        self._log.seek(0)
        told = self._log.read().decode(errors="replace").strip().rpartition("\n")[2]
        return EmulatorError(f"QEMU ended: {told or f'exit code {self._process.returncode}'}")


def _make_flash(path: Path) -> None:
    """Make a file of erased flash where there is none."""
    if path.exists():
        return
    with naming(path), path.open("wb") as file:
        file.write(b"\xff" * SLOT_BYTES)
        file.seek(CHIP_OFFSET)
        file.write(secrets.token_bytes(8))
        file.truncate(_PSRAM_BYTES)


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """In the child: end when the thread ends that started it, however that happens."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
