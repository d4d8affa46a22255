"""The whole firmware on emulated boards and as a process: same bits, and nothing forgotten."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from tests.bridge.firmwares import board, posix, upload
from tests.bridge.small_model import model_hash, percepts, small_blob
from tests.bridge.tools import ARM, GCC, MAKE, QEMU, needs

from colonnade_bridge.boards import BOARDS
from colonnade_bridge.build import build
from colonnade_bridge.native import NativeColumn
from colonnade_bridge.size_report import read_map
from colonnade_bridge.wire.errors import ControllerError
from colonnade_bridge.wire.link import Link
from colonnade_bridge.wire.messages import StepDecision, StepVerdict

pytestmark = [needs(*ARM), needs(*GCC), needs(*MAKE), needs(*QEMU)]

WALKED = 4


def recognise(link: Link, rows: np.ndarray) -> list[StepDecision]:
    """The decisions of an episode, until there is one."""
    decisions: list[StepDecision] = []
    for number, row in enumerate(rows):
        decisions.append(link.send_step(row, goal=number >= WALKED))
        if decisions[-1].verdict != StepVerdict.OPEN:
            break
    return decisions


def bits(numbers: object) -> bytes:
    return np.asarray(numbers, np.float32).tobytes()


def assert_same(decisions: list[StepDecision], rows: np.ndarray) -> None:
    """What the C code says when it is run here, bit for bit."""
    here = NativeColumn(small_blob())
    for number, (said, row) in enumerate(zip(decisions, rows, strict=False)):
        state = here.step(row)
        if state == StepVerdict.RECOGNISED:
            here.polish()
        known = here.decide()
        assert (said.verdict, said.object, said.poses) == (state, known.object, known.others)
        scores = [known.evidence, known.rival, known.fit]
        assert bits([said.evidence, said.rival, said.fit]) == bits(scores)
        assert bits(said.rotation) + bits(said.translation) == bits(known.pose)
        goal = here.goal(number + 1) if number >= WALKED else None
        assert (said.goal is None) == (goal is None)
        assert goal is None or bits(said.goal) == bits(goal)


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_recognises_as_this_computer_does(name: str, tmp_path: Path) -> None:
    with board(name, tmp_path / "flash") as (link, _):
        with pytest.raises(ControllerError, match="no model"):
            link.send_step(percepts()[0])
        upload(link)
        decisions = recognise(link, percepts())
        assert_same(decisions, percepts())
        assert decisions[-1].verdict == StepVerdict.RECOGNISED
        assert decisions[-1].object == 0
        link.hear_out()
        assert link.messages_lost == 0
        link.reset()
        again = recognise(link, percepts())
        assert all(map(StepDecision.same, decisions, again))
        works = [(a.work, b.work) for a, b in zip(decisions, again, strict=True)]
        assert all(a == pytest.approx(b, abs=3) for a, b in works)  # instructions repeat
        told, report = link.telemetry(), read_map(build(name).map)
    assert 300 < told.stack < report.stack
    assert told.ram == pytest.approx(report.ram - report.stack, abs=16)
    assert told.work_most == max(max(pair) for pair in works)


def test_a_process_recognises_as_this_computer_does(tmp_path: Path) -> None:
    with posix(tmp_path) as link:
        upload(link)
        assert_same(recognise(link, percepts()), percepts())
    with posix(tmp_path) as link:
        status = link.status()
    assert (status.model, status.boots) == (model_hash(small_blob()), 2)


def test_what_cannot_have_been_felt_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    with posix(tmp_path) as link:
        upload(link)
        rows = percepts()
        first = [link.send_step(row) for row in rows[:3]]
        wild = rows[3].copy()
        wild[3:6] = 5
        with pytest.raises(ControllerError, match="no percept of the step can have been felt"):
            link.send_step(wild)
        first.append(link.send_step(rows[3]))
        assert_same(first + [link.send_step(row, goal=True) for row in rows[4:7]], rows)


def test_a_reset_in_the_middle_of_an_episode_changes_nothing(tmp_path: Path) -> None:
    with board("an500", tmp_path / "flash") as (link, emulator):
        upload(link)
        rows = percepts()
        first = [link.send_step(row) for row in rows[:4]]
        emulator.reset()
        begun = time.monotonic()
        first.append(link.send_step(rows[4], goal=True))
        assert time.monotonic() - begun < 2
        first += [link.send_step(row, goal=True) for row in rows[5:7]]
        assert_same(first, rows)
        assert link.counts.restarts == 1
        assert link.status().boots == 2


def test_a_power_cut_during_an_upload_leaves_the_old_model(tmp_path: Path) -> None:
    class PowerCutError(Exception):
        pass

    def cut(arrived: int) -> None:
        if arrived > len(small_blob()) // 2:
            raise PowerCutError

    with board("an386", tmp_path / "flash") as (link, _):
        upload(link)
        with pytest.raises(PowerCutError):
            link.upload(small_blob()[::-1], 1, cut)
    with board("an386", tmp_path / "flash") as (link, _):
        assert link.status().model == model_hash(small_blob())
        assert_same(recognise(link, percepts(4)), percepts(4))


def test_each_board_draws_sessions_of_its_own(tmp_path: Path) -> None:
    sessions = set()
    for number in range(2):
        with board("an500", tmp_path / f"flash-{number}") as (link, _):
            link.status()
            sessions.add(link._dialogue.session)
    assert len(sessions) == 2
