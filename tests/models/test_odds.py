"""Odds: how far nats are borne out, by what is known of normal distributions."""

from __future__ import annotations

import numpy as np
import pytest

from colonnade_models.odds import (
    COLOUR,
    MOST_WORTH,
    SHAPE,
    TELLING,
    borne_out,
    information,
    told_by,
    trust_in,
)
from colonnade_models.twin import MOST_COUNTED

f = np.float32


def test_information_is_what_logarithms_say() -> None:
    assert information(np.zeros(5, f)) == pytest.approx(0, abs=1e-7)
    assert information(np.full(5, 30, f)) == pytest.approx(np.log(2), abs=1e-6)
    nats = np.array([1.0, -0.5], f)
    chances = 1 / (1 + np.exp(-nats))
    assert information(nats) == pytest.approx(np.log(2 * chances).mean(), abs=1e-6)


@pytest.mark.parametrize(
    ("shape", "colour", "weighed"),
    [
        ((0.02, 1.0), (0.2, 0.3), True),  # a die: the print tells, edges are only noise
        ((1.0, 1.0), (0.0, 0.1), False),  # a mug: no print, nothing to weigh
        ((0.6, 0.8), (0.3, 0.4), False),  # both tell what they say
    ],
)
def test_trust_goes_where_touches_are_borne_out(
    shape: tuple[float, float], colour: tuple[float, float], weighed: bool
) -> None:
    """Nats by shape and by colour with these means and standard deviations."""
    random = np.random.default_rng(8)
    parts = [random.normal(*part, (4000, 4)) for part in (shape, colour)]
    cost = np.stack(parts, axis=2).astype(f)
    cost[:, 0] = 0.0
    trust = trust_in(cost)
    if weighed:
        assert trust[0] < 0.3 < 1.0 < trust[1]
    else:
        assert (trust == 1).all()
    assert SHAPE[0] <= trust[0] <= SHAPE[-1]
    assert COLOUR[0] <= trust[1] <= COLOUR[-1]


def test_of_twins_that_nothing_tells_nothing_is_learned() -> None:
    assert (trust_in(np.zeros((500, 5, 2), f)) == 1).all()


def test_no_touch_tells_more_than_the_ranking_lets_it_cost() -> None:
    random = np.random.default_rng(3)
    cost = random.uniform(0, 12, (200, 4, 2)).astype(f)
    trust = np.array([0.5, 2.0], f)
    for touch, told in zip(cost, told_by(cost, trust), strict=True):
        lost = [min(0.5 * shape + 2.0 * colour, MOST_COUNTED) for shape, colour in touch]
        assert told == pytest.approx([other - lost[0] for other in lost[1:]], abs=1e-5)


@pytest.mark.parametrize("claimed", [1.0, 2.0, 5.0])
def test_nats_that_claim_too_much_are_worth_less(claimed: float) -> None:
    """Log odds of two normal distributions have a variance of twice their mean."""
    random = np.random.default_rng(6)
    mean = 0.4
    odds = random.normal(mean, np.sqrt(2 * mean), (40_000, 1))
    rate, worth = borne_out((claimed * odds).astype(f), np.zeros((40_000, 1), f))
    assert worth[0] == pytest.approx(1 / claimed, rel=0.1)
    assert rate[0] == pytest.approx(mean, rel=0.1)


def test_worth_is_where_the_likelihood_is_greatest() -> None:
    random = np.random.default_rng(7)
    nats = random.standard_t(3, (3000, 1)) + 0.2
    _, worth = borne_out(nats.astype(f), np.zeros((3000, 1), f))
    tried = np.linspace(0, MOST_WORTH, 401)
    likelihood = [information(k * nats) for k in tried]
    assert worth[0] == pytest.approx(tried[int(np.argmax(likelihood))], abs=0.004)


def test_only_touches_that_promise_most_are_asked() -> None:
    random = np.random.default_rng(8)
    promised = random.uniform(0, 1, (5000, 1)).astype(f)
    telling = promised > 1 - TELLING
    told = np.where(telling, random.normal(1.0, 1.0, (5000, 1)), -3.0).astype(f)
    rate, worth = borne_out(told, promised)
    assert worth[0] == MOST_WORTH - 2**-17
    assert rate[0] == pytest.approx(1.0, abs=0.1)


def test_what_touches_speak_against_is_worth_nothing() -> None:
    rate, worth = borne_out(np.full((100, 2), -0.1, f), np.zeros((100, 2), f))
    assert abs(rate).max() < 1e-5
    assert worth.max() < 1e-4
