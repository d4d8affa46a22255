"""A model file that is not whole, or not ours, is refused in one sentence before it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from tests.bridge.onnx_models import model, path
from tests.models.episodes import memory_objects

from colonnade_bridge.onnx import export
from colonnade_bridge.onnx.model import KEY, NO_DIGEST, OnnxModel, OnnxModelError, digest
from colonnade_models.memory import ObjectMemory


def refused(file: Path, words: str) -> None:
    with pytest.raises(OnnxModelError, match=words) as caught:
        OnnxModel(file).memory  # noqa: B018
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def sealed(graph: onnx.ModelProto) -> bytes:
    """The bytes of a graph with the digest that they should have: what an attacker could make."""
    about = json.loads(graph.metadata_props[0].value) | {"sha256": NO_DIGEST}
    graph.metadata_props[0].value = json.dumps(about)
    data = graph.SerializeToString(deterministic=True)
    before, after = data.rsplit(NO_DIGEST.encode(), 1)
    return before + digest(data).encode() + after


def changed(tmp_path: Path, name: str, array: np.ndarray[Any, Any]) -> Path:
    """A model with another constant, whose digest is right."""
    graph = onnx.load(path())
    tensor = next(tensor for tensor in graph.graph.initializer if tensor.name == name)
    tensor.CopyFrom(numpy_helper.from_array(array, name))
    file = tmp_path / "changed.onnx"
    file.write_bytes(sealed(graph))
    return file


def test_the_same_memory_gives_the_same_bytes_and_says_what_it_holds(tmp_path: Path) -> None:
    again = export(memory_objects(), tmp_path, provenance={"from": "a test"})
    assert again.read_bytes() == path().read_bytes()
    assert model().names == memory_objects().names
    assert model().about["provenance"] == {"from": "a test"}
    assert OnnxModel(again).settings == model().settings


def test_every_cut_is_refused(tmp_path: Path) -> None:
    data, file = path().read_bytes(), tmp_path / "cut.onnx"
    for length in (0, 1, 7, 100, len(data) // 2, len(data) - 100, len(data) - 1):
        file.write_bytes(data[:length])
        refused(file, "cut off|truncated")


def test_every_flipped_byte_is_refused(tmp_path: Path) -> None:
    data, file = bytearray(path().read_bytes()), tmp_path / "flipped.onnx"
    for place in (*range(0, len(data), len(data) // 40), *range(len(data) - 200, len(data), 7)):
        data[place] ^= 1 << place % 8
        file.write_bytes(data)
        refused(file, "corrupt|no model that Colonnade exported")
        data[place] ^= 1 << place % 8


def test_a_file_that_is_not_there_or_not_ours(tmp_path: Path) -> None:
    refused(tmp_path / "none.onnx", "there is no model")
    refused(tmp_path, "cannot be read")
    other = tmp_path / "other.onnx"
    other.write_bytes(b"RIFF" + bytes(200))
    refused(other, "no model that Colonnade exported")


@pytest.mark.parametrize(
    ("name", "spoil", "words"),
    [
        ("table", lambda a: a - 5, "a block is missing"),
        ("surfel_end", lambda a: a * 2, "surfels are cut"),
        ("twin_start", lambda a: a[::-1].copy(), "twin_start"),
        ("surfels", lambda a: a * np.float32(np.nan), "not finite"),
        ("cells", lambda a: np.where(a < 0xFFFE, a + 7000, a).astype(np.uint16), "names no surfel"),
        ("centre", lambda a: a[:1], "centre"),
        ("blocks_along", lambda a: a * 1000, "tables do not fit"),
    ],
)
def test_hostile_tables_are_refused(tmp_path: Path, name: str, spoil: Any, words: str) -> None:
    held = {t.name: t for t in onnx.load(path()).graph.initializer}
    refused(changed(tmp_path, name, spoil(numpy_helper.to_array(held[name]))), words)


@pytest.mark.parametrize("field", ["schema", "settings", "names"])
def test_metadata_of_another_version_are_refused(tmp_path: Path, field: str) -> None:
    graph = onnx.load(path())
    about = json.loads(graph.metadata_props[0].value)
    about[field] = {"schema": 99, "settings": {"margin": 1.0}, "names": ["one"]}[field]
    assert graph.metadata_props[0].key == KEY
    graph.metadata_props[0].value = json.dumps(about)
    file = tmp_path / "other.onnx"
    file.write_bytes(sealed(graph))
    with pytest.raises(OnnxModelError, match=field):
        _ = OnnxModel(file).settings, OnnxModel(file).memory


def test_what_cannot_be_exported(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the memory is empty"):
        export(ObjectMemory(), tmp_path)
    assert list(tmp_path.iterdir()) == []
