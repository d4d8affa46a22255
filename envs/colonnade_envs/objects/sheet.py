"""A contact sheet: one picture with every object of a set, its name and its size."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from colonnade_envs.atomic import atomic_path
from colonnade_envs.objects.lettering import fitting, lettering
from colonnade_envs.objects.mesh import ObjectMesh

__all__ = ["contact_sheet"]

TILE = 200
"""Side of a picture in pixels."""
CAPTION = 40
"""Height in pixels of the two lines below it."""
MARGIN = 14
INK, GREY, PAPER = (25, 28, 33), (110, 116, 125), (255, 255, 255)


def contact_sheet(
    meshes: Iterable[ObjectMesh],
    path: str | Path,
    title: str = "",
    *,
    columns: int | None = None,
    tile: int = TILE,
) -> Path:
    """Draw the objects into a PNG and return its path.

    Each object fills its own tile; its size is written below it. `columns` is chosen for a page
    a little wider than high unless given; `tile` is the side of a picture in pixels. Raises
    ValueError where there are no meshes, OSError where the file cannot be written.
    """
    # Here and not above: the renderer imports the object sets.
    from colonnade_envs.render import snapshot

    drawn = [(mesh, snapshot(mesh, size=tile)) for mesh in meshes]
    if not drawn:
        raise ValueError("a contact sheet needs at least one object.")
    across = columns or max(1, min(len(drawn), math.ceil(math.sqrt(1.6 * len(drawn)))))
    down = math.ceil(len(drawn) / across)
    head = 44 if title else MARGIN
    width = across * (tile + MARGIN) + MARGIN
    height = head + down * (tile + CAPTION + MARGIN)
    sheet = Image.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(sheet)
    if title:
        _write(pen, (MARGIN, 12), title, INK, 20, width - 2 * MARGIN)
    for index, (mesh, picture) in enumerate(drawn):
        left = MARGIN + (index % across) * (tile + MARGIN)
        top = head + (index // across) * (tile + CAPTION + MARGIN)
        sheet.paste(Image.fromarray(np.asarray(picture)), (left, top))
        _write(pen, (left, top + tile + 3), mesh.name, INK, 13, tile)
        _write(pen, (left, top + tile + 21), size_text(mesh), GREY, 12, tile)
    return _save(sheet, Path(path))


def size_text(mesh: ObjectMesh) -> str:
    """'117 x 93 x 81 mm'."""
    return " x ".join(f"{1000.0 * side:.0f}" for side in mesh.size) + " mm"


def _write(
    pen: ImageDraw.ImageDraw,
    place: tuple[int, int],
    text: str,
    colour: tuple[int, int, int],
    size: int,
    width: int,
) -> None:
    """Write text `size` pixels high, as much of it as `width` pixels take."""
    drawn, font = lettering(text, size)
    pen.text(place, fitting(drawn, font, width), colour, font)


def _save(sheet: Image.Image, path: Path) -> Path:
    """Written to a temporary name and renamed, so that no half sheet is ever seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        sheet.save(temporary, format="PNG")
    return path
