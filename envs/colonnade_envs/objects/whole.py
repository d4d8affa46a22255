"""Whether a mesh file has all that it promises: what a broken copy lost is else not noticed.

Libraries read a file that was cut short as far as it goes. What can be told from the file alone
is told here: a count in its head, a last line that must be there.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from PIL import Image

from colonnade_envs.objects.images import find_beside, read_picture
from colonnade_envs.objects.mesh import MeshError
from colonnade_envs.objects.ply import corners, read_head

__all__ = ["check_kind", "check_ply", "check_whole", "end_together", "is_text", "picture_of_ply"]

_POINTER = b"version https://git-lfs"
_END = re.compile(rb"^([ \t]*)end[ \t]+(?=solid)", re.IGNORECASE | re.MULTILINE)


def check_kind(name: str, path: Path) -> None:
    """Raise MeshError where a file cannot be a mesh; OSError where it cannot be read."""
    if not is_text(str(path)):
        raise MeshError(f"{name}: the name of its file is not UTF-8 text: rename it.")
    if path.is_dir():
        raise MeshError(f"{name}: {path} is a folder: give the mesh file that is in it.")
    if path.is_symlink() and not path.exists():
        raise MeshError(
            f"{name}: {path.name} is a link to a file that is not there ({path.readlink()}): put "
            "the mesh in its place."
        )
    if path.stat().st_size == 0:
        raise MeshError(f"{name}: {path.name} is an empty file: copy or export it again.")
    with path.open("rb") as file:
        head = file.read(len(_POINTER))
    if head == _POINTER:
        raise MeshError(
            f"{name}: {path.name} is only Git's pointer to the mesh: fetch it with `git lfs pull`."
        )


def is_text(path: str) -> bool:
    """Whether a path can be written down: names of other encodings cannot."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_whole(name: str, path: Path, count: int) -> None:
    """Raise MeshError where a file of which `count` triangles were read promises more.

    Knows STL, PLY and the pictures of GLB and GLTF.
    """
    ending = path.suffix.lower()
    if ending == ".stl":
        _check_stl(name, path, count)
    elif ending == ".ply":
        check_ply(name, path, count)
    elif ending in (".glb", ".gltf"):
        _check_pictures(name, path)


def _check_stl(name: str, path: Path, count: int) -> None:
    """A binary STL says its number of triangles, a textual one ends with `endsolid`."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(84)
        file.seek(max(0, size - 400))
        tail = file.read()
    said = int.from_bytes(head[80:84], "little")
    if head.lstrip()[:5].lower() == b"solid" and size != 84 + 50 * said:
        if not re.search(rb"end\s*solid", tail.strip().rpartition(b"\n")[2].lower()):
            raise _cut_short(name, path, "it does not end with `endsolid`")
        return
    if size < 84:
        raise _cut_short(name, path, f"it has {size} bytes and its head alone should have 84")
    if said != count or size < 84 + 50 * said:
        raise _cut_short(name, path, f"it says {said} triangles and has {count}")


def end_together(path: Path) -> bytes | None:
    """A textual STL whose solids end with `end solid`, written as `endsolid`; else None."""
    with path.open("rb") as file:
        if file.read(80).lstrip()[:5].lower() != b"solid":
            return None
        file.seek(max(0, path.stat().st_size - 400))
        if not _END.search(file.read()):
            return None
    return _END.sub(rb"\1end", path.read_bytes())


def picture_of_ply(name: str, path: Path) -> Path | None:
    """The picture that a PLY is painted with; raises MeshError where it cannot be read."""
    head = read_head(path)
    if head is None or not head.picture or not head.is_painted:
        return None
    picture = find_beside(path.parent, head.picture)
    read_picture(name, picture)
    return picture


def check_ply(name: str, path: Path, count: int) -> None:
    """Raise MeshError where a PLY of which `count` triangles could be read promises more."""
    head = read_head(path)
    if head is None or count >= head.faces or head.faces <= 0:
        return
    found = corners(path, head)
    if len(found) < head.faces:
        raise _cut_short(name, path, f"it says {head.faces} faces and has {len(found)}")
    if min(found) < 3:
        raise MeshError(
            f"{name}: {path.name} has faces with fewer than three corners: "
            "remove them and export it again."
        )
    if head.order and len(set(found)) > 1:
        raise MeshError(
            f"{name}: {path.name} has faces with unlike numbers of corners, which a binary PLY "
            "cannot be read with: export it as text or with triangles only."
        )


def _check_pictures(name: str, path: Path) -> None:
    """A picture that is missing or broken would go without a word, and the colours with it."""
    content, binary = _gltf(path)
    try:
        for image in _used_images(content):
            uri = str(image.get("uri", ""))
            if uri and not uri.startswith("data:"):
                read_picture(name, find_beside(path.parent, unquote(uri)))
            elif binary and "bufferView" in image:
                view = content["bufferViews"][image["bufferView"]]
                start = view.get("byteOffset", 0)
                _check_picture(name, path, binary[start : start + view["byteLength"]])
    except (LookupError, TypeError, AttributeError) as error:
        raise _cut_short(name, path, "a material asks for what is not there") from error


def _used_images(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The images of a glTF that give a material its colour."""
    for material in content.get("materials", []):
        used = material.get("pbrMetallicRoughness", {}).get("baseColorTexture")
        if used is not None:
            texture = content["textures"][used["index"]]
            if "source" in texture:  # else in a format of an extension
                yield content["images"][texture["source"]]


def _check_picture(name: str, path: Path, content: bytes) -> None:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.verify()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise MeshError(
            f"{name}: the texture in {path.name} cannot be read as a picture: export it again."
        ) from error


def _gltf(path: Path) -> tuple[dict[str, Any], bytes]:
    """(its JSON, the binary chunk of a GLB) of a file that was read without error before."""
    data = path.read_bytes()
    if path.suffix.lower() == ".gltf":
        return json.loads(data), b""
    length = int.from_bytes(data[12:16], "little")
    return json.loads(data[20 : 20 + length]), data[28 + length :]


def _cut_short(name: str, path: Path, why: str) -> MeshError:
    return MeshError(f"{name}: {path.name} is broken or cut short, {why}: copy or export it again.")
