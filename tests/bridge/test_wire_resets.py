"""A controller or a host begins again, and no episode, stop or order is forgotten."""

from __future__ import annotations

import ctypes
import time

import pytest
from tests.bridge.scripted import KEY, Controller, Served, evidence, model, rows

from colonnade_bridge.wire import dialect as dialect_module
from colonnade_bridge.wire import link as link_module
from colonnade_bridge.wire.cable import Cable
from colonnade_bridge.wire.dialogue import ATTEMPTS
from colonnade_bridge.wire.errors import ControllerError, WireError
from colonnade_bridge.wire.link import Link
from colonnade_bridge.wire.messages import State


def test_a_controller_that_was_reset_is_brought_to_where_the_episode_is(
    link: Link, served: Served
) -> None:
    steps = rows(20)
    for step in steps[:10]:
        link.send_step(step)
    served.reset()
    begin = time.monotonic()
    for number, step in enumerate(steps[10:], 11):
        decision = link.send_step(step)
        assert decision.evidence == pytest.approx(evidence(steps[:number]), rel=1e-5)
    assert time.monotonic() - begin < 2
    assert link.counts.restarts == 1


def test_a_long_episode_survives_a_reset(link: Link, served: Served) -> None:
    steps = rows(100, patches=1)
    for step in steps[:-1]:
        link.send_step(step)
    served.reset()
    begin = time.monotonic()
    decision = link.send_step(steps[-1])
    assert time.monotonic() - begin < 2
    assert decision.evidence == pytest.approx(evidence(steps), rel=1e-4)
    assert served.controller.facts.steps == 100


def test_going_over_an_episode_again_costs_the_step_no_patience(
    link: Link, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten slow steps take longer than the step after them may."""
    steps, pass_on, patience = rows(11, patches=1), served.pass_on, 2

    def slowly(data: bytes) -> bytes:
        before = int(served.controller.facts.steps)
        answer = pass_on(data)
        time.sleep(0.12 * patience * max(served.controller.facts.steps - before, 0))
        return answer

    for step in steps[:-1]:
        link.send_step(step)
    served.reset()
    monkeypatch.setattr(served, "pass_on", slowly)
    link._dialogue.patience = patience
    decision = link.send_step(steps[-1])
    assert decision.evidence == pytest.approx(evidence(steps), rel=1e-4)
    assert served.controller.facts.steps == 11


def test_an_episode_that_resets_its_controller_is_not_repeated_for_ever(
    link: Link, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What repeating takes is not counted as waiting, so the rounds are."""
    steps, pass_on, resets = rows(9, patches=1), served.pass_on, 0

    def reset_at_the_eighth(data: bytes) -> bytes:
        nonlocal resets
        answer = pass_on(data)
        if served.controller.facts.steps < 8 or resets == 2 * ATTEMPTS:
            return answer
        resets += 1
        served.reset()
        return b""

    for step in steps[:-1]:
        link.send_step(step)
    served.reset()
    monkeypatch.setattr(served, "pass_on", reset_at_the_eighth)
    with pytest.raises(WireError, match=r"reset again and again before it answered\.$"):
        link.send_step(steps[-1])
    assert resets == ATTEMPTS - 1  # and one before the first round


@pytest.mark.parametrize("what", ["silence", "interruption"])
def test_a_step_given_up_is_taken_once_when_it_is_sent_again(
    link: Link, served: Served, cable: Cable, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The column has taken it, and its answer was lost; the model came after the session."""
    link.upload(*model(2))
    steps, taken = rows(4), 3

    def swallow(data: bytes) -> bytes:
        return b"" if served.controller.facts.steps > taken else data

    for step in steps[:taken]:
        link.send_step(step)
    cable.damage = swallow
    patience, link._dialogue.patience = link._dialogue.patience, 2

    def interrupt(*_: object) -> None:
        while served.controller.facts.steps == taken:
            time.sleep(0.01)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if what == "interruption":
            patched.setattr(link._dialogue, "_wait", interrupt)
        with pytest.raises((WireError, KeyboardInterrupt)):
            link.send_step(steps[taken])
    assert served.controller.facts.steps == taken + 1
    cable.mend()
    link._dialogue.patience = patience
    decision = link.send_step(steps[taken])
    assert decision.evidence == pytest.approx(evidence(steps), rel=1e-5)


def test_an_episode_too_long_to_be_repeated_is_told(
    link: Link, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "MOST_REPEATED", 5)
    for count, complains in ((5, False), (6, True), (20, True)):
        link.reset()
        for step in rows(count):
            link.send_step(step)
        served.reset()
        if complains:
            with pytest.raises(WireError, match="after more than 5 steps: begin anew"):
                link.send_step(rows(1)[0])
            assert len(link._episode) == 6
        else:
            link.send_step(rows(1)[0])
    link.reset()
    assert link.send_step(rows(1)[0]).evidence == pytest.approx(evidence(rows(1)), rel=1e-5)


def test_a_step_that_is_refused_when_it_is_repeated_is_told(link: Link, served: Served) -> None:
    link.send_step(rows(1)[0])
    served.reset()
    kind = dialect_module.dialect().MAVLink_cln_percept_message
    link._episode[0].build = lambda session, sequence: [
        kind(session, sequence, [float("nan")] * 18, 0, 0, 1, 0)
    ]
    with pytest.raises(ControllerError, match="did not take a step again"):
        link.send_step(rows(1)[0])


def test_an_episode_is_not_gone_on_with_by_another_model(
    link: Link, served: Served, wire_code: ctypes.CDLL
) -> None:
    link.send_step(rows(1)[0])
    with served._lock:
        served.controller.flash = Controller(wire_code).flash
    served.reset()
    with pytest.raises(WireError, match="another model"):
        link.send_step(rows(1)[0])


@pytest.mark.parametrize("reset", ["before", "after"])
def test_a_roll_back_is_done_once_whenever_the_controller_is_reset(
    link: Link, served: Served, cable: Cable, reset: str
) -> None:
    first, second = model()[1], model(2)[1]
    link.upload(*model(2))
    controller = served.controller
    adopted = int(controller.facts.adopted)
    command = dialect_module.dialect().MAVLINK_MSG_ID_CLN_COMMAND.to_bytes(3, "little")
    orders = 0

    def cut(data: bytes) -> bytes:  # at the second order: the first asks for the model in use
        nonlocal orders
        orders += data[7:10] == command
        cut_now = orders == 2 if reset == "before" else controller.facts.adopted > adopted
        if cut_now:
            cable.damage = bytes
            controller.boot()
            return b""
        return data

    cable.damage = cut
    status = link.roll_back()
    assert (status.model, status.fallback) == (first, True)
    assert link.counts.restarts == 1
    assert link.roll_back().model == second


def test_a_new_host_begins_a_new_episode(link: Link, cable: Cable) -> None:
    link.send_step(rows(1)[0])
    link.close()
    step = rows(3)[0]
    with Link(str(cable.path), KEY) as other:
        assert other.send_step(step).evidence == pytest.approx(evidence([step]), rel=1e-5)


def test_a_stop_holds_until_a_reset(link: Link, served: Served) -> None:
    link.stop()
    with pytest.raises(ControllerError, match="the host ordered a stop"):
        link.send_step(rows(1)[0])
    link.reset()
    link.send_step(rows(1)[0])
    assert served.controller.facts.stops == 1


@pytest.mark.parametrize("what", ["reset", "another host"])
def test_a_stop_outlives_what_comes_after(
    link: Link, served: Served, cable: Cable, what: str
) -> None:
    link.send_step(rows(1)[0])
    link.stop()
    if what == "reset":
        served.reset()
    else:
        link.close()
        link = Link(str(cable.path), KEY, patience=8)
    for _ in range(2):
        with pytest.raises(ControllerError, match="the host ordered a stop"):
            link.send_step(rows(1)[0])
    assert link.status().state is State.STOPPED
    link.reset()
    if what == "reset":
        served.reset()
    assert link.send_step(rows(1)[0]).evidence == pytest.approx(evidence(rows(1)), rel=1e-5)
    link.close()
