"""Which ports have a controller behind them, found by listening only."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colonnade_bridge.cache_folder import cache_folder
from colonnade_bridge.wire.dialect import dialect, dialect_hash
from colonnade_bridge.wire.errors import WireError
from colonnade_bridge.wire.line import BAUD, Line
from colonnade_bridge.wire.receiver import CONTROLLER, Receiver

__all__ = ["FoundPort", "announce_port", "find_ports", "list_ports"]

_LISTEN = 1.2
"""Seconds: two heartbeats and some."""


@dataclass(frozen=True)
class FoundPort:
    """A port that something of ours was heard from."""

    url: str
    description: str
    """What the operating system calls it."""
    same_key: bool
    """Whether it signs with our key."""
    same_dialect: bool
    """Whether it speaks this version's dialect; only known with the same key."""
    model: int
    """Hash of the model in use; 0: none, or another key."""


def find_ports(
    key: bytes,
    urls: Iterable[str] | None = None,
    seconds: float = _LISTEN,
    baud: int = BAUD,
) -> list[FoundPort]:
    """The ports from which a controller's heartbeats come.

    Nothing is sent, for nobody knows what else is connected.

    Args:
        key: the link's 32 bytes.
        urls: where to listen; None: at all serial ports, and at the emulated controllers that
            announced themselves (`announce_port`).
        seconds: for how long.
        baud: symbols per second, where a line has any.
    """
    ports = dict.fromkeys(urls, "") if urls is not None else list_ports()
    if not ports:
        return []
    with ThreadPoolExecutor(min(len(ports), 16)) as pool:
        found = pool.map(lambda port: _listen(port[0], port[1], key, seconds, baud), ports.items())
        return [port for port in found if port is not None]


def list_ports() -> dict[str, str]:
    """All serial ports and announced ptys, and what the operating system calls them."""
    from serial.tools.list_ports import comports

    ports = {port.device: port.description or "" for port in comports()}
    with suppress(OSError):
        for link in sorted(_announced().iterdir()):
            if link.exists():
                ports[str(link.resolve())] = link.name
    return ports


def announce_port(name: str, device: Path) -> Path:
    """Let `find_ports` know of a pty, which no system lists; returns the link to be removed later.

    Raises:
        OSError: the cache folder cannot be written.
    """
    link = _announced() / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(device)
    return link


def _announced() -> Path:
    return cache_folder() / "ports"


def _listen(url: str, description: str, key: bytes, seconds: float, baud: int) -> FoundPort | None:
    line, receiver = Line(url, baud), Receiver(key, CONTROLLER)
    until = time.monotonic() + seconds
    try:
        line.open(time.monotonic())
        while (wait := until - time.monotonic()) > 0:
            receiver.put(line.read(wait))
            while (frame := receiver.next()) is not None:
                message: Any = dialect().MAVLink(None).decode(bytearray(frame))
                if message.get_type() == "CLN_HEARTBEAT":
                    same = message.dialect == dialect_hash()
                    return FoundPort(url, description, True, same, message.model)
    except WireError:
        return None
    finally:
        line.close()
    if receiver.counts.bad_signature:  # a whole frame of our dialect, but for the key
        return FoundPort(url, description, False, False, 0)
    return None
