"""Choose: where the hypotheses disagree, but not for long where nothing is met."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, learned, moved, pose_row

from colonnade.policies.choose import (
    FAR_LOOKS,
    MOST_MISSES,
    NEAR_LOOKS,
    STRIDE,
    WALKED_FIRST,
    Policy,
    PolicyName,
    choose,
    new_policy,
)
from colonnade.policies.walk import NUMBERS
from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models.hypotheses import push
from colonnade_models.judge import _look_up
from colonnade_models.memory import ObjectMemory

MEMORY = ObjectMemory([learned("a", blob(1), count=2500)]).arrays


class Agent:
    """A policy and a column that holds one hypothesis."""

    def __init__(self, name: PolicyName = "distinguish", met: int = WALKED_FIRST) -> None:
        random = np.random.default_rng(0)
        self.policy: Policy = new_policy(random, name)
        self.column = C.init(MEMORY)
        turn, shift = Rotation.random(random_state=1), np.array([0.1, 0.0, 0.2])
        push(self.column.hypotheses, 0, pose_row(turn, shift), np.float32(9.0))
        _look_up(self.column)
        self.column.tally[C.MET] = met
        shape = blob(1)
        self.touch = moved(shape.percepts(shape.sample(1, random), random), turn, shift)[0]
        self.misses = 0
        self.white = random.standard_normal(NUMBERS)

    def look(self, met: bool) -> bool:
        """Whether it jumps after a percept on the object or beside it."""
        percept = self.touch.copy()
        percept[P.ON_OBJECT] = met
        self.policy.walk.step[:] = 0
        self.misses = 0 if met else self.misses + 1
        return bool(choose(self.policy, self.column, MEMORY, percept, self.white, 5))

    def goes(self, met: bool) -> str:
        """Where to after a percept on the object or beside it."""
        jumps = self.look(met)
        assert jumps == self.policy.jumped[0]
        stride = np.linalg.norm(self.policy.walk.step)
        assert stride == pytest.approx(0.0 if jumps else STRIDE / (1 + self.misses), rel=1e-5)
        return "jump" if jumps else "walk"


def test_it_jumps_to_test_its_hypotheses_once_it_walked() -> None:
    assert Agent(met=WALKED_FIRST - 1).goes(True) == "walk"
    assert Agent(met=WALKED_FIRST).goes(True) == "jump"
    assert Agent("curvature").goes(True) == "walk"
    assert Agent("random").goes(True) == "walk"


def test_after_looks_into_the_void_it_walks_by_ever_shorter_steps_until_it_meets() -> None:
    agent = Agent()
    assert agent.goes(True) == "jump"
    for miss in range(1, MOST_MISSES):
        assert agent.goes(False) == "jump"
        assert agent.policy.missed[0] == miss
    while agent.misses < NEAR_LOOKS:
        assert agent.goes(False) == "walk"
    assert agent.goes(True) == "jump"


def test_what_is_not_found_near_by_is_searched_farther_out_time_and_again() -> None:
    agent = Agent()
    ways = []
    for _ in range(NEAR_LOOKS + 2 * FAR_LOOKS):
        agent.look(False)
        ways.append(float(np.linalg.norm(agent.policy.walk.step)))
    out = np.array(ways[NEAR_LOOKS:])
    assert out.max() == pytest.approx(STRIDE * FAR_LOOKS / 3, rel=1e-5)
    assert (out[: FAR_LOOKS - 1] < out[1:FAR_LOOKS]).sum() == FAR_LOOKS - 2
    assert out[:FAR_LOOKS] == pytest.approx(out[FAR_LOOKS:], rel=1e-5)


def test_a_look_that_meets_ends_the_count() -> None:
    agent = Agent()
    for _ in range(3 * MOST_MISSES):
        assert agent.goes(True) == "jump"
        for _ in range(MOST_MISSES - 1):
            assert agent.goes(False) == "jump"
