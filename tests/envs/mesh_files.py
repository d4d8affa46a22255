"""Files of meshes for tests: a box, a painted square, and how to open them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image

from colonnade_envs.objects import ObjectMesh, open_object_set, surface_points

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
    """A square of 0.1 m in the plane of x and z, painted with `corners_picture`, as OBJ."""
    corners_picture(folder / picture)
    (folder / "quad.mtl").write_text(f"newmtl print\nKd 0.8 0.8 0.8\nmap_Kd {picture}\n")
    path = folder / "quad.obj"
    path.write_text(QUAD_OBJ)
    return path


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


def box(size: float = 0.1) -> trimesh.Trimesh:
    return trimesh.creation.box(extents=[size, 0.6 * size, 0.4 * size])


def sized(size: float) -> Callable[[Path], Path]:
    """Writes a box so many units long."""

    def write(folder: Path) -> Path:
        box(size).export(folder / "b.stl")
        return folder / "b.stl"

    return write


def only(path: Path, scale: float = 1.0) -> ObjectMesh:
    """The one object that there is at `path`."""
    objects = open_object_set(path, scale=scale)
    assert len(objects) == 1
    return objects[objects.names[0]]


def colour_near(mesh: ObjectMesh, place: tuple[float, float, float]) -> NDArray[np.float64]:
    """(3,) of the surface point nearest to `place`, metres."""
    points = surface_points(mesh, 4000)
    apart = np.linalg.norm(points.position - place, axis=1)
    assert apart.min() < 0.01
    return points.colour[apart.argmin()]


def assert_one_sentence(error: BaseException) -> None:
    text = str(error)
    assert text.endswith((".", "?"))
    assert "\n" not in text
    assert "Traceback" not in text
