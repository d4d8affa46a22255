"""Sets of objects: lazy and small, cached on disk, drawn on a sheet; PyBullet's own objects."""

from __future__ import annotations

import copyreg
import importlib.util
import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from colonnade_envs.objects import (
    MeshError,
    ObjectSet,
    ObjectSetError,
    cache,
    contact_sheet,
    make_mesh,
    open_object_set,
    surface_points,
)
from colonnade_envs.objects.object_set import suggestion
from colonnade_envs.objects.pybullet_set import SHIPPED, expand_random
from colonnade_envs.objects.stored import from_arrays, to_arrays

needs_pybullet = pytest.mark.skipif(
    importlib.util.find_spec("pybullet_data") is None, reason="pybullet is not installed"
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    meshes = tmp_path / "meshes"
    meshes.mkdir()
    for name, size in (("one", 0.1), ("two", 0.2), ("three", 0.3)):
        trimesh.creation.box([size] * 3).export(meshes / f"{name}.stl")
    return meshes


def entries(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").rglob("*.npz"))


def test_listing_loads_nothing(folder: Path) -> None:
    (folder / "broken.stl").write_bytes(b"no mesh")
    objects = open_object_set(folder)
    assert objects.names == tuple(objects) == ("broken", "one", "three", "two")
    assert "one" in objects
    assert "four" not in objects
    assert objects["one"] is objects["one"]
    with pytest.raises(MeshError):
        objects["broken"]
    with pytest.raises(ObjectSetError, match="did you mean three"):
        objects["threes"]


def test_what_is_suggested_can_be_given_as_it_stands() -> None:
    known = ["plate, blue", "mug"]
    assert suggestion("plate", known) == 'did you mean "plate, blue"?'
    assert suggestion("zebra", known) == 'it has "plate, blue", mug.'


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text there")
def test_a_name_that_is_no_text_is_told(folder: Path, tmp_path: Path) -> None:
    odd = os.fsdecode(b"lamp\xe9")
    (folder / "two.stl").rename(folder / f"{odd}.stl")
    objects = open_object_set(folder)
    assert objects.names == ("lamp\ufffd", "one", "three")
    with pytest.raises(MeshError, match="not UTF-8 text: rename it"):
        objects["lamp\ufffd"]
    (tmp_path / odd).mkdir()
    with pytest.raises(ObjectSetError, match="lamp\ufffd has a name that is not UTF-8"):
        open_object_set(tmp_path / odd)


def test_names_pick_and_order(folder: Path) -> None:
    assert open_object_set(folder, ["two", "one", "two"]).names == ("two", "one")
    with pytest.raises(ObjectSetError, match="no object 'four'"):
        open_object_set(folder, ["one", "four"])


def test_only_the_last_meshes_are_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ObjectSet, "KEPT", 2)
    objects = open_object_set(folder)
    first = objects["one"]
    assert [objects[name].name for name in ("two", "three")] == ["two", "three"]
    assert objects["one"] is not first
    assert objects["one"].digest == first.digest


def test_a_set_travels_small(folder: Path) -> None:
    objects = open_object_set(folder)
    assert len(objects["one"].faces) == 12
    rebuild = objects.__reduce_ex__(2)
    assert rebuild[0] is copyreg.__newobj__  # type: ignore[attr-defined]
    state = objects.__getstate__()
    assert not state["_recent"]


def test_the_second_time_comes_from_the_cache(folder: Path, tmp_path: Path) -> None:
    first = open_object_set(folder)["one"]
    assert len(entries(tmp_path)) == 1
    again = open_object_set(folder)["one"]
    assert again.digest == first.digest
    for array, same in zip(first._arrays(), again._arrays(), strict=True):
        np.testing.assert_array_equal(array, same)
        assert not same.flags.writeable


def test_a_changed_file_or_texture_is_read_again(tmp_path: Path, folder: Path) -> None:
    before = open_object_set(folder)["one"].size
    trimesh.creation.box([0.15] * 3).export(folder / "one.stl")
    os.utime(folder / "one.stl", ns=(1, 1))
    assert open_object_set(folder)["one"].size[0] == pytest.approx(0.15)
    assert before[0] == pytest.approx(0.1)
    (folder / "q.obj").write_text(
        "mtllib q.mtl\nusemtl m\nv 0 0 0\nv .1 0 0\nv 0 .1 0\n"
        "vt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n"
    )
    (folder / "q.mtl").write_text("newmtl m\nmap_Kd q.png\n")
    for value in (10, 200):
        Image.new("RGB", (4, 4), (value, 0, 0)).save(folder / "q.png")
        os.utime(folder / "q.png", ns=(value, value))
        assert open_object_set(folder)["q"].texels[0, 0] == value
    (folder / "q.png").unlink()
    with pytest.raises(MeshError, match=r"q\.png is missing"):
        open_object_set(folder)["q"]


@pytest.mark.parametrize("damage", ["cut", "noise", "empty", "other", "flip"])
def test_a_damaged_entry_is_built_again_in_silence(
    folder: Path, tmp_path: Path, damage: str
) -> None:
    digest = open_object_set(folder)["one"].digest
    (entry,) = entries(tmp_path)
    content = bytearray(entry.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "noise":
        content = bytearray(np.random.default_rng(0).bytes(len(content)))
    elif damage == "empty":
        content = bytearray()
    elif damage == "flip":
        content[len(content) // 3] ^= 0xFF
    if damage == "other":
        buffer = io.BytesIO()
        np.savez(buffer, stamp=np.array("other"), vertices=np.zeros(3))
        content = bytearray(buffer.getvalue())
    entry.write_bytes(bytes(content))
    assert open_object_set(folder)["one"].digest == digest
    assert cache.fetch("mesh", "nobody") is None


def test_an_entry_with_objects_is_never_unpickled(tmp_path: Path) -> None:
    cache.store("mesh", "key", {"a": np.zeros(3)})
    (entry,) = entries(tmp_path)
    np.savez(entry, stamp=np.array([{"a": 1}], dtype=object))
    assert cache.fetch("mesh", "key") is None


def test_a_cache_that_cannot_be_written_is_no_error(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("a file where a folder should be")
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "file"))
    assert len(open_object_set(folder)["one"].faces) == 12
    assert not cache.store("mesh", "key", {"a": np.zeros(3)})
    monkeypatch.setenv("COLONNADE_CACHE", "off")
    assert cache.cache_dir() is None
    assert len(open_object_set(folder)["one"].faces) == 12
    assert not cache.store("mesh", "key", {"a": np.zeros(3)})


def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert not cache.store("mesh", "key", {"a": np.zeros(3)})
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("COLONNADE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache.cache_dir() == tmp_path / "colonnade"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.cache_dir() == tmp_path / ".cache" / "colonnade"


def test_stored_arrays_are_checked() -> None:
    mesh = make_mesh("m", np.eye(3) * 0.1, [[0, 1, 2]], textures=[np.zeros((2, 2, 3), np.uint8)])
    arrays = to_arrays(mesh)
    again = from_arrays("m", arrays)
    assert again is not None
    assert again.digest == mesh.digest
    for key, wrong in (
        ("faces", np.array([[0, 1, 3]], dtype=np.int32)),
        ("faces", np.zeros((1, 3))),
        ("face_texture", np.array([1], dtype=np.int16)),
        ("texture_table", np.array([[0, 2, 3]], dtype=np.int32)),
        ("corner_uv", np.zeros((2, 3, 2), dtype=np.float32)),
        ("texels", np.zeros(3, dtype=np.uint8)),
    ):
        assert from_arrays("m", arrays | {key: wrong}) is None
    assert from_arrays("m", {key: arrays[key] for key in arrays if key != "faces"}) is None


def test_a_scan_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes its time is the text and the large picture; the second time both stay shut."""
    solid = trimesh.creation.icosphere(subdivisions=5, radius=0.05)  # 20,480 triangles
    lines = ["mtllib s.mtl", "usemtl m"]
    lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in solid.vertices]
    lines += [f"vt {x + 0.5:.6f} {y + 0.5:.6f}" for x, y, _ in solid.vertices]
    lines += [f"f {a}/{a} {b}/{b} {c}/{c}" for a, b, c in (solid.faces + 1)]
    (tmp_path / "s.obj").write_text("\n".join(lines))
    (tmp_path / "s.mtl").write_text("newmtl m\nmap_Kd s.jpg\n")
    Image.new("RGB", (4096, 4096), (90, 60, 30)).save(tmp_path / "s.jpg")
    cold = open_object_set(tmp_path / "s.obj")["s"]
    assert tuple(cold.texture_table[0, 1:]) == (1024, 1024)  # decoded straight to that size

    def read(*_: object, **__: object) -> None:
        raise AssertionError("a file of the scan is opened again")

    monkeypatch.setattr("colonnade_envs.objects.files.read_file", read)
    monkeypatch.setattr(Image, "open", read)
    warm = open_object_set(tmp_path / "s.obj")["s"]
    assert warm.digest == cold.digest
    with pytest.raises(AssertionError, match="opened again"):
        open_object_set(tmp_path / "s.obj", scale=2.0)["s"]


def test_points_are_spread_evenly() -> None:
    mesh = make_mesh("b", *_box_arrays(0.2, 0.1, 0.1))
    points = surface_points(mesh, 1000)
    again = surface_points(mesh, 1000)
    np.testing.assert_array_equal(points.position, again.position)
    ends = np.abs(points.normal[:, 0]) > 0.9
    assert np.mean(ends) == pytest.approx(0.2, abs=0.005)  # 2 of 10 squares
    for axis in range(3):
        assert points.position[:, axis].mean() == pytest.approx(mesh.centre[axis], abs=2e-3)


def _box_arrays(*size: float) -> tuple[np.ndarray, np.ndarray]:
    solid = trimesh.creation.box(size)
    return solid.vertices, solid.faces


def test_a_contact_sheet_is_a_picture_of_all(folder: Path, tmp_path: Path) -> None:
    objects = open_object_set(folder)
    path = contact_sheet(objects.values(), tmp_path / "deep" / "sheet.png", "three boxes", tile=64)
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert pixels.shape == (44 + 118, 14 + 3 * 78, 3)
    for column in range(3):
        tile = pixels[44:108, 14 + 78 * column : 78 + 78 * column]
        assert (tile.min(axis=2) < 230).mean() > 0.15
    assert not list(path.parent.glob(".*"))
    with pytest.raises(ValueError, match="at least one object"):
        contact_sheet([], tmp_path / "none.png")


def test_a_contact_sheet_has_the_letters_of_names(folder: Path, tmp_path: Path) -> None:
    box = open_object_set(folder)["one"]

    def caption(name: str) -> bytes:
        path = contact_sheet([replace(box, name=name)], tmp_path / "sheet.png", tile=64)
        with Image.open(path) as image:
            return image.crop((0, 78, image.width, 96)).tobytes()

    letters = "ßéñøÅžα"
    nowhere = caption("\U0010fffe")
    assert len({caption(letter) for letter in letters} | {nowhere}) == len(letters) + 1
    assert caption("e\u0301") == caption("é")


@needs_pybullet
def test_what_pybullet_ships_has_household_size() -> None:
    objects = open_object_set("pybullet")
    assert objects.names == tuple(SHIPPED)
    for mesh in objects.values():
        assert 0.02 < mesh.size.max() < 0.4
    duck = surface_points(objects["duck"], 500).colour.mean(axis=0)
    assert duck[0] > 0.7 > 0.4 > duck[2]  # yellow
    ball = surface_points(objects["soccer_ball"], 500).colour.mean(axis=1)
    assert np.mean(ball > 0.7) > 0.3 < np.mean(ball < 0.3) + 0.2


@needs_pybullet
def test_random_shapes_by_range() -> None:
    assert open_object_set("random:007-009").names == ("random:007", "random:008", "random:009")
    assert len(open_object_set("random")) == 1000
    objects = open_object_set("pybullet", ["duck", "random:000-002"])
    assert objects.names == ("duck", "random:000", "random:001", "random:002")
    mesh = objects["random:000"]
    assert 0.05 < mesh.size.max() < 0.2
    np.testing.assert_allclose(mesh.corner_colour[0, 0], [0.04, 0.07, 0.91], atol=1e-6)
    assert expand_random("mug") == ["mug"]
    with pytest.raises(ObjectSetError, match="no range"):
        open_object_set("pybullet", ["random:9-1"])


@needs_pybullet
def test_pybullet_itself_is_not_imported() -> None:
    code = (
        "import sys; from colonnade_envs.objects import open_object_set as o;"
        "o('pybullet')['duck']; o('random:003')['random:003'];"
        "sys.exit('pybullet' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_pybullet_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ObjectSetError, match="not installed"):
        open_object_set("pybullet")
    with pytest.raises(ObjectSetError, match="not installed"):
        open_object_set("random:001")


def test_what_looks_like_an_object_and_is_none_is_told(folder: Path) -> None:
    assert open_object_set(folder).left_out == ()
    trimesh.creation.capsule(0.1, 0.03).export(folder / "two.obj")
    (folder / "parts").mkdir()
    for part in ("a", "b"):
        trimesh.creation.box([0.1] * 3).export(folder / "parts" / f"{part}.stl")
    objects = open_object_set(folder)
    assert objects.names == ("one", "three", "two")
    parts, two = sorted(objects.left_out)
    assert parts.startswith("parts/ is left out: it has several meshes")
    assert two == (
        "two.stl is left out: two.obj has the same name; rename it if it is another object."
    )
    (folder / "two.urdf").write_text("<robot/>")  # it says itself which of them are its parts
    assert len(open_object_set(folder).left_out) == 1
