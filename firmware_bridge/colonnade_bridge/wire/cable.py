"""A cable between host and controller that can be pulled, plugged in again, and be a bad one.

For tests and benchmarks: the host opens a pseudo-terminal, and what it says is passed on to the far
end, and back.
"""

from __future__ import annotations

import os
import pty
import select
import threading
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol, Self

__all__ = ["Cable", "FarEnd", "PortEnd"]

_MOST = 4096
_PAUSE = 0.001


class FarEnd(Protocol):
    """What a cable leads to."""

    def pass_on(self, data: bytes) -> bytes:
        """Bytes of the host go there, none where it said nothing; what comes back meanwhile."""
        ...


class PortEnd:
    """A serial port that the cable leads to, open while its block lasts.

    Raises OSError where it cannot be opened.
    """

    def __init__(self, port: str) -> None:
        self._line = os.open(port, os.O_RDWR | os.O_NOCTTY)

    def pass_on(self, data: bytes) -> bytes:
        """See `FarEnd`."""
        if data:
            os.write(self._line, data)
        there = select.select([self._line], [], [], 0)[0]
        return os.read(self._line, _MOST) if there else b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._line)


class Cable:
    """A pseudo-terminal at `path`, plugged in while its block lasts; at its other end a controller.

    What happens to it happens in a thread of its own.
    """

    damage: Callable[[bytes], bytes]
    """What it does to bytes, in both directions."""
    mishap: Callable[[], None] | None
    """What happens once, when the next bytes of the host have arrived."""

    def __init__(self, path: Path, far: FarEnd) -> None:
        self.path, self.far = path, far
        self._master: int | None = None
        self._plug_at = float("inf")
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.mend()

    def __enter__(self) -> Self:
        self.plug()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)
        self.pull()

    def mend(self) -> None:
        """From now on nothing happens to what passes."""
        self.damage, self.mishap = bytes, None

    def plug(self) -> None:
        """Plug it in."""
        master, slave = pty.openpty()
        tty.setraw(slave)
        name = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(master, False)  # select also wakes for a port that is closed
        with self._lock:
            self.path.unlink(missing_ok=True)
            self.path.symlink_to(name)
            self._master, self._plug_at = master, float("inf")

    def pull(self, seconds: float = float("inf")) -> None:
        """Pull it, for so long."""
        with self._lock:
            self.path.unlink(missing_ok=True)
            if self._master is not None:
                os.close(self._master)
            self._master, self._plug_at = None, time.monotonic() + seconds

    def _run(self) -> None:
        while not self._over.is_set():
            if time.monotonic() >= self._plug_at:
                self.plug()
            data = self._heard()
            if not data:
                time.sleep(_PAUSE)
            answer = self.far.pass_on(self.damage(data) if data else b"")
            mishap = self.mishap
            if data and mishap is not None:
                self.mishap = None
                mishap()
            self._say(self.damage(answer) if answer else b"")

    def _heard(self) -> bytes:
        """What the host said."""
        with self._lock, suppress(OSError):  # nobody has it open
            if self._master is not None and select.select([self._master], [], [], _PAUSE)[0]:
                return os.read(self._master, _MOST)
        return b""

    def _say(self, answer: bytes) -> None:
        with self._lock, suppress(OSError):
            if answer and self._master is not None:
                os.write(self._master, answer)
