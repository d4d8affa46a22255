"""Compiled kernels on disk that an edit, a pull or an upgrade made stale are dropped.

Numba keeps a compiled kernel while the file it stands in is unchanged, but a kernel inlines
those it calls from other files. So when any source file of Colonnade changed since the last
start, all of its compiled kernels go and are built anew on first use.
"""

from __future__ import annotations

import hashlib
import os
from importlib.util import find_spec
from pathlib import Path
from traceback import walk_tb

__all__ = ["drop_stale_kernels", "kernel_folder"]

_PACKAGES = ("colonnade", "colonnade_envs", "colonnade_bridge", "colonnade_models")


def drop_stale_kernels() -> bool:
    """Remove compiled kernels if a source file changed; whether it did.

    Never raises: where the folders cannot be written numba cannot cache there either. Does
    nothing where NUMBA_CACHE_DIR sends the cache elsewhere.
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        return False
    specs = [find_spec(name) for name in _PACKAGES]
    folders = [Path(spec.origin).parent for spec in specs if spec and spec.origin]
    stamp = folders[0] / "__pycache__" / "kernels.stamp"
    try:
        sources = sorted(path for folder in folders for path in folder.rglob("*.py"))
        states = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in sources]
        now = hashlib.sha256(repr(states).encode()).hexdigest()
        if stamp.exists() and stamp.read_text() == now:
            return False
        for folder in folders:
            for kernel in folder.rglob("__pycache__/*.nb[ic]"):
                kernel.unlink(missing_ok=True)
        stamp.with_name("kernels.compiled").unlink(missing_ok=True)
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(now)
    except OSError:
        return False
    return True


def kernel_folder(error: OSError) -> str | None:
    """Where a compiled kernel could not be kept, if that was it: numba's error does not say."""
    for frame, _ in walk_tb(error.__traceback__):
        file = frame.f_locals.get("filepath")
        if frame.f_globals.get("__name__") == "numba.core.caching" and isinstance(file, str):
            return str(Path(file).parent)
    return None
