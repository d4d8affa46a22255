"""Meetings with a real body: what is new is learned, what is known is refined, others stay."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.agent.meshes import egg, nearest, roller, wedge

from colonnade import meeting
from colonnade.meeting import Meeting, meet
from colonnade.mind import Felt, Mind
from colonnade_envs.objects import ObjectMesh
from colonnade_envs.poses import matrix_of
from colonnade_models import column as C
from colonnade_models.surfel import HIT

MESHES = {"wedge": wedge, "roller": roller, "egg": egg}


def met(mind: Mind, mesh: ObjectMesh, seed: int, noise: str = "none", **options: Any) -> Meeting:
    rotation = Rotation.random(random_state=seed).as_quat()
    asked: dict[str, Any] = {"body": "touch", "max_steps": 200, **options}
    return meet(mind, mesh, rotation, noise=noise, seed=seed, **asked)  # type: ignore[arg-type]


@cache
def first(name: str, noise: str = "none") -> Felt:
    felt = met(Mind(0), MESHES[name](), 50, noise).felt
    assert felt is not None
    return felt


def mind_of(*names: str, noise: str = "none") -> Mind:
    mind = Mind(0)
    for name in names:
        mind.keep(replace(first(name, noise), name=mind.next_name()))
    return mind


@pytest.mark.parametrize("noise", ["none", "standard"])
def test_what_nobody_knows_is_learned_where_it_lies(noise: str) -> None:
    felt = first("wedge", noise)
    assert felt.name == "object-0001"
    learned = mind_of("wedge", noise=noise).memory["object-0001"]
    # the true pose, up to the place of the origin, which is the first contact
    turn = matrix_of(Rotation.random(random_state=50).as_quat())
    place = learned.surfels.position.astype(float) @ turn
    mesh = wedge()
    place += mesh.centre - (place.min(axis=0) + place.max(axis=0)) / 2
    distance, normal = nearest(mesh, place)
    agree = (learned.surfels.normal @ turn * normal).sum(axis=1)
    assert np.median(distance) < (0.0003 if noise == "none" else 0.001)
    assert np.median(agree) > 0.97
    gaps = np.linalg.norm(mesh.vertices[:, None] - place[None], axis=2).min(axis=1)
    assert gaps.max() < 0.007  # up to all of its corners


def test_what_is_new_is_practised_as_it_lies() -> None:
    felt = first("wedge")
    aimed, met_it = felt.jumps[:, :6], felt.jumps[:, 6] > 0
    assert 0.7 < met_it.mean() < 1.0  # some miss beside its edges
    assert len(felt.practice) >= met_it.sum()
    hits = mind_of("wedge").memory["object-0001"].table[:, HIT]
    assert hits.min() < 0.7 < 0.95 < hits.max()
    where = np.linalg.norm(felt.practice[:, None, :3] - aimed[None, :, :3], axis=2).min(axis=1)
    assert np.quantile(where, 0.95) < 0.006


@pytest.mark.parametrize("noise", ["none", "standard"])
def test_what_is_known_is_recognised_and_refined(noise: str) -> None:
    mind = mind_of("roller", "wedge", noise=noise)
    other = mind.memory["object-0001"].table.tobytes()
    before = mind.memory["object-0002"]
    one = met(mind, wedge(), 8, noise)
    assert one.answer == "object-0002"
    assert one.agreement > meeting.SURE
    assert one.felt is not None
    assert one.felt.name == "object-0002"
    # the pose found lays what was felt then onto what is felt now
    learned_at = matrix_of(Rotation.random(random_state=50).as_quat())
    lies = matrix_of(Rotation.random(random_state=8).as_quat())
    off = Rotation.from_matrix(matrix_of(one.rotation) @ learned_at @ lies.T).magnitude()
    assert np.degrees(off) < 3
    mind.keep(one.felt)
    assert len(mind.memory) == 2
    assert mind.memory["object-0001"].table.tobytes() == other
    after = mind.memory["object-0002"]
    assert after.steps > before.steps
    assert len(mind.felt["object-0002"].touches) > len(first("wedge", noise).touches) + 100
    jumps = mind.felt["object-0002"].jumps  # the visits are practice in another attitude
    assert len(jumps) == len(first("wedge", noise).jumps) + meeting.VISITS
    if noise == "none":
        assert len(after.table) < 1.1 * len(before.table)


def test_a_stranger_becomes_a_new_object() -> None:
    mind = mind_of("roller", "wedge")
    before = [thing.table.tobytes() for thing in mind.memory]
    one = met(mind, egg(), 3)
    assert one.answer == "unknown"
    assert one.felt is not None
    assert one.felt.name == "object-0003"
    assert one.explored > 500
    mind.keep(one.felt)
    assert mind.memory.names == ("object-0001", "object-0002", "object-0003")
    assert [thing.table.tobytes() for thing in mind.memory][:2] == before
    again = met(mind, egg(), 4)
    assert again.answer == "object-0003"


def test_an_impostor_is_found_out_by_visits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that takes any wedge for the one it knows: touching all over it tells."""
    think = meeting.think

    def gullible(senses: Any, column: C.Column, *others: Any) -> int:
        think(senses, column, *others)
        assert column.verdict.state[1] >= 0  # there is something to be taken in by
        return C.RECOGNISED

    monkeypatch.setattr(meeting, "think", gullible)
    repainted = replace(wedge(), corner_colour=wedge().corner_colour[:, :, ::-1].copy())
    one = met(mind_of("wedge"), repainted, 5)
    assert one.answer == "unknown"
    assert one.agreement < meeting.STRANGE
    assert one.felt is not None
    assert one.felt.name == "object-0002"


@pytest.mark.parametrize("seed", [2, 5, 6])
def test_what_goes_on_beyond_the_known_is_not_merged(seed: int) -> None:
    longer = wedge()
    longer = replace(longer, vertices=longer.vertices * np.array([1.6, 1.0, 1.0], np.float32))
    one = met(mind_of("wedge"), longer, seed)
    assert one.felt is None or one.answer == "unknown"


def test_in_doubt_memory_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    mind = mind_of("wedge")
    monkeypatch.setattr(meeting, "SURE", 2.0)
    one = met(mind, wedge(), 8)
    assert one.answer == "object-0001"
    assert one.felt is None
    monkeypatch.undo()
    short = met(mind, wedge(), 8, max_steps=3)
    assert short.timeout
    assert short.felt is None


def test_a_refinement_that_forgets_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    mind = mind_of("wedge")
    honest = Mind.would_know

    def shifted(self: Mind, felt: Felt) -> Any:
        learned = honest(self, felt)
        table = learned.table.copy()
        table[:, :3] += 0.004
        return replace(learned, table=table)

    monkeypatch.setattr(Mind, "would_know", shifted)
    one = met(mind, wedge(), 8)
    assert one.answer == "object-0001"
    assert one.felt is None


def test_a_meeting_follows_from_its_arguments_and_leaves_the_mind_alone() -> None:
    mind = mind_of("roller", "wedge")
    before = [thing.table.tobytes() for thing in mind.memory]
    a, b = (met(mind, wedge(), 9, "standard") for _ in range(2))
    assert (a.answer, a.steps, a.explored, a.agreement) == (
        b.answer, b.steps, b.explored, b.agreement,
    )  # fmt: skip
    assert a.felt is not None
    assert b.felt is not None
    assert a.felt.touches.tobytes() == b.felt.touches.tobytes()
    assert [thing.table.tobytes() for thing in mind.memory] == before


def test_the_name_of_a_mesh_tells_the_mind_nothing() -> None:
    mind = mind_of("roller", "wedge")
    alias = replace(wedge(), name="something else")
    a, b = met(mind, wedge(), 11), met(mind, alias, 11)
    assert a.answer == b.answer == "object-0002"
    assert a.felt is not None
    assert b.felt is not None
    assert a.felt.touches.tobytes() == b.felt.touches.tobytes()


def test_a_mind_is_rebuilt_from_what_it_kept() -> None:
    mind, kept = Mind(4), []
    for name, seed in (("roller", 1), ("wedge", 2), ("wedge", 3), ("roller", 4)):
        felt = met(mind, MESHES[name](), seed).felt
        if felt is not None:
            mind.keep(felt)
            kept.append(felt)
    assert len(mind.memory) == 2
    assert len(kept) > 2
    again = Mind(4)
    again.restore(kept)
    assert again.memory.names == mind.memory.names
    for a, b in zip(again.memory, mind.memory, strict=True):
        assert a.table.tobytes() == b.table.tobytes()
        assert a.twins.tobytes() == b.twins.tobytes()
