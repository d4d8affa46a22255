"""What a PLY file says of itself, which a reader that fails or goes without does not tell."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

__all__ = ["PlyHead", "corners", "read_head"]

_KINDS = {
    "char": "b", "int8": "b", "uchar": "B", "uint8": "B", "short": "h", "int16": "h",
    "ushort": "H", "uint16": "H", "int": "i", "int32": "i", "uint": "I", "uint32": "I",
    "float": "f", "float32": "f", "double": "d", "float64": "d",
}  # fmt: skip
_INDICES = ("vertex_index", "vertex_indices")
_TEXTURE = {"texcoord", "texture_u", "u", "s"}


class _Property(NamedTuple):
    name: str
    kind: str
    length: str
    """Type of the length of a list; empty where it is no list."""


@dataclass(slots=True)
class PlyHead:
    """The head of a PLY: which elements come, and the picture that they are painted with."""

    order: str = ""
    """Of bytes, as struct writes it; empty where the numbers are text."""
    picture: str = ""
    elements: list[tuple[str, int, list[_Property]]] = field(default_factory=list)
    size: int = 0
    """Bytes of the head."""

    @property
    def faces(self) -> int:
        """How many faces are announced."""
        return sum(count for name, count, _ in self.elements if name == "face")

    @property
    def is_painted(self) -> bool:
        """Whether corners or vertices have texture coordinates."""
        return any(each.name in _TEXTURE for _, _, of in self.elements for each in of)


def read_head(path: Path) -> PlyHead | None:
    """The head of a PLY file; None where it is none or has no end. Raises OSError."""
    head = PlyHead()
    with path.open("rb") as file:
        if file.readline().strip().lower() != b"ply":
            return None
        for _, raw in zip(range(1000), file, strict=False):
            line = raw.decode("utf-8", "replace").strip()
            try:
                if line == "end_header":
                    head.size = file.seek(0, 1)
                    return head
                _take(head, line)
            except (ValueError, LookupError):
                return None
    return None


def _take(head: PlyHead, line: str) -> None:
    words = line.split()
    if words[:1] == ["format"]:
        head.order = "" if words[1] == "ascii" else ">" if "big" in words[1] else "<"
    elif words[:1] == ["element"]:
        head.elements.append((words[1], int(words[2]), []))
    elif words[:1] == ["property"]:
        length = _KINDS[words[2]] if words[1] == "list" else ""
        kind = _KINDS[words[3] if length else words[1]]
        head.elements[-1][2].append(_Property(words[-1], kind, length))
    elif "texturefile" in line.lower():
        head.picture = line[line.lower().index("texturefile") + len("texturefile") :].strip()


def corners(path: Path, head: PlyHead) -> list[int]:
    """How many corners each face has, as far as the file goes."""
    data = path.read_bytes()[head.size :]
    return list(_of_bytes(data, head) if head.order else _of_text(data, head))


def _of_text(data: bytes, head: PlyHead) -> Iterator[int]:
    lines = iter(data.splitlines())
    for element, count, properties in head.elements:
        for _, line in zip(range(count), lines, strict=False):
            if element != "face":
                continue
            words, at = line.split(), 0
            try:
                for each in properties:
                    length = int(float(words[at])) if each.length else 0
                    at += 1 + length
                    if at > len(words):
                        return
                    if each.name in _INDICES:
                        yield length
            except (ValueError, OverflowError, IndexError):
                return


def _of_bytes(data: bytes, head: PlyHead) -> Iterator[int]:
    at = 0
    for element, count, properties in head.elements:
        fixed = struct.calcsize("=" + "".join(each.kind for each in properties))
        if not any(each.length for each in properties):
            at += fixed * count
            continue
        for _ in range(count):
            for each in properties:
                length = 1
                if each.length:
                    try:
                        length = int(struct.unpack_from(head.order + each.length, data, at)[0])
                    except (struct.error, ValueError, OverflowError):
                        return
                    at += struct.calcsize("=" + each.length)
                at += length * struct.calcsize("=" + each.kind)
                if length < 0 or at > len(data):
                    return
                if element == "face" and each.name in _INDICES:
                    yield length
