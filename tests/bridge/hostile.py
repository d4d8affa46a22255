"""Blobs that somebody changed, with a checksum that is right all the same."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import zlib
from functools import cache
from pathlib import Path
from typing import IO, Any, Self, cast

import numpy as np
from tests.bridge.targets import CORE, TARGETS

from colonnade_bridge.blob import CRC_FROM, HASH_FROM, HEADER, OBJECT, SECTIONS, SETTINGS
from colonnade_bridge.native import C_SOURCES
from colonnade_bridge.rounding import TWIN

__all__ = ["ERRORS", "FIELDS", "Opener", "changed", "sealed", "with_hash"]

ERRORS = {
    "ok": 0, "argument": -1, "alignment": -2, "truncated": -3, "magic": -4, "version": -5,
    "crc": -6, "model": -7, "endian": -8,
}  # fmt: skip
FUZZ = C_SOURCES / "fuzz"


def sealed(blob: bytes) -> bytes:
    """The blob with its length, its hash and its checksum made right."""
    header = np.frombuffer(blob, HEADER, 1)[0].copy()
    header["bytes"] = len(blob)
    whole = header.tobytes() + blob[HEADER.itemsize :]
    return with_hash(whole, hashlib.sha256(whole[HASH_FROM:]).digest())


def with_hash(blob: bytes, digest: bytes) -> bytes:
    """The blob with the first 16 bytes of a digest as its hash, and its checksum made right."""
    rest = digest[:16] + blob[HASH_FROM:]
    return blob[: CRC_FROM - 4] + zlib.crc32(rest).to_bytes(4, "little") + rest


def _fields_of(kind: np.dtype[Any]) -> dict[str, tuple[int, int]]:
    """Where each field of a row begins, and how many bytes each of its numbers has."""
    fields = kind.fields or {}
    return {name: (row[1], row[0].base.itemsize) for name, row in fields.items()}


FIELDS = {
    "header": _fields_of(HEADER), "objects": _fields_of(OBJECT), "settings": _fields_of(SETTINGS),
    "twins": _fields_of(TWIN),
}  # fmt: skip


def changed(blob: bytes, part: str, offset: int, number: bytes) -> bytes:
    """The blob with bytes of a section, or of the header, replaced, as far as it has so many."""
    begin = 0
    if part != "header":
        begin = int(np.frombuffer(blob, HEADER, 1)[0]["offset"][SECTIONS.index(part)])
    at = min(begin + offset, len(blob) - len(number))
    return sealed((blob[:at] + number + blob[at + len(number) :])[: len(blob)])


class Opener:
    """The C code with sanitizers, in a process of its own: it opens blobs and thinks with them."""

    def __init__(self) -> None:
        words = [str(_driver())]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def open(self, blob: bytes) -> tuple[int, int]:
        """Its error and the steps taken with it; an AssertionError where it broke off."""
        stdin, stdout = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        stdin.write(len(blob).to_bytes(4, "little") + blob)
        stdin.flush()
        line = stdout.readline().split()
        assert len(line) == 2, f"the C code broke off with {self._process.wait()}"
        return int(line[0]), int(line[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(10)


_FOLDER = tempfile.TemporaryDirectory()


@cache
def _driver() -> Path:
    folder = Path(_FOLDER.name)
    sources = [Path(__file__).with_name("blob_driver.c"), FUZZ / "cln_fuzz_touch.c", *CORE]
    TARGETS["sanitized"].compile([f"-I{FUZZ}", *sources, "-lm", "-o", "driver"], folder)
    return folder / "driver"
