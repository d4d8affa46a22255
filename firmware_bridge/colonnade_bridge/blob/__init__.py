"""The model blob: what a controller reads in place from its flash, see docs/spec/blob.md.

A blob is written from an `EdgeModel`, and read back as the same: the memory in it has its surfels
in the blob's order and its twins as the blob rounds them, so that the numba kernels give the same
bits on it as the C runtime does on the blob.
"""

from __future__ import annotations

from colonnade_bridge.blob.layout import (
    CRC_FROM,
    HASH_FROM,
    HEADER,
    MAGIC,
    OBJECT,
    SECTIONS,
    SETTINGS,
    TABLES,
    VERSION,
    EdgeModel,
)
from colonnade_bridge.blob.reading import read_blob
from colonnade_bridge.blob.writing import in_order, write_blob

__all__ = [
    "CRC_FROM",
    "HASH_FROM",
    "HEADER",
    "MAGIC",
    "OBJECT",
    "SECTIONS",
    "SETTINGS",
    "TABLES",
    "VERSION",
    "EdgeModel",
    "in_order",
    "read_blob",
    "write_blob",
]
