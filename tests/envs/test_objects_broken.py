"""Files that cannot be used as meshes: each gets one clear sentence, and no other error."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.envs.mesh_files import (
    assert_one_sentence,
    box,
    only,
    ply,
    sized,
    textured_quad,
)

from colonnade_envs.objects import MeshError

TRIANGLE = "v 0 0 0\nv .1 0 0\nv 0 .1 0\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "cache"))


def broken(text: str, name: str = "m.obj") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_text(text)
        return folder / name

    return write


def short_stl(folder: Path) -> Path:
    box().export(folder / "b.stl")
    (folder / "b.stl").write_bytes((folder / "b.stl").read_bytes()[:300])
    return folder / "b.stl"


def short_ply(folder: Path) -> Path:
    box().export(folder / "b.ply")
    (folder / "b.ply").write_bytes((folder / "b.ply").read_bytes()[:-40])
    return folder / "b.ply"


def short_glb(folder: Path) -> Path:
    box().export(folder / "b.glb")
    (folder / "b.glb").write_bytes((folder / "b.glb").read_bytes()[:-200])
    return folder / "b.glb"


def gltf_without_its_numbers(folder: Path) -> Path:
    for name, content in trimesh.exchange.gltf.export_gltf(trimesh.Scene([box()])).items():
        if name.endswith(".gltf"):
            (folder / "b.gltf").write_bytes(content)
    return folder / "b.gltf"


def nan_stl(folder: Path) -> Path:
    triangle = struct.pack("<12fH", 0, 0, 1, 0, 0, 0, 0.1, float("nan"), 0, 0, 0.1, 0, 0)
    (folder / "n.stl").write_bytes(b"\0" * 80 + struct.pack("<I", 1) + triangle)
    return folder / "n.stl"


def missing_texture(folder: Path) -> Path:
    path = textured_quad(folder)
    (folder / "quad.png").unlink()
    return path


def broken_texture(folder: Path) -> Path:
    path = textured_quad(folder)
    (folder / "quad.png").write_bytes((folder / "quad.png").read_bytes()[:60])
    return path


def missing_materials(folder: Path) -> Path:
    path = textured_quad(folder)
    (folder / "quad.mtl").unlink()
    return path


def cut(ending: str, form: str, keep: float) -> Callable[[Path], Path]:
    """A ball whose file ends after the share `keep` of its bytes."""

    def write(folder: Path) -> Path:
        solid = trimesh.creation.icosphere(subdivisions=2, radius=0.04)
        content = {
            "ascii stl": lambda: trimesh.exchange.stl.export_stl_ascii(solid).encode(),
            "ascii ply": lambda: trimesh.exchange.ply.export_ply(solid, encoding="ascii"),
            "obj": lambda: trimesh.exchange.obj.export_obj(solid).encode(),
        }[form]()
        path = folder / f"b.{ending}"
        path.write_bytes(content[: int(keep * len(content))])
        return path

    return write


def glb_with_a_broken_picture(folder: Path) -> Path:
    quad = trimesh.Trimesh([[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]], [[0, 1, 2]], process=False)
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=Image.new("RGB", (8, 8)))
    quad.visual = trimesh.visual.TextureVisuals([[0, 0], [1, 0], [1, 1]], material=material)
    content = trimesh.Scene([quad]).export(file_type="glb")
    (folder / "p.glb").write_bytes(content.replace(b"PNG", b"GNP"))
    return folder / "p.glb"


def gltf_without_its_picture(folder: Path) -> Path:
    for name, content in trimesh.exchange.gltf.export_gltf(trimesh.Scene([box()])).items():
        (folder / name).write_bytes(content)
    path = folder / "model.gltf"
    tree = json.loads(path.read_text())
    tree["images"], tree["textures"] = [{"uri": "my%20print.png"}], [{"source": 0}]
    tree["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}]
    path.write_text(json.dumps(tree))
    return path


def cut_by(write: Callable[[Path], Path], size: int) -> Callable[[Path], Path]:
    def shorter(folder: Path) -> Path:
        path = write(folder)
        path.write_bytes(path.read_bytes()[:-size])
        return path

    return shorter


def dangling(folder: Path) -> Path:
    (folder / "d.obj").symlink_to("away.obj")
    return folder


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (broken(""), "empty file"),
        (broken("# nothing\n"), "has no vertices, so it is cut short or not an OBJ file"),
        (broken("<html>404</html>"), "not an OBJ file"),
        (broken("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"),
        (broken(TRIANGLE), "has vertices but no faces, so the mesh is empty or cut short"),
        (broken(TRIANGLE + "vt 0 0\nf 1/1 2/1 3/"), "corners of the face .* are not alike"),
        (broken(TRIANGLE + "vt 0 0\nf 1/1/1 2/1/1 3/1"), "are not alike"),
        (broken(TRIANGLE + "f 1 2 99999999999999999999\n"), "a number is too large"),
        (broken("v 0 0\nv .1 0\nv 0 .1\nf 1 2 3\n"), "has 2 numbers, not 3"),
        (broken(TRIANGLE + "f 1 2 x\n"), "'x' stands where a number should"),
        (broken("v 0 0 0\nv 1e308 0 0\nv -1e308 1 0\nf 1 2 3\n"), "no usual unit makes it fit"),
        (cut("stl", "ascii stl", 0.5), "does not end with `endsolid`"),
        (cut("ply", "ascii ply", 0.5), "cut short"),
        (cut("ply", "ascii ply", 0.999), "it says 320 faces and has 319"),
        (ply((0, 1, 2), (0, 1)), "has faces with fewer than three corners: remove them"),
        (ply((0, 1), (0, 2)), "fewer than three corners"),
        (ply((0, 1), (0, 2), binary=True), "fewer than three corners"),
        (ply((0, 1, 2), (0, 1), binary=True), "fewer than three corners"),
        (ply((0, 1, 2), (0, 1, 2, 3), binary=True), "unlike numbers of corners"),
        (cut_by(ply((0, 1, 2), (0, 2, 3)), 4), "it says 2 faces and has 1"),
        (cut_by(ply((0, 1, 2), (0, 2, 3), binary=True), 4), "it says 2 faces and has 1"),
        (
            ply((0, 1, 2), (0, 2, 3), comment="comment TextureFile my print.png"),
            "its texture my print.png is missing",
        ),
        (cut("obj", "obj", 0.2), "no faces"),
        (glb_with_a_broken_picture, "texture in p.glb cannot be read as a picture"),
        (gltf_without_its_picture, "its texture my print.png is missing"),
        (dangling, "link to a file that is not there"),
        (broken(TRIANGLE + "f 1 1 2\n"), "without area"),
        (broken("v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n"), "all its vertices are at one place"),
        (broken("v nan 0 0\nv .1 0 0\nv 0 .1 0\nf 1 2 3\n"), "NaN"),
        (broken("v inf 0 0\nv .1 0 0\nv 0 .1 0\nf 1 2 3\n"), "NaN or infinite"),
        (broken(TRIANGLE + "f 1 2 4\n"), "cut short"),
        (broken(TRIANGLE + "f 1 2 0\n"), "cut short"),
        (broken(TRIANGLE + "f 1/1 2/1 3/1\n"), "texture coordinate"),
        (broken(TRIANGLE + "f 1 2 3\nf 1 2"), "cut short"),
        (broken("f 1 2 3\n"), "no vertices"),
        (broken("solid x\n", "s.stl"), "cut short"),
        (broken("x" * 50, "s.stl"), "its head alone should have 84"),
        (broken("v 0 0 zero\nv .1 0 0\nv 0 .1 0\nf 1 2 3\n"), "cut short"),
        (nan_stl, "NaN"),
        (short_stl, "cut short"),
        (short_ply, "cut short|empty"),
        (short_glb, "cut short"),
        (gltf_without_its_numbers, "is missing|cut short"),
        (broken("this is no mesh", "m.ply"), "not a PLY file"),
        (broken("this is no mesh", "m.glb"), "not a GLB file"),
        (broken("<robot name='x'><link", "m.urdf"), "XML does not end well"),
        (broken("<sdf/>", "m.urdf"), "not a URDF"),
        (broken("<robot name='x'><link name='a'/></robot>", "m.urdf"), "empty"),
        (
            broken(
                "<robot name='x'><link name='a'><visual><geometry><mesh filename='no.stl'/>"
                "</geometry></visual></link></robot>",
                "m.urdf",
            ),
            "its mesh no.stl is missing",
        ),
        (
            broken(
                "<robot name='x'><link name='a'><visual><geometry><box size='1 2'/>"
                "</geometry></visual></link></robot>",
                "m.urdf",
            ),
            "should be 3 numbers",
        ),
        (
            broken(
                "<robot name='x'><link name='a'><visual><geometry><cone/>"
                "</geometry></visual></link></robot>",
                "m.urdf",
            ),
            "not a shape of URDF",
        ),
        (
            broken(
                "<robot name='x'><link name='a'><visual><geometry><mesh filename='m.urdf'/>"
                "</geometry></visual></link></robot>",
                "m.urdf",
            ),
            "asks for itself",
        ),
        (
            broken(
                "<robot name='x'><link name='a'><visual><geometry><mesh/>"
                "</geometry></visual></link></robot>",
                "m.urdf",
            ),
            "has no filename",
        ),
        (missing_texture, "its texture quad.png is missing"),
        (broken_texture, "quad.png cannot be read"),
        (missing_materials, "materials file quad.mtl is missing"),
        (broken("v 1000 0 0\nv 1000.1 0 0\nv 1000 .1 0\nf 1 2 3\n"), "1e\\+03 m away from its"),
        (sized(120.0), "looks like millimetres: pass --scale 0.001"),
        (sized(12.0), "looks like centimetres: pass --scale 0.01"),
        (sized(1e-4), "pass --scale 1000"),
    ],
)
def test_a_bad_file_gets_one_clear_sentence(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    write: Callable[[Path], Path],
    says: str,
) -> None:
    folder = tmp_path / "meshes"
    folder.mkdir()
    path = write(folder)
    with pytest.raises(MeshError, match=says) as caught:
        only(path)
    assert_one_sentence(caught.value)
    assert str(caught.value).startswith(path.stem if path.is_file() else "d")
    assert not caplog.records  # nothing is printed besides


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["obj", "stl", "ply", "glb", "urdf"]))
def test_no_bytes_whatever_raise_anything_but_a_mesh_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, ending: str
) -> None:
    path = tmp_path_factory.mktemp("any") / f"m.{ending}"
    path.write_bytes(content)
    with pytest.raises(MeshError) as caught:
        only(path)
    assert_one_sentence(caught.value)
