"""The command of this process, which is written down beside what came of it."""

from __future__ import annotations

import shlex
import sys

from colonnade.files import plain

__all__ = ["command_line"]


def command_line() -> str:
    """This process's command as it could be typed again."""
    return shlex.join(["colonnade", *map(str, plain(sys.argv[1:]))])
