"""Small meshes for tests: known shapes, painted so that every face can be told."""

from __future__ import annotations

import numpy as np
import trimesh
from numpy.typing import NDArray

from colonnade_envs.objects import ObjectMesh
from colonnade_envs.objects.mesh import make_mesh

HALF = 0.03
"""Half side of the box, radius of the sphere and the cylinder, metres."""


def painted(name: str, solid: trimesh.Trimesh, seed: int = 0) -> ObjectMesh:
    """A mesh with random corner colours, and a texture on half of its faces."""
    random = np.random.default_rng(seed)
    count = len(solid.faces)
    return make_mesh(
        name,
        solid.vertices,
        solid.faces,
        corner_uv=random.uniform(-1.5, 2.5, (count, 3, 2)),
        corner_colour=random.random((count, 3, 3)),
        face_texture=np.arange(count) % 3 - 1,
        textures=[
            random.integers(0, 256, (7, 5, 3), dtype=np.uint8),
            random.integers(0, 256, (4, 9, 3), dtype=np.uint8),
        ],
    )


def sphere() -> ObjectMesh:
    """A sphere of radius HALF round the origin."""
    return painted("sphere", trimesh.creation.icosphere(subdivisions=4, radius=HALF))


def box(x: float = 2 * HALF, y: float = 2 * HALF, z: float = 2 * HALF) -> ObjectMesh:
    """A box round the origin, of twelve triangles."""
    return painted("box", trimesh.creation.box((x, y, z)))


def cylinder() -> ObjectMesh:
    """A cylinder along z, 4 HALF high."""
    return painted("cylinder", trimesh.creation.cylinder(radius=HALF, height=4 * HALF, sections=96))


def ring() -> ObjectMesh:
    """A ring with a square section: a hole, edges and hollow sides."""
    return painted("ring", trimesh.creation.annulus(r_min=0.02, r_max=0.035, height=0.02))


def soup(count: int = 300, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Triangles that lie anyhow through each other, some of them the same."""
    random = np.random.default_rng(seed)
    middle = random.normal(size=(count, 1, 3)) * 0.05
    corners = middle + random.normal(size=(count, 3, 3)) * random.choice(
        [0.003, 0.02], (count, 1, 1)
    )
    corners[count // 2 : count // 2 + 12] = corners[0]
    return corners.reshape(-1, 3).astype(np.float32), np.arange(3 * count, dtype=np.int32).reshape(
        -1, 3
    )


def painted_white_box() -> ObjectMesh:
    """A white box without a texture."""
    solid = trimesh.creation.box((2 * HALF,) * 3)
    return make_mesh("white box", solid.vertices, solid.faces)
