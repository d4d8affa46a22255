"""Compile every kernel of the main job once, in one process, before the clock runs.

Without this the first objects of a first run would carry minutes of compilation each, once
in every worker. What is compiled stays on disk (see `colonnade.kernel_cache`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

__all__ = ["compiled_here", "warm_up"]

_CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float32)
_FACES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
     [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
)  # fmt: skip
_SIZE = (0.012, 0.010, 0.008)


_compiled = False


def compiled_here() -> bool:
    """Whether this process compiled, or its workers do: that takes some GB of memory."""
    return _compiled


def warm_up(say: Callable[[str], None]) -> bool:
    """Learn and recognise a sugar cube by touch and by camera; whether that was needed.

    `say` is told a sentence before it starts. Where nothing can be kept on disk it does nothing.
    """
    global _compiled
    stamp = _stamp()
    if stamp.exists():
        return False
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.with_suffix(".probe").touch()
        stamp.with_suffix(".probe").unlink()
    except OSError:
        _compiled = True  # whoever needs a kernel
        return False
    say(
        "Compiling for this computer, only the first time: two or three minutes, or five where it "
        "is slow or busy ..."
    )
    _compiled = True
    _exercise()
    stamp.touch()
    return True


def _stamp() -> Path:
    """The file that says that all is compiled; goes when the kernels go."""
    elsewhere = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(elsewhere) if elsewhere else Path(__file__).parent / "__pycache__"
    return folder / "kernels.compiled"


def _exercise() -> None:
    """Run all that the main job runs, on the smallest object there is."""
    from colonnade.episode_options import EpisodeOptions
    from colonnade.learning import learn_object
    from colonnade.meeting import meet
    from colonnade.mind import Mind
    from colonnade.recognition import recognise
    from colonnade_envs.objects import make_mesh
    from colonnade_models.memory import ObjectMemory

    cube = make_mesh("sugar cube", _CORNERS * np.array(_SIZE, np.float32), _FACES)
    straight = np.array([0.0, 0.0, 0.0, 1.0])
    for body in ("touch", "camera"):
        memory = ObjectMemory([learn_object(cube, body=body, seed=0)])
        for noise in ("standard", "raw"):
            options = EpisodeOptions(body=body, noise=noise, max_steps=24)
            recognise(memory, cube, straight, options, seed=0)
    mind = Mind(0)
    for _ in range(2):  # new, then known
        met = meet(mind, cube, straight, body="touch", noise="none", seed=0, max_steps=60)
        if met.felt is not None:
            mind.keep(met.felt)
