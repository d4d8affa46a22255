"""Names of objects that nothing can be learned by."""

from __future__ import annotations

from colonnade.printable import printable
from colonnade.summary import UNKNOWN

__all__ = ["why_refused"]


def why_refused(name: str) -> str | None:
    """Why nothing can be learned by this name, in a sentence; None where it can."""
    from colonnade_models.model_file import LONGEST_NAME

    if name == UNKNOWN:
        return (
            f"{UNKNOWN}: this is what is answered for an object that was never learned: "
            "rename the mesh."
        )
    if printable(name) != name:
        return (
            f"{printable(name)[:40]}: a name may have no line feeds and no "
            "other control characters: rename the mesh."
        )
    if len(name) > LONGEST_NAME:
        return (
            f"{name[:40]}...: a name may have {LONGEST_NAME} characters, and this one has "
            f"{len(name)}: rename the mesh."
        )
    return None
