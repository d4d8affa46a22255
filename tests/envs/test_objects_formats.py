"""Every format of mesh files is read whole, with its colours, however it is written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from tests.envs.mesh_files import (
    box,
    colour_near,
    corners_picture,
    only,
    ply,
    textured_quad,
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONNADE_CACHE", str(tmp_path / "cache"))


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


def test_ply_colours_of_vertices_and_faces(tmp_path: Path) -> None:
    solid = box()
    solid.visual.vertex_colors = np.tile([255, 128, 0, 255], (8, 1))
    solid.export(tmp_path / "vertices.ply")
    mesh = only(tmp_path / "vertices.ply")
    np.testing.assert_allclose(mesh.corner_colour[0, 0], [1, 128 / 255, 0], atol=1e-6)


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


def test_a_gltf_is_read_again_when_what_it_asks_for_has_changed(tmp_path: Path) -> None:
    for side in (0.05, 0.06):
        scene = trimesh.Scene([trimesh.creation.box(np.full(3, side))])
        for name, content in trimesh.exchange.gltf.export_gltf(scene).items():
            if side == 0.05 or name.endswith(".bin"):
                (tmp_path / name).write_bytes(content)
        mesh = only(tmp_path / "model.gltf")
        np.testing.assert_allclose(mesh.size, side, rtol=1e-6)
        assert mesh.origin


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
