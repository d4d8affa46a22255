"""A model reaches flash whole or not at all, whatever is lost, and whenever power fails."""

from __future__ import annotations

import numpy as np
import pytest
from tests.bridge.scripted import Controller, Host, error, model

from colonnade_bridge.wire.dialect import dialect

FLASH, UPLOAD, LENGTH = error("FLASH"), error("UPLOAD"), error("LENGTH")
OFFSET, CRC, HASH, NO_MODEL = error("OFFSET"), error("CRC"), error("HASH"), error("NO_MODEL")


@pytest.fixture
def host(controller: Controller) -> Host:
    return Host(controller).greet()


def commit(host: Host) -> int:
    (status,) = host.say(host.command(dialect().CLN_DO_COMMIT))
    return int(status.error)


def in_use(host: Host) -> int:
    return int(host.say(host.command(dialect().CLN_DO_REPORT))[1].model)


def send(host: Host, blob: bytes) -> None:
    for offset in range(0, len(blob), 224):
        host.say(host.chunk(blob, offset))


@pytest.mark.parametrize("length", [13, 223, 224, 225, 5000, 131072])
def test_a_model_lies_in_flash_as_it_was_sent(host: Host, length: int) -> None:
    blob, number = model(5, length)
    status = host.upload(blob, number)
    assert (status.error, status.model, status.slot, status.fallback) == (0, number, 0, 0)
    assert bytes(host.controller.flash[:length]) == blob


@pytest.mark.parametrize("forged", [0, 1])
def test_a_model_is_what_its_hash_tells_or_not_used(host: Host, forged: int) -> None:
    """The controller computes it at every change of models; at boot the record has it."""
    for number in (1, 2):
        assert host.upload(*model(number)).error == 0
    host.controller.facts.forged = forged
    status = host.upload(*model(3))
    assert (status.error, status.model) == ((HASH, 2) if forged else (0, 3))
    host.controller.facts.forged = 0
    assert host.upload(*model(4)).error == 0
    host.controller.facts.forged = forged
    (back,) = host.say(host.command(dialect().CLN_DO_ROLL_BACK))
    assert (back.error, back.model) == ((HASH, 4) if forged else (0, 3))
    assert in_use(host) == back.model


def test_models_alternate_between_slots_and_can_be_rolled_back(host: Host) -> None:
    for number, slot in ((1, 0), (2, 1), (3, 0)):
        status = host.upload(*model(number))
        assert (status.slot, status.model) == (slot, number)
    (back,) = host.say(host.command(dialect().CLN_DO_ROLL_BACK))
    assert (back.error, back.model, back.slot, back.fallback) == (0, 2, 1, 1)
    (forth,) = host.say(host.command(dialect().CLN_DO_ROLL_BACK))
    assert (forth.model, forth.slot) == (3, 0)


def test_the_model_in_use_is_so_after_a_reset(host: Host) -> None:
    host.upload(*model(1))
    host.upload(*model(2))
    host.controller.boot()
    assert host.controller.error == 0
    again = Host(host.controller).greet()
    assert in_use(again) == 2
    (back,) = again.say(again.command(dialect().CLN_DO_ROLL_BACK))
    assert back.model == 1


def test_there_is_nothing_to_roll_back_to(host: Host) -> None:
    (status,) = host.say(host.command(dialect().CLN_DO_ROLL_BACK))
    assert status.error == NO_MODEL
    host.upload(*model(1))
    (status,) = host.say(host.command(dialect().CLN_DO_ROLL_BACK))
    assert (status.error, status.model) == (NO_MODEL, 1)


def test_steps_are_answered_while_a_model_arrives(host: Host) -> None:
    host.upload(*model(1))
    blob, number = model(2)
    host.say(host.begin(blob, number))
    host.say(host.chunk(blob, 0))
    (decision,) = host.say(host.percept(np.ones(18)))
    assert decision.error == 0
    send(host, blob)
    assert commit(host) == 0
    assert in_use(host) == 2


@pytest.mark.parametrize("length", [0, 131073, 2**32 - 1])
def test_a_length_that_the_slot_cannot_hold_is_refused(host: Host, length: int) -> None:
    host.upload(*model(1))
    blob, number = model(2)
    (status,) = host.say(host.begin(blob, number, length=length))
    assert status.error == LENGTH
    assert commit(host) == UPLOAD
    assert in_use(host) == 1


def test_a_beginning_that_is_refused_does_not_end_an_upload(host: Host) -> None:
    blob, number = model(2)
    host.say(host.begin(blob, number))
    host.say(host.chunk(blob, 0))
    (status,) = host.say(host.begin(blob, number, length=0))
    assert (status.error, status.next) == (LENGTH, 224)
    send(host, blob)
    assert commit(host) == 0
    assert in_use(host) == 2


@pytest.mark.parametrize("when", [0, 1, 2, 3, 4])
def test_a_slot_that_is_erased_is_no_fallback_after_a_reset(host: Host, when: int) -> None:
    host.upload(*model(1))
    host.upload(*model(2))
    host.controller.facts.power = when  # the record is erased and written, then the slot is erased
    host.say(host.begin(*model(3)))
    host.controller.facts.power = 0
    host.controller.boot()
    again = Host(host.controller).greet()
    status = again.say(again.command(dialect().CLN_DO_REPORT))[1]
    assert (status.model, status.fallback) == (2, int(when in (1, 2)))
    (back,) = again.say(again.command(dialect().CLN_DO_ROLL_BACK))
    assert (back.error, back.model) == ((0, 1) if status.fallback else (NO_MODEL, 2))


def test_a_model_cut_short_is_refused(host: Host) -> None:
    host.upload(*model(1))
    blob, number = model(2)
    host.say(host.begin(blob, number))
    send(host, blob[: 224 * 5])
    assert commit(host) == UPLOAD
    assert in_use(host) == 1


def test_a_wrong_checksum_is_refused(host: Host) -> None:
    host.upload(*model(1))
    blob, number = model(2)
    host.say(host.begin(blob, number, crc=7))
    send(host, blob)
    assert commit(host) == CRC
    assert in_use(host) == 1


def test_another_model_than_announced_is_refused(host: Host) -> None:
    host.upload(*model(1))
    blob, _ = model(2)
    host.say(host.begin(blob, 3))
    send(host, blob)
    assert commit(host) == HASH
    assert in_use(host) == 1


def test_what_the_loader_refuses_is_refused(host: Host) -> None:
    host.upload(*model(1))
    host.say(host.begin(bytes(3000), 2))
    send(host, bytes(3000))
    assert commit(host) == NO_MODEL  # the scripted mind's word for it
    assert in_use(host) == 1


def test_hostile_offsets_write_nothing(host: Host) -> None:
    host.upload(*model(1))
    blob, number = model(2)
    host.say(host.begin(blob, number))
    before = bytes(host.controller.flash)
    chunk = dialect().MAVLink_cln_model_data_message
    for offset, count in ((2**32 - 1, 1), (2**32 - 224, 224), (3001, 1), (2990, 224), (0, 255)):
        (status,) = host.say(chunk(host.session, offset, count, b"\1" * 224))
        assert (status.error, status.next) == (OFFSET, 0)
    (status,) = host.say(chunk(host.session, 0, 100, b"\1" * 224))  # not a whole chunk
    assert status.error == OFFSET
    assert bytes(host.controller.flash) == before
    assert host.report().refused == 6
    send(host, blob)
    assert commit(host) == 0


def test_chunks_without_a_beginning_are_refused(host: Host) -> None:
    blob, _ = model(2)
    (status,) = host.say(host.chunk(blob, 0))
    assert status.error == UPLOAD


def test_lost_and_doubled_chunks_do_no_harm(host: Host) -> None:
    blob, number = model(2)
    host.say(host.begin(blob, number))
    expected = 0
    for offset in (0, 0, 448, 672, 224, 224, 0, 448):
        (status,) = host.say(host.chunk(blob, offset))
        expected += 224 * (offset == expected)
        assert (status.error, status.next) == (0, expected)
    send(host, blob)
    assert commit(host) == 0


def test_a_beginning_that_arrives_twice_erases_once(host: Host) -> None:
    blob, number = model(2)
    begin = host.begin(blob, number)
    host.say(begin)
    host.say(host.chunk(blob, 0))
    (status,) = host.say(begin)
    assert (status.error, status.next) == (0, 224)


def test_flash_that_fails_is_told(host: Host) -> None:
    host.upload(*model(1))
    host.controller.facts.power = 1
    (status,) = host.say(host.begin(*model(2)))
    assert status.error == FLASH
    assert in_use(host) == 1


def test_a_mind_that_fails_to_adopt_is_told_and_has_no_model(host: Host) -> None:
    host.upload(*model(1))
    host.controller.facts.unfit = 1
    status = host.upload(*model(2))
    assert (status.error, status.model) == (error("MEMORY"), 0)
    (decision,) = host.say(host.percept(np.ones(18)))
    assert decision.error == NO_MODEL
    (beat,) = host.hear(host.controller.run(wait=0.5))
    assert (beat.model, beat.error) == (0, NO_MODEL)
    host.controller.facts.unfit = 0
    assert host.upload(*model(3)).error == 0
    (beat,) = host.hear(host.controller.run(wait=0.5))
    assert (beat.model, beat.error) == (3, 0)


@pytest.mark.parametrize("when", range(1, 22))
def test_power_may_fail_at_any_write(host: Host, when: int) -> None:
    """An upload of 14 chunks is one erasure, 14 writes, and a record's erasure and write."""
    host.upload(*model(1))
    host.controller.facts.power = when
    status = host.upload(*model(2))
    told = status.error == 0
    host.controller.facts.power = 0
    host.controller.boot()
    after = Host(host.controller).greet()
    assert in_use(after) == (2 if told else 1)
    assert told == (when > 17)
    assert after.upload(*model(3)).error == 0
