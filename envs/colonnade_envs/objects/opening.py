"""What a user's words for a set of objects mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from colonnade_envs.objects.folder import open_folder
from colonnade_envs.objects.object_set import ObjectSet, ObjectSetError, suggestion

__all__ = ["open_object_set"]

SETS = ("builtin", "pybullet", "random")


def open_object_set(
    spec: str | Path, names: Sequence[str] | None = None, *, scale: float = 1.0
) -> ObjectSet:
    """Open a set of objects; nothing is loaded yet.

    `spec` is `builtin`, `pybullet`, `random:000-049` (PyBullet's random shapes), or the path of a
    mesh file or of a folder of them (a folder named like a set is meant by `./builtin`). `names`
    picks some of them, in this order; in `pybullet` it may also ask for `random:000-049`.
    `scale` multiplies the coordinates of files into metres (0.001 for millimetres). Raises
    ObjectSetError where there is no such set or name.
    """
    if not scale > 0.0 or scale == float("inf"):
        raise ObjectSetError(f"the scale {scale} makes no sense: give a positive factor to metres.")
    text = str(spec)
    wanted = list(dict.fromkeys(names)) if names is not None else None
    opened = _open(text, wanted, scale)
    return opened if wanted is None else opened.only(_expanded(wanted))


def _open(text: str, wanted: list[str] | None, scale: float) -> ObjectSet:
    word = text.partition(":")[0]
    if text == "builtin":
        from colonnade_envs.objects.builtin import open_builtin

        return open_builtin()
    if text == "pybullet":
        from colonnade_envs.objects.pybullet_set import open_pybullet

        return open_pybullet(_expanded(wanted or []))
    if word == "random":
        from colonnade_envs.objects.pybullet_set import open_random

        return open_random(text)
    path = Path(text)
    if not path.expanduser().exists() and "/" not in text and not path.suffix:
        close = suggestion(text, SETS)
        if close.startswith("did you mean"):
            raise ObjectSetError(f"there is no object set '{text}': {close}")
    return open_folder(path, text, scale)


def _expanded(names: list[str]) -> list[str]:
    from colonnade_envs.objects.pybullet_set import expand_random

    return [single for name in names for single in expand_random(name)]
