"""``--json FILE``: what a command came to, as JSON, in a file or on stdout.

With ``--json -`` nothing but the JSON goes to stdout, so that another program can read it; what is
said to people goes to stderr then.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, TextIO

from colonnade.files import plain, write_json

__all__ = ["STDOUT", "json_apart", "write_json_option"]

STDOUT = Path("-")
_apart: TextIO | None = None
"""Where JSON goes while all else goes to stderr."""


@contextmanager
def json_apart(file: Path | None) -> Iterator[None]:
    """Where `file` is stdout, send what else is printed in the block to stderr."""
    global _apart
    if file != STDOUT:
        yield
        return
    _apart = sys.stdout
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _apart = None


def write_json_option(file: Path | None, content: Any) -> None:
    """Write `content` where ``--json`` says, or nowhere. Raises OutputError."""
    if file is None:
        return
    if file != STDOUT:
        write_json(file, content)
        return
    stream = _apart or sys.stdout
    utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(plain(content), indent=2, ensure_ascii=not utf8)
    stream.write(text + "\n")
    stream.flush()
