"""Texture pictures: read at most as large as a fingertip can tell apart, row 0 at the top."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colonnade_envs.objects.mesh import MeshError

__all__ = ["MAX_TEXTURE", "find_beside", "picture", "read_picture"]

MAX_TEXTURE = 1024
"""Longest side of a texture in pixels; a larger one is reduced as it is read."""


def read_picture(owner: str, path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 of an image file; raises MeshError naming `owner` where it cannot be read."""
    try:
        with Image.open(path) as image:
            return picture(image)
    except FileNotFoundError as error:
        raise MeshError(
            f"{owner}: its texture {path.name} is missing: put it into {path.parent} "
            "or remove it from the material."
        ) from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise MeshError(
            f"{owner}: its texture {path.name} cannot be read as a picture: copy or save it again."
        ) from error


def picture(image: Image.Image) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 of an open image, reduced to MAX_TEXTURE; transparency is dropped."""
    # JPEG decodes straight to a fraction of its size: a 4096 px scan costs a sixteenth.
    image.draft("RGB", (MAX_TEXTURE, MAX_TEXTURE))
    longest = max(image.size)
    if image.mode != "RGB":
        image = image.convert("RGB")
    if longest > MAX_TEXTURE:
        size = tuple(max(1, round(side * MAX_TEXTURE / longest)) for side in image.size)
        image = image.resize((size[0], size[1]), Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(image, dtype=np.uint8)


def find_beside(folder: Path, written: str) -> Path:
    """Where a file named in a mesh file is: as written, else by its last part beside the mesh.

    Takes paths with backslashes, absolute paths of another machine and another case of letters;
    returns the likeliest place where nothing is found.
    """
    relative = written.strip().strip('"').replace("\\", "/")
    asked = folder / relative
    if asked.is_file():
        return asked
    beside = folder / Path(relative).name
    if beside.is_file():
        return beside
    wanted = beside.name.lower()
    if folder.is_dir():
        for candidate in sorted(folder.iterdir()):
            if candidate.name.lower() == wanted and candidate.is_file():
                return candidate
    of_another_machine = relative.startswith("/") or relative[1:2] == ":"
    return beside if of_another_machine else asked
