"""What a step leaves to the next is done there, and comes to the same."""

from __future__ import annotations

import numpy as np
import pytest
from tests.models.episodes import SHAPES, episode, memory

from colonnade_models import column as C
from colonnade_models.agenda import CHALLENGE, IDLE, JOB, SEEK, SPENT
from colonnade_models.column_state import LOOKS, MET, SEEDED_AT, TWINNED_AT
from colonnade_models.contest import LOOKS_TO_PULL, LOOKS_TO_SOLVE
from colonnade_models.jobs import carry_on, take_up

LARGEST_PIECE = 700
"""Looks: a twin refined on all percepts of these episodes, and what ends a step."""


THRIFTY = C.default_settings()._replace(
    seed_budget=400, seed_share=40, refined_seeds=8, winners=24, proposals=64
)
"""As on a controller: jobs are short."""


def after(name: str, seed: int, percepts: int, effort: int) -> C.Column:
    """A column after some percepts, which may take `effort` looks a step from then on."""
    rows, _, _ = episode(name, seed)
    column = C.init(memory())
    for row in rows[:percepts]:
        C.step(column, memory(), row)
    return column._replace(settings=column.settings._replace(effort=effort))


def in_pieces(column: C.Column, job: int) -> int:
    """Do a job piece by piece, though no percept enters; returns how many pieces it took."""
    pieces = 1
    column.agenda[SPENT] = 0
    done = take_up(column, memory(), job)
    while not done:
        column.agenda[SPENT] = 0
        done = carry_on(column, memory())
        pieces += 1
        assert pieces < 1000
    return pieces


@pytest.mark.parametrize("job", [SEEK, CHALLENGE])
@pytest.mark.parametrize("name", ["first", "brick"])
def test_a_job_in_pieces_comes_to_the_same_as_at_once(name: str, job: int) -> None:
    whole, cut = after(name, 3, 6, 1 << 40), after(name, 3, 6, 250)
    assert in_pieces(whole, job) == 1
    assert in_pieces(cut, job) > 3
    a, b = whole.hypotheses, cut.hypotheses
    assert a.count[0] == b.count[0] > 0
    alive = slice(int(a.count[0]))
    for one, other in zip(a[:3], b[:3], strict=True):
        assert one[alive].tobytes() == other[alive].tobytes()
    assert (whole.tally == cut.tally).all()
    assert whole.agenda[JOB] == cut.agenda[JOB] == IDLE


def test_no_step_takes_much_more_than_its_effort() -> None:
    effort, cut_short = 400, 0
    for name in ("first", "second", "brick", "stranger"):
        rows, _, _ = episode(name, 4)
        settings = C.default_settings()._replace(effort=effort)
        column = C.init(memory(), settings)
        for row in rows:
            state = C.step(column, memory(), row)
            assert column.agenda[SPENT] < effort + LARGEST_PIECE
            cut_short += column.agenda[JOB] != IDLE
            assert state == C.OPEN or column.agenda[JOB] == IDLE
            if state != C.OPEN:
                break
    assert cut_short > 10


def test_a_column_in_a_hurry_decides_as_well() -> None:
    """It needs more percepts, as it thinks less about each, and gets it right."""
    settings = THRIFTY._replace(effort=800)
    for name in ("first", "second", "third", "brick"):
        for seed in range(2):
            rows, _, _ = episode(name, seed)
            column = C.init(memory(), settings)
            states = [C.step(column, memory(), row) for row in rows]
            assert C.RECOGNISED in states
            leader = column.hypotheses.object[column.verdict.state[1]]
            assert list(SHAPES)[leader] == name


def test_percepts_that_enter_meanwhile_are_not_missed() -> None:
    """A proposal that is refined in one step knows of the percept that enters in the next."""
    rows, _, _ = episode("first", 5)
    column = C.init(memory(), THRIFTY._replace(effort=800))
    met = 0
    for row in rows[:40]:
        C.step(column, memory(), row)
        if column.agenda[JOB] != IDLE or column.hypotheses.count[0] == 0:
            continue
        met += 1
        h = column.hypotheses
        for i in range(int(h.count[0])):
            # the C column relies on it
            assert h.fitted[i] == h.costed[i] == column.tally[C.PERCEPTS]
    assert met > 3


def test_polishing_keeps_to_the_effort() -> None:
    for effort, passes in ((1 << 40, 6), (2, 1)):
        column = after("first", 3, 12, effort)
        column.agenda[SPENT] = 0
        C.polish(column, memory())
        a_pass = column.tally[LOOKS] + LOOKS_TO_PULL * column.tally[C.PERCEPTS] + LOOKS_TO_SOLVE
        assert column.agenda[SPENT] == passes * a_pass


def test_a_job_counts_from_its_end() -> None:
    """Else a long one would be due again as soon as it is done."""
    column = after("first", 3, 6, 200)
    in_pieces(column, CHALLENGE)
    assert column.tally[TWINNED_AT] == column.tally[MET]
    in_pieces(column, SEEK)
    assert column.tally[SEEDED_AT] == column.tally[MET]


def test_a_limited_effort_needs_objects_that_stay_awake() -> None:
    from tests.models.episodes import memory_objects

    from colonnade_models.memory import ObjectMemory

    drowsy = ObjectMemory(memory_objects().packed(), places=2).arrays
    C.init(drowsy)
    with pytest.raises(ValueError, match="awake as a whole"):
        C.init(drowsy, C.default_settings()._replace(effort=1000))


def test_clearing_keeps_what_was_spent() -> None:
    column = after("first", 1, 3, 1 << 40)
    spent = int(column.agenda[SPENT])
    take_up(column, memory(), SEEK)
    assert column.agenda[SPENT] >= spent
    assert not np.delete(column.agenda, SPENT).any()
