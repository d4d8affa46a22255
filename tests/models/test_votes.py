"""Votes: percepts of several patches enter at once, and patience counts those that met."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.models.episodes import (
    episode,
    errors,
    memory,
    memory_objects,
    state_of,
)

from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models.column_state import CALM
from colonnade_models.memory import Memory, ObjectMemory
from colonnade_models.twin import NATS, NATS_OF_A_TURN, RATE, WORTH

f = np.float32


def test_votes_of_several_patches_are_the_evidence_of_each() -> None:
    """Percepts that enter together weigh as much as one after the other, and are judged once."""
    taken = []
    for seed in range(4):
        rows, turn, shift = episode("first", seed)
        together = C.init(memory())
        for k in range(0, len(rows), 5):
            if C.vote(together, memory(), rows[k : k + 5]) != C.OPEN:
                taken.append(k // 5 + 1)
                break
        assert together.verdict.state[0] == C.RECOGNISED
        C.polish(together, memory())
        angle, place = errors(together, "first", turn, shift)
        assert angle < 12
        assert place < 0.006
    assert np.mean(taken) <= 8


def test_the_vote_of_one_patch_is_a_step() -> None:
    rows, _, _ = episode("third", 1)
    one, other = C.init(memory()), C.init(memory())
    for row in rows[:20]:
        assert C.step(one, memory(), row) == C.vote(other, memory(), row[None])
        assert state_of(one) == state_of(other)


def brick_that_should_not_tie() -> Memory:
    """A brick of which learning claims that touches tell its half turns, which they do not."""
    brick = memory_objects()["brick"]
    twins = brick.twins.copy()
    twins[:, [NATS, NATS_OF_A_TURN, RATE, WORTH]] = 1.0
    return ObjectMemory([replace(brick, twins=twins)]).arrays


def test_patience_is_counted_by_what_met_the_object() -> None:
    known = brick_that_should_not_tie()
    column = C.init(known, C.default_settings()._replace(refuted=f(np.inf)))
    rows, _, _ = episode("brick", 2)
    nothing = np.zeros((5, P.PERCEPT_SIZE), f)
    nothing[:, P.LOCATION] = 9.0
    nothing[:, P.NORMAL] = 1.0
    for row in rows[:12]:
        C.step(column, known, row)
    calm = column.tally[CALM]
    assert 0 < calm < 12
    for met, counted in ((5, 5), (2, 2), (1, 1), (0, 1)):
        percepts = np.concatenate([rows[20 : 20 + met], nothing[met:]])
        assert C.vote(column, known, percepts) == C.OPEN
        assert column.tally[CALM] == calm + counted
        calm = column.tally[CALM]
    while C.step(column, known, rows[30]) == C.OPEN:
        assert column.tally[CALM] < column.settings.patience
    assert column.verdict.state[0] == C.RECOGNISED
    assert column.tally[CALM] == column.settings.patience
    assert column.verdict.state[3] == column.possible[: column.hypotheses.count[0]].sum() - 1 > 0


def test_a_vote_without_a_sound_percept_changes_nothing() -> None:
    rows, _, _ = episode("first", 0)
    column = C.init(memory())
    C.vote(column, memory(), rows[:5])
    before = state_of(column)
    assert C.vote(column, memory(), np.full((5, P.PERCEPT_SIZE), np.nan, f)) == C.OPEN
    assert state_of(column) == before
