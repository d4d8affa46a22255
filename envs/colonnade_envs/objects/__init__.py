"""Object sets: household objects of our own making, PyBullet's, or any folder of meshes.

>>> from colonnade_envs.objects import open_object_set
>>> objects = open_object_set("builtin")
>>> mug = objects["mug"]
"""

from __future__ import annotations

from colonnade_envs.objects.mesh import MeshError, ObjectMesh, make_mesh
from colonnade_envs.objects.object_set import ObjectSet, ObjectSetError
from colonnade_envs.objects.opening import open_object_set
from colonnade_envs.objects.sampling import SurfacePoints, surface_points
from colonnade_envs.objects.sheet import contact_sheet
from colonnade_envs.objects.symmetry import SymmetryGroup, symmetry_group

__all__ = [
    "MeshError",
    "ObjectMesh",
    "ObjectSet",
    "ObjectSetError",
    "SurfacePoints",
    "SymmetryGroup",
    "contact_sheet",
    "make_mesh",
    "open_object_set",
    "surface_points",
    "symmetry_group",
]
