"""What a controller says is wrong with it reaches the user."""

from __future__ import annotations

import pytest
from tests.bridge.scripted import KEY, STATES, Controller, Served, error, model

from colonnade_bridge.wire.cable import Cable
from colonnade_bridge.wire.errors import ERROR_FLASH, ERROR_STATE, WireError
from colonnade_bridge.wire.link import Link
from colonnade_bridge.wire.ports import find_ports
from colonnade_bridge.wire.receiver import HOST


def test_flash_that_fails_is_told_though_no_session_is_opened(
    cable: Cable, controller: Controller
) -> None:
    """A controller that can note no time stamps accepts nothing."""
    controller.boot(power=1)
    complaints: list[int] = []
    (port,) = find_ports(KEY, [str(cable.path)])
    assert port.error == ERROR_FLASH == error("FLASH")
    host = Link(str(cable.path), KEY, patience=0.9, complain=complaints.append)
    with pytest.raises(WireError, match=r"it complains: a flash slot could not be written\.$"):
        host.open()
    assert complaints == []  # nobody knows yet whether it is a recording


def test_a_controller_that_complains_is_told_of_once(served: Served, cable: Cable) -> None:
    for record in (STATES, STATES + 256):
        served.controller.flash[record] = b"?"
    served.reset()
    complaints: list[int] = []
    with Link(str(cable.path), KEY, complain=complaints.append) as other:
        other.upload(*model())
        other._dialogue.session = 0
        other.status()
        assert complaints == [ERROR_STATE] == [error("STATE")]
        served.reset()
        other.status()
        assert complaints == [ERROR_STATE]  # both records are whole again
        served.controller.flash[STATES] = b"?"
        served.reset()
        other.status()
        assert complaints == 2 * [ERROR_STATE]  # another time, though it is the same
        other._dialogue.patience = 0.6
        cable.damage = lambda data: b"" if data[6:7] == bytes([HOST]) else data
        with pytest.raises(WireError, match=r"gave no answer for 0\.6 seconds; it complains: a fl"):
            other.status()
