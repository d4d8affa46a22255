"""Headline numbers, seeds, and episodes as rows."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from colonnade.episode import Episode
from colonnade.episode_table import (
    EpisodeTableError,
    episode_from_record,
    episode_to_record,
    read_episodes,
    write_episodes,
)
from colonnade.seeds import episode_rotation, episode_seed, learning_seed
from colonnade.summary import judge, rotation_angle_deg, summarise

BASE = Episode(
    object="mug",
    trial=0,
    seed=7,
    rotation=np.array([0.0, 0.0, 0.0, 1.0]),
    decision="mug",
    correct=True,
    unknown=False,
    timeout=False,
    steps=20,
    rotation_estimate=np.array([0.0, 0.0, np.sin(0.05), np.cos(0.05)]),
    rotation_error_column_deg=5.0,
    rotation_error_deg=4.0,
    symmetric=False,
    margin=9.0,
    seconds=0.1,
    sense_us=10.0,
    infer_us=20.0,
    policy_us=5.0,
    total_us=60.0,
)
UNKNOWN = replace(
    BASE,
    decision="unknown",
    correct=False,
    unknown=True,
    steps=40,
    rotation_estimate=np.full(4, np.nan),
    rotation_error_column_deg=math.nan,
    rotation_error_deg=math.nan,
)


def same(a: Episode, b: Episode) -> bool:
    return all(
        np.array_equal(getattr(a, f.name), getattr(b, f.name), equal_nan=True)
        if isinstance(getattr(a, f.name), np.ndarray | float)
        else getattr(a, f.name) == getattr(b, f.name)
        for f in fields(Episode)
    )


def test_summary_of_learned_objects() -> None:
    wrong = replace(BASE, decision="bowl", correct=False, timeout=True, steps=500)
    summary = summarise([BASE, replace(BASE, rotation_error_deg=2.0), wrong, UNKNOWN], ["mug"])
    assert summary["accuracy"] == 0.5
    assert summary["false_unknown_rate"] == 0.25
    assert summary["timeout_rate"] == 0.25
    assert summary["steps_mean"] == 145.0
    assert summary["rotation_error_deg_mean"] == 3.0
    assert summary["rotation_error_column_deg_median"] == 5.0
    assert summary["rotation_error_plain_deg_mean"] == pytest.approx(math.degrees(0.1))
    assert summary["step_us"] == {"sense": 10.0, "infer": 20.0, "policy": 5.0, "total": 60.0}
    assert math.isnan(summary["unknown_recall"])
    assert summary["per_object"]["mug"]["correct"] == 2


def test_unknown_is_right_for_unseen_objects_only() -> None:
    unseen = replace(UNKNOWN, object="alien")
    mistaken = replace(BASE, object="alien")
    judged = [
        judge(episode, ["mug"], trial)
        for trial, episode in enumerate([unseen, mistaken, BASE, UNKNOWN])
    ]
    assert [episode.correct for episode in judged] == [True, False, True, False]
    assert [episode.trial for episode in judged] == [0, 1, 2, 3]
    assert math.isnan(judged[1].rotation_error_deg)
    summary = summarise(judged, ["mug"])
    assert summary["accuracy"] == 0.5
    assert summary["unknown_recall"] == 0.5
    assert summary["false_unknown_rate"] == 0.5
    assert summary["unknown_rate"] == 0.5
    assert (summary["objects_learned"], summary["objects_unseen"]) == (1, 1)


def test_summary_of_nothing_is_not_an_error() -> None:
    assert math.isnan(summarise([], ["mug"])["accuracy"])


def test_rotation_angle_does_not_mind_the_sign() -> None:
    assert rotation_angle_deg(BASE.rotation, -BASE.rotation) == 0.0


def test_seeds_depend_on_everything_and_nothing_else() -> None:
    seeds = {
        episode_seed(seed, name, trial)
        for seed in (0, 1)
        for name in ("mug", "bowl")
        for trial in (0, 1)
    }
    assert len(seeds | {learning_seed(0, "mug"), learning_seed(0, "bowl")}) == 10
    assert episode_seed(0, "mug", 1) == episode_seed(0, "mug", 1)


def test_rotations_are_uniform() -> None:
    turns = np.array([episode_rotation(0, "mug", trial) for trial in range(2000)])
    assert np.allclose(np.linalg.norm(turns, axis=1), 1.0)
    assert (turns[:, 3] >= 0).all()
    angle = 2 * np.arccos(turns[:, 3])
    # of uniform rotations the angle has the density (1 - cos a) / pi, its mean is pi/2 + 2/pi
    assert abs(angle.mean() - (np.pi / 2 + 2 / np.pi)) < 0.05
    assert np.abs(turns[:, :3].mean(0)).max() < 0.05


def test_episodes_go_through_records_and_parquet(tmp_path: Path) -> None:
    episodes = [UNKNOWN, replace(BASE, trial=1, decision=None, unknown=True)]
    for episode in episodes:
        assert same(episode_from_record(episode_to_record(episode)), episode)
    write_episodes(tmp_path / "e.parquet", episodes[::-1])
    back = read_episodes(tmp_path / "e.parquet")
    assert all(same(a, b) for a, b in zip(back, episodes, strict=True))
    assert read_episodes(tmp_path / "none.parquet") == []


def test_damaged_table_is_told_in_one_sentence(tmp_path: Path) -> None:
    write_episodes(tmp_path / "e.parquet", [BASE])
    whole = (tmp_path / "e.parquet").read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"PAR1" + b"\xff" * 40):
        (tmp_path / "e.parquet").write_bytes(damaged)
        with pytest.raises(EpisodeTableError, match=r"cannot be read \(.*\): delete it"):
            read_episodes(tmp_path / "e.parquet")
    record = episode_to_record(BASE)
    del record["steps"]
    with pytest.raises(EpisodeTableError, match="no field 'steps'"):
        episode_from_record(record)
