"""URDF: the visual shapes of all links at the zero position of the joints, as one object."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray

from colonnade_envs.objects.images import find_beside
from colonnade_envs.objects.mesh import MeshError
from colonnade_envs.objects.raw import RawMesh

__all__ = ["read_urdf"]

Colour = tuple[float, float, float]
Paint = tuple[Colour | None, Path | None]


def read_urdf(name: str, path: Path) -> RawMesh:
    """Read the <visual> elements of a URDF: meshes with scale and origin, and plain shapes.

    A <material> colour replaces the colours of a mesh file and multiplies its texture, as in
    PyBullet. A robot of several links is taken at joint positions 0. Raises MeshError.
    """
    try:
        robot = ElementTree.fromstring(path.read_text(encoding="utf-8", errors="replace").strip())
    except ElementTree.ParseError as error:
        raise MeshError(
            f"{name}: {path.name} is broken or cut short, its XML does not end well ({error}): "
            "copy or export it again."
        ) from error
    if robot.tag != "robot":
        raise MeshError(
            f"{name}: {path.name} is not a URDF (its root is <{robot.tag}>): give a file whose "
            "root is <robot>."
        )
    raw = RawMesh(name, sources=[path])
    try:
        materials = {
            str(element.get("name")): _paint(element, path) for element in robot.findall("material")
        }
        frames = _link_frames(robot)
        for link in robot.findall("link"):
            for visual in link.findall("visual"):
                _add_visual(
                    raw, visual, frames.get(str(link.get("name")), np.eye(4)), path, materials
                )
    except RecursionError as error:
        raise MeshError(
            f"{name}: {path.name} asks for itself as a mesh, or its joints go round in a circle: "
            "repair it."
        ) from error
    except ValueError as error:
        if isinstance(error, MeshError):
            raise
        raise MeshError(
            f"{name}: {path.name} has a number that makes no sense ({error}): repair it."
        ) from error
    return raw


def _add_visual(
    raw: RawMesh,
    visual: ElementTree.Element,
    frame: NDArray[np.float64],
    path: Path,
    materials: dict[str, Paint],
) -> None:
    geometry = visual.find("geometry")
    if geometry is None or len(geometry) == 0:
        return
    element = visual.find("material")
    paint: Paint = (None, None)
    if element is not None:
        paint = _paint(element, path)
        if paint == (None, None):
            paint = materials.get(str(element.get("name")), paint)
    piece = _shape(raw.name, geometry[0], path, need_materials=paint == (None, None))
    piece.place(frame @ _origin(visual.find("origin")))
    colour, texture = paint
    if texture is not None:
        row = piece.texture_row(texture)
        piece.sources.append(texture)
        piece.texture = [np.full(len(part), row) for part in piece.texture]
        colour = colour or (1.0, 1.0, 1.0)
    raw.merge(piece, tint=colour)


def _shape(name: str, element: ElementTree.Element, path: Path, *, need_materials: bool) -> RawMesh:
    piece = RawMesh(name)
    if element.tag == "mesh":
        from colonnade_envs.objects.files import read_file

        written = str(element.get("filename") or "")
        if not written:
            raise MeshError(f"{name}: a <mesh> in {path.name} has no filename: write it in.")
        mesh_path = _find_mesh(written, path.parent)
        if not mesh_path.is_file():
            raise MeshError(f"{name}: its mesh {written} is missing: put it beside {path.name}.")
        piece = read_file(name, mesh_path, need_materials=need_materials)
        scale = _numbers(element.get("scale"), 3, 1.0)
        piece.place(np.diag([*scale, 1.0]))
        return piece
    plain = np.array([0.8, 0.8, 0.8])
    if element.tag == "box":
        solid = trimesh.creation.box(extents=_numbers(element.get("size"), 3, 1.0))
    elif element.tag == "cylinder":
        radius, length = float(element.get("radius", "")), float(element.get("length", ""))
        solid = trimesh.creation.cylinder(radius=radius, height=length, sections=96)
    elif element.tag == "capsule":
        radius, length = float(element.get("radius", "")), float(element.get("length", ""))
        solid = trimesh.creation.capsule(radius=radius, height=length, count=(48, 48))
    elif element.tag == "sphere":
        solid = trimesh.creation.icosphere(subdivisions=4, radius=float(element.get("radius", "")))
    else:
        raise MeshError(
            f"{name}: <{element.tag}> in {path.name} is not a shape of URDF: use mesh, box, "
            "cylinder, capsule or sphere."
        )
    piece.add(solid.vertices, solid.faces, colour=plain)
    return piece


def _find_mesh(written: str, folder: Path) -> Path:
    """Resolve a plain, file:// or package:// path of a URDF, the last by looking up the folders."""
    if written.startswith("package://"):
        inside = written.removeprefix("package://")
        for parent in [folder, *folder.parents]:
            for candidate in (parent / inside, parent / inside.partition("/")[2]):
                if candidate.is_file():
                    return candidate
        return find_beside(folder, inside)
    return find_beside(folder, written.removeprefix("file://"))


def _paint(element: ElementTree.Element, path: Path) -> Paint:
    colour: Colour | None = None
    texture: Path | None = None
    found = element.find("color")
    if found is not None:
        red, green, blue, *_ = _numbers(found.get("rgba"), 4, 1.0)
        colour = (red, green, blue)
    found = element.find("texture")
    if found is not None and found.get("filename"):
        texture = find_beside(path.parent, str(found.get("filename")))
    return colour, texture


def _link_frames(robot: ElementTree.Element) -> dict[str, NDArray[np.float64]]:
    """Pose of every link in the root link's frame with all joints at zero."""
    joints: dict[str, tuple[str, NDArray[np.float64]]] = {}
    for joint in robot.findall("joint"):
        parent, child = joint.find("parent"), joint.find("child")
        if parent is not None and child is not None:
            joints[str(child.get("link"))] = (
                str(parent.get("link")),
                _origin(joint.find("origin")),
            )

    def frame(link: str) -> NDArray[np.float64]:
        if link not in joints:
            return np.eye(4)
        parent, origin = joints[link]
        return frame(parent) @ origin

    return {str(link.get("name")): frame(str(link.get("name"))) for link in robot.findall("link")}


def _origin(element: ElementTree.Element | None) -> NDArray[np.float64]:
    """(4, 4) of an <origin>: rpy are rotations about the fixed x, y, z axes, in this order."""
    matrix = np.eye(4)
    if element is None:
        return matrix
    roll, pitch, yaw = _numbers(element.get("rpy"), 3, 0.0)
    cr, sr, cp, sp, cy, sy = (f(angle) for angle in (roll, pitch, yaw) for f in (np.cos, np.sin))
    about_x = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    about_y = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    about_z = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    matrix[:3, :3] = about_z @ about_y @ about_x
    matrix[:3, 3] = _numbers(element.get("xyz"), 3, 0.0)
    return matrix


def _numbers(text: str | None, count: int, default: float) -> list[float]:
    if text is None:
        return [default] * count
    values = [float(x) for x in text.replace(",", " ").split()]
    if len(values) != count:
        raise ValueError(f"'{text}' should be {count} numbers")
    return values
