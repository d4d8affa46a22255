"""Where prepared meshes and what is found out about them are kept between runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["cache_dir"]


def cache_dir() -> Path | None:
    """Folder of the cache (not necessarily there yet), or None where it is switched off.

    `$COLONNADE_CACHE`, otherwise the platform's cache folder (`~/.cache/colonnade`). The word `off`
    in `$COLONNADE_CACHE` switches it off.
    """
    chosen = os.environ.get("COLONNADE_CACHE", "")
    if chosen.lower() == "off":
        return None
    try:
        if chosen:
            return Path(chosen).expanduser()
        home = Path.home()
    except RuntimeError:  # nobody knows where home is
        return None
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "colonnade"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "colonnade"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "colonnade"
