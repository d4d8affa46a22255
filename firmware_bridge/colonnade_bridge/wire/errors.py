"""What can go wrong on the wire, each in one sentence for the user."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from colonnade_bridge.errors import BridgeError

__all__ = [
    "ERROR_FLASH",
    "ERROR_STATE",
    "ControllerError",
    "KeyFileError",
    "WireError",
    "explain",
]

ERROR_STATE, ERROR_FLASH = -11, -12
"""CLN_ERROR_STATE and CLN_ERROR_FLASH of cln_error.h: what the controller keeps may be lost."""

_TABLE = Path(__file__).parent.parent / "c" / "cln_error.c"


class WireError(BridgeError):
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
    """What a negative error of the C runtime means, in its own words."""
    texts = _texts()
    return texts[-code] if 0 <= -code < len(texts) else f"the controller's error {code}"


@cache
def _texts() -> list[str]:
    """The table of sentences, as it stands in the C source that the controller is built from."""
    return re.findall(r'^\s+"(.+)",$', _TABLE.read_text(encoding="utf-8"), re.MULTILINE)
