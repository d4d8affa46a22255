"""From a folder, a name or arrays to objects: layouts, sizes, and sets that do not exist."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.envs.mesh_files import assert_one_sentence, box, only, sized, textured_quad

from colonnade_envs.objects import MeshError, ObjectSetError, make_mesh, open_object_set


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "cache"))


def test_folder_with_the_layouts_of_ycb(tmp_path: Path) -> None:
    root = tmp_path / "set"
    for inside in ("one", "two/google_16k", "three/tsdf", "four"):
        (root / inside).mkdir(parents=True)
        textured_quad(root / inside)
        name = "textured.obj" if inside != "four" else "four.obj"
        (root / inside / "quad.obj").rename(root / inside / name)
    (root / "empty").mkdir()
    (root / ".hidden").mkdir()
    (root / "readme.txt").write_text("no mesh")
    box().export(root / "five.stl")
    box().export(root / "six.stl")
    (root / "six.urdf").write_text('<robot name="six"/>')
    objects = open_object_set(root)
    assert objects.names == ("five", "four", "one", "six", "three", "two")
    assert len(objects["two"].texture_table) == 1
    assert objects.only(["two", "one"]).names == ("two", "one")
    assert open_object_set(root / "two").names == ("two",)
    with pytest.raises(MeshError, match="empty"):
        objects["six"]  # the URDF is preferred, and has no shape


def test_the_scale_that_is_suggested_works(tmp_path: Path) -> None:
    path = sized(120.0)(tmp_path)
    np.testing.assert_allclose(only(path, 0.001).size, [0.12, 0.072, 0.048], rtol=1e-6)
    with pytest.raises(MeshError, match=r"pass --scale 0\.001"):
        only(path, 1.0)
    with pytest.raises(MeshError, match=r"pass --scale 0\.001"):
        only(path, 0.1)


def test_sets_that_do_not_exist(tmp_path: Path) -> None:
    cases = {
        str(tmp_path / "nowhere"): "neither a set nor a folder",
        "builtins": "did you mean builtin",
        "random:5-2": "no range of random shapes",
        "random:1000": "no range of random shapes",
    }
    for spec, says in cases.items():
        with pytest.raises(ObjectSetError, match=says) as caught:
            open_object_set(spec)
        assert_one_sentence(caught.value)
    with pytest.raises(ObjectSetError, match="has no meshes"):
        open_object_set(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(ObjectSetError, match="not a mesh that can be read"):
        open_object_set(tmp_path / "a.txt")
    for scale in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ObjectSetError, match="scale"):
            open_object_set("builtin", scale=scale)
    with pytest.raises(ObjectSetError, match="at least one name"):
        open_object_set("builtin", [])


def test_arrays_of_the_caller_stay_as_they_are() -> None:
    points = np.eye(3) * 100.0
    assert make_mesh("m", points, [[0, 1, 2]], scale=0.001).size.max() < 0.2
    np.testing.assert_array_equal(points, np.eye(3) * 100.0)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(*[st.floats(-0.5, 0.5, width=32)] * 3), min_size=4, max_size=12),
    st.lists(st.tuples(*[st.integers(0, 11)] * 3), min_size=1, max_size=12),
)
def test_arrays_become_a_mesh_or_a_mesh_error(
    vertices: list[tuple[float, ...]], faces: list[tuple[int, ...]]
) -> None:
    try:
        mesh = make_mesh("any", vertices, faces)
    except MeshError:
        return
    assert mesh.faces.max() < len(mesh.vertices)
    assert mesh.face_areas.min() > 0.0
    assert 0.001 <= mesh.size.max() <= 2.0
    assert not mesh.vertices.flags.writeable
    assert mesh.corner_uv.shape == (*mesh.faces.shape, 2)
    assert set(np.unique(mesh.faces)) == set(range(len(mesh.vertices)))
