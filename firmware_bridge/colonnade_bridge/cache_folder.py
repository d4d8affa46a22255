"""Where what is generated and built is kept between runs."""

from __future__ import annotations

import os
import sys
import tempfile
from functools import cache
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """Folder of the cache, absolute, not necessarily there yet.

    `$COLONNADE_CACHE`, otherwise the platform's (`~/.cache/colonnade`); a folder that goes with the
    process where it is `off`, or where nobody knows where home is.
    """
    chosen = os.environ.get("COLONNADE_CACHE", "")
    if chosen.lower() == "off":
        return _passing()
    try:
        if chosen:
            return Path(chosen).expanduser().absolute()
        home = Path.home()
    except RuntimeError:
        return _passing()
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "colonnade"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "colonnade"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "colonnade"


def _passing() -> Path:
    return Path(_passing_folder().name)


@cache
def _passing_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="colonnade-")
