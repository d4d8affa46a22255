"""What an export loses is counted: answers before and after, of recorded percepts."""

from __future__ import annotations

import pytest
from tests.bridge.tools import GCC, needs
from tests.models.episodes import episode, memory_objects

from colonnade_bridge.export import export_blob
from colonnade_bridge.loss import Compared, compare, loss_of
from colonnade_bridge.percepts import record

NAMES = ("mug", "bowl")


def test_shares_are_of_episodes_of_which_one_knows_what_was_shown() -> None:
    episodes = [
        Compared("mug", "mug", "mug", 7, 8),
        Compared("mug", "mug", "bowl", 7, 10),
        Compared("alien", "unknown", "unknown", 30, 40),
        Compared("alien", "mug", "unknown", 30, 40),
        Compared("", "bowl", "bowl", 6, 12),
    ]
    loss = loss_of(episodes, NAMES)
    assert (loss.episodes, loss.same) == (5, 3)
    assert (loss.accuracy_before, loss.accuracy_after) == (0.75, 0.75)
    assert (loss.steps_before, loss.steps_after) == (16.0, 22.0)
    assert loss.to_json()["same_answers"] == 3


def test_without_a_truth_there_is_no_accuracy() -> None:
    loss = loss_of([Compared("", "mug", "mug", 5, 5)], NAMES)
    assert loss.accuracy_before is loss.accuracy_after is None
    assert loss.same == 1


@needs(*GCC)
@pytest.mark.parametrize("patches", [1, 2])
def test_both_minds_are_asked(patches: int) -> None:
    shown = [("first", 0), ("brick", 3), ("second", 1)]
    rows = [(name, episode(name, s)[0].reshape(-1, patches, 18)) for name, s in shown]
    memory = memory_objects()
    found = list(compare(memory, export_blob(memory, 0.05), record(rows, 0.05)))
    for one, (name, _) in zip(found, shown, strict=True):
        assert one[:3] == (name, name, name)
        assert 0 < one.steps_before <= 60 // patches
        assert 0 < one.steps_after <= 60 // patches
    assert loss_of(found, memory.names).accuracy_after == 1.0
