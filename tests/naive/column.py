"""When a column looks for new hypotheses, as the manual tells it."""

from __future__ import annotations

from typing import NamedTuple

from colonnade_models.column_state import Settings


class Standing(NamedTuple):
    """How the search for hypotheses stands."""

    met: int
    """Percepts on the object."""
    seeded_at: int
    """How many those were at the last seeding, 0 before the first."""
    seedings: int
    left_out: int
    """Proposals that the last seeding had no room for."""
    familiar: int
    """Objects that the percepts may be of."""
    fit: float | None
    """Nats that all percepts fit the best, or the leader, with; None where nothing lives."""


def doubts(a: Standing, s: Settings) -> bool:
    """Whether a step should seed."""
    if a.met < s.first_seeding:
        return False
    if a.seeded_at == 0 or (a.seedings < 2 and a.met >= s.second_seeding):
        return True
    more = a.left_out > 0 and a.seedings < s.most_seedings
    poor = a.fit is None or a.fit < s.poor * a.met
    return not _lately(a) and (more or poor)


def hasty(a: Standing, s: Settings) -> bool:
    """Whether a verdict should wait for one more seeding."""
    unsure = a.fit is None or a.fit < s.sure * a.met
    return not _lately(a) and (unsure or a.familiar > s.few)


def _lately(a: Standing) -> bool:
    """A seeding needs three percepts to show whether it was any good."""
    return a.met - a.seeded_at < 3
