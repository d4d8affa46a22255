"""What can go wrong on the way out, each in one sentence that says what to do next."""

from __future__ import annotations

__all__ = ["BlobError", "BridgeError"]


class BridgeError(Exception):
    """Anything that the bridge refuses or cannot do."""


class BlobError(BridgeError, ValueError):
    """A model blob is missing, damaged, or cannot be made."""
