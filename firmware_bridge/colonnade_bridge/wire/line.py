"""A line that carries bytes and may be pulled: a serial port, a pty, TCP, by pyserial's URLs."""

from __future__ import annotations

import errno
import os
import socket
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from colonnade_bridge.wire.errors import WireError

__all__ = ["BAUD", "Line", "LineLostError", "NoLineError"]

BAUD = 921600
"""Symbols per second, as the ports of the firmware set their UARTs."""

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.0
"""Seconds before a lost line is opened again, doubled each time."""

_MOST = 4096
_WRITE_TIMEOUT = 1.0
_NO_CALL = "nobody takes the call, or other hosts are connected to it"


class LineLostError(WireError):
    """The line was pulled, or the other side closed it."""


class NoLineError(WireError):
    """What was named can never be opened as a line."""


class Line:
    """One line, closed at first.

    Args:
        url: a device (/dev/ttyACM0, /dev/pts/4, COM3) or a URL of pyserial (socket://host:port,
            loop://).
        baud: symbols per second, where the line has any.
    """

    def __init__(self, url: str, baud: int = BAUD) -> None:
        self.url = url
        self._baud = baud
        self._port: Any = None
        self._pause = 0.0
        self._next_try = 0.0
        self._was_open = False

    @property
    def is_open(self) -> bool:
        return self._port is not None

    def open(self, until: float) -> None:
        """Open the line, again and again until the time `until` of the monotonic clock.

        Raises:
            LineLostError: it could not be opened.
            NoLineError: it never can be: a folder, a file, a URL of no kind that there is.
        """
        while self._port is None:
            now = time.monotonic()
            if now < self._next_try:
                time.sleep(max(0.0, min(self._next_try, until) - now))
            try:
                self._port = self._opened()
                self._was_open = True
            except (OSError, ValueError) as error:  # pyserial's own are OSErrors
                if not self._was_open and _is_hopeless(error):
                    raise NoLineError(f"{self.url} cannot be opened: {_reason(error)}.") from error
                self._pause = min(max(2 * self._pause, FIRST_PAUSE), LONGEST_PAUSE)
                self._next_try = time.monotonic() + self._pause
                if self._next_try >= until:
                    reason = _NO_CALL if "timed out" in str(error) else _reason(error)
                    what = "went away" if self._was_open else f"cannot be opened: {reason}"
                    raise LineLostError(f"{self.url} {what}.") from error

    def _opened(self) -> Any:
        import serial

        _check_address(self.url)
        kind: dict[str, Any] = (
            {} if "://" in self.url or os.name != "posix" else {"exclusive": True}
        )
        port = serial.serial_for_url(
            self.url, self._baud, timeout=0, write_timeout=_WRITE_TIMEOUT, **kind
        )
        connection = getattr(port, "_socket", None)
        if isinstance(connection, socket.socket):  # an answer must not wait for a delayed ACK
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return port

    def read(self, wait: float) -> bytes:
        """What arrived, after waiting at most `wait` seconds for the first byte.

        Raises:
            LineLostError: the line was pulled; it is closed now.
        """
        port = self._port
        try:
            if data := port.read(_MOST):
                self._pause = 0.0
                return bytes(data)
            port.timeout = wait
            data = port.read(1)
            port.timeout = 0
            return bytes(data + port.read(_MOST)) if data else b""
        except (OSError, TypeError, AttributeError) as error:  # a port that goes away raises any
            raise self._lost(error) from error

    def write(self, data: bytes) -> None:
        """Send all of it.

        Raises:
            LineLostError: the line was pulled, or the other side took nothing for a second; it is
                closed now.
        """
        try:
            self._port.write(data)
        except (OSError, TypeError, AttributeError) as error:
            raise self._lost(error) from error

    def close(self) -> None:
        """Close the line, if it is open."""
        port, self._port = self._port, None
        if port is not None:
            with suppress(OSError):
                port.close()

    def _lost(self, error: BaseException) -> LineLostError:
        self.close()
        self._pause = max(self._pause, FIRST_PAUSE)
        self._next_try = time.monotonic() + self._pause
        return LineLostError(f"{self.url} was lost: {_reason(error)}.")


def _check_address(url: str) -> None:
    """Raise ValueError where a URL of the network has no port that there can be."""
    kind = url.partition("://")[0].lower()
    if kind in ("socket", "rfc2217") and urlsplit(url).port is None:
        raise ValueError(f"it needs a port, as in {kind}://localhost:5760")


def _is_hopeless(error: BaseException) -> bool:
    """Whether a line that never was open cannot be opened by waiting either."""
    number = getattr(error, "errno", None)
    if number is None and error.args and isinstance(error.args[0], int):
        number = error.args[0]  # of termios, which is no OSError
    never = (errno.EISDIR, errno.ENOTTY, errno.EACCES, errno.ENOTDIR)
    return (
        isinstance(error, ValueError)
        or number in never
        or "Errno 25" in str(error)
        or "(25," in str(error)
    )


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text.rstrip(".").partition("\n")[0]
