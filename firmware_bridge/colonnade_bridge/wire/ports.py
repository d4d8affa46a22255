"""Which ports have a controller behind them, found by listening only."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from colonnade_bridge.wire.dialect import dialect, dialect_hash
from colonnade_bridge.wire.errors import WireError
from colonnade_bridge.wire.keys import KEY_BYTES
from colonnade_bridge.wire.line import BAUD, Line
from colonnade_bridge.wire.messages import State
from colonnade_bridge.wire.receiver import CONTROLLER, Receiver

__all__ = ["FoundPort", "find_ports", "list_ports"]

_LISTEN = 1.2
"""Seconds: two heartbeats and some."""


@dataclass(frozen=True)
class FoundPort:
    """A port that something of ours was heard from."""

    url: str
    description: str
    """What the operating system calls it."""
    same_key: bool | None
    """Whether it signs with our key; None: no key was given."""
    same_dialect: bool | None
    """Whether it speaks this version's dialect; None: another key or none, so it is not known."""
    model: int
    """Hash of the model in use; 0: none, or another key."""
    error: int = 0
    """The negative error that its heartbeat tells of; 0: none, or another key."""
    stopped: bool = False
    """Whether a host has ordered it to stop."""


def find_ports(
    key: bytes | None,
    urls: Iterable[str] | None = None,
    seconds: float = _LISTEN,
    baud: int = BAUD,
) -> list[FoundPort]:
    """The ports from which a controller's heartbeats come.

    Nothing is sent, for nobody knows what else is connected. But opening a port raises its control
    lines, and some boards take that for a reset.

    Args:
        key: the link's 32 bytes; None: controllers are found, and not what they say.
        urls: where to listen; None: at all serial ports.
        seconds: for how long.
        baud: symbols per second, where a line has any.

    Raises:
        WireError: one of `urls` cannot be opened, or what arrives there is not of a controller.
    """
    known = list_ports()
    ports = known if urls is None else {url: known.get(url, "") for url in urls}
    if not ports:
        return []
    with ThreadPoolExecutor(min(len(ports), 16)) as pool:
        found = pool.map(lambda port: _listen(port[0], port[1], key, seconds, baud), ports.items())
        return _heard(list(found), urls is not None)


def _heard(found: list[FoundPort | WireError | None], named: bool) -> list[FoundPort]:
    """Those with a controller; what is wrong with one is an error where it was asked for."""
    for port in found:
        if named and isinstance(port, WireError):
            raise port
    return [port for port in found if isinstance(port, FoundPort)]


def list_ports() -> dict[str, str]:
    """All serial ports, and what the operating system calls them."""
    from serial.tools.list_ports import comports

    return {port.device: port.description or "" for port in comports()}


def _listen(
    url: str, description: str, key: bytes | None, seconds: float, baud: int
) -> FoundPort | WireError | None:
    line = Line(url, baud)
    receiver = Receiver(key or secrets.token_bytes(KEY_BYTES), CONTROLLER)
    until = time.monotonic() + seconds
    try:
        line.open(time.monotonic())
        while (wait := until - time.monotonic()) > 0:
            receiver.put(line.read(wait))
            while (frame := receiver.next()) is not None:
                message: Any = dialect().MAVLink(None).decode(bytearray(frame))
                if message.get_type() == "CLN_HEARTBEAT":
                    same = message.dialect == dialect_hash()
                    stopped = message.state == State.STOPPED
                    return FoundPort(
                        url, description, True, same, message.model, message.error, stopped
                    )
    except WireError as error:
        return error
    finally:
        line.close()
    if receiver.counts.bad_signature:  # a whole frame of our dialect, but for the key
        return FoundPort(url, description, None if key is None else False, None, 0)
    if receiver.counts.dropped:
        return WireError(
            f"What arrives from {url} is not of a controller: check port and baud rate."
        )
    return None
