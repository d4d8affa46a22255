"""Hits: the share of touches that meet a place is that of the touches at and around it."""

from __future__ import annotations

import numpy as np
from tests.models.synthetic import blob, learned

from colonnade_models import surfel as S
from colonnade_models.hits import HIT_WEIGHT, NEAR, hit_share

f = np.float32
THING = learned("blob", blob(1), count=1500)


def naive(aimed: np.ndarray, met: np.ndarray) -> list[float]:
    """Loops over surfels and touches."""
    position, normal = THING.surfels.position.astype(float), THING.surfels.normal.astype(float)
    shares = []
    for p, n in zip(position, normal, strict=True):
        near = (np.linalg.norm(position - p, axis=1) < NEAR * THING.spacing) & (normal @ n > 0.5)
        counts = [bool(hit) for i, hit in zip(aimed, met, strict=True) if near[i]]
        usual = float(S.USUALLY_HIT) * HIT_WEIGHT
        shares.append((sum(counts) + usual) / (len(counts) + HIT_WEIGHT))
    return shares


def test_shares_are_those_of_plain_loops() -> None:
    random = np.random.default_rng(0)
    aimed = random.integers(len(THING.table), size=500)
    met = random.random(500) < 0.7
    # a neighbour just at the edge of the circle may fall to either side
    same = np.isclose(hit_share(THING, aimed, met), naive(aimed, met), atol=1e-4)
    assert same.mean() > 0.97


def test_without_touches_it_is_what_is_usual() -> None:
    share = hit_share(THING, np.zeros(0, np.int64), np.zeros(0, np.bool_))
    assert np.allclose(share, S.USUALLY_HIT)


def test_where_touches_miss_the_share_falls() -> None:
    aimed = np.repeat(np.arange(len(THING.table)), 4)
    met = THING.surfels.position[aimed, 2] > 0
    share = hit_share(THING, aimed, met)
    z = THING.surfels.position[:, 2]
    assert share[z > 2 * THING.spacing].min() > 0.9
    assert share[z < -2 * THING.spacing].max() < 0.1
