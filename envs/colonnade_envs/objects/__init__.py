"""Object sets: household objects of our own making, PyBullet's, or any folder of meshes."""

from __future__ import annotations

from colonnade_envs.objects.mesh import MeshError, ObjectMesh, make_mesh
from colonnade_envs.objects.object_set import ObjectSet, ObjectSetError
from colonnade_envs.objects.opening import open_object_set

__all__ = [
    "MeshError",
    "ObjectMesh",
    "ObjectSet",
    "ObjectSetError",
    "make_mesh",
    "open_object_set",
]
