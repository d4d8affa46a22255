"""Pictures of learned objects: every surfel an oriented, coloured disc, drawn with plain numpy."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray

from colonnade.engine import SurfelCloud
from colonnade.report.view import View, project

__all__ = ["data_url", "paint_surfels"]

LIGHT = np.array([-0.35, 0.45, 0.82])
"""Direction to the light in camera coordinates: right, up, towards the eye."""
FINER = 2
"""Each pixel is the mean of FINER x FINER."""


def paint_surfels(cloud: SurfelCloud, view: View, size: int) -> NDArray[np.uint8]:
    """Draw surfels on white, the nearer over the farther.

    Args:
        cloud: surfels in the object's frame.
        view: the camera.
        size: width and height of the picture, pixels.

    Returns:
        (size, size, 3) picture.
    """
    facing = (cloud.normal * (view.axes[2] * view.distance + view.centre - cloud.position)).sum(1)
    seen = facing > 0
    position, normal, colour = (np.asarray(part, float)[seen] for part in cloud)
    fine = size * FINER
    image = np.full((fine, fine, 3), 255.0)
    if len(position):
        _splat(image, position, normal, colour, view, _radius(np.asarray(cloud.position, float)))
    averaged = image.reshape(size, FINER, size, FINER, 3).mean((1, 3))
    return np.clip(averaged + 0.5, 0, 255).astype(np.uint8)


def _splat(
    image: NDArray[np.float64],
    position: NDArray[np.float64],
    normal: NDArray[np.float64],
    colour: NDArray[np.float64],
    view: View,
    radius: float,
) -> None:
    """Every pixel that a disc covers, in all discs at once; the nearest wins."""
    fine = len(image)
    at = project(view, position)
    camera_normal = normal @ view.axes.T
    pixels = view.focal * fine / at[:, 2]  # pixels a metre at each disc
    reach = max(1, int(np.ceil(radius * pixels.max())))
    steps = np.arange(-reach, reach + 1)
    dx, dy = (grid.ravel()[None, :] for grid in np.meshgrid(steps, steps))
    column = np.floor(at[:, :1] * fine).astype(int) + dx
    row = np.floor(at[:, 1:2] * fine).astype(int) + dy
    x = (column + 0.5 - at[:, :1] * fine) / pixels[:, None]
    y = -(row + 0.5 - at[:, 1:2] * fine) / pixels[:, None]
    steep = np.maximum(camera_normal[:, 2:], 0.15)
    z = -(camera_normal[:, :1] * x + camera_normal[:, 1:2] * y) / steep
    covered = (x * x + y * y + z * z < radius * radius) & (np.minimum(row, column) >= 0)
    covered &= np.maximum(row, column) < fine

    light = LIGHT / np.linalg.norm(LIGHT)
    shade = 0.42 + 0.58 * np.clip(camera_normal @ light, 0, 1)
    rim = 1.0 - 0.22 * (x * x + y * y + z * z) / (radius * radius)
    index, offset = np.nonzero(covered)
    depth = at[index, 2] - z[index, offset]
    order = np.argsort(-depth, kind="stable")
    index, offset = index[order], offset[order]
    tone = 255.0 * np.clip(colour[index] * (shade[index] * rim[index, offset])[:, None], 0, 1)
    image[row[index, offset], column[index, offset]] = tone


def _radius(position: NDArray[np.float64]) -> float:
    """Disc radius, metres, that lets neighbours just overlap."""
    if len(position) < 2:
        return 0.003
    from scipy.spatial import cKDTree

    near, _ = cKDTree(position).query(position, k=min(4, len(position)))
    return float(0.62 * np.median(near[:, -1]))


def data_url(image: NDArray[np.uint8], colours: int = 160) -> str:
    """A picture (H, W, 3) as a PNG that stands inside the page itself."""
    from PIL import Image

    picture = Image.fromarray(image).quantize(colours, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
