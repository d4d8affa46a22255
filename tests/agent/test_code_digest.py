"""What a benchmark keeps is of the code that did it, and of no other."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from pathlib import Path

import pytest

from colonnade.bench import code_digest, kept
from colonnade.bench.code_digest import LIBRARIES, PACKAGES, digest_of
from colonnade.bench.kept import Kept


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Of a small package, with a module in a folder."""
    (tmp_path / "small_code" / "inner").mkdir(parents=True)
    (tmp_path / "small_code" / "__init__.py").write_text("")
    (tmp_path / "small_code" / "inner" / "deep.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    return lambda: digest_of(["small_code"], ["numba", "no-such-library"])


def test_a_line_a_name_and_a_version_make_other_code(
    digest: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [digest()]
    assert digest() == found[0]
    deep = tmp_path / "small_code" / "inner" / "deep.py"
    deep.write_text("x = 2\n")
    found.append(digest())
    deep.rename(deep.with_name("other.py"))
    found.append(digest())
    with monkeypatch.context() as patch:
        patch.setattr(code_digest, "version", lambda library: "0.0")
        found.append(digest())
    assert len(set(found)) == 4
    (tmp_path / "small_code" / "__pycache__").mkdir()
    (tmp_path / "small_code" / "__pycache__" / "deep.nbc").write_bytes(b"compiled")
    assert digest() == found[2]


def test_all_of_ours_and_what_computes_for_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(PACKAGES) == {"colonnade", "colonnade_envs", "colonnade_models", "colonnade_bridge"}
    assert {"numba", "onnxruntime", "pybullet"} <= set(LIBRARIES)
    for library in set(LIBRARIES) - {"pybullet"}:
        assert importlib.metadata.version(library)  # that is its name
    one = code_digest.code_digest()
    monkeypatch.setattr(code_digest, "sources_digest", lambda: "other C")
    code_digest.code_digest.cache_clear()
    other = code_digest.code_digest()
    code_digest.code_digest.cache_clear()
    assert one != other


def test_what_other_code_did_is_done_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for code in ("before", "after", "after", "before"):
        monkeypatch.setattr(kept, "code_digest", lambda code=code: code)
        with Kept(tmp_path / "kept.jsonl") as journal:
            journal.once(lambda code=code: done.append(code), "a", 1)
    assert done == ["before", "after"]
