"""The camera of the report's pictures, so that meshes, surfels and paths lie on each other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["View", "project", "view_of"]

FAR = 4.0
"""Distance of the eye, in radii of what is looked at: near enough for some perspective."""


class View(NamedTuple):
    """A pinhole camera that looks at an object from a distance."""

    axes: NDArray[np.float64]
    """(3, 3) rows: the camera's right, up and backward axes in the object's frame."""
    centre: NDArray[np.float64]
    """(3,) point in the middle of the picture, metres."""
    distance: float
    """From the eye to `centre`, metres."""
    focal: float
    """Focal length in widths of the picture: 0.5 / tan(half the angle of view)."""


def view_of(
    points: NDArray[np.floating], azimuth_deg: float, elevation_deg: float, fill: float = 0.94
) -> View:
    """Look at points (N, 3) from an azimuth about +z (from +x) and an elevation above z = 0.

    Framed so that their outline takes the share `fill` of the picture.
    """
    a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
    backward = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
    right = np.array([-np.sin(a), np.cos(a), 0.0])
    axes = np.stack([right, np.cross(backward, right), backward])
    points = np.asarray(points, float)
    centre = (points.min(0) + points.max(0)) / 2
    radius = max(float(np.linalg.norm(points - centre, axis=1).max()), 1e-6)
    distance = FAR * radius
    for _ in range(3):  # shifting changes the perspective a little
        camera = (points - centre) @ axes.T
        across = camera[:, :2] / (distance - camera[:, 2:])
        middle = (across.min(0) + across.max(0)) / 2
        centre = centre + distance * (middle @ axes[:2])
    camera = (points - centre) @ axes.T
    widest = float(np.abs(camera[:, :2] / (distance - camera[:, 2:])).max())
    return View(axes, centre, distance, 0.5 * fill / max(widest, 1e-6))


def project(view: View, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Picture coordinates (N, 3) of points (N, 3): x right and y down in 0..1, depth in metres."""
    camera = (np.asarray(points, float) - view.centre) @ view.axes.T
    depth = view.distance - camera[:, 2]
    scale = view.focal / np.maximum(depth, 1e-9)
    return np.stack([0.5 + camera[:, 0] * scale, 0.5 - camera[:, 1] * scale, depth], axis=1)
