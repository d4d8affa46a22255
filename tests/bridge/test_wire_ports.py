"""Ports are found by listening, and nothing is said there."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest
from tests.bridge.scripted import KEY, Controller, Served

from colonnade_bridge.wire.cable import Cable
from colonnade_bridge.wire.errors import WireError
from colonnade_bridge.wire.ports import find_ports
from colonnade_bridge.wire.receiver import HOST


def test_ports_are_found_by_listening(cable: Cable, tmp_path: Path) -> None:
    for key, same in ((KEY, True), (bytes(32), False), (None, None)):
        (port,) = find_ports(key, [str(cable.path)])
        assert (port.same_key, port.same_dialect) == (same, same or None)
    with pytest.raises(WireError, match="nothing cannot be opened: "):
        find_ports(KEY, [str(tmp_path / "nothing")])


def test_nothing_is_sent_to_find_a_port(cable: Cable) -> None:
    sent = b""

    def listen(data: bytes) -> bytes:
        nonlocal sent
        sent += data if data[6] == HOST else b""
        return data

    cable.damage = listen
    assert find_ports(KEY, [str(cable.path)])
    assert sent == b""


def test_a_key_of_zeros_is_no_key_that_was_not_given(
    wire_code: ctypes.CDLL, tmp_path: Path
) -> None:
    with Cable(tmp_path / "zeros", Served(Controller(wire_code, key=bytes(32)))) as cable:
        (port,) = find_ports(None, [str(cable.path)])
    assert port.same_key is None
