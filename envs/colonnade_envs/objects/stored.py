"""ObjectMesh to plain arrays for the cache and back, without checking all of it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade_envs.objects.mesh import ObjectMesh

__all__ = ["from_arrays", "to_arrays"]

_SHAPES: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
    "vertices": (np.float32, (3,)),
    "faces": (np.int32, (3,)),
    "corner_uv": (np.float32, (3, 2)),
    "corner_colour": (np.float32, (3, 3)),
    "face_texture": (np.int16, ()),
    "texels": (np.uint8, (3,)),
    "texture_table": (np.int32, (3,)),
}


def to_arrays(mesh: ObjectMesh) -> dict[str, NDArray[Any]]:
    """The arrays of a mesh, and its digest and origin so that they need not be found again."""
    arrays: dict[str, NDArray[Any]] = {name: getattr(mesh, name) for name in _SHAPES}
    arrays |= {"digest": np.array(mesh.digest), "origin": np.array(mesh.origin)}
    return arrays


def from_arrays(name: str, arrays: Mapping[str, NDArray[Any]]) -> ObjectMesh | None:
    """The mesh of `to_arrays`, or None where types, shapes or indices are not those of a mesh."""
    fields: dict[str, NDArray[Any]] = {}
    for key, (dtype, tail) in _SHAPES.items():
        array = arrays.get(key)
        if array is None or array.dtype != dtype or array.shape[1:] != tail or array.ndim == 0:
            return None
        array.flags.writeable = False
        fields[key] = array
    count = len(fields["faces"])
    faces, table, texture = fields["faces"], fields["texture_table"], fields["face_texture"]
    if not count or any(len(fields[k]) != count for k in ("corner_uv", "corner_colour")):
        return None
    if len(texture) != count or texture.min() < -1 or texture.max() >= len(table):
        return None
    if faces.min() < 0 or faces.max() >= len(fields["vertices"]):
        return None
    ends = table[:, 0].astype(np.int64) + table[:, 1].astype(np.int64) * table[:, 2]
    if len(table) and (table.min() < 0 or ends.max() > len(fields["texels"])):
        return None
    mesh = ObjectMesh(name=name, **fields, origin=str(arrays.get("origin", "")))
    digest = arrays.get("digest")
    if digest is not None:
        mesh.__dict__["digest"] = str(digest)
    return mesh
