"""What happens to cables and controllers in the middle of an episode, and what comes of it.

Whatever it is, each step has to be answered as if nothing had happened, and soon. Episodes that
were felt before are done again over a `Cable`, while it is pulled, flips bytes, or the controller
is reset.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.native_mind import NativeMind
from colonnade_bridge.wire.cable import Cable
from colonnade_bridge.wire.errors import WireError
from colonnade_bridge.wire.link import Link
from colonnade_bridge.wire.messages import StepDecision, StepVerdict

__all__ = ["FLIPPED_FOR", "PULLED_FOR", "Endurance", "Undisturbed", "flipping", "undisturbed"]

PULLED_FOR = 0.3
"""Seconds that a cable is out."""
FLIPPED_FOR = 10.0
"""Seconds for which bytes are flipped."""
FLIPPED = 0.01
"""Share of the bytes."""


@dataclass(frozen=True)
class Undisturbed:
    """An episode, and what is said to it when nothing happens."""

    percepts: Sequence[NDArray[np.float32]]
    """(C, 18) or (18,) of each step."""
    asks: Sequence[bool]
    """Of each step, whether a goal is asked for as well."""
    said: Sequence[StepDecision]


def undisturbed(
    mind: Link | NativeMind, percepts: Sequence[NDArray[np.float32]], asks: Sequence[bool]
) -> Undisturbed:
    """Do an episode up to the decision, with nothing happening to it."""
    mind.reset()
    said: list[StepDecision] = []
    for rows, goal in zip(percepts, asks, strict=True):
        said.append(mind.send_step(rows, goal=goal))
        if said[-1].verdict is not StepVerdict.OPEN:
            break
    return Undisturbed(percepts[: len(said)], asks[: len(said)], said)


class Endurance:
    """Counts what comes of one kind of mishap, or of several.

    Args:
        link: over the cable.
    """

    def __init__(self, link: Link, cable: Cable) -> None:
        self.link, self.cable = link, cable
        self.steps = 0
        """That were asked for, before, during and after."""
        self.equal = 0
        """That were answered as if nothing had happened, bit for bit."""
        self.wrong = 0
        """That recognised what they would not have recognised otherwise."""
        self.seconds = 0.0
        """From a mishap's beginning, or the end of one that lasts, until the next answer: the
        longest, or how long it was waited for in vain."""
        link.hear_out()
        self._lost_before = link.messages_lost

    @property
    def messages_lost(self) -> int:
        """Messages that did not get through at once."""
        return self.link.messages_lost - self._lost_before

    def strike(self, episode: Undisturbed, mishap: Callable[[], None]) -> None:
        """Let something happen once, when the episode's middle step has been sent."""
        work = self._through([episode])
        with self._hardened():
            for _ in range(1 + len(episode.said) // 2):
                next(work)
            self.cable.mishap = mishap
            with self._until_well(time.monotonic()):
                next(work)
            for _ in work:
                pass

    def flip(
        self, episodes: Iterable[Undisturbed], seconds: float, random: np.random.Generator
    ) -> None:
        """Flip bytes for some time, meanwhile do episode after episode, and the last to its end."""
        over = time.monotonic() + seconds
        work = self._through(takewhile(lambda _: time.monotonic() < over, cycle(episodes)))
        with self._hardened():
            self.cable.damage = flipping(random, over)
            with self._until_well(over):
                for _ in work:
                    if time.monotonic() >= over:
                        break
            for _ in work:
                pass

    def to_json(self) -> dict[str, Any]:
        """The counts."""
        return {
            "steps": self.steps,
            "steps_equal": self.equal,
            "wrong": self.wrong,
            "seconds": self.seconds,
            "messages_lost": self.messages_lost,
        }

    def _through(self, episodes: Iterable[Undisturbed]) -> Iterator[None]:
        """Do episodes, one answer at a time: first that of the reset, then those of its steps."""
        for episode in episodes:
            self.link.reset()
            yield
            for rows, goal, said in zip(episode.percepts, episode.asks, episode.said, strict=True):
                self.steps += 1
                decision = self.link.send_step(rows, goal=goal)
                self.equal += decision.same(said)
                self.wrong += _recognised(decision) not in (None, _recognised(said))
                yield

    @contextmanager
    def _hardened(self) -> Iterator[None]:
        """A controller that falls silent costs the steps that it owes; then the cable is mended."""
        try:
            with suppress(WireError):
                yield
        finally:
            self.cable.mend()

    @contextmanager
    def _until_well(self, since: float) -> Iterator[None]:
        try:
            yield
        finally:
            self.seconds = max(self.seconds, time.monotonic() - since)


def flipping(random: np.random.Generator, until: float) -> Callable[[bytes], bytes]:
    """What flips one byte in a hundred until a time of the monotonic clock."""

    def flip(data: bytes) -> bytes:
        if time.monotonic() >= until:
            return data
        flipped = np.frombuffer(data, np.uint8).copy()
        hit = random.random(len(flipped)) < FLIPPED
        flipped[hit] ^= random.integers(1, 256, int(hit.sum()), np.uint8)
        return flipped.tobytes()

    return flip


def _recognised(decision: StepDecision) -> int | None:
    return decision.object if decision.verdict is StepVerdict.RECOGNISED else None
