"""Whoever has not the key, or only a recording, changes nothing on the controller."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from tests.bridge.scripted import KEY, STATES, Controller, Host, error, model

from colonnade_bridge.wire.dialect import dialect

ROW = np.arange(18) / 7
SKIPPED = 2


def with_model(controller: Controller) -> Host:
    host = Host(controller).greet()
    host.upload(*model())
    return host


def steps(controller: Controller) -> int:
    return int(controller.facts.steps)


def newest_record(controller: Controller) -> int:
    """Where in flash it is."""
    first, second = (
        int.from_bytes(controller.flash[STATES + at : STATES + at + 4], "little")
        for at in (8, 256 + 8)
    )
    return STATES + 256 * (first < second)


def spoil(controller: Controller, at: int) -> None:
    controller.flash[at] = bytes([controller.flash[at][0] ^ 0x10])


def test_a_host_with_another_key_is_not_heard(controller: Controller) -> None:
    host = with_model(controller)
    stranger = Host(controller, key=bytes(32), stamp=10**13)
    stranger.session, stranger.sequence = host.session, 100
    assert stranger.say(stranger.percept(ROW), stranger.command(dialect().CLN_DO_STOP)) == []
    assert steps(controller) == 0
    assert host.report().bad_signature == 2


def test_unsigned_frames_are_not_heard(controller: Controller) -> None:
    host = with_model(controller)
    host.mav.signing.sign_outgoing = False
    assert host.say(host.percept(ROW)) == []
    host.mav.signing.sign_outgoing = True
    assert steps(controller) == 0
    assert host.report().dropped > 0


def test_a_frame_inside_an_unsigned_one_needs_a_signature(controller: Controller) -> None:
    """Back-tracking looks into payloads; what is in there is not trusted for being whole."""
    host = with_model(controller)
    host.mav.signing.sign_outgoing = False
    inner = host.frame(host.command(dialect().CLN_DO_STOP))
    outer = dialect().MAVLink_cln_model_data_message(host.session, 0, 224, inner.ljust(224, b"\1"))
    assert host.hear(controller.run(host.frame(outer))) == []
    assert controller.facts.stops == 0


@pytest.mark.parametrize("component", [1, 25, 190])
def test_other_components_are_not_heard(controller: Controller, component: int) -> None:
    host = with_model(controller)
    host.mav.srcComponent = component
    assert host.say(host.percept(ROW)) == []
    assert steps(controller) == 0


def test_a_message_of_another_dialect_is_not_heard(controller: Controller) -> None:
    host = with_model(controller)
    message = host.percept(ROW)
    message._header.msgId = 42010
    assert host.say(message) == []
    assert host.report().dropped > 0


def test_a_recorded_frame_is_refused(controller: Controller) -> None:
    host = with_model(controller)
    frame = host.frame(host.percept(ROW))
    assert len(host.hear(controller.run(frame))) == 1
    assert host.hear(controller.run(frame) + controller.run(frame)) == []
    assert steps(controller) == 1
    assert host.report().replayed == 2


def test_a_recording_is_refused_after_a_reboot(controller: Controller) -> None:
    host = with_model(controller)
    recording = host.frame(host.command(dialect().CLN_DO_STOP)) + host.frame(host.percept(ROW))
    controller.run(recording)
    stops = int(controller.facts.stops)
    assert stops == 1
    controller.boot()
    controller.run(recording)
    assert controller.facts.stops == 0
    assert steps(controller) == 0
    fresh = Host(controller, stamp=1)  # whose clock was lost, too
    assert fresh.greet().session != host.session
    assert fresh.report().replayed == 2


def test_a_recording_is_refused_even_where_time_stamps_were_lost(controller: Controller) -> None:
    host = with_model(controller)
    recording = host.frame(host.command(dialect().CLN_DO_STOP))
    ctypes.memset(ctypes.addressof(controller.flash) + STATES, 0xFF, 512)
    controller.chance = 8  # what the hardware knows of chance
    controller.boot()
    (beat,) = host.hear(controller.run(recording, wait=0.2))  # its stamp was accepted
    assert controller.facts.stops == 0
    assert beat.get_type() == "CLN_HEARTBEAT"
    assert beat.session != host.session
    assert Host(controller, stamp=host.mav.signing.timestamp).greet().report().stale == 1


def test_without_chance_and_records_only_another_key_refuses_a_recording(
    wire_code: ctypes.CDLL,
) -> None:
    """As docs/spec/wire.md warns: the session is that of the first day."""
    for key, stops in ((KEY, 1), (bytes(32), 0)):
        controller = Controller(wire_code)
        host = with_model(controller)
        recording = host.frame(host.command(dialect().CLN_DO_STOP))
        ctypes.memset(ctypes.addressof(controller.flash) + STATES, 0xFF, 512)
        controller.key = key
        controller.boot()
        controller.run(recording)
        assert controller.facts.stops == stops


def test_no_two_boots_have_the_same_session(wire_code: ctypes.CDLL) -> None:
    controller = Controller(wire_code)
    twin = Controller(wire_code, chance=9)
    sessions = [Host(twin).greet().session]
    for _ in range(20):
        sessions.append(Host(controller, stamp=10**13).greet().session)
        controller.boot()
    assert len(set(sessions)) == 21


def test_time_stamps_never_go_backwards_over_a_reboot(controller: Controller) -> None:
    host = with_model(controller)
    last = host.receiver.heard
    for _ in range(5):
        controller.boot()
        (beat,) = host.hear(controller.run())
        assert beat.get_type() == "CLN_HEARTBEAT"
        assert host.receiver.heard > last
        last = host.receiver.heard


def test_heartbeats_in_silence_use_no_stamp_again_after_a_reboot(controller: Controller) -> None:
    host = with_model(controller)
    at = newest_record(controller) + 16
    reserved = int.from_bytes(controller.flash[at : at + 8], "little")
    host.mav.signing.timestamp = reserved - 1021  # so that nothing is reserved anew for it
    host.report()
    writes = int(controller.facts.writes)
    for _ in range(1200):
        host.hear(controller.run(wait=0.5))
    assert controller.facts.writes == writes + 2  # an erasure and a record
    last = host.receiver.heard
    assert last > reserved
    controller.boot()
    (beat,) = host.hear(controller.run())
    assert (beat.get_type(), host.receiver.heard > last) == ("CLN_HEARTBEAT", True)


def test_a_controller_that_cannot_reserve_stamps_still_tells_why(controller: Controller) -> None:
    host = with_model(controller)
    at = newest_record(controller) + 16
    host.mav.signing.timestamp = int.from_bytes(controller.flash[at : at + 8], "little") - 1021
    host.report()
    controller.facts.power = 1
    beats = [beat for _ in range(100) for beat in host.hear(controller.run(wait=0.5))]
    assert beats[-1].error == error("FLASH")
    assert host.say(host.percept(ROW)) == []
    controller.facts.power = 0
    writes = int(controller.facts.writes)
    beats = [beat for _ in range(100) for beat in host.hear(controller.run(wait=0.5))]
    assert beats[-1].error == 0
    assert controller.facts.writes == writes + 2  # an erasure and a record
    (answer,) = host.say(host.hello(5))
    assert (answer.challenge, answer.error) == (5, 0)


@pytest.mark.parametrize("greeted", [False, True])
def test_flash_that_fails_is_not_worn_out(controller: Controller, greeted: bool) -> None:
    """It can be erased and not be programmed; a host says hello five times a second."""
    controller.boot(power=2)
    host, erased = Host(controller), 0
    for _ in range(5 * 3600):
        controller.facts.power = 2
        heard = host.say(host.hello(5)) if greeted else []
        beats = [*heard, *host.hear(controller.run(wait=0.2))]
        assert all(beat.challenge == 0 and beat.error == error("FLASH") for beat in beats)
        erased += controller.facts.power == 1
    assert 10 <= erased <= 13


def test_flash_is_not_worn_out_by_time_stamps(controller: Controller) -> None:
    host = with_model(controller)
    writes = int(controller.facts.writes)
    for minute in range(120):  # two hours at a step a minute
        host.mav.signing.timestamp = 2 * 10**12 + minute * 6_000_000
        host.say(host.percept(ROW))
    assert steps(controller) == 120
    assert controller.facts.writes - writes <= 2 * 4  # an erasure and a record each


@pytest.mark.parametrize("field", ["nan", "inf", "patch", "patches", "old"])
def test_a_step_that_makes_no_sense_is_refused(controller: Controller, field: str) -> None:
    host = with_model(controller)
    host.say(host.percept(ROW))
    row = ROW.copy()
    if field in ("nan", "inf"):
        row[7] = float(field)
        message = host.percept(row)
    elif field == "old":
        message = host.percept(ROW, sequence=host.sequence - 1)
    else:
        message = host.percept(ROW, patch=3 if field == "patch" else 5,
                               patches=3 if field == "patch" else 6)  # fmt: skip
    answers = host.say(message)
    if field == "old":
        assert answers == []
    else:
        ((answer),) = answers
        assert (answer.notes, answer.error) == (SKIPPED, error("ARGUMENT"))
        assert host.say(message)[0].error == error("ARGUMENT")
    assert steps(controller) == 1
    assert host.report().refused == 1


def test_frames_of_a_step_that_disagree_are_answered_with_an_error(controller: Controller) -> None:
    host = with_model(controller)
    number = host.next()
    assert host.say(host.percept(ROW, patch=0, patches=3, sequence=number)) == []
    (answer,) = host.say(host.percept(ROW, patch=1, patches=2, sequence=number))
    assert (answer.sequence, answer.error) == (number, error("ARGUMENT"))
    (decision,) = host.say(host.percept(ROW))
    assert decision.error == 0
    assert steps(controller) == 1


def test_both_records_broken_is_told_and_survived(wire_code: ctypes.CDLL) -> None:
    controller = Controller(wire_code, KEY)
    host = with_model(controller)
    for record in (0, 256):
        spoil(controller, STATES + record + 20)
    controller.boot()
    assert controller.error == error("STATE")
    fresh = Host(controller, stamp=host.mav.signing.timestamp).greet()
    assert fresh.session != 0


@pytest.mark.parametrize("broken", [1, 2])
def test_a_broken_record_of_a_boot_lets_no_recording_of_it_in(
    controller: Controller, broken: int
) -> None:
    """Without chance of its own the controller must not draw the session of that boot again."""
    host = with_model(controller)
    sessions = [host.session]
    for _ in range(broken):
        controller.boot()
        host = Host(controller, stamp=host.mav.signing.timestamp).greet()
        sessions.append(host.session)
        recording = host.frame(host.command(dialect().CLN_DO_RESET)) + host.frame(host.percept(ROW))
        controller.run(recording)
        assert (steps(controller), controller.facts.resets) == (1, 1)
        spoil(controller, newest_record(controller) + 12)
    controller.boot()
    assert controller.error == error("STATE")
    controller.run(recording)
    assert (steps(controller), controller.facts.resets) == (0, 0)
    fresh = Host(controller, stamp=host.mav.signing.timestamp).greet()
    assert len({*sessions, fresh.session}) == broken + 2
    assert fresh.report().replayed == 2
    controller.boot()
    assert controller.error == 0


def test_a_stop_that_flash_refused_is_kept_when_it_is_ordered_again(controller: Controller) -> None:
    host = with_model(controller)
    controller.facts.power = 1
    host.say(host.command(dialect().CLN_DO_STOP))
    controller.facts.power = 0
    assert host.say(host.hello(5))[-1].error == error("FLASH")
    host.say(host.command(dialect().CLN_DO_STOP))
    assert host.say(host.hello(5))[-1].error == 0
    controller.boot()
    fresh = Host(controller, stamp=host.mav.signing.timestamp).greet()
    assert fresh.say(fresh.percept(ROW))[-1].error == error("STOPPED")


def test_a_lost_state_is_told_until_the_next_boot_though_flash_failed_meanwhile(
    controller: Controller,
) -> None:
    host = with_model(controller)
    controller.boot()  # so that both records have the model
    spoil(controller, newest_record(controller) + 12)
    controller.boot(power=1)
    assert controller.error == error("FLASH")
    controller.facts.power = 0
    writes = int(controller.facts.writes)
    controller.run(wait=1)
    fresh = Host(controller, stamp=host.mav.signing.timestamp).greet()
    assert controller.facts.writes == writes + 4  # both records, each erased and written
    assert fresh.say(fresh.hello(5))[-1].error == error("STATE")
    controller.boot()
    assert controller.error == 0


@pytest.mark.parametrize("at", range(0, 64, 5))
def test_a_broken_record_falls_back_on_the_one_before(controller: Controller, at: int) -> None:
    host = with_model(controller)
    stamp = host.receiver.heard
    spoil(controller, newest_record(controller) + at)
    controller.boot()
    (beat,) = host.hear(controller.run())
    assert beat.session not in (0, host.session)
    assert host.receiver.heard > stamp
