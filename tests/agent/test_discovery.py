"""The score of a stream without names, by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from colonnade.discovery import Encounter, judge_stream, summarise_stream


def met(number: int, epoch: int, name: str, answer: str | None, kept: str | None) -> Encounter:
    return Encounter(
        number=number, epoch=epoch, object=name, seed=0, rotation=[0, 0, 0, 1], answer=answer,
        timeout=False, steps=10 + number, explored=5, agreement=None,
        rotation_found=[None] * 4, kept=kept, surfels=100 * (number + 1), seconds=1.0,
    )  # fmt: skip


STREAM = [
    met(0, 1, "mug", "unknown", "one"),
    met(1, 1, "cup", "one", "one"),  # taken for the mug, and merged into its graph
    met(2, 1, "fork", "one", None),  # taken for the mug, and nothing came of it
    met(3, 2, "cup", "one", "one"),  # that graph is its own by now, though it is first the mug's
    met(4, 2, "mug", "unknown", "two"),  # a second graph of one object
    met(5, 2, "fork", None, None),  # still nothing holds anything of it
    met(6, 3, "mug", "two", "two"),
    met(7, 3, "cup", "two", None),
]


def test_answers_are_judged_by_what_was_learned_before() -> None:
    judged = judge_stream(STREAM)
    assert [one.correct for one in judged] == [1, 0, 0, 1, 0, 1, 1, 0]
    assert [one.strictly for one in judged] == [1, 0, 0, 0, 0, 1, 1, 0]
    assert [one.new for one in judged] == [1, 1, 1, 0, 0, 1, 0, 0]


def test_summary_counts_graphs_and_objects() -> None:
    summary = summarise_stream(STREAM)
    assert summary["graphs"] == 2
    assert summary["graphs_per_object"] == pytest.approx(3 / 2)  # mug in two, cup in one
    assert summary["objects_per_graph"] == pytest.approx(3 / 2)  # one of two objects, two of one
    assert summary["never_learned"] == ["fork"]
    assert summary["accuracy_first_epoch"] == pytest.approx(1 / 3)
    assert summary["accuracy_after_first_epoch"] == pytest.approx(3 / 5)
    assert summary["strict_accuracy_after_first_epoch"] == pytest.approx(2 / 5)
    assert summary["unknown_recall"] == pytest.approx(2 / 4)
    assert summary["refined"] == 3
    assert [row["refined"] for row in summary["per_epoch"]] == [1, 1, 1]
    assert [row["graphs"] for row in summary["per_epoch"]] == [1, 2, 2]
    assert [row["accuracy"] for row in summary["per_epoch"]] == pytest.approx([1 / 3, 2 / 3, 1 / 2])
    assert [mistake["number"] for mistake in summary["mistakes"]] == [1, 2, 4, 7]


def test_one_epoch_has_nothing_after_it() -> None:
    summary: dict[str, Any] = summarise_stream(STREAM[:1])
    assert summary["accuracy_first_epoch"] == 1
    assert math.isnan(summary["accuracy_after_first_epoch"])
