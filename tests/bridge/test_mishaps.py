"""What is counted of mishaps: answers that differ, wrong recognitions, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.bridge.scripted import KEY, Served, model
from tests.bridge.small_model import percepts, small_blob
from tests.bridge.tools import GCC, needs

from colonnade_bridge.mishaps import Endurance, Undisturbed, flipping, undisturbed
from colonnade_bridge.native_mind import NativeMind
from colonnade_bridge.wire.cable import Cable
from colonnade_bridge.wire.link import Link
from colonnade_bridge.wire.messages import StepDecision, StepVerdict

pytestmark = needs(*GCC)


@pytest.fixture(scope="module")
def episode() -> Undisturbed:
    """Touches of an object that is recognised, and what the C code says to them."""
    rows = list(percepts())
    return undisturbed(NativeMind(small_blob()), rows, [n > 4 for n in range(len(rows))])


class Told:
    """Stands in for link and cable; says what it is told to say."""

    def __init__(self, said: list[StepDecision]) -> None:
        self.said, self.messages_lost, self.mishap = said, 5, None
        self.happened: list[int] = []

    def reset(self) -> None:
        self.turn = 0

    def hear_out(self) -> None:
        """Nothing is on its way."""

    def send_step(self, rows: np.ndarray, *, goal: bool) -> StepDecision:
        if self.mishap is not None:
            self.happened.append(self.turn)
            self.mishap, self.messages_lost = None, self.messages_lost + 2
        self.turn += 1
        return self.said[self.turn - 1]

    def mend(self) -> None:
        self.mishap = None


def struck(episode: Undisturbed, said: list[StepDecision]) -> tuple[Endurance, Any]:
    told: Any = Told(said)
    endurance = Endurance(told, told)
    endurance.strike(episode, lambda: None)
    return endurance, told


def test_an_episode_ends_with_its_decision(episode: Undisturbed) -> None:
    assert 8 < len(episode.said) < 30
    assert episode.said[-1].verdict is StepVerdict.RECOGNISED
    assert len(episode.percepts) == len(episode.asks) == len(episode.said)
    assert [decision.goal is not None for decision in episode.said] == list(episode.asks)


def test_it_happens_once_in_the_middle(episode: Undisturbed) -> None:
    endurance, told = struck(episode, list(episode.said))
    assert told.happened == [len(episode.said) // 2]
    assert endurance.to_json() == {
        "steps": len(episode.said),
        "steps_equal": len(episode.said),
        "wrong": 0,
        "seconds": pytest.approx(0, abs=0.5),
        "messages_lost": 2,
    }


@pytest.mark.parametrize(
    ("number", "change", "wrong"),
    [
        (-1, {"object": 1}, 1),
        (-1, {"verdict": StepVerdict.OPEN}, 0),
        (-1, {"verdict": StepVerdict.UNKNOWN}, 0),
        (3, {"verdict": StepVerdict.RECOGNISED}, 1),
        (3, {"evidence": 1e6}, 0),
        (6, {"goal": None}, 0),
    ],
)
def test_an_answer_that_differs_is_counted(
    episode: Undisturbed, number: int, change: dict[str, Any], wrong: int
) -> None:
    said = list(episode.said)
    said[number] = replace(said[number], **change)
    endurance, _ = struck(episode, said)
    assert (endurance.steps - endurance.equal, endurance.wrong) == (1, wrong)


def test_one_byte_in_a_hundred_is_flipped_until_it_is_over() -> None:
    data = bytes(range(256)) * 400
    for_ever = flipping(np.random.default_rng(0), time.monotonic() + 100)(data)
    differ = sum(a != b for a, b in zip(data, for_ever, strict=True))
    assert differ / len(data) == pytest.approx(0.01, rel=0.2)
    assert flipping(np.random.default_rng(0), time.monotonic())(data) == data


@pytest.fixture
def link(cable: Cable) -> Iterator[Link]:
    """To the scripted controller."""
    with Link(str(cable.path), KEY, patience=20) as link:
        link.upload(*model())
        yield link


@pytest.fixture
def script(link: Link) -> Undisturbed:
    """An episode with the scripted controller, whose verdicts mean nothing."""
    rows = list(np.random.default_rng(0).normal(size=(10, 1, 18)).astype(np.float32))
    link.reset()
    return Undisturbed(rows, [True] * 10, [link.send_step(row, goal=True) for row in rows])


def test_a_pulled_cable_is_timed(link: Link, cable: Cable, script: Undisturbed) -> None:
    endurance = Endurance(link, cable)
    endurance.strike(script, lambda: cable.pull(0.2))
    assert (endurance.steps, endurance.equal, endurance.wrong) == (10, 10, 0)
    assert 0.2 < endurance.seconds < 2
    assert link.counts.reconnects == 1


def test_the_time_of_flipped_bytes_is_counted_from_their_end(
    link: Link, cable: Cable, script: Undisturbed
) -> None:
    endurance = Endurance(link, cable)
    begun = time.monotonic()
    endurance.flip([script], 0.6, np.random.default_rng(0))
    assert time.monotonic() - begun > 0.6
    assert endurance.equal == endurance.steps > 0
    assert endurance.steps % len(script.said) == 0  # the last episode was done to its end
    assert 0 <= endurance.seconds < 2
    assert endurance.messages_lost > 0


def test_a_controller_that_falls_silent_costs_what_it_owes(
    link: Link, cable: Cable, script: Undisturbed
) -> None:
    endurance = Endurance(link, cable)
    link._dialogue.patience = 0.5

    def cut() -> None:
        cable.damage = lambda data: b""

    endurance.strike(script, cut)
    assert (endurance.steps, endurance.equal) == (6, 5)
    assert endurance.seconds >= 0.5
    link._dialogue.patience = 20
    endurance.strike(script, lambda: None)  # its cable was mended
    assert (endurance.steps, endurance.equal) == (16, 15)


def test_many_mishaps_add_up(link: Link, cable: Cable, served: Served, script: Undisturbed) -> None:
    endurance = Endurance(link, cable)
    for _ in range(2):
        endurance.strike(script, served.reset)
    assert (endurance.steps, endurance.equal) == (20, 20)
    assert link.counts.restarts == 2


def test_where_it_leads_is_no_matter_to_the_cable(tmp_path: Any) -> None:
    """Bytes pass both ways, are damaged both ways, and are lost while it is out."""
    import serial

    heard: list[bytes] = []
    far = SimpleNamespace(
        pass_on=lambda data: (heard.append(data), data.upper())[1] if data else b""
    )
    with Cable(tmp_path / "port", far) as cable:
        with serial.Serial(str(cable.path), timeout=5) as line:
            line.write(b"echo")
            assert line.read(4) == b"ECHO"
            cable.damage = lambda data: data[1:]
            line.write(b"echo")
            assert line.read(2) == b"HO"
        assert heard[-1] == b"cho"
        cable.mend()
        cable.pull(0.05)
        assert not cable.path.exists()
        begun = time.monotonic()
        while not cable.path.exists() and time.monotonic() < begun + 5:
            time.sleep(0.005)
        with serial.Serial(str(cable.path), timeout=5) as line:
            line.write(b"echo")
            assert line.read(4) == b"ECHO"
    assert not cable.path.exists()
