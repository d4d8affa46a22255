"""Reading meshes: every format with its colours, and one clear sentence for every bad file."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from colonnade_envs.objects import (
    MeshError,
    ObjectMesh,
    ObjectSetError,
    make_mesh,
    open_object_set,
    surface_points,
)

QUAD_OBJ = """mtllib quad.mtl
v 0 0 0
v 0.1 0 0
v 0.1 0 0.1
v 0 0 0.1
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl print
f 1/1 2/2 3/3 4/4
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "cache"))


def corners_picture(path: Path, side: int = 8) -> None:
    """Top left red, top right green, bottom left blue, bottom right white."""
    pixels = np.zeros((side, side, 3), dtype=np.uint8)
    half = side // 2
    pixels[:half, :half] = 255, 0, 0
    pixels[:half, half:] = 0, 255, 0
    pixels[half:, :half] = 0, 0, 255
    pixels[half:, half:] = 255, 255, 255
    Image.fromarray(pixels).save(path)


def textured_quad(folder: Path, picture: str = "quad.png") -> Path:
    corners_picture(folder / picture)
    (folder / "quad.mtl").write_text(f"newmtl print\nKd 0.8 0.8 0.8\nmap_Kd {picture}\n")
    path = folder / "quad.obj"
    path.write_text(QUAD_OBJ)
    return path


def colour_near(mesh: ObjectMesh, place: tuple[float, float, float]) -> NDArray[np.float64]:
    points = surface_points(mesh, 4000)
    apart = np.linalg.norm(points.position - place, axis=1)
    assert apart.min() < 0.01
    return points.colour[apart.argmin()]


def only(path: Path, scale: float = 1.0) -> ObjectMesh:
    objects = open_object_set(path, scale=scale)
    assert len(objects) == 1
    return objects[objects.names[0]]


def assert_one_sentence(error: BaseException) -> None:
    text = str(error)
    assert text.endswith(".")
    assert "\n" not in text
    assert "Traceback" not in text


def test_a_texture_lands_the_right_way_up(tmp_path: Path) -> None:
    mesh = only(textured_quad(tmp_path))
    np.testing.assert_allclose(colour_near(mesh, (0.01, 0, 0.09)), [1, 0, 0])  # top left
    np.testing.assert_allclose(colour_near(mesh, (0.09, 0, 0.09)), [0, 1, 0])
    np.testing.assert_allclose(colour_near(mesh, (0.01, 0, 0.01)), [0, 0, 1])
    np.testing.assert_allclose(colour_near(mesh, (0.09, 0, 0.01)), [1, 1, 1])


@pytest.mark.parametrize(
    "written",
    ["-s 1 1 1 my print.png", "C:\\work\\tex\\My Print.png", "sub/MY PRINT.PNG", '"my print.png"'],
)
def test_a_texture_is_found_however_it_is_written(tmp_path: Path, written: str) -> None:
    path = textured_quad(tmp_path, "my print.png")
    (tmp_path / "quad.mtl").write_text(f"newmtl print\nmap_Kd {written}\n")
    assert len(only(path).texture_table) == 1


def test_a_large_texture_is_reduced(tmp_path: Path) -> None:
    path = textured_quad(tmp_path, "large.jpg")
    corners_picture(tmp_path / "large.jpg", 3000)
    mesh = only(path)
    assert mesh.texture_table.tolist() == [[0, 1024, 1024]]
    assert np.abs(colour_near(mesh, (0.01, 0, 0.09)) - [1, 0, 0]).max() < 0.05


def test_several_materials_and_relative_indices(tmp_path: Path) -> None:
    (tmp_path / "m.mtl").write_text("newmtl a\nKd 1 0 0\nnewmtl b\nKd 0 0 1\n")
    (tmp_path / "m.obj").write_text(
        "mtllib m.mtl\nv 0 0 0\nv .1 0 0\nv .1 .1 0\nv 0 .1 0\nusemtl a\nf 1 2 3\n"
        "v 0 0 .1\nusemtl b\nf -1 -5 -4 \\\n -3\nusemtl a\nf 1//1 2//2 4//1\n"
    )
    mesh = only(tmp_path / "m.obj")
    assert mesh.corner_colour[:, 0].tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 1], [1, 0, 0]]
    np.testing.assert_allclose(mesh.vertices[mesh.faces[1]][0], [0, 0, 0.1])


def test_obj_with_vertex_colours(tmp_path: Path) -> None:
    (tmp_path / "m.obj").write_text("v 0 0 0 1 0 0\nv .1 0 0 0 1 0\nv 0 .1 0 0 0 1\nf 1 2 3\n")
    np.testing.assert_allclose(only(tmp_path / "m.obj").corner_colour[0], np.eye(3))


@pytest.mark.parametrize("form", ["f {} {} {}", "f {}/1 {}/1 {}/1", "f {}//1 {}//1 {}//1"])
def test_every_way_to_write_a_face(tmp_path: Path, form: str) -> None:
    lines = ["v 0 0 0", "v .1 0 0", "v 0 .1 0", "v 0 0 .1", "vt 0 0", "vn 0 0 1"]
    for corners in ((1, 3, 2), (1, 2, 4), (2, 3, 4), (1, 4, 3)):
        lines.append(form.format(*corners))
    (tmp_path / "m.obj").write_text("\n".join(lines))
    mesh = only(tmp_path / "m.obj")
    assert mesh.faces.tolist() == [[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]]


def box(size: float = 0.1) -> trimesh.Trimesh:
    return trimesh.creation.box(extents=[size, 0.6 * size, 0.4 * size])


@pytest.mark.parametrize("ending", ["stl", "ply", "glb", "obj"])
def test_every_format_gives_the_same_box(tmp_path: Path, ending: str) -> None:
    box().export(tmp_path / f"box.{ending}")
    mesh = only(tmp_path / f"box.{ending}")
    np.testing.assert_allclose(mesh.size, [0.1, 0.06, 0.04], rtol=1e-6)
    assert mesh.area == pytest.approx(box().area, rel=1e-6)
    assert len(mesh.faces) == 12
    corners = mesh.vertices[mesh.faces]
    volume = np.einsum("ij,ij->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6
    assert volume == pytest.approx(box().volume, rel=1e-5)


def test_ascii_stl_and_one_that_is_inside_out(tmp_path: Path) -> None:
    solid = box()
    solid.invert()
    (tmp_path / "a.stl").write_text(trimesh.exchange.stl.export_stl_ascii(solid))
    corners = only(tmp_path / "a.stl").vertices[only(tmp_path / "a.stl").faces]
    assert np.einsum("ij,ij->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) > 0


def test_ply_colours_of_vertices_and_faces(tmp_path: Path) -> None:
    solid = box()
    solid.visual.vertex_colors = np.tile([255, 128, 0, 255], (8, 1))
    solid.export(tmp_path / "vertices.ply")
    mesh = only(tmp_path / "vertices.ply")
    np.testing.assert_allclose(mesh.corner_colour[0, 0], [1, 128 / 255, 0], atol=1e-6)


def test_glb_texture_and_base_colour(tmp_path: Path) -> None:
    corners_picture(tmp_path / "t.png")
    quad = trimesh.Trimesh(
        [[0, 0, 0], [0.1, 0, 0], [0.1, 0, 0.1], [0, 0, 0.1]], [[0, 1, 2], [0, 2, 3]], process=False
    )
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=Image.open(tmp_path / "t.png"))
    quad.visual = trimesh.visual.TextureVisuals([[0, 0], [1, 0], [1, 1], [0, 1]], material=material)
    other = box(0.02)
    other.apply_translation([0.3, 0, 0])
    plain = trimesh.visual.material.PBRMaterial(baseColorFactor=[0, 255, 255, 255])
    other.visual = trimesh.visual.TextureVisuals(np.zeros((8, 2)), material=plain)
    trimesh.Scene([quad, other]).export(tmp_path / "both.glb")
    mesh = only(tmp_path / "both.glb")
    np.testing.assert_allclose(colour_near(mesh, (0.01, 0, 0.09)), [1, 0, 0])
    np.testing.assert_allclose(colour_near(mesh, (0.09, 0, 0.01)), [1, 1, 1])
    np.testing.assert_allclose(colour_near(mesh, (0.31, 0, 0)), [0, 1, 1])


URDF = """<?xml version="1.0"?>
<robot name="two">
  <material name="sea"><color rgba="0 0.5 1 1"/></material>
  <link name="base"><visual>
    <origin xyz="0 0 0.05" rpy="0 0 1.5707963267948966"/>
    <geometry><mesh filename="package://shapes/box.stl" scale="2 1 1"/></geometry>
    <material name="sea"/></visual></link>
  <link name="ball"><visual>
    <geometry><sphere radius="0.02"/></geometry>
    <material name="own"><color rgba="1 0 0 1"/></material></visual></link>
  <joint name="j" type="fixed"><parent link="base"/><child link="ball"/>
    <origin xyz="0 0 0.2"/></joint>
</robot>"""


def test_urdf_with_origin_scale_joints_and_colours(tmp_path: Path) -> None:
    box().export(tmp_path / "box.stl")
    (tmp_path / "two.urdf").write_text(URDF)
    mesh = only(tmp_path / "two.urdf")
    np.testing.assert_allclose(mesh.bounds[0], [-0.03, -0.1, 0.03], atol=1e-6)
    np.testing.assert_allclose(mesh.bounds[1], [0.03, 0.1, 0.22], atol=1e-6)
    np.testing.assert_allclose(colour_near(mesh, (0, 0, 0.22)), [1, 0, 0])
    np.testing.assert_allclose(colour_near(mesh, (0, 0, 0.07)), [0, 0.5, 1])


def test_urdf_shapes_and_texture(tmp_path: Path) -> None:
    textured_quad(tmp_path)
    (tmp_path / "q.urdf").write_text(
        '<robot name="q"><link name="l"><visual><geometry><mesh filename="quad.obj"/></geometry>'
        '<material name="m"><color rgba="1 1 0 1"/></material></visual>'
        '<visual><origin xyz="0.3 0 0"/><geometry><box size=".02 .02 .02"/></geometry></visual>'
        '<visual><origin xyz="0.4 0 0"/><geometry><cylinder radius=".02" length=".1"/></geometry>'
        '</visual><visual><origin xyz="0.5 0 0"/><geometry>'
        '<capsule radius=".02" length=".1"/></geometry></visual></link></robot>'
    )
    mesh = only(tmp_path / "q.urdf")
    np.testing.assert_allclose(colour_near(mesh, (0.09, 0, 0.01)), [1, 1, 0])  # white x yellow
    np.testing.assert_allclose(colour_near(mesh, (0.01, 0, 0.01)), [0, 0, 0])  # blue x yellow
    assert mesh.size[0] == pytest.approx(0.52, abs=1e-3)


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


PLY = """ply
format ascii 1.0
{comment}
element vertex 4
property float x
property float y
property float z
property float s
property float t
element face {faces}
property list uchar int vertex_indices
end_header
"""
CORNERS = [(0, 0, 0, 0, 0), (0.1, 0, 0, 1, 0), (0.1, 0, 0.1, 1, 1), (0, 0, 0.1, 0, 1)]


def ply(
    *faces: tuple[int, ...], binary: bool = False, comment: str = "comment"
) -> Callable[[Path], Path]:
    """A square with texture coordinates."""

    def write(folder: Path) -> Path:
        content = PLY.format(comment=comment, faces=len(faces)).encode()
        if binary:
            content = content.replace(b"ascii", b"binary_little_endian")
            content += b"".join(struct.pack("<5f", *row) for row in CORNERS)
            content += b"".join(struct.pack(f"<B{len(f)}i", len(f), *f) for f in faces)
        else:
            rows = [*CORNERS, *((len(face), *face) for face in faces)]
            content += "".join(" ".join(map(str, row)) + "\n" for row in rows).encode()
        (folder / "p.ply").write_bytes(content)
        return folder / "p.ply"

    return write


def cut_by(write: Callable[[Path], Path], size: int) -> Callable[[Path], Path]:
    def shorter(folder: Path) -> Path:
        path = write(folder)
        path.write_bytes(path.read_bytes()[:-size])
        return path

    return shorter


def dangling(folder: Path) -> Path:
    (folder / "d.obj").symlink_to("away.obj")
    return folder


def sized(size: float) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        box(size).export(folder / "b.stl")
        return folder / "b.stl"

    return write


TRIANGLE = "v 0 0 0\nv .1 0 0\nv 0 .1 0\n"


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


def test_arrays_of_the_caller_stay_as_they_are() -> None:
    points = np.eye(3) * 100.0
    assert make_mesh("m", points, [[0, 1, 2]], scale=0.001).size.max() < 0.2
    np.testing.assert_array_equal(points, np.eye(3) * 100.0)


@pytest.mark.parametrize("written", ["my print.png", "..\\away\\My Print.PNG", "/x/my print.png"])
@pytest.mark.parametrize("binary", [False, True])
def test_a_ply_is_painted_with_its_picture(tmp_path: Path, written: str, *, binary: bool) -> None:
    corners_picture(tmp_path / "my print.png")
    comment = f"comment TextureFile {written}"
    mesh = only(ply((0, 1, 2), (0, 2, 3), binary=binary, comment=comment)(tmp_path))
    np.testing.assert_allclose(colour_near(mesh, (0.02, 0, 0.08)), (1, 0, 0), atol=0.02)
    Image.new("RGB", (8, 8), "white").save(tmp_path / "my print.png")
    mesh = only(tmp_path / "p.ply")
    np.testing.assert_allclose(colour_near(mesh, (0.02, 0, 0.08)), 1, atol=0.02)


def test_a_gltf_finds_a_picture_of_an_encoded_name(tmp_path: Path) -> None:
    quad = trimesh.Trimesh([[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]], [[0, 1, 2]], process=False)
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=Image.new("RGB", (8, 8), "red"))
    quad.visual = trimesh.visual.TextureVisuals([[0, 0], [1, 0], [1, 1]], material=material)
    for name, content in trimesh.exchange.gltf.export_gltf(trimesh.Scene([quad])).items():
        (tmp_path / name).write_bytes(content)
    path = tmp_path / "model.gltf"
    tree = json.loads(path.read_text())
    tree["images"] = [{"uri": "my%20print.png"}]
    path.write_text(json.dumps(tree))
    Image.new("RGB", (8, 8), "red").save(tmp_path / "my print.png")
    mesh = only(path)
    np.testing.assert_allclose(colour_near(mesh, (0.02, 0.02, 0)), (1, 0, 0), atol=0.02)


@pytest.mark.parametrize("end", ["end solid", "END  SOLID box", "end\tsolid"])
def test_a_textual_stl_may_end_in_two_words(tmp_path: Path, end: str) -> None:
    one = trimesh.exchange.stl.export_stl_ascii(box()).strip()
    assert one.endswith("endsolid")
    (tmp_path / "a.stl").write_text(2 * f"{one.removesuffix('endsolid')}{end}\n")
    assert len(only(tmp_path / "a.stl").faces) == 24


@pytest.mark.parametrize("solid", ["solid", "SOLID"])
def test_a_textual_stl_that_is_whole_is_read(tmp_path: Path, solid: str) -> None:
    content = trimesh.exchange.stl.export_stl_ascii(box()).replace("solid", solid, 1)
    (tmp_path / "a.stl").write_text(content + "\n\n")
    assert len(only(tmp_path / "a.stl").faces) == 12
    # some programs begin binary files with the word of the textual ones
    content = trimesh.exchange.stl.export_stl(box())
    (tmp_path / "b.stl").write_bytes(solid.encode().ljust(80) + content[80:])
    assert len(only(tmp_path / "b.stl").faces) == 12


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
