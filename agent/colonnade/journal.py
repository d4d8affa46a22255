"""A journal: one JSON object a line, each on disk before the next piece of work begins.

A kill can only tear the last line. A torn or damaged line is left out when reading, so that
the work it stood for is done once more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

from colonnade.files import plain
from colonnade.output import writing

__all__ = ["Journal", "read_journal"]


class Journal:
    """Appends records to a file; open it with ``with``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with writing(path):
            self._file = path.open("ab")
        if self._file.tell() and not _ends_with_newline(path):
            self._file.write(b"\n")  # a torn line must not swallow the next record

    def append(self, record: dict[str, Any]) -> None:
        """Write one record and return only when it is on disk.

        Raises:
            OutputError: the disk is full.
        """
        text = json.dumps(plain(record), ensure_ascii=False, separators=(",", ":")).encode()
        with writing(self.path):
            self._file.write(b"%08x %s\n" % (crc32(text), text))
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file. Raises OutputError: the disk is full, and what was written last is lost.

        What could not be written before is tried once more.
        """
        with writing(self.path):
            self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """Yield every whole record of a journal; a missing file has none."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        for line in file:
            checksum, _, text = line.rstrip(b"\n").partition(b" ")
            if not line.endswith(b"\n") or checksum != b"%08x" % crc32(text):
                continue
            record = json.loads(text)
            if isinstance(record, dict):
                yield record


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
