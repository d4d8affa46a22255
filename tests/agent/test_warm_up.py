"""The first start on a computer: it says what takes so long, and how long, and only once."""

from __future__ import annotations

from pathlib import Path

import pytest

from colonnade import warm_up


def test_it_says_how_long_it_may_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(warm_up, "_exercise", lambda: None)
    told: list[str] = []
    monkeypatch.setattr(warm_up, "_compiled", False)
    assert not warm_up.compiled_here()
    assert warm_up.warm_up(told.append)
    assert warm_up.compiled_here()
    assert not warm_up.warm_up(told.append)
    assert len(told) == 1
    assert "or five where it is slow or busy" in told[0]
