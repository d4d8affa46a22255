"""The mishaps of `colonnade bench edge`, with the real firmware on an emulated board."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.bridge.small_model import percepts, small_blob
from tests.bridge.tools import ARM, MAKE, QEMU, needs

from colonnade.bench import edge_mishaps
from colonnade.bench.kept import Kept
from colonnade.hardware import HardwareEpisode

pytestmark = [needs(*ARM), needs(*MAKE), needs(*QEMU)]


def test_a_board_endures_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_mishaps, "FLIPPED_FOR", 1.5)
    rows = list(percepts()[:, None])
    asks = [number > 4 for number in range(len(rows))]
    episodes = [HardwareEpisode("first", percepts=rows, sought=asks) for _ in range(2)]
    with Kept(tmp_path / "kept.jsonl") as kept:
        found = edge_mishaps.endure("an500", small_blob(), episodes, kept)

        def refuse(*_: Any) -> None:
            raise AssertionError("it was endured before")

        monkeypatch.setattr(edge_mishaps, "emulated", refuse)
        assert edge_mishaps.endure("an500", small_blob(), episodes, kept) == found
    assert {kind: it["mishaps"] for kind, it in found.items()} == {
        "pulled": 2, "reset": 2, "flipped": 1
    }  # fmt: skip
    for kind, it in found.items():
        assert it["steps_equal"] == it["steps"] > 8, kind
        assert it["wrong"] == 0, kind
        assert it["seconds"] < 2, kind
    assert found["pulled"]["seconds"] > 0.3
    assert found["reset"]["seconds"] > 0.05  # the episode so far was felt again
    assert found["flipped"]["messages_lost"] > 0
