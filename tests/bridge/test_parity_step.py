"""The column in C says what the kernels of numba say, to the bit, at every step of any episode."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bridge.parity import MODELS, Episode, blob_of, by_c, by_numba, steps_of
from tests.models.episodes import SHAPES

EPISODES = {
    "calm": Episode("first"),
    "symmetric": Episode("brick", 1, misses=0.2),
    "strange": Episode("stranger", 2),
    "seen past": Episode("second", 3, misses=0.5, late=8),
    "three patches": Episode("third", 1, patches=3, misses=0.2),
    "five patches": Episode("brick", 2, patches=5),
    "absurd": Episode("second", 5, absurd=0.3, misses=0.1),
    "moved": Episode("third", 4, moved_at=16),
    "moved and absurd": Episode("first", 6, moved_at=20, absurd=0.1, misses=0.2, patches=2),
}


@pytest.mark.parametrize("model", list(MODELS))
@pytest.mark.parametrize("what", list(EPISODES))
def test_every_step_is_the_same_to_the_bit(what: str, model: str) -> None:
    steps = steps_of(EPISODES[what])
    said, expected = by_c(blob_of(model), steps), by_numba(blob_of(model), steps)
    for turn, (c, numba) in enumerate(zip(said, expected, strict=True)):
        assert c == numba, f"step {turn} differs"


@settings(max_examples=60, deadline=None, derandomize=True)  # the first compiles kernels
@given(
    what=st.builds(
        Episode,
        name=st.sampled_from([*SHAPES, "stranger"]),
        seed=st.integers(0, 99),
        patches=st.integers(1, 5),
        misses=st.sampled_from([0.0, 0.1, 0.4, 0.9]),
        absurd=st.sampled_from([0.0, 0.05, 0.5, 1.0]),
        late=st.integers(0, 12),
        moved_at=st.integers(0, 50),
    ),
    model=st.sampled_from(list(MODELS)),
)
def test_any_episode_is_the_same_to_the_bit(what: Episode, model: str) -> None:
    steps = steps_of(what)
    assert by_c(blob_of(model), steps) == by_numba(blob_of(model), steps)
