"""Pictures of learned objects: every surfel an oriented, coloured disc, with a z-buffer."""

from __future__ import annotations

import base64
import io

import numpy as np
from numba import njit
from numpy.typing import NDArray

from colonnade.engine import SurfelCloud
from colonnade.report.view import View, project

__all__ = ["data_url", "paint_surfels", "splat"]

LIGHT = np.array([-0.45, 0.55, 0.70])
"""Direction to the light in camera coordinates: right, up, towards the eye."""
FINER = 2
"""Each pixel is the mean of FINER x FINER."""
STEEPEST = 0.3
"""Discs seen edge-on are drawn as if they were turned a little, so that no gap opens."""
RIM = 0.2
"""How much darker the rim of a disc is than its middle."""


def paint_surfels(cloud: SurfelCloud, view: View, size: int) -> NDArray[np.uint8]:
    """Draw surfels on white, the nearer over the farther.

    Args:
        cloud: surfels in the object's frame.
        view: the camera.
        size: width and height of the picture, pixels.

    Returns:
        (size, size, 3) picture.
    """
    position, normal, colour = (np.asarray(part, np.float64) for part in cloud)
    eye = view.centre + view.axes[2] * view.distance
    seen = ((eye - position) * normal).sum(1) > 0
    fine = size * FINER
    image = np.full((fine, fine, 3), 255.0)
    if seen.any():
        at = project(view, position[seen])
        at[:, :2] *= fine
        facing = normal[seen] @ view.axes.T
        light = LIGHT / np.linalg.norm(LIGHT)
        lit = colour[seen] * (0.42 + 0.58 * np.clip(facing @ light, 0.0, 1.0))[:, None]
        scale = view.focal * fine / at[:, 2]  # pixels a metre at each disc
        nearest = np.full((fine, fine), np.inf)
        radius = _radius(position, normal)[seen]
        splat(at, facing, 255.0 * lit, scale, radius, nearest, image)
    averaged = image.reshape(size, FINER, size, FINER, 3).mean((1, 3))
    return np.clip(averaged + 0.5, 0, 255).astype(np.uint8)


@njit(cache=True)
def splat(
    at: NDArray[np.float64],
    normal: NDArray[np.float64],
    colour: NDArray[np.float64],
    scale: NDArray[np.float64],
    radius: NDArray[np.float64],
    nearest: NDArray[np.float64],
    image: NDArray[np.float64],
) -> None:
    """Draw N discs into `image`; at each pixel the nearest wins.

    Args:
        at: (N, 3) centres: column and row in pixels, depth in metres.
        normal: (N, 3) unit normals in camera coordinates (right, up, towards the eye).
        colour: (N, 3) 0..255.
        scale: (N,) pixels a metre.
        radius: (N,) metres.
        nearest: (H, W) depth so far, metres; inf at first. Filled in place.
        image: (H, W, 3) filled in place.
    """
    height, width = nearest.shape
    for i in range(len(at)):
        steep = max(normal[i, 2], STEEPEST)
        reach = radius[i] * scale[i]
        for row in range(
            max(0, int(np.floor(at[i, 1] - reach))),
            min(height, int(np.floor(at[i, 1] + reach)) + 1),
        ):
            y = -(row + 0.5 - at[i, 1]) / scale[i]
            for column in range(
                max(0, int(np.floor(at[i, 0] - reach))),
                min(width, int(np.floor(at[i, 0] + reach)) + 1),
            ):
                x = (column + 0.5 - at[i, 0]) / scale[i]
                z = -(normal[i, 0] * x + normal[i, 1] * y) / steep
                off = (x * x + y * y + z * z) / (radius[i] * radius[i])
                depth = at[i, 2] - z
                if off < 1.0 and depth < nearest[row, column]:
                    nearest[row, column] = depth
                    for c in range(3):
                        image[row, column, c] = min(colour[i, c] * (1.0 - RIM * off), 255.0)


def _radius(position: NDArray[np.float64], normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Disc radii (N,), metres, with which neighbours on the same side just overlap."""
    if len(position) < 6:
        return np.full(len(position), 0.003)
    from scipy.spatial import KDTree

    distance, index = KDTree(position).query(position, k=min(16, len(position)))
    same_side = (normal[index] * normal[:, None]).sum(2) > 0.3
    distance = np.sort(np.where(same_side, distance, np.inf), axis=1)[:, 4]  # the first is itself
    known = distance[np.isfinite(distance)]  # none on a speck: too few look the same way
    usual = float(np.median(known)) if len(known) else 0.003
    return 0.68 * np.clip(distance, 0.6 * usual, 1.5 * usual)


def data_url(image: NDArray[np.uint8], colours: int = 160) -> str:
    """A picture (H, W, 3) as a PNG that stands inside the page itself."""
    from PIL import Image

    picture = Image.fromarray(image).quantize(
        colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    # the palette's near-whites become the page's white, so that no box shows round the picture
    palette = np.array(picture.getpalette()).reshape(-1, 3)
    palette[(palette >= 250).all(1)] = 255
    picture.putpalette(palette.ravel().tolist())
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=7)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
