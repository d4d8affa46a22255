"""What can go wrong on the wire, each in one sentence for the user."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

__all__ = ["ControllerError", "KeyFileError", "WireError", "explain"]

_HEADER = Path(__file__).parent.parent / "c" / "cln_error.h"


class WireError(RuntimeError):
    """The exchange with a controller failed; the message is one sentence."""


class KeyFileError(WireError):
    """The key of a link is missing, or is none."""


class ControllerError(WireError):
    """The controller answered that it did not do what it was asked.

    Args:
        what: what was asked, as the beginning of a sentence.
        code: the negative error that it answered with.
    """

    def __init__(self, what: str, code: int) -> None:
        super().__init__(f"{what}: {explain(code)}.")
        self.code = code


def explain(code: int) -> str:
    """What a negative error of the C runtime means, in the words of its header."""
    return _texts().get(code, f"the controller's error {code}")


@cache
def _texts() -> dict[int, str]:
    entries = re.findall(
        r"CLN_ERROR_\w+\s*=\s*(-\d+)\s*,?\s*/\*\s*(.+?)\s*\*/", _HEADER.read_text(encoding="utf-8")
    )
    return {int(code): text for code, text in entries}
